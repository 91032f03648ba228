//! The kind of a site, and the three counted facts about its people.

use serde::{Deserialize, Serialize};

use super::coded_enum::coded_enum;

coded_enum!(
    /// The kind of a site.
    SiteKind {
        /// One dwelling.
        Home = "home",
        /// An apartment block, school, clinic, hotel or shop.
        Building = "building",
        /// An office.
        Office = "office",
        /// Any production site: workshop, farm, cold store.
        Factory = "factory",
    }
);

/// Facts about the people who live or work at a site; `None` is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flags {
    /// A low-income household.
    pub low_income: Option<bool>,
    /// A remote place.
    pub remote: Option<bool>,
    /// A household headed by a woman.
    pub woman_headed: Option<bool>,
}
