//! A site: one green place, counted once.

use crate::domain::reference::Place;
use crate::domain::values::{Flags, PartnerCode, SiteId, SiteKind};

/// The facts of a site that are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SiteFacts {
    pub kind: SiteKind,
    pub place: Place,
    /// Facts about its people.
    pub flags: Flags,
}

/// A site as it stands in the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    pub id: SiteId,
    /// The partner that first recorded it.
    pub partner: PartnerCode,
    pub facts: SiteFacts,
    /// The site that took its place in a merge.
    pub superseded_by: Option<SiteId>,
    /// The revision: 1, and one more with each change of the site.
    pub revision: i32,
    /// The entry that last changed it.
    pub version: i64,
}
