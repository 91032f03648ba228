//! What a householder sees of their home, and everybody of a dispute.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{PageInfo, WarningView};
use crate::api::installations::{MeasureView, measures};
use crate::api::numbers::instant;
use crate::api::sites::PrivateView;
use crate::db::records::{DisputeWithNotes, Home};
use crate::domain::records::{AttributesSold, Directory, Finance, Installation, PowerUse, SiteRecord, SystemOwner};
use crate::domain::reference::{CommuneId, FormerProvinceId};
use crate::domain::values::{PartnerCode, Vnd};

/// A home.
#[derive(Serialize, ToSchema)]
pub struct HomeResponse {
    /// The home.
    pub data: HomeView,
}

/// The record of a home.
#[derive(Serialize, ToSchema)]
pub struct HomeView {
    /// The id of the site. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e74.
    site: String,
    /// The kind of the site: `home`, `building`, `office` or `factory`.
    kind: &'static str,
    /// The code of the province, one of the 34. Example: 01.
    province_code: &'static str,
    /// The code of the province before July 2025, one of the 63; null is unknown. Example: 01.
    former_province_code: Option<&'static str>,
    /// The code of the commune, one of the 3,321; null is unknown. Example: 00004.
    commune_code: Option<&'static str>,
    /// Whether a low-income household lives here; null is unknown.
    low_income: Option<bool>,
    /// Whether the place is remote; null is unknown.
    remote: Option<bool>,
    /// Whether a woman heads the household; null is unknown.
    woman_headed: Option<bool>,
    /// The name of the partner that recorded the home and sees the personal data. Example: Solar Co.
    recorded_by: String,
    /// The personal data and the consent that are kept.
    private: PrivateView,
    /// The installations at the home, in the order of registration.
    installations: Vec<HomeInstallation>,
    /// The disputes about the home, oldest first.
    disputes: Vec<DisputeView>,
}

/// An installation as its householder sees it.
#[derive(Serialize, ToSchema)]
struct HomeInstallation {
    /// The id of the installation. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e73.
    id: String,
    /// The name of the partner that registered it. Example: Solar Co.
    partner: String,
    /// The number that the partner gave it. Example: MGH-2026-0001.
    external_id: String,
    /// The project that it belongs to; null is none. Example: SCHOOLS-1.
    project_code: Option<String>,
    /// Whether it counts for nothing for now, because its partner is suspended and nobody verified it.
    set_aside: bool,
    /// The status: `pledged`, `installed`, `verified`, `rejected`, `withdrawn` or `decommissioned`.
    status: &'static str,
    /// The evidence behind the verification: `sampled`, `document`, `inspected` or `metered`; null unless verified.
    evidence_tier: Option<&'static str>,
    /// The day of installation (YYYY-MM-DD, Hà Nội); null while pledged. Example: 2026-10-02.
    installed_on: Option<NaiveDate>,
    /// The last day in operation (YYYY-MM-DD, Hà Nội); null while in operation. Example: 2026-10-31.
    decommissioned_on: Option<NaiveDate>,
    /// The instant of registration, UTC. Example: 2026-10-02T03:15:00.000000Z.
    reported_at: String,
    /// The instant of verification, UTC; null unless verified. Example: 2026-10-09T07:30:00.000000Z.
    verified_at: Option<String>,
    /// The measures with their sizes.
    measures: Vec<MeasureView>,
    /// The total cost in whole đồng; null is unknown. Example: 90000000.
    cost_vnd: Option<i64>,
    /// The part of the cost that was support, in whole đồng; null is unknown. Example: 10000000.
    support_vnd: Option<i64>,
    /// Who paid: `own`, `loan`, `grant` or `mixed`; null is unknown.
    finance: Option<&'static str>,
    /// Who owns the system: `occupant` or `third_party`; null is unknown.
    system_owner: Option<&'static str>,
    /// What the home does with its power: `self_only`, `sells_surplus` or `sells_all`; null is unknown.
    power_use: Option<&'static str>,
    /// Whether the environmental attributes were sold: `none`, `carbon`, `rec` or `dppa`; null is unknown.
    attributes_sold: Option<&'static str>,
}

/// One dispute.
#[derive(Serialize, ToSchema)]
pub struct DisputeResponse {
    /// The dispute.
    pub data: DisputeView,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<WarningView>,
}

/// A dispute: what a householder says is wrong.
#[derive(Serialize, ToSchema)]
pub struct DisputeView {
    /// The number of the dispute. Example: 12880.
    id: i64,
    /// The id of the disputed installation; null is the home as a whole.
    installation: Option<String>,
    /// What is wrong: `not_here`, `wrong_facts`, `no_consent` or `other`.
    reason: &'static str,
    /// The householder's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The reviewer's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// The instant when the dispute was opened, UTC. Example: 2026-11-20T03:00:00.000000Z.
    opened_at: String,
    /// The instant of the answer, UTC; null while open.
    closed_at: Option<String>,
    /// The outcome: `upheld` or `dismissed`; null while open.
    outcome: Option<&'static str>,
}

/// A page of disputes.
#[derive(Serialize, ToSchema)]
pub struct DisputeList {
    /// The disputes.
    pub data: Vec<ReviewedDispute>,
    /// Where the next page begins.
    pub page: PageInfo,
}

/// A dispute with its site.
#[derive(Serialize, ToSchema)]
pub struct ReviewedDispute {
    /// The dispute.
    dispute: DisputeView,
    /// The id of the site.
    site: String,
    /// The code of the province, one of the 34. Example: 01.
    province_code: &'static str,
    /// The ids of the installations at the site.
    installations: Vec<String>,
}

/// The outcome of withdrawing consent.
#[derive(Serialize, ToSchema)]
pub struct WithdrawnResponse {
    /// The outcome.
    data: WithdrawnView,
}

/// The outcome of withdrawing consent.
#[derive(Serialize, ToSchema)]
struct WithdrawnView {
    /// `withdrawn`, or `unchanged` if nothing was left to erase.
    outcome: &'static str,
    /// The day since which there is no consent (YYYY-MM-DD, Hà Nội). Example: 2026-11-27.
    consent_withdrawn_on: NaiveDate,
}

impl WithdrawnResponse {
    /// An outcome and its day.
    #[must_use]
    pub fn new(outcome: &'static str, consent_withdrawn_on: NaiveDate) -> Self {
        Self { data: WithdrawnView { outcome, consent_withdrawn_on } }
    }
}

impl HomeView {
    /// A home, with the names of partners from the directory.
    #[must_use]
    pub fn of(home: &Home, directory: &Directory) -> Self {
        let (site, place) = (&home.record.site, &home.record.site.facts.place);
        let name = |code: &PartnerCode| {
            directory.partner(code).map_or_else(|| code.to_string(), |partner| partner.name.clone())
        };
        let installations = home.record.installations.iter();
        let disputes = home.disputes.iter();
        Self {
            site: site.id.to_string(),
            kind: site.facts.kind.as_str(),
            province_code: place.province().code(),
            former_province_code: place.former().map(FormerProvinceId::code),
            commune_code: place.commune().map(CommuneId::code),
            low_income: site.facts.flags.low_income,
            remote: site.facts.flags.remote,
            woman_headed: site.facts.flags.woman_headed,
            recorded_by: name(&site.partner),
            private: PrivateView::of(&home.record.private),
            installations: installations.map(|one| HomeInstallation::of(one, name(&one.partner))).collect(),
            disputes: disputes.map(DisputeView::from).collect(),
        }
    }
}

impl HomeInstallation {
    fn of(installation: &Installation, partner: String) -> Self {
        let (state, terms) = (&installation.state, &installation.terms);
        Self {
            id: installation.id.to_string(),
            partner,
            external_id: installation.external_id.as_str().to_owned(),
            project_code: terms.project.as_ref().map(ToString::to_string),
            set_aside: installation.set_aside,
            status: state.status().as_str(),
            evidence_tier: state.verification().map(|(tier, _)| tier.as_str()),
            installed_on: state.installed_on(),
            decommissioned_on: state.decommissioned_on(),
            reported_at: instant(installation.reported_at),
            verified_at: state.verification().map(|(_, at)| instant(at)),
            measures: measures(installation),
            cost_vnd: terms.cost.map(Vnd::vnd),
            support_vnd: terms.support.map(Vnd::vnd),
            finance: terms.finance.map(Finance::as_str),
            system_owner: terms.system_owner.map(SystemOwner::as_str),
            power_use: terms.power_use.map(PowerUse::as_str),
            attributes_sold: terms.attributes_sold.map(AttributesSold::as_str),
        }
    }
}

impl From<&DisputeWithNotes> for DisputeView {
    fn from(DisputeWithNotes { dispute, note, answer }: &DisputeWithNotes) -> Self {
        Self {
            id: dispute.id,
            installation: dispute.installation.map(|id| id.to_string()),
            reason: dispute.reason.as_str(),
            note: note.clone(),
            answer: answer.clone(),
            opened_at: instant(dispute.opened_at),
            closed_at: dispute.closed.map(|closing| instant(closing.at)),
            outcome: dispute.closed.map(|closing| closing.outcome.as_str()),
        }
    }
}

impl ReviewedDispute {
    /// A dispute at a site.
    #[must_use]
    pub fn of(noted: &DisputeWithNotes, record: &SiteRecord) -> Self {
        Self {
            dispute: noted.into(),
            site: record.site.id.to_string(),
            province_code: record.site.facts.place.province().code(),
            installations: record.installations.iter().map(|installation| installation.id.to_string()).collect(),
        }
    }
}
