//! Registering a new installation: the parsed request, and the record that it makes.

use chrono::NaiveDate;

use crate::domain::records::{
    Installation, MeasureLines, PrivateFacts, Site, SiteFacts, SiteRecord, StatusDetails, Terms,
};
use crate::domain::reference::Place;
use crate::domain::refusals::Refusal;
use crate::domain::values::{ExternalId, Fault, Flags, InstallationId, PartnerCode, SiteId, SiteKind};

use super::stamp::Stamp;

/// The most installations at one site. A partner that sends a placeholder as the number of every site would gather its whole
/// programme at one site. That would be slow, because each change of a site counts the whole site anew.
const MOST_AT_A_SITE: usize = 100;

/// How a request names its site.
#[derive(Clone, Debug)]
pub enum SiteClaim {
    /// The site by its id. Sent facts are compared with the record and do not change it.
    Known {
        id: SiteId,
        /// The facts of the site that the request gives.
        said: SiteSaid,
    },
    /// The site by its description, and by the partner's own number if the request has one.
    Described {
        external_id: Option<ExternalId>,
        /// The facts of the site if it is new.
        facts: SiteFacts,
    },
}

/// The facts of a known site that a request gives; `None` if it leaves one out.
#[derive(Clone, Copy, Debug, Default)]
pub struct SiteSaid {
    pub kind: Option<SiteKind>,
    pub place: Option<Place>,
    /// Facts about its people.
    pub flags: Flags,
}

impl SiteClaim {
    pub(super) fn said(&self) -> SiteSaid {
        match self {
            Self::Known { said, .. } => *said,
            Self::Described { facts, .. } => {
                SiteSaid { kind: Some(facts.kind), place: Some(facts.place), flags: facts.flags }
            }
        }
    }
}

/// A parsed request to register an installation.
#[derive(Clone, Debug)]
pub struct NewInstallation {
    /// The partner's own number of the installation.
    pub external_id: ExternalId,
    pub site: SiteClaim,
    /// Personal data of the site.
    pub private: PrivateFacts,
    /// The day of installation; none while pledged.
    pub installed_on: Option<NaiveDate>,
    pub measures: MeasureLines,
    pub terms: Terms,
}

/// The partner that registers an installation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registrant {
    pub partner: PartnerCode,
    /// Whether the partner is a sandbox, which moves no number.
    pub sandbox: bool,
}

/// Unused identities, for the records that a registration may create.
#[derive(Clone, Copy, Debug)]
pub struct FreshIds {
    pub installation: InstallationId,
    /// For the site, if it is new.
    pub site: SiteId,
}

/// The record with the new installation: at `site` if the register knows the site, else at a new site.
pub fn create(
    new: &NewInstallation,
    by: &Registrant,
    site: Option<&SiteRecord>,
    ids: FreshIds,
    stamp: Stamp,
) -> Result<SiteRecord, Refusal> {
    if new.installed_on.is_some_and(|day| day > stamp.day) {
        return Err(Refusal::invalid("/installed_on", Fault::InTheFuture { today: stamp.day }));
    }
    let mut record = match (site, &new.site) {
        (Some(record), _) => record.clone(),
        (None, SiteClaim::Described { external_id, facts }) => SiteRecord {
            site: Site {
                id: ids.site,
                partner: by.partner.clone(),
                facts: *facts,
                superseded_by: None,
                revision: 1,
                version: stamp.version,
            },
            external_id: external_id.clone(),
            private: new.private.clone(),
            installations: Vec::new(),
        },
        (None, SiteClaim::Known { .. }) => return Err(Refusal::invalid("/site/id", Fault::UnknownSite)),
    };
    if record.installations.len() >= MOST_AT_A_SITE {
        return Err(Refusal::invalid("/site", Fault::SiteFull { max: MOST_AT_A_SITE }));
    }
    record.installations.push(Installation {
        id: ids.installation,
        site: record.site.id,
        partner: by.partner.clone(),
        sandbox: by.sandbox,
        external_id: new.external_id.clone(),
        terms: new.terms.clone(),
        measures: new.measures.by_number(),
        state: new.installed_on.map_or(StatusDetails::Pledged, |on| StatusDetails::Installed { on }),
        set_aside: false,
        reported_at: stamp.at,
        registered_version: stamp.version,
        revision: 1,
        version: stamp.version,
    });
    Ok(record)
}
