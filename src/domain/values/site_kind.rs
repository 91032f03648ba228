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
        Office = "office",
        /// Any production site: workshop, farm, cold store.
        Factory = "factory",
    }
);

/// Facts about the people who live or work at a site; `None` is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flags {
    pub low_income: Option<bool>,
    pub remote: Option<bool>,
    pub woman_headed: Option<bool>,
}
