//! A site with all records at it: the unit that rules change and that counting counts.

use crate::domain::refusals::CurrentRecord;
use crate::domain::values::{ExternalId, InstallationId, PartnerCode};

use super::installation::Installation;
use super::personal_data::PrivateFacts;
use super::site::Site;

/// A site with all records at it.
#[derive(Clone, Debug)]
pub struct SiteRecord {
    pub site: Site,
    /// The partner's own number of the site, as first recorded.
    pub external_id: Option<ExternalId>,
    /// The personal data, which is stored apart.
    pub private: PrivateFacts,
    /// Every installation at the site, in the order of registration.
    pub installations: Vec<Installation>,
}

impl SiteRecord {
    /// Whether `partner` may see the site and attach installations: it recorded the site, or has an installation there.
    #[must_use]
    pub fn is_known_to(&self, partner: &PartnerCode) -> bool {
        self.site.partner == *partner || self.installations.iter().any(|i| i.partner == *partner)
    }

    #[must_use]
    pub fn installation(&self, id: InstallationId) -> Option<&Installation> {
        self.installations.iter().find(|installation| installation.id == id)
    }

    /// The revision of an installation and of its site, in double quotes. A caller must send it to change the
    /// installation.
    #[must_use]
    pub fn revision_tag(&self, installation: &Installation) -> String {
        format!("\"{}.{}\"", installation.revision, self.site.revision)
    }

    /// The revision of the site, in double quotes. A caller must send it to change the site.
    #[must_use]
    pub fn site_revision_tag(&self) -> String {
        format!("\"{}\"", self.site.revision)
    }

    /// An installation here as a refusal shows it.
    #[must_use]
    pub fn current(&self, installation: &Installation) -> CurrentRecord {
        CurrentRecord {
            installation: installation.id,
            status: installation.state.status(),
            revision: installation.revision,
            revision_tag: self.revision_tag(installation),
        }
    }
}
