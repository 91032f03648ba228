//! What clients send, for the documentation. The readers (`installations/body.rs`,
//! `installations/decisions.rs`, `admin_bodies.rs`) take bodies apart field by field, so that all
//! faults come at once; a test holds the two against each other.

use serde::Serialize;
use utoipa::ToSchema;

/// An installation to be registered.
#[derive(Serialize, ToSchema)]
pub struct CreateInstallation {
    /// Your own number of it, at most 100 characters; unique for ever.
    #[schema(example = "MGH-2026-0001", max_length = 100, min_length = 1)]
    external_id: String,
    /// Where it is.
    site: CreateSite,
    /// `pledged` or `installed`.
    #[schema(example = "installed")]
    status: String,
    /// The day of installation (YYYY-MM-DD, Hà Nội); absent while pledged.
    #[schema(example = "2026-11-20")]
    installed_on: Option<String>,
    /// 1 to 20 measures, none twice.
    #[schema(min_items = 1, max_items = 20)]
    measures: Vec<CreateMeasure>,
    /// The code of the project it belongs to.
    project_code: Option<String>,
    /// What it cost, in whole đồng.
    cost_vnd: Option<i64>,
    /// What of it was support, in whole đồng.
    support_vnd: Option<i64>,
    /// own, loan, grant or mixed.
    finance: Option<String>,
    /// occupant or `third_party`.
    system_owner: Option<String>,
    /// `self_only`, `sells_surplus` or `sells_all`.
    power_use: Option<String>,
    /// none, carbon, rec or dppa.
    attributes_sold: Option<String>,
    /// The householder's consent; required for a home with address, grid code or location.
    consent: Option<CreateConsent>,
}

/// A site: by `id`, or by its facts.
#[derive(Serialize, ToSchema)]
pub struct CreateSite {
    /// A site's id from an earlier answer; then the rest is optional.
    #[schema(format = Uuid)]
    id: Option<String>,
    /// Your own number of the site; the same number is the same site.
    #[schema(max_length = 100)]
    external_id: Option<String>,
    /// home, building, office or factory. Required without `id`.
    #[schema(example = "home")]
    kind: Option<String>,
    /// One of the 34, see /v1/provinces. Required without `id`.
    #[schema(example = "01")]
    province_code: Option<String>,
    /// One of the 3,321, see /v1/communes.
    #[schema(example = "00004")]
    commune_code: Option<String>,
    /// One of the 63 before July 2025, where neither commune nor province tells it.
    former_province_code: Option<String>,
    /// The address line. Personal data.
    #[schema(max_length = 300)]
    address: Option<String>,
    /// The electricity customer code. Personal data.
    grid_customer_code: Option<String>,
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
#[derive(Serialize, ToSchema)]
pub struct CreateMeasure {
    /// The measure's code, see /v1/measures.
    #[schema(example = "rooftop_solar_pv")]
    measure: String,
    /// How much, in the measure's unit, with at most three decimals.
    #[schema(example = 5.4)]
    quantity: f64,
    /// Rated inverter power, of solar measures.
    inverter_kw: Option<f64>,
}

/// A point in degrees (WGS 84).
#[derive(Serialize, ToSchema)]
pub struct CreateLocation {
    /// Latitude.
    lat: f64,
    /// Longitude.
    lon: f64,
}

/// A householder's consent.
#[derive(Serialize, ToSchema)]
pub struct CreateConsent {
    /// The day of consent.
    on: String,
    /// The number of the text agreed to.
    #[schema(example = 1)]
    text_version: i32,
}

/// A correction of an installation: what is sent is changed, `null` makes a fact unknown.
#[derive(Serialize, ToSchema)]
pub struct CorrectInstallation {
    /// The day of installation (YYYY-MM-DD, Hà Nội).
    #[schema(example = "2026-11-20")]
    installed_on: Option<String>,
    /// The last day in operation, of a decommissioned one.
    decommissioned_on: Option<String>,
    /// All measures, as they should be.
    #[schema(min_items = 1, max_items = 20)]
    measures: Option<Vec<CreateMeasure>>,
    /// The code of the project it belongs to.
    project_code: Option<String>,
    /// What it cost, in whole đồng.
    cost_vnd: Option<i64>,
    /// What of it was support, in whole đồng.
    support_vnd: Option<i64>,
    /// own, loan, grant or mixed.
    finance: Option<String>,
    /// occupant or `third_party`.
    system_owner: Option<String>,
    /// `self_only`, `sells_surplus` or `sells_all`.
    power_use: Option<String>,
    /// none, carbon, rec or dppa.
    attributes_sold: Option<String>,
    /// `data_entry_error`, `new_evidence`, `site_change` or other.
    #[schema(example = "data_entry_error")]
    reason: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// A correction of a site: what is sent is changed, `null` makes a fact unknown.
#[derive(Serialize, ToSchema)]
pub struct CorrectSite {
    /// home, building, office or factory.
    #[schema(example = "home")]
    kind: Option<String>,
    /// One of the 34. The place is corrected as a whole: what of it is left out is unknown afterwards.
    province_code: Option<String>,
    /// One of the 3,321.
    commune_code: Option<String>,
    /// One of the 63 before July 2025.
    former_province_code: Option<String>,
    /// The address line. Personal data.
    #[schema(max_length = 300)]
    address: Option<String>,
    /// The electricity customer code. Personal data.
    grid_customer_code: Option<String>,
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
    #[schema(example = "data_entry_error")]
    reason: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// What was pledged is there.
#[derive(Serialize, ToSchema)]
pub struct CompleteInstallation {
    /// The day of installation (YYYY-MM-DD, Hà Nội).
    #[schema(example = "2026-11-20")]
    installed_on: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Another review is asked for.
#[derive(Serialize, ToSchema)]
pub struct ResubmitInstallation {
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// An installation is taken back.
#[derive(Serialize, ToSchema)]
pub struct WithdrawInstallation {
    /// cancelled, `registered_by_mistake`, `consent_withdrawn` or other.
    #[schema(example = "cancelled")]
    reason: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// An installation went out of operation.
#[derive(Serialize, ToSchema)]
pub struct DecommissionInstallation {
    /// Its last day in operation (YYYY-MM-DD, Hà Nội).
    #[schema(example = "2026-11-20")]
    decommissioned_on: String,
    /// removed, replaced, destroyed or other.
    #[schema(example = "replaced")]
    reason: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// Decisions of a reviewer.
#[derive(Serialize, ToSchema)]
pub struct DecideInstallations {
    /// 1 to 1,000; each is decided by itself, in this order.
    #[schema(min_items = 1, max_items = 1000)]
    decisions: Vec<Decide>,
}

/// One decision.
#[derive(Serialize, ToSchema)]
pub struct Decide {
    /// The installation's id.
    #[schema(format = Uuid)]
    installation: String,
    /// verify or reject.
    #[schema(example = "verify")]
    action: String,
    /// document, inspected or metered; required to verify.
    #[schema(example = "document")]
    evidence_tier: Option<String>,
    /// As for a single rejection; required to reject.
    reason: Option<String>,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// A verification.
#[derive(Serialize, ToSchema)]
pub struct VerifyInstallation {
    /// document, inspected or metered.
    #[schema(example = "document")]
    evidence_tier: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// A rejection.
#[derive(Serialize, ToSchema)]
pub struct RejectInstallation {
    /// `evidence_missing`, `evidence_inconsistent`, duplicate, `not_eligible` or other.
    #[schema(example = "evidence_missing")]
    reason: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// A partner to be added.
#[derive(Serialize, ToSchema)]
pub struct CreatePartner {
    /// 2 to 20 of A-Z, 0-9 and hyphen; never changes.
    #[schema(example = "SOLARCO")]
    code: String,
    /// Its name.
    name: String,
    /// What kind of organisation.
    kind: Option<String>,
    /// Its role in VCCA.
    vcca_role: Option<String>,
    /// Whether it may be named in public.
    listed: Option<bool>,
    /// Whether it only tries things out; never changes.
    sandbox: Option<bool>,
}

/// A client to be added.
#[derive(Serialize, ToSchema)]
pub struct CreateClient {
    /// partner, dashboard, reviewer or admin.
    #[schema(example = "partner")]
    role: String,
    /// The partner's code, with the role partner.
    partner: Option<String>,
    /// The code of the partner that the person works for, with the role reviewer: they see nothing of it.
    affiliation: Option<String>,
    /// The one province that it may see, with the roles reviewer and dashboard.
    province_code: Option<String>,
    /// Who or what it is.
    name: String,
}

/// A new secret for a client.
#[derive(Serialize, ToSchema)]
pub struct ResetSecret {
    /// Hours that the secret before still works; 24 if nothing is said.
    #[schema(minimum = 0, maximum = 168)]
    keep_old_hours: Option<i64>,
}

/// A project to be added.
#[derive(Serialize, ToSchema)]
pub struct CreateProject {
    /// 2 to 20 of A-Z, 0-9 and hyphen; never changes.
    code: String,
    /// Its Vietnamese name.
    name_vi: String,
    /// Its English name.
    name_en: String,
    /// Who funds it.
    funder: Option<String>,
}

/// Something that a householder says is wrong.
#[derive(Serialize, ToSchema)]
pub struct OpenDispute {
    /// One of the installations at the home; absent: the home as a whole.
    #[schema(format = Uuid)]
    installation: Option<String>,
    /// `not_here`, `wrong_facts`, `no_consent` or other.
    #[schema(example = "wrong_facts")]
    reason: String,
    /// In the householder's words, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}

/// The answer to a dispute.
#[derive(Serialize, ToSchema)]
pub struct CloseDispute {
    /// upheld or dismissed.
    #[schema(example = "upheld")]
    outcome: String,
    /// A remark, at most 500 characters.
    #[schema(max_length = 500)]
    note: Option<String>,
}
