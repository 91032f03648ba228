//! The headline as JSON: every number under its name. The order of the fields is the order of the bytes, which closed days
//! and releases keep for good: a field may be added, and none may move.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::numbers::provenance::Provenance;
use crate::domain::counting::{ByStage, Known};
use crate::domain::figures::{Pace, Projection, pace};
use crate::domain::reference::target;
use crate::domain::values::{Language, units};
use crate::register::{Figures, PublicSettings};

use super::sentence::{SCOPE_NOTE, sentence};

/// The headline and its provenance.
#[derive(Serialize, ToSchema)]
pub struct ProgressResponse {
    /// The numbers and the sentence that states them.
    pub data: ProgressView,
    /// The version, day and methodology of the numbers, and how to cite them.
    pub meta: Provenance,
    /// The number of today beside that of a past day; only with `as_of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub today: Option<TodayView>,
}

/// The number of today beside that of a past day.
#[derive(Serialize, ToSchema)]
pub struct TodayView {
    /// The day of today in Hà Nội (YYYY-MM-DD).
    pub as_of: NaiveDate,
    /// The version of the register today. Example: 12874.
    pub version: i64,
    /// Verified sites.
    pub sites_verified: i64,
    /// Verified sites in percent of the target.
    pub percent_of_target: f64,
    /// Address of the bridge from the past day to yesterday, which explains the change; null where the past day is yesterday.
    #[schema(format = "uri")]
    pub bridge: Option<String>,
}

/// The headline.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// The target of the programme.
    target: TargetView,
    /// Verified sites in percent of the target, for example 0.0601.
    #[schema(example = 0.0601)]
    percent_of_target: f64,
    /// The headline as a sentence to quote.
    pub sentence: TextView,
    /// The limits of the numbers, for readers: only registered sites, and estimates that are no carbon credits.
    pub scope_note: TextView,
    /// Sites by stage. A site counts once, however many measures it has.
    sites: StageView,
    /// Installations by stage.
    installations: StageView,
    /// Sites by kind (`home`, `building`, `office`, `factory`) and stage.
    by_kind: BTreeMap<&'static str, StageView>,
    /// Verified sites by their best evidence (`sampled`, `document`, `inspected`, `metered`). Example: {"document": 210}.
    by_evidence_tier: BTreeMap<&'static str, i64>,
    /// Sites with rooftop solar, by stage.
    sites_with_rooftop_solar: StageView,
    /// Solar capacity in operation and within its life, in kWp.
    capacity_kwp: CapacityView,
    /// Estimates for a full year of the verified measures in operation.
    annual: AnnualView,
    /// Estimates for the verified measures from their installation up to `meta.as_of`.
    to_date: ToDateView,
    /// Estimates for the verified measures in operation over their whole lives, with the newest grid factor for all years to
    /// come.
    lifetime: LifetimeView,
    /// Verified sites by three questions about the people there.
    shares: SharesView,
    /// Sites in operation since before the programme (1 September 2019). They are kept, and part of no number above.
    pre_programme: PreProgrammeView,
    /// The pace at which verified sites grow, from the counts at the ends of closed months.
    pace: PaceView,
}

/// The pace at which verified sites grow.
#[derive(Serialize, ToSchema)]
pub struct PaceView {
    /// Verified sites a month that reach the target in the whole months left; null where no month is left. Example: 20390.5.
    required_per_month: Option<f64>,
    /// Net growth in sites a month over the last three closed months; null where fewer are closed. Example: 31.3.
    last_3_months_per_month: Option<f64>,
    /// Net growth in sites a month over the last twelve closed months; null where fewer are closed. Example: 24.1.
    last_12_months_per_month: Option<f64>,
    /// Projection of the verified sites at the end of the target's year; null before twelve months are closed.
    projected_2030: Option<ProjectionView>,
    /// First day of the month in which the central pace reaches the target (YYYY-MM-DD); null where it does not, or not yet known.
    projected_date: Option<NaiveDate>,
}

/// A projection at the lowest, median and highest pace of any twelve months in a row within the last three years, in sites.
#[derive(Serialize, ToSchema)]
pub struct ProjectionView {
    /// At the lowest pace. Example: 1400.5.
    low: f64,
    /// At the median pace. Example: 1760.0.
    central: f64,
    /// At the highest pace. Example: 2100.0.
    high: f64,
}

/// A text in both languages.
#[derive(Serialize, ToSchema)]
pub struct TextView {
    /// The text in Vietnamese.
    pub vi: String,
    /// The text in English.
    pub en: String,
}

/// Electricity and avoided emissions of a full year, estimated.
#[derive(Serialize, ToSchema)]
pub struct AnnualView {
    /// Electricity generated, in kWh. Example: 1623000.
    generation_kwh: f64,
    /// Electricity saved, in kWh. Example: 540100.2.
    saving_kwh: f64,
    /// Emissions avoided, in tCO2e. Example: 1499.3.
    avoided_tco2e: f64,
    /// Low end of the range of `avoided_tco2e`, in tCO2e. Example: 1091.7.
    low: f64,
    /// High end of the range of `avoided_tco2e`, in tCO2e. Example: 2046.4.
    high: f64,
}

/// Electricity and avoided emissions up to the day, estimated.
#[derive(Serialize, ToSchema)]
pub struct ToDateView {
    /// Electricity generated, in kWh. Example: 1623000.
    generation_kwh: f64,
    /// Electricity saved, in kWh. Example: 540100.2.
    saving_kwh: f64,
    /// Emissions avoided, in tCO2e. Example: 1499.3.
    avoided_tco2e: f64,
    /// Low end of the range of `avoided_tco2e`, in tCO2e. Example: 1091.7.
    low: f64,
    /// High end of the range of `avoided_tco2e`, in tCO2e. Example: 2046.4.
    high: f64,
    /// Part of `avoided_tco2e` in years whose grid factor is not published yet, in tCO2e; it uses the factor of another year and
    /// may still change. Example: 120.4.
    provisional_tco2e: f64,
}

/// Avoided emissions over whole lives, projected.
#[derive(Serialize, ToSchema)]
pub struct LifetimeView {
    /// Emissions avoided, in tCO2e. Example: 1499.3.
    avoided_tco2e: f64,
    /// Low end of the range of `avoided_tco2e`, in tCO2e. Example: 1091.7.
    low: f64,
    /// High end of the range of `avoided_tco2e`, in tCO2e. Example: 2046.4.
    high: f64,
}

/// Shares of verified sites by three questions.
#[derive(Serialize, ToSchema)]
pub struct SharesView {
    /// Sites of low-income households.
    low_income: ShareView,
    /// Sites in remote places.
    remote: ShareView,
    /// Sites of households headed by a woman.
    woman_headed: ShareView,
}

/// Number of verified sites by the answer to one question.
#[derive(Serialize, ToSchema)]
pub struct ShareView {
    /// Sites where the answer is yes. Example: 84.
    yes: i64,
    /// Sites where the answer is no. Example: 301.
    no: i64,
    /// Sites without an answer. Example: 181.
    unknown: i64,
    /// `yes` in percent of `yes` + `no`; null where nothing is known. Example: 21.8.
    percent_of_known: Option<f64>,
}

/// The target of the programme.
#[derive(Serialize, ToSchema)]
pub struct TargetView {
    /// Number of verified sites that the programme aims at: 1000000.
    sites: i64,
    /// Last day of the target (YYYY-MM-DD). Example: 2030-12-31.
    by: NaiveDate,
    /// Version of the target, the definition of a counted site. Example: 1.
    version: i32,
}

/// A number for each stage. A site or installation is in one stage only.
#[derive(Serialize, ToSchema)]
pub struct StageView {
    /// Verified by a reviewer, 0 or more. Example: 566.
    verified: i64,
    /// Reported by a partner and waiting to be verified, 0 or more. Example: 46.
    installed: i64,
    /// Pledged, nothing installed yet, 0 or more. Example: 12.
    pledged: i64,
    /// `verified` + `installed`. Example: 612.
    in_operation: i64,
}

/// Solar capacity in kWp.
#[derive(Serialize, ToSchema)]
pub struct CapacityView {
    /// Verified capacity, in kWp. Example: 1284.3.
    verified: f64,
    /// Capacity that waits to be verified, in kWp. Example: 96.2.
    installed: f64,
}

/// Sites in operation since before the programme.
#[derive(Serialize, ToSchema)]
pub struct PreProgrammeView {
    /// These sites by stage.
    sites: StageView,
}

impl From<&ByStage> for StageView {
    fn from(by: &ByStage) -> Self {
        Self { verified: by.verified, installed: by.installed, pledged: by.pledged, in_operation: by.in_operation() }
    }
}

impl From<Pace> for PaceView {
    fn from(pace: Pace) -> Self {
        let projection = |at: Projection| ProjectionView { low: at.low, central: at.central, high: at.high };
        Self {
            required_per_month: pace.required_per_month,
            last_3_months_per_month: pace.last_3_months_per_month,
            last_12_months_per_month: pace.last_12_months_per_month,
            projected_2030: pace.projected.map(projection),
            projected_date: pace.projected_date,
        }
    }
}

impl From<&Known> for ShareView {
    fn from(known: &Known) -> Self {
        Self { yes: known.yes, no: known.no, unknown: known.unknown, percent_of_known: known.percent_of_known() }
    }
}

impl ProgressView {
    /// The headline of figures.
    pub fn of(figures: &Figures, settings: &PublicSettings) -> Self {
        let (target, progress, works) = (target(), &figures.progress, &figures.works);
        let capacity = &works.capacity_wp;
        let (annual, to_date, lifetime) = (works.verified.annual, works.verified.to_date, works.verified.lifetime);
        Self {
            target: TargetView { sites: target.sites, by: target.by, version: target.version },
            percent_of_target: progress.percent_of_target(),
            sentence: TextView {
                vi: sentence(figures, settings, Language::Vietnamese),
                en: sentence(figures, settings, Language::English),
            },
            scope_note: TextView { vi: SCOPE_NOTE.0.to_owned(), en: SCOPE_NOTE.1.to_owned() },
            sites: (&progress.sites).into(),
            installations: (&progress.installations).into(),
            by_kind: progress.by_kind.iter().map(|(kind, by)| (kind.as_str(), by.into())).collect(),
            by_evidence_tier: progress.by_evidence_tier.iter().map(|(tier, n)| (tier.as_str(), *n)).collect(),
            sites_with_rooftop_solar: (&progress.sites_with_rooftop_solar).into(),
            capacity_kwp: CapacityView { verified: units(capacity.verified), installed: units(capacity.installed) },
            annual: AnnualView {
                generation_kwh: annual.generation_kwh,
                saving_kwh: annual.saving_kwh,
                avoided_tco2e: annual.avoided_tco2e,
                low: annual.low,
                high: annual.high,
            },
            to_date: ToDateView {
                generation_kwh: to_date.generation_kwh,
                saving_kwh: to_date.saving_kwh,
                avoided_tco2e: to_date.avoided_tco2e,
                low: to_date.low,
                high: to_date.high,
                provisional_tco2e: to_date.provisional_tco2e,
            },
            lifetime: LifetimeView { avoided_tco2e: lifetime.avoided_tco2e, low: lifetime.low, high: lifetime.high },
            shares: SharesView {
                low_income: (&progress.people.low_income).into(),
                remote: (&progress.people.remote).into(),
                woman_headed: (&progress.people.woman_headed).into(),
            },
            pre_programme: PreProgrammeView { sites: (&progress.pre_programme_sites).into() },
            pace: pace(&figures.month_ends, progress.sites.verified, figures.day, target).into(),
        }
    }
}
