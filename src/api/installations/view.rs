//! What is sent and answered, as the documentation describes it.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::householder::HouseholderCodeView;
use crate::api::http::PageInfo;
use crate::api::numbers::instant;
use crate::db::records::InstallationRecord;
use crate::domain::records::{
    Actor, AttributesSold, Finance, Installation, PowerUse, PrivateFacts, Role, SiteRecord, SystemOwner,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::refusals::Remark;
use crate::domain::rules::standing_remarks;
use crate::domain::values::{Code, ExternalId, Language, SiteKind, Status, Tier, Vnd, units};
use crate::register::Outcome;

/// What became of a registration.
#[derive(Serialize, ToSchema)]
pub struct RegisteredResponse {
    /// The answer.
    data: RegisteredView,
}

/// What became of a registration.
#[derive(Serialize, ToSchema)]
struct RegisteredView {
    /// `created` or `unchanged`.
    #[schema(pattern = "^(created|unchanged)$")]
    outcome: &'static str,
    /// Whether this was only asked for: nothing was recorded, and what is new has the nil UUID.
    dry_run: bool,
    /// The installation as it stands, without personal data.
    installation: InstallationView,
    /// What is worth a second look.
    warnings: Vec<WarningView>,
    /// The code for the person at home, with the 201 for a new home with consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    householder: Option<HouseholderCodeView>,
}

/// What is worth a second look.
#[derive(Serialize, ToSchema)]
struct WarningView {
    /// The code that programs read.
    #[schema(example = "unusual_quantity")]
    code: &'static str,
    /// JSON pointer into the request, or into the installation.
    pointer: String,
    /// What is worth a look.
    detail: String,
}

/// One installation.
#[derive(Serialize, ToSchema)]
pub struct InstallationResponse {
    /// The installation.
    pub data: InstallationView,
}

/// What became of an action on an installation.
#[derive(Serialize, ToSchema)]
pub struct ChangedResponse {
    /// The installation as it stands, without personal data.
    pub data: InstallationView,
    /// `changed`, or `unchanged` when it was so already.
    #[schema(example = "changed")]
    pub outcome: &'static str,
    /// Whether this was only asked for: nothing was recorded.
    pub dry_run: bool,
}

/// The word for what became of an action.
#[must_use]
pub fn outcome(changed: bool) -> &'static str {
    if changed { "changed" } else { "unchanged" }
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
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// The partner's own number of it.
    external_id: String,
    /// The partner that registered it.
    partner: String,
    /// Whether it only tries things out: kept apart and never counted.
    sandbox: bool,
    /// Where it stands.
    #[schema(value_type = Status)]
    status: &'static str,
    /// How it was verified.
    #[schema(value_type = Option<Tier>)]
    evidence_tier: Option<&'static str>,
    /// The day of installation; null while pledged.
    installed_on: Option<NaiveDate>,
    /// Its last day in operation.
    decommissioned_on: Option<NaiveDate>,
    /// When it was registered.
    #[schema(format = DateTime)]
    reported_at: String,
    /// When it was verified.
    #[schema(format = DateTime)]
    verified_at: Option<String>,
    /// What was installed.
    measures: Vec<MeasureView>,
    /// Where it is.
    site: SiteView,
    /// Its project.
    project_code: Option<String>,
    /// What it cost, in đồng.
    cost_vnd: Option<i64>,
    /// What of it was support, in đồng.
    support_vnd: Option<i64>,
    /// Who paid.
    #[schema(value_type = Option<Finance>)]
    finance: Option<&'static str>,
    /// Who owns it.
    #[schema(value_type = Option<SystemOwner>)]
    system_owner: Option<&'static str>,
    /// Where the power goes.
    #[schema(value_type = Option<PowerUse>)]
    power_use: Option<&'static str>,
    /// Whether its attributes were sold.
    #[schema(value_type = Option<AttributesSold>)]
    attributes_sold: Option<&'static str>,
    /// What is worth a second look in it.
    warnings: Vec<WarningView>,
    /// How often it changed.
    revision: i32,
    /// Changes whenever the installation or its site does.
    pub etag: String,
}

/// A measure with its size.
#[derive(Serialize, ToSchema)]
pub struct MeasureView {
    /// The measure's code.
    #[schema(value_type = MeasureId)]
    pub measure: Cow<'static, str>,
    /// How much, in the measure's unit.
    pub quantity: f64,
    /// Rated inverter power, of solar measures.
    pub inverter_kw: Option<f64>,
}

/// A site.
#[derive(Serialize, ToSchema)]
pub struct SiteView {
    /// Its id.
    #[schema(format = Uuid)]
    id: String,
    /// The partner's own number of it; only for the partner that recorded it.
    external_id: Option<String>,
    /// What kind of place.
    #[schema(value_type = SiteKind)]
    kind: &'static str,
    /// One of the 34.
    #[schema(value_type = ProvinceId)]
    province_code: &'static str,
    /// One of the 63, where known.
    #[schema(value_type = Option<FormerProvinceId>)]
    former_province_code: Option<&'static str>,
    /// One of the 3,321, where known.
    #[schema(value_type = Option<CommuneId>)]
    commune_code: Option<&'static str>,
    /// A low-income household; null is unknown.
    low_income: Option<bool>,
    /// A remote place; null is unknown.
    remote: Option<bool>,
    /// Headed by a woman; null is unknown.
    woman_headed: Option<bool>,
    /// Changes whenever the site does; `If-Match` of its corrections.
    pub etag: String,
    /// Personal data, for the partner that recorded the site and for reviewers.
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<PrivateView>,
}

/// Personal data of a site.
#[derive(Serialize, ToSchema)]
pub struct PrivateView {
    /// The address line.
    address: Option<String>,
    /// The electricity customer code, normalised.
    grid_customer_code: Option<String>,
    /// The place on the map.
    location: Option<LocationView>,
    /// The householder's consent.
    consent: Option<ConsentView>,
    /// The day on which it was withdrawn; the rest was erased then.
    consent_withdrawn_on: Option<NaiveDate>,
}

/// A point in degrees (WGS 84).
#[derive(Serialize, ToSchema)]
struct LocationView {
    /// Latitude.
    lat: f64,
    /// Longitude.
    lon: f64,
}

/// A householder's consent.
#[derive(Serialize, ToSchema)]
struct ConsentView {
    /// The day.
    on: NaiveDate,
    /// The number of the text.
    text_version: i32,
}

impl WarningView {
    fn of(remark: &Remark, language: Language) -> Self {
        Self { code: remark.warning.code(), pointer: remark.pointer.clone(), detail: remark.warning.explain(language) }
    }
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
    /// The same with what the householder is given.
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
    /// Without personal data: whoever writes knows it, and answers may be kept.
    #[must_use]
    pub fn without_private(mut self) -> Self {
        self.site = self.site.without_private();
        self
    }
}

/// What was installed.
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

impl SiteView {
    /// A site as `actor` may see it.
    pub fn of(record: &SiteRecord, actor: &Actor) -> Self {
        let (site, place) = (&record.site, &record.site.facts.place);
        let recorded_it = actor.partner.as_ref() == Some(&site.partner);
        let private = recorded_it || actor.role == Role::Reviewer;
        Self {
            id: site.id.to_string(),
            external_id: record
                .external_id
                .as_ref()
                .filter(|_| recorded_it)
                .map(|id| ExternalId::as_str(id).to_owned()),
            kind: site.facts.kind.as_str(),
            province_code: place.province().code(),
            former_province_code: place.former().map(FormerProvinceId::code),
            commune_code: place.commune().map(CommuneId::code),
            low_income: site.facts.flags.low_income,
            remote: site.facts.flags.remote,
            woman_headed: site.facts.flags.woman_headed,
            etag: record.site_revision_tag(),
            private: (private && !record.private.is_empty()).then(|| PrivateView::of(&record.private)),
        }
    }
}

impl SiteView {
    /// Without personal data.
    #[must_use]
    pub fn without_private(self) -> Self {
        Self { private: None, ..self }
    }
}

impl PrivateView {
    /// Everything personal that is held of a site.
    pub fn of(private: &PrivateFacts) -> Self {
        let degrees = |microdeg: i32| f64::from(microdeg) / 1e6;
        Self {
            address: private.address.as_ref().map(|address| address.as_str().to_owned()),
            grid_customer_code: private.grid_customer_code.as_ref().map(|code| code.as_str().to_owned()),
            location: private
                .location
                .map(|point| LocationView { lat: degrees(point.lat_microdeg()), lon: degrees(point.lon_microdeg()) }),
            consent: private.consent.map(|consent| ConsentView { on: consent.on, text_version: consent.text_version }),
            consent_withdrawn_on: private.consent_withdrawn_on,
        }
    }
}
