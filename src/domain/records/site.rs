//! A site: one green place, counted once.

use serde::{Deserialize, Serialize};

use crate::domain::refusals::CurrentRecord;
use crate::domain::values::{ExternalId, InstallationId, PartnerCode, Place, SiteId, coded_enum};

use super::installation::Installation;
use super::personal_data::PrivateFacts;

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

/// A site with everything at it: what `contribution` looks at.
#[derive(Clone, Debug)]
pub struct SiteRecord {
    /// The site.
    pub site: Site,
    /// The partner's own number of it, as first recorded.
    pub external_id: Option<ExternalId>,
    /// Personal data, kept apart.
    pub private: PrivateFacts,
    /// Every installation at it, in the order of their registration.
    pub installations: Vec<Installation>,
}

impl SiteRecord {
    /// Whether `partner` may attach to this site and see it: it recorded the site, or works there.
    #[must_use]
    pub fn is_known_to(&self, partner: &PartnerCode) -> bool {
        self.site.partner == *partner || self.installations.iter().any(|i| i.partner == *partner)
    }

    /// One of the installations at this site.
    #[must_use]
    pub fn installation(&self, id: InstallationId) -> Option<&Installation> {
        self.installations.iter().find(|installation| installation.id == id)
    }

    /// The strong `ETag` of an installation here: it changes with the installation and its site.
    #[must_use]
    pub fn revision_tag(&self, installation: &Installation) -> String {
        format!("\"{}.{}\"", installation.revision, self.site.revision)
    }

    /// The strong `ETag` of the site itself.
    #[must_use]
    pub fn site_etag(&self) -> String {
        format!("\"{}\"", self.site.revision)
    }

    /// What a refused request is told of an installation here.
    #[must_use]
    pub fn standing(&self, installation: &Installation) -> CurrentRecord {
        CurrentRecord {
            installation: installation.id,
            status: installation.state.status(),
            revision: installation.revision,
            etag: self.revision_tag(installation),
        }
    }
}
