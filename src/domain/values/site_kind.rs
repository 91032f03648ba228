//! What kind of place a site is, and the three facts about the people in it that are counted.

use serde::{Deserialize, Serialize};

use super::coded_enum::coded_enum;

coded_enum!(
    /// What kind of place a site is.
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

/// What is known of who lives or works there; `None` is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Flags {
    /// A low-income household.
    pub low_income: Option<bool>,
    /// A remote place.
    pub remote: Option<bool>,
    /// A household headed by a woman.
    pub woman_headed: Option<bool>,
}
