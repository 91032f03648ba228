//! A site: one green place, counted once.

use crate::domain::reference::Place;
use crate::domain::values::{Flags, PartnerCode, SiteId, SiteKind};

/// The facts of a site that are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SiteFacts {
    /// What kind of place.
    pub kind: SiteKind,
    /// Where it is.
    pub place: Place,
    /// What is known of its people.
    pub flags: Flags,
}

/// A site as it stands in the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its identity.
    pub id: SiteId,
    /// The partner that first recorded it.
    pub partner: PartnerCode,
    /// Its counted facts.
    pub facts: SiteFacts,
    /// The site that took its place in a merge.
    pub superseded_by: Option<SiteId>,
    /// How often its facts changed, from 1.
    pub revision: i32,
    /// The entry that last changed it.
    pub version: i64,
}
