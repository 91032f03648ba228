//! A site with everything that is recorded of it: what a rule looks at and what it changes.

use crate::domain::refusals::CurrentRecord;
use crate::domain::values::{ExternalId, InstallationId, PartnerCode};

use super::installation::Installation;
use super::personal_data::PrivateFacts;
use super::site::Site;

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
