//! The facts that an entry seals: every changed record as it stands after the change. Personal data is not among them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::domain::records::{
    AttributesSold, Closing, Dispute, Finance, Installation, MeasureLine, PowerUse, Site, SystemOwner,
};
use crate::domain::reference::{CommuneId, FormerProvinceId, Place};
use crate::domain::values::{Code, ExternalId, Flags, Quantity, Vnd};

/// The records that one entry changed, each as it stands after.
#[derive(Serialize, Default)]
pub struct Facts<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteDoc<'a>>,
    /// New external ids of sites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub site_refs: Vec<SiteRefDoc<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub installations: Vec<InstallationDoc<'a>>,
    /// The names of the changed personal data. No entry holds its values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

/// A site without its personal data: the columns of `sites`.
#[derive(Serialize)]
pub struct SiteDoc<'a> {
    pub id: String,
    pub partner: &'a str,
    pub kind: &'a str,
    pub province_code: &'a str,
    pub former_province_code: Option<&'a str>,
    pub commune_code: Option<&'a str>,
    #[serde(flatten)]
    pub flags: Flags,
    pub superseded_by: Option<String>,
    pub revision: i32,
}

/// A partner's own number of a site: the columns of `site_refs`.
#[derive(Serialize)]
pub struct SiteRefDoc<'a> {
    pub partner: &'a str,
    pub external_id: &'a str,
    pub site: String,
}

/// An installation with its measures: the columns of `installations` and `installation_measures`.
#[derive(Serialize)]
pub struct InstallationDoc<'a> {
    pub id: String,
    pub site: String,
    pub partner: &'a str,
    pub sandbox: bool,
    pub external_id: &'a str,
    pub status: &'a str,
    pub installed_on: Option<NaiveDate>,
    pub evidence_tier: Option<&'a str>,
    pub decommissioned_on: Option<NaiveDate>,
    pub measures: Vec<MeasureDoc<'a>>,
    pub project_code: Option<&'a str>,
    pub cost_vnd: Option<i64>,
    pub support_vnd: Option<i64>,
    pub finance: Option<&'a str>,
    pub system_owner: Option<&'a str>,
    pub power_use: Option<&'a str>,
    pub attributes_sold: Option<&'a str>,
    pub reported_at: DateTime<Utc>,
    pub verified_at: Option<DateTime<Utc>>,
    pub registered_version: i64,
    pub revision: i32,
    /// Left out while it is false, because entries of older programs did not seal it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub set_aside: bool,
}

/// A measure line in thousandths of its unit and watts.
#[derive(Serialize)]
pub struct MeasureDoc<'a> {
    pub measure: &'a str,
    pub quantity_milli: i64,
    pub inverter_w: Option<i64>,
}

impl<'a> SiteDoc<'a> {
    #[must_use]
    pub fn of(site: &'a Site) -> Self {
        let place: &Place = &site.facts.place;
        Self {
            id: site.id.to_string(),
            partner: site.partner.as_str(),
            kind: site.facts.kind.as_str(),
            province_code: place.province().code(),
            former_province_code: place.former().map(FormerProvinceId::code),
            commune_code: place.commune().map(CommuneId::code),
            flags: site.facts.flags,
            superseded_by: site.superseded_by.map(|id| id.to_string()),
            revision: site.revision,
        }
    }
}

impl<'a> SiteRefDoc<'a> {
    /// The fact that `partner` gave the site this external id.
    #[must_use]
    pub fn of(site: &'a Site, partner: &'a str, external_id: &'a ExternalId) -> Self {
        Self { partner, external_id: external_id.as_str(), site: site.id.to_string() }
    }
}

impl<'a> InstallationDoc<'a> {
    #[must_use]
    pub fn of(installation: &'a Installation) -> Self {
        let terms = &installation.terms;
        Self {
            id: installation.id.to_string(),
            site: installation.site.to_string(),
            partner: installation.partner.as_str(),
            sandbox: installation.sandbox,
            external_id: installation.external_id.as_str(),
            status: installation.state.status().as_str(),
            installed_on: installation.state.installed_on(),
            evidence_tier: installation.state.verification().map(|(tier, _)| tier.as_str()),
            decommissioned_on: installation.state.decommissioned_on(),
            measures: installation.measures.as_slice().iter().map(MeasureDoc::of).collect(),
            project_code: terms.project.as_ref().map(Code::as_str),
            cost_vnd: terms.cost.map(Vnd::vnd),
            support_vnd: terms.support.map(Vnd::vnd),
            finance: terms.finance.map(Finance::as_str),
            system_owner: terms.system_owner.map(SystemOwner::as_str),
            power_use: terms.power_use.map(PowerUse::as_str),
            attributes_sold: terms.attributes_sold.map(AttributesSold::as_str),
            reported_at: installation.reported_at,
            verified_at: installation.state.verification().map(|(_, at)| at),
            registered_version: installation.registered_version,
            revision: installation.revision,
            set_aside: installation.set_aside,
        }
    }
}

impl MeasureDoc<'_> {
    fn of(line: &MeasureLine) -> Self {
        Self {
            measure: line.measure.code(),
            quantity_milli: line.quantity.milli(),
            inverter_w: line.inverter_w.map(Quantity::milli),
        }
    }
}

/// A dispute as it was opened: columns of `disputes`.
#[derive(Serialize)]
pub struct DisputeDoc {
    pub site: String,
    pub installation: Option<String>,
    pub reason: &'static str,
    pub opened_at: DateTime<Utc>,
}

/// The end of a dispute: columns of `disputes`.
#[derive(Serialize)]
pub struct ClosingDoc {
    pub dispute: i64,
    pub outcome: &'static str,
    pub closed_at: DateTime<Utc>,
}

impl DisputeDoc {
    #[must_use]
    pub fn of(dispute: &Dispute) -> Self {
        Self {
            site: dispute.site.to_string(),
            installation: dispute.installation.map(|id| id.to_string()),
            reason: dispute.reason.as_str(),
            opened_at: dispute.opened_at,
        }
    }
}

impl ClosingDoc {
    #[must_use]
    pub fn of(dispute: i64, closing: Closing) -> Self {
        Self { dispute, outcome: closing.outcome.as_str(), closed_at: closing.at }
    }
}
