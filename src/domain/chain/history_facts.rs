//! The facts that an entry sealed, read back: records as they stood after it.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::values::Flags;

/// The facts of one entry: the records that it changed, as they stood after it, with its reason and its dispute.
#[derive(Clone, Deserialize, Debug, Default)]
#[serde(default)]
pub struct PastFacts {
    pub sites: Vec<PastSite>,
    pub installations: Vec<PastInstallation>,
    /// The names of the changed personal data.
    pub personal: Vec<String>,
    pub reason: Option<String>,
    pub dispute: Option<PastDispute>,
    pub closing: Option<PastClosing>,
}

/// A dispute as it was opened.
#[derive(Clone, PartialEq, Deserialize, Debug)]
pub struct PastDispute {
    pub installation: Option<String>,
    pub reason: String,
}

/// The end of a dispute.
#[derive(Clone, PartialEq, Deserialize, Debug)]
pub struct PastClosing {
    pub outcome: String,
}

/// A site as an entry left it: the fields of `SiteDoc`.
#[derive(Clone, PartialEq, Deserialize, Debug)]
pub struct PastSite {
    pub id: String,
    pub kind: String,
    pub province_code: String,
    pub former_province_code: Option<String>,
    pub commune_code: Option<String>,
    #[serde(flatten)]
    pub flags: Flags,
    pub revision: i32,
}

/// An installation as an entry left it: the fields of `InstallationDoc`.
#[derive(Clone, PartialEq, Deserialize, Debug)]
pub struct PastInstallation {
    pub id: String,
    pub site: String,
    pub status: String,
    pub installed_on: Option<NaiveDate>,
    pub evidence_tier: Option<String>,
    pub decommissioned_on: Option<NaiveDate>,
    pub measures: Vec<PastMeasure>,
    pub project_code: Option<String>,
    pub cost_vnd: Option<i64>,
    pub support_vnd: Option<i64>,
    pub finance: Option<String>,
    pub system_owner: Option<String>,
    pub power_use: Option<String>,
    pub attributes_sold: Option<String>,
    pub revision: i32,
    #[serde(default)]
    pub set_aside: bool,
}

/// A measure line as an entry left it: the fields of `MeasureDoc`.
#[derive(Clone, PartialEq, Deserialize, Debug)]
pub struct PastMeasure {
    pub measure: String,
    pub quantity_milli: i64,
    pub inverter_w: Option<i64>,
}
