//! What a householder sees of their home, and everybody of a dispute.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::PageInfo;
use crate::api::installations::{MeasureView, PrivateView, measures};
use crate::api::numbers::instant;
use crate::db::records::{Home, Noted};
use crate::domain::records::{AttributesSold, Directory, Finance, Installation, PowerUse, SiteRecord, SystemOwner};
use crate::domain::reference::{CommuneId, FormerProvinceId};
use crate::domain::values::{PartnerCode, Vnd};

/// A home.
#[derive(Serialize, ToSchema)]
pub struct HomeResponse {
    /// The home.
    pub data: HomeView,
}

/// What is recorded of a home.
#[derive(Serialize, ToSchema)]
pub struct HomeView {
    /// The site's id.
    site: String,
    /// home, building, office or factory.
    kind: &'static str,
    /// One of the 34.
    province_code: &'static str,
    /// One of the 63, where known.
    former_province_code: Option<&'static str>,
    /// One of the 3,321, where known.
    commune_code: Option<&'static str>,
    /// A low-income household; null is unknown.
    low_income: Option<bool>,
    /// A remote place; null is unknown.
    remote: Option<bool>,
    /// Headed by a woman; null is unknown.
    woman_headed: Option<bool>,
    /// The name of the partner that recorded the home and sees the personal data.
    recorded_by: String,
    /// The personal data that is held, and the consent.
    private: PrivateView,
    /// What was installed there, in the order of registration.
    installations: Vec<HomeInstallation>,
    /// What was disputed, oldest first.
    disputes: Vec<DisputeView>,
}

/// An installation as its householder sees it.
#[derive(Serialize, ToSchema)]
struct HomeInstallation {
    /// Its id.
    id: String,
    /// The name of the partner that registered it.
    partner: String,
    /// pledged, installed, verified, rejected, withdrawn or decommissioned.
    status: &'static str,
    /// How it was verified.
    evidence_tier: Option<&'static str>,
    /// The day of installation; null while pledged.
    installed_on: Option<NaiveDate>,
    /// Its last day in operation.
    decommissioned_on: Option<NaiveDate>,
    /// When it was registered.
    reported_at: String,
    /// When it was verified.
    verified_at: Option<String>,
    /// What was installed.
    measures: Vec<MeasureView>,
    /// What it cost, in đồng.
    cost_vnd: Option<i64>,
    /// What of it was support, in đồng.
    support_vnd: Option<i64>,
    /// own, loan, grant or mixed.
    finance: Option<&'static str>,
    /// occupant or `third_party`.
    system_owner: Option<&'static str>,
    /// `self_only`, `sells_surplus` or `sells_all`.
    power_use: Option<&'static str>,
    /// none, carbon, rec or dppa.
    attributes_sold: Option<&'static str>,
}

/// One dispute.
#[derive(Serialize, ToSchema)]
pub struct DisputeResponse {
    /// The dispute.
    pub data: DisputeView,
}

/// Something that a householder says is wrong.
#[derive(Serialize, ToSchema)]
pub struct DisputeView {
    /// Its number.
    id: i64,
    /// The installation that it is about; null is the home as a whole.
    installation: Option<String>,
    /// `not_here`, `wrong_facts`, `no_consent` or other.
    reason: &'static str,
    /// In the householder's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// In the words of the reviewer who answered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// When it was opened.
    opened_at: String,
    /// When it was answered.
    closed_at: Option<String>,
    /// upheld or dismissed.
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

/// A dispute, and where.
#[derive(Serialize, ToSchema)]
pub struct ReviewedDispute {
    /// The dispute.
    dispute: DisputeView,
    /// The site's id.
    site: String,
    /// One of the 34.
    province_code: &'static str,
    /// The installations at the site.
    installations: Vec<String>,
}

/// What became of a consent.
#[derive(Serialize, ToSchema)]
pub struct WithdrawnResponse {
    data: WithdrawnView,
}

/// What became of a consent.
#[derive(Serialize, ToSchema)]
struct WithdrawnView {
    /// `withdrawn`, or `unchanged` if nothing was left to erase.
    outcome: &'static str,
    /// Since when there is no consent.
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

impl From<&Noted> for DisputeView {
    fn from(Noted { dispute, note, answer }: &Noted) -> Self {
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
    pub fn of(noted: &Noted, record: &SiteRecord) -> Self {
        Self {
            dispute: noted.into(),
            site: record.site.id.to_string(),
            province_code: record.site.facts.place.province().code(),
            installations: record.installations.iter().map(|installation| installation.id.to_string()).collect(),
        }
    }
}
