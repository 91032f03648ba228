//! What is sent and answered, as the documentation describes it.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{PageInfo, WarningView};
use crate::api::numbers::instant;
use crate::api::sites::SiteView;
use crate::db::records::InstallationRecord;
use crate::domain::records::{Actor, AttributesSold, Finance, Installation, PowerUse, SystemOwner};
use crate::domain::reference::MeasureId;
use crate::domain::refusals::Remark;
use crate::domain::rules::standing_remarks;
use crate::domain::values::{Code, Language, Status, Tier, Vnd, units};
use crate::register::Outcome;

use super::householder_codes::HouseholderCodeView;

/// The outcome of a registration.
#[derive(Serialize, ToSchema)]
pub struct RegisteredResponse {
    /// The outcome, and the installation.
    data: RegisteredView,
}

/// The outcome of a registration.
#[derive(Serialize, ToSchema)]
struct RegisteredView {
    /// `created`, or `unchanged` if the same installation was registered before.
    #[schema(pattern = "^(created|unchanged)$")]
    outcome: &'static str,
    /// Whether this was a dry run. Then nothing was recorded, and new records have the nil UUID.
    dry_run: bool,
    /// The installation as it is recorded now, without personal data.
    installation: InstallationView,
    /// A value that is allowed but unusual: please look at it again.
    warnings: Vec<WarningView>,
    /// The code for the householder, only with the 201 for a new home with consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    householder: Option<HouseholderCodeView>,
}

/// One installation.
#[derive(Serialize, ToSchema)]
pub struct InstallationResponse {
    /// The installation.
    pub data: InstallationView,
}

/// The outcome of a change of an installation.
#[derive(Serialize, ToSchema)]
pub struct ChangedResponse {
    /// The installation as it is recorded now, without personal data.
    pub data: InstallationView,
    /// `changed`, or `unchanged` if it was so already.
    #[schema(example = "changed")]
    pub outcome: &'static str,
    /// Whether this was a dry run, so that nothing was recorded.
    pub dry_run: bool,
}

/// A page of installations.
#[derive(Serialize, ToSchema)]
pub struct InstallationList {
    /// The installations.
    pub data: Vec<InstallationView>,
    /// Where the next page begins.
    pub page: PageInfo,
}

/// An installation.
#[derive(Serialize, ToSchema)]
pub struct InstallationView {
    /// The id of the installation. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e73.
    #[schema(format = Uuid)]
    id: String,
    /// The partner's own number of the installation. Example: HN-0042.
    external_id: String,
    /// The code of the partner that registered it. Example: SOLARCO.
    partner: String,
    /// Whether the partner only tries things out; such installations are kept apart and never counted.
    sandbox: bool,
    /// Whether it counts for nothing for now, because its partner is suspended and nobody verified it.
    set_aside: bool,
    /// The status of the installation.
    #[schema(value_type = Status)]
    status: &'static str,
    /// The evidence behind the verification; null unless verified.
    #[schema(value_type = Option<Tier>)]
    evidence_tier: Option<&'static str>,
    /// The day of installation (YYYY-MM-DD, Hà Nội); null while pledged. Example: 2026-10-02.
    installed_on: Option<NaiveDate>,
    /// The last day in operation (YYYY-MM-DD, Hà Nội); null while in operation. Example: 2026-10-31.
    decommissioned_on: Option<NaiveDate>,
    /// The instant of registration, UTC. Example: 2026-10-02T03:15:00.000000Z.
    #[schema(format = DateTime)]
    reported_at: String,
    /// The instant of verification, UTC; null unless verified. Example: 2026-10-09T07:30:00.000000Z.
    #[schema(format = DateTime)]
    verified_at: Option<String>,
    /// The measures with their sizes.
    measures: Vec<MeasureView>,
    /// The site of the installation.
    site: SiteView,
    /// The code of its project; null if it has none. Example: SCHOOLS-1.
    project_code: Option<String>,
    /// The total cost in whole đồng; null is unknown. Example: 90000000.
    cost_vnd: Option<i64>,
    /// The part of the cost that was support, in whole đồng, 0 to 10,000,000,000,000; null is unknown. Example: 10000000.
    support_vnd: Option<i64>,
    /// Who paid.
    #[schema(value_type = Option<Finance>)]
    finance: Option<&'static str>,
    /// Who owns the system.
    #[schema(value_type = Option<SystemOwner>)]
    system_owner: Option<&'static str>,
    /// What the site does with its power.
    #[schema(value_type = Option<PowerUse>)]
    power_use: Option<&'static str>,
    /// Whether the environmental attributes were sold, and as what.
    #[schema(value_type = Option<AttributesSold>)]
    attributes_sold: Option<&'static str>,
    /// Values that are allowed but unusual.
    warnings: Vec<WarningView>,
    /// The number of the revision, from 1. Example: 2.
    revision: i32,
    /// The entity tag. It changes whenever the installation or its site changes; send it in `If-Match`. Example: "2.1".
    pub etag: String,
}

/// A measure with its size.
#[derive(Serialize, ToSchema)]
pub struct MeasureView {
    /// The measure's code.
    #[schema(value_type = MeasureId)]
    pub measure: Cow<'static, str>,
    /// The size in the unit of the measure, see /v1/measures. Example: 5.4.
    pub quantity: f64,
    /// Rated power of the inverter in kW; null for measures that are not solar, or unknown. Example: 5.
    pub inverter_kw: Option<f64>,
}

impl RegisteredResponse {
    /// The answer in a language.
    pub fn new(
        outcome: Outcome,
        dry_run: bool,
        installation: InstallationView,
        remarks: &[Remark],
        language: Language,
    ) -> Self {
        let outcome = match outcome {
            Outcome::Created => "created",
            Outcome::Unchanged => "unchanged",
        };
        let warnings = remarks.iter().map(|remark| WarningView::of(remark, language)).collect();
        Self { data: RegisteredView { outcome, dry_run, installation, warnings, householder: None } }
    }
}

impl RegisteredResponse {
    /// Adds warnings about the texts of the request.
    pub fn with_warnings(mut self, warnings: &[WarningView]) -> Self {
        self.data.warnings.extend_from_slice(warnings);
        self
    }

    /// Adds the householder's code.
    pub fn with_householder(mut self, code: Option<HouseholderCodeView>) -> Self {
        self.data.householder = code;
        self
    }
}

impl InstallationView {
    /// An installation as `actor` may see it; none if it may not.
    pub fn of(found: &InstallationRecord, actor: &Actor, language: Language) -> Option<Self> {
        let installation = found.record.installation(found.id).filter(|one| actor.may_see(&found.record, one))?;
        let (state, terms) = (&installation.state, &installation.terms);
        Some(Self {
            id: installation.id.to_string(),
            external_id: installation.external_id.as_str().to_owned(),
            partner: installation.partner.to_string(),
            sandbox: installation.sandbox,
            set_aside: installation.set_aside,
            status: state.status().as_str(),
            evidence_tier: state.verification().map(|(tier, _)| tier.as_str()),
            installed_on: state.installed_on(),
            decommissioned_on: state.decommissioned_on(),
            reported_at: instant(installation.reported_at),
            verified_at: state.verification().map(|(_, at)| instant(at)),
            measures: measures(installation),
            site: SiteView::of(&found.record, actor),
            project_code: terms.project.as_ref().map(Code::to_string),
            cost_vnd: terms.cost.map(Vnd::vnd),
            support_vnd: terms.support.map(Vnd::vnd),
            finance: terms.finance.map(Finance::as_str),
            system_owner: terms.system_owner.map(SystemOwner::as_str),
            power_use: terms.power_use.map(PowerUse::as_str),
            attributes_sold: terms.attributes_sold.map(AttributesSold::as_str),
            warnings: standing_remarks(&found.record, installation)
                .iter()
                .map(|remark| WarningView::of(remark, language))
                .collect(),
            revision: installation.revision,
            etag: found.record.revision_tag(installation),
        })
    }
}

impl InstallationView {
    /// Adds warnings about the texts of the request.
    #[must_use]
    pub fn with_warnings(mut self, warnings: &[WarningView]) -> Self {
        self.warnings.extend_from_slice(warnings);
        self
    }

    /// Without personal data: whoever writes knows it, and answers may be kept.
    #[must_use]
    pub fn without_private(mut self) -> Self {
        self.site = self.site.without_private();
        self
    }
}

/// The measures with their sizes.
pub fn measures(installation: &Installation) -> Vec<MeasureView> {
    let lines = installation.measures.as_slice().iter();
    lines
        .map(|line| MeasureView {
            measure: line.measure.code().into(),
            quantity: units(line.quantity.milli()),
            inverter_kw: line.inverter_w.map(|inverter| units(inverter.milli())),
        })
        .collect()
}
