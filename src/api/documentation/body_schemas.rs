//! What clients send, for the documentation. The readers (`installations/body.rs`,
//! `installations/decisions.rs`, `admin_bodies.rs`) take bodies apart field by field, so that all
//! faults come at once; a test holds the two against each other.
#![expect(dead_code, reason = "nothing is ever read into these types: they are there to be described")]

use chrono::NaiveDate;
use utoipa::ToSchema;

use crate::domain::records::{
    AttributesSold, DisputeOutcome, DisputeReason, Finance, GridCode, PowerUse, Role, SystemOwner,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::values::{
    Address, Code, CorrectReason, DecommissionReason, ExternalId, InstallationId, Name, Note, Quantity, RejectReason,
    SiteId, SiteKind, Tier, Vnd, WithdrawReason,
};

use super::value_schemas::{DecisionWord, NewStatus};

/// An installation to be registered.
#[derive(ToSchema)]
#[schema(example = json!({"external_id": "MGH-2026-0001", "status": "installed", "installed_on": "2026-10-02",
    "site": {"external_id": "NHA-17", "kind": "home", "province_code": "01", "commune_code": "00004", "low_income": false},
    "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}], "cost_vnd": 90_000_000, "finance": "loan"}))]
pub struct CreateInstallation {
    /// Your own number of it, at most 100 characters; unique for ever.
    external_id: ExternalId,
    /// Where it is.
    site: CreateSite,
    /// Whether it is there already.
    status: NewStatus,
    /// The day of installation (YYYY-MM-DD, Hà Nội); absent while pledged.
    installed_on: Option<NaiveDate>,
    /// 1 to 20 measures, none twice.
    #[schema(min_items = 1, max_items = 20)]
    measures: Vec<CreateMeasure>,
    /// The code of the project it belongs to.
    project_code: Option<Code>,
    /// What it cost, in whole đồng.
    cost_vnd: Option<Vnd>,
    /// What of it was support, in whole đồng.
    support_vnd: Option<Vnd>,
    /// Who paid.
    finance: Option<Finance>,
    /// Who owns the system.
    system_owner: Option<SystemOwner>,
    /// Where the power goes.
    power_use: Option<PowerUse>,
    /// Whether the environmental attributes were sold.
    attributes_sold: Option<AttributesSold>,
    /// The householder's consent; required for a home with address, grid code or location.
    consent: Option<CreateConsent>,
}

/// A site: by `id`, or by its facts.
#[derive(ToSchema)]
pub struct CreateSite {
    /// A site's id from an earlier answer; then the rest is optional.
    id: Option<SiteId>,
    /// Your own number of the site; the same number is the same site.
    external_id: Option<ExternalId>,
    /// What kind of place. Required without `id`.
    kind: Option<SiteKind>,
    /// One of the 34, see /v1/provinces. Required without `id`.
    province_code: Option<ProvinceId>,
    /// One of the 3,321, see /v1/communes.
    commune_code: Option<CommuneId>,
    /// One of the 63 before July 2025, where neither commune nor province tells it.
    former_province_code: Option<FormerProvinceId>,
    /// The address line. Personal data.
    address: Option<Address>,
    /// The electricity customer code. Personal data.
    grid_customer_code: Option<GridCode>,
    /// The place on the map. Personal data.
    location: Option<CreateLocation>,
    /// A low-income household.
    low_income: Option<bool>,
    /// A remote place.
    remote: Option<bool>,
    /// A household headed by a woman.
    woman_headed: Option<bool>,
}

/// A measure with its size.
#[derive(ToSchema)]
pub struct CreateMeasure {
    /// The measure's code, see /v1/measures.
    measure: MeasureId,
    /// How much, in the measure's unit, with at most three decimals.
    quantity: Quantity,
    /// Rated inverter power, of solar measures.
    inverter_kw: Option<Quantity>,
}

/// A point in degrees (WGS 84).
#[derive(ToSchema)]
pub struct CreateLocation {
    /// Latitude.
    #[schema(minimum = 8.0, maximum = 23.5)]
    lat: f64,
    /// Longitude.
    #[schema(minimum = 102.0, maximum = 116.0)]
    lon: f64,
}

/// A householder's consent.
#[derive(ToSchema)]
pub struct CreateConsent {
    /// The day of consent.
    on: NaiveDate,
    /// The number of the text agreed to.
    #[schema(minimum = 1)]
    text_version: i32,
}

/// A correction of an installation: what is sent is changed, `null` makes a fact unknown.
#[derive(ToSchema)]
pub struct CorrectInstallation {
    /// The day of installation (YYYY-MM-DD, Hà Nội).
    installed_on: Option<NaiveDate>,
    /// The last day in operation, of a decommissioned one.
    decommissioned_on: Option<NaiveDate>,
    /// All measures, as they should be.
    #[schema(min_items = 1, max_items = 20)]
    measures: Option<Vec<CreateMeasure>>,
    /// The code of the project it belongs to.
    project_code: Option<Code>,
    /// What it cost, in whole đồng.
    cost_vnd: Option<Vnd>,
    /// What of it was support, in whole đồng.
    support_vnd: Option<Vnd>,
    /// own, loan, grant or mixed.
    finance: Option<Finance>,
    /// occupant or `third_party`.
    system_owner: Option<SystemOwner>,
    /// `self_only`, `sells_surplus` or `sells_all`.
    power_use: Option<PowerUse>,
    /// none, carbon, rec or dppa.
    attributes_sold: Option<AttributesSold>,
    /// `data_entry_error`, `new_evidence`, `site_change` or other.
    reason: CorrectReason,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// A correction of a site: what is sent is changed, `null` makes a fact unknown.
#[derive(ToSchema)]
pub struct CorrectSite {
    /// home, building, office or factory.
    kind: Option<SiteKind>,
    /// One of the 34. The place is corrected as a whole: what of it is left out is unknown afterwards.
    province_code: Option<ProvinceId>,
    /// One of the 3,321.
    commune_code: Option<CommuneId>,
    /// One of the 63 before July 2025.
    former_province_code: Option<FormerProvinceId>,
    /// The address line. Personal data.
    address: Option<Address>,
    /// The electricity customer code. Personal data.
    grid_customer_code: Option<GridCode>,
    /// The place on the map. Personal data.
    location: Option<CreateLocation>,
    /// A low-income household.
    low_income: Option<bool>,
    /// A remote place.
    remote: Option<bool>,
    /// A household headed by a woman.
    woman_headed: Option<bool>,
    /// The householder's consent; a home with address, grid code or location needs it.
    consent: Option<CreateConsent>,
    /// `data_entry_error`, `new_evidence`, `site_change` or other.
    reason: CorrectReason,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// What was pledged is there.
#[derive(ToSchema)]
pub struct CompleteInstallation {
    /// The day of installation (YYYY-MM-DD, Hà Nội).
    installed_on: NaiveDate,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// Another review is asked for.
#[derive(ToSchema)]
pub struct ResubmitInstallation {
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// An installation is taken back.
#[derive(ToSchema)]
pub struct WithdrawInstallation {
    /// cancelled, `registered_by_mistake`, `consent_withdrawn` or other.
    reason: WithdrawReason,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// An installation went out of operation.
#[derive(ToSchema)]
pub struct DecommissionInstallation {
    /// Its last day in operation (YYYY-MM-DD, Hà Nội).
    decommissioned_on: NaiveDate,
    /// removed, replaced, destroyed or other.
    reason: DecommissionReason,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// Decisions of a reviewer.
#[derive(ToSchema)]
pub struct DecideInstallations {
    /// 1 to 1,000; each is decided by itself, in this order.
    #[schema(min_items = 1, max_items = 1000)]
    decisions: Vec<Decide>,
}

/// One decision.
#[derive(ToSchema)]
pub struct Decide {
    /// The installation's id.
    installation: InstallationId,
    /// verify or reject.
    action: DecisionWord,
    /// document, inspected or metered; required to verify.
    evidence_tier: Option<Tier>,
    /// As for a single rejection; required to reject.
    reason: Option<RejectReason>,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// A verification.
#[derive(ToSchema)]
#[schema(example = json!({"evidence_tier": "inspected", "note": "Seen on the roof"}))]
pub struct VerifyInstallation {
    /// How it was verified; `sampled` waits for sampling by lots.
    evidence_tier: Tier,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// A rejection.
#[derive(ToSchema)]
#[schema(example = json!({"reason": "evidence_missing"}))]
pub struct RejectInstallation {
    /// Why.
    reason: RejectReason,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}

/// A partner to be added.
#[derive(ToSchema)]
#[schema(example = json!({"code": "SOLARCO", "name": "Solar Co"}))]
pub struct CreatePartner {
    /// 2 to 20 of A-Z, 0-9 and hyphen; never changes.
    code: Code,
    /// Its name.
    name: Name,
    /// What kind of organisation.
    kind: Option<Name>,
    /// Its role in VCCA.
    vcca_role: Option<Name>,
    /// Whether it may be named in public.
    listed: Option<bool>,
    /// Whether it only tries things out; never changes.
    sandbox: Option<bool>,
}

/// A client to be added.
#[derive(ToSchema)]
#[schema(example = json!({"role": "partner", "partner": "SOLARCO", "name": "Back office"}))]
pub struct CreateClient {
    /// What it may do.
    role: Role,
    /// The partner's code, with the role partner.
    partner: Option<Code>,
    /// The code of the partner that the person works for, with the role reviewer: they see nothing of it.
    affiliation: Option<Code>,
    /// The one province that it may see, with the roles reviewer and dashboard.
    province_code: Option<ProvinceId>,
    /// Who or what it is.
    name: Name,
}

/// A new secret for a client.
#[derive(ToSchema)]
pub struct ResetSecret {
    /// Hours that the secret before still works; 24 if nothing is said.
    #[schema(minimum = 0, maximum = 168)]
    keep_old_hours: Option<i64>,
}

/// A project to be added.
#[derive(ToSchema)]
#[schema(example = json!({"code": "SCHOOLS-1", "name_vi": "Mái trường xanh", "name_en": "Green school roofs"}))]
pub struct CreateProject {
    /// 2 to 20 of A-Z, 0-9 and hyphen; never changes.
    code: Code,
    /// Its Vietnamese name.
    name_vi: Name,
    /// Its English name.
    name_en: Name,
    /// Who funds it.
    funder: Option<Name>,
}

/// A headline to be published for good.
#[derive(ToSchema)]
#[schema(example = json!({"as_of": "2026-10-31"}))]
pub struct CreateRelease {
    /// The day whose close it is of; it is over.
    as_of: NaiveDate,
}

/// Something that a householder says is wrong.
#[derive(ToSchema)]
pub struct OpenDispute {
    /// One of the installations at the home; absent: the home as a whole.
    installation: Option<InstallationId>,
    /// `not_here`, `wrong_facts`, `no_consent` or other.
    reason: DisputeReason,
    /// In the householder's words, at most 500 characters.
    note: Option<Note>,
}

/// The answer to a dispute.
#[derive(ToSchema)]
pub struct CloseDispute {
    /// upheld or dismissed.
    outcome: DisputeOutcome,
    /// A remark, at most 500 characters.
    note: Option<Note>,
}
