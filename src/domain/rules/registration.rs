//! Registering an installation: what is asked, what comes of it when it is new, and what when it
//! was sent before.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::domain::records::{
    Installation, MeasureLine, MeasureLines, PrivateFacts, Site, SiteFacts, SiteRecord, StatusDetails, Terms,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, MeasureId, Place, target};
use crate::domain::refusals::{Difference, Refusal, Remark, Warning};
use crate::domain::values::{ExternalId, Fault, Flags, InstallationId, PartnerCode, SiteId, SiteKind, Status, units};

use super::stamp::Stamp;

/// Installations at one site. Every change of a site counts all of it anew, so that a placeholder
/// in the place of a site's number must not gather a whole programme there.
const MOST_AT_A_SITE: usize = 100;

/// How a request names its site.
#[derive(Clone, Debug)]
pub enum SiteClaim {
    /// By the register's id; what else is said of it is only compared.
    Known {
        /// The site's id.
        id: SiteId,
        /// What else was said.
        said: SiteSaid,
    },
    /// By description, and by the partner's own number where it has one.
    Described {
        /// The partner's own number.
        external_id: Option<ExternalId>,
        /// The facts of the site if it is new.
        facts: SiteFacts,
    },
}

/// What a request may say of a known site.
#[derive(Clone, Copy, Debug, Default)]
pub struct SiteSaid {
    /// What kind of place.
    pub kind: Option<SiteKind>,
    /// Where it is.
    pub place: Option<Place>,
    /// What is known of its people.
    pub flags: Flags,
}

impl SiteClaim {
    fn said(&self) -> SiteSaid {
        match self {
            Self::Known { said, .. } => *said,
            Self::Described { facts, .. } => {
                SiteSaid { kind: Some(facts.kind), place: Some(facts.place), flags: facts.flags }
            }
        }
    }
}

/// A parsed `POST /v1/installations`.
#[derive(Clone, Debug)]
pub struct NewInstallation {
    /// The partner's own number of it.
    pub external_id: ExternalId,
    /// Where it is.
    pub site: SiteClaim,
    /// Personal data of the site.
    pub private: PrivateFacts,
    /// The day of installation; none while pledged.
    pub installed_on: Option<NaiveDate>,
    /// What was installed.
    pub measures: MeasureLines,
    /// Its optional facts.
    pub terms: Terms,
}

/// Who registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registrant {
    /// The partner.
    pub partner: PartnerCode,
    /// Whether it only tries things out.
    pub sandbox: bool,
}

/// Fresh identities, used if they are needed.
#[derive(Clone, Copy, Debug)]
pub struct FreshIds {
    /// For the installation.
    pub installation: InstallationId,
    /// For the site, if it is new.
    pub site: SiteId,
}

/// The record after `new` was added: at `site` if it is known, else at a site of its own.
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
        reported_at: stamp.at,
        registered_version: stamp.version,
        revision: 1,
        version: stamp.version,
    });
    Ok(record)
}

/// Compares `new` with what was registered under its external id: same content passes, a status
/// further along counts as same.
pub fn compare_resent(
    new: &NewInstallation,
    record: &SiteRecord,
    recorded: &Installation,
    named_site: Option<SiteId>,
) -> Result<(), Refusal> {
    let standing = record.standing(recorded);
    if matches!(standing.status, Status::Rejected | Status::Withdrawn) {
        return Err(Refusal::Ended(standing));
    }
    let differences = differences(new, record, recorded, named_site);
    if differences.is_empty() { Ok(()) } else { Err(Refusal::Different { standing, differences }) }
}

fn differences(
    new: &NewInstallation,
    record: &SiteRecord,
    recorded: &Installation,
    named_site: Option<SiteId>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |pointer, same: bool, recorded: Value| {
        if !same {
            found.push(Difference { pointer, recorded });
        }
    };
    let same_site = named_site == Some(record.site.id);
    match &new.site {
        SiteClaim::Known { .. } => compare("/site/id", same_site, json!(record.site.id)),
        SiteClaim::Described { external_id: Some(_), .. } => {
            let recorded = record.external_id.as_ref().map(ExternalId::as_str);
            compare("/site/external_id", same_site, json!(recorded));
        }
        SiteClaim::Described { external_id: None, .. } => {}
    }
    let installed_on = recorded.state.installed_on();
    let further_along = new.installed_on.is_none();
    compare("/installed_on", further_along || new.installed_on == installed_on, json!(installed_on));
    let lines = recorded.measures.as_slice();
    let same_measures = new.measures.by_number() == recorded.measures;
    compare("/measures", same_measures, Value::Array(lines.iter().map(line_value).collect()));
    let (sent, terms) = (&new.terms, &recorded.terms);
    compare("/project_code", sent.project == terms.project, json!(terms.project));
    compare("/cost_vnd", sent.cost == terms.cost, json!(terms.cost.map(crate::domain::values::Vnd::vnd)));
    compare("/support_vnd", sent.support == terms.support, json!(terms.support.map(crate::domain::values::Vnd::vnd)));
    compare(
        "/finance",
        sent.finance == terms.finance,
        json!(terms.finance.map(crate::domain::records::Finance::as_str)),
    );
    compare(
        "/system_owner",
        sent.system_owner == terms.system_owner,
        json!(terms.system_owner.map(crate::domain::records::SystemOwner::as_str)),
    );
    compare(
        "/power_use",
        sent.power_use == terms.power_use,
        json!(terms.power_use.map(crate::domain::records::PowerUse::as_str)),
    );
    let sold = terms.attributes_sold.map(crate::domain::records::AttributesSold::as_str);
    compare("/attributes_sold", sent.attributes_sold == terms.attributes_sold, json!(sold));
    found
}

fn line_value(line: &MeasureLine) -> Value {
    let (measure, quantity) = (line.measure.code(), units(line.quantity.milli()));
    match line.inverter_w {
        Some(inverter) => json!({"measure": measure, "quantity": quantity, "inverter_kw": units(inverter.milli())}),
        None => json!({"measure": measure, "quantity": quantity}),
    }
}

/// What deserves a second look in `new`, at the site it came to. `before` is that site as it
/// stood without this installation, if it was known.
#[must_use]
pub fn remarks(new: &NewInstallation, before: Option<&SiteRecord>) -> Vec<Remark> {
    let others = before.into_iter().flat_map(|record| &record.installations);
    let mut remarks = second_look(&Look {
        installed_on: new.installed_on,
        measures: new.measures.as_slice(),
        terms: &new.terms,
        kind: before.map(|record| record.site.facts.kind).or(new.site.said().kind),
        others: others.filter(|one| one.external_id != new.external_id).collect(),
    });
    let mut add = |pointer: &str, warning| remarks.push(Remark { pointer: pointer.to_owned(), warning });
    if let Some(warning) = new.private.grid_customer_code.as_ref().and_then(crate::domain::records::GridCode::warning) {
        add("/site/grid_customer_code", warning);
    }
    for pointer in before.map(|record| site_differences(new, record)).unwrap_or_default() {
        add(pointer, Warning::SiteDiffers);
    }
    remarks
}

/// What deserves a second look in an installation as it stands.
#[must_use]
pub fn standing_remarks(record: &SiteRecord, installation: &Installation) -> Vec<Remark> {
    second_look(&Look {
        installed_on: installation.state.installed_on(),
        measures: installation.measures.as_slice(),
        terms: &installation.terms,
        kind: Some(record.site.facts.kind),
        others: record.installations.iter().filter(|one| one.id != installation.id).collect(),
    })
}

/// An installation, new or recorded, and what else is at its site.
struct Look<'a> {
    installed_on: Option<NaiveDate>,
    measures: &'a [MeasureLine],
    terms: &'a Terms,
    kind: Option<SiteKind>,
    others: Vec<&'a Installation>,
}

fn second_look(look: &Look<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut add = |pointer: String, warning| remarks.push(Remark { pointer, warning });
    if look.installed_on.is_some_and(|day| day < target().counted_from) {
        add("/installed_on".to_owned(), Warning::PreProgramme);
    }
    for (index, line) in look.measures.iter().enumerate() {
        if let Some(warning) = look.kind.and_then(|kind| line.warning(kind)) {
            add(format!("/measures/{index}/quantity"), warning);
        }
        if look.is_repeated(line) {
            add(format!("/measures/{index}"), Warning::PossibleDuplicate);
        } else if let Some(with) = look.overlap(line) {
            add(format!("/measures/{index}/measure"), Warning::OverlappingMeasure { with });
        }
    }
    if !look.measures.iter().any(MeasureLine::counts_for_site) {
        add("/measures".to_owned(), Warning::CountsNoSite);
    }
    if look.terms.cost.zip(look.terms.support).is_some_and(|(cost, support)| support > cost) {
        add("/support_vnd".to_owned(), Warning::SupportAboveCost);
    }
    remarks
}

impl Look<'_> {
    /// The same measure, of the same size and day, stands at the site already from another installation.
    fn is_repeated(&self, line: &MeasureLine) -> bool {
        let others = self.others.iter();
        let same_day = others.filter(|i| i.state.credited().is_some() && i.state.installed_on() == self.installed_on);
        same_day.flat_map(|i| i.measures.as_slice()).any(|other| other == line)
    }

    /// Another measure in the same exclusive group: in operation at the site, or in the same installation.
    fn overlap(&self, line: &MeasureLine) -> Option<MeasureId> {
        let group = line.measure.exclusive_group()?;
        let in_operation =
            |i: &&&Installation| matches!(i.state, StatusDetails::Installed { .. } | StatusDetails::Verified { .. });
        let others = self.others.iter().filter(in_operation).flat_map(|i| i.measures.as_slice());
        let beside = self.measures.iter().filter(|other| other.measure != line.measure);
        others.chain(beside).map(|other| other.measure).find(|other| other.exclusive_group() == Some(group))
    }
}

/// Pointers to what was said of a known site and differs from what is recorded.
fn site_differences(new: &NewInstallation, record: &SiteRecord) -> Vec<&'static str> {
    let said = new.site.said();
    let facts = &record.site.facts;
    let place = |get: fn(&Place) -> Option<u64>| differs(said.place.as_ref().and_then(get), get(&facts.place));
    let (sent, kept) = (&new.private, &record.private);
    let checks = [
        ("/site/kind", differs(said.kind, Some(facts.kind))),
        ("/site/province_code", place(|p| Some(p.province().index().into()))),
        ("/site/commune_code", place(|p| p.commune().map(commune_number))),
        ("/site/former_province_code", place(|p| p.former().map(former_number))),
        ("/site/low_income", differs(said.flags.low_income, facts.flags.low_income)),
        ("/site/remote", differs(said.flags.remote, facts.flags.remote)),
        ("/site/woman_headed", differs(said.flags.woman_headed, facts.flags.woman_headed)),
        ("/site/address", differs(sent.address.as_ref(), kept.address.as_ref())),
        ("/site/grid_customer_code", differs(sent.grid_customer_code.as_ref(), kept.grid_customer_code.as_ref())),
        ("/site/location", differs(sent.location, kept.location)),
        ("/consent", differs(sent.consent, kept.consent)),
    ];
    checks.into_iter().filter(|(_, differs)| *differs).map(|(pointer, _)| pointer).collect()
}

/// Only what was sent can differ.
fn differs<T: PartialEq + Copy>(sent: Option<T>, recorded: Option<T>) -> bool {
    sent.is_some() && sent != recorded
}

fn commune_number(commune: CommuneId) -> u64 {
    commune.code().parse().unwrap_or_default()
}

fn former_number(former: FormerProvinceId) -> u64 {
    former.index().into()
}
