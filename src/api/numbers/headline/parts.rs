//! The parts of the headline: a count by stage, an estimate with its range, a share, the pace. The order of their fields is
//! the order of the bytes, as in `view`.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::counting::{ByStage, Known, People};
use crate::domain::figures::{Pace, Projection};
use crate::domain::values::units;

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
    /// Number of verified sites that the programme aims at. Example: 1000000.
    pub sites: i64,
    /// Last day of the target (YYYY-MM-DD). Example: 2030-12-31.
    pub by: NaiveDate,
    /// Version of the target, the definition of a counted site. Example: 1.
    pub version: i32,
}

/// A number for each stage. A site or installation is in one stage only.
#[derive(Serialize, ToSchema)]
pub struct StageView {
    /// Verified by a reviewer, 0 or more. Example: 566.
    verified: i64,
    /// Reported by a partner and waiting to be verified, 0 or more. Example: 46.
    reported: i64,
    /// Pledged, nothing installed yet, 0 or more. Example: 12.
    pledged: i64,
    /// `verified` + `reported`. Example: 612.
    in_operation: i64,
}

/// Solar capacity in kWp.
#[derive(Serialize, ToSchema)]
pub struct CapacityView {
    /// Verified capacity, in kWp. Example: 1284.3.
    verified: f64,
    /// Capacity that waits to be verified, in kWp. Example: 96.2.
    reported: f64,
}

/// Sites in operation since before the programme.
#[derive(Serialize, ToSchema)]
pub struct PreProgrammeView {
    /// These sites by stage.
    pub sites: StageView,
}

impl From<&ByStage> for StageView {
    fn from(by: &ByStage) -> Self {
        Self { verified: by.verified, reported: by.reported, pledged: by.pledged, in_operation: by.in_operation() }
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

impl From<&ByStage> for CapacityView {
    fn from(watts_peak: &ByStage) -> Self {
        Self { verified: units(watts_peak.verified), reported: units(watts_peak.reported) }
    }
}

impl From<&People> for SharesView {
    fn from(people: &People) -> Self {
        Self {
            low_income: (&people.low_income).into(),
            remote: (&people.remote).into(),
            woman_headed: (&people.woman_headed).into(),
        }
    }
}
