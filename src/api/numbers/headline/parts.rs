//! The parts of the headline: a count by stage, an estimate with its range, a share. The order of their fields is
//! the order of the bytes, as in `view`.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::counting::{ByStage, Known, People};
use crate::domain::reference::target_on;
use crate::domain::values::units;

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

/// The share of verified sites by the answer to one question.
#[derive(Serialize, ToSchema)]
pub struct ShareView {
    /// Sites where the answer is yes among those with an answer, in whole percent; null where too few sites have an answer.
    /// Example: 22.
    percent_of_known: Option<i64>,
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

impl From<&ByStage> for CapacityView {
    fn from(watts_peak: &ByStage) -> Self {
        Self { verified: units(watts_peak.verified), reported: units(watts_peak.reported) }
    }
}

impl SharesView {
    /// The shares that the rules of a day show.
    pub fn of(people: &People, day: NaiveDate) -> Self {
        let least = target_on(day).disclosure.people_known;
        let share = |known: &Known| ShareView { percent_of_known: known.whole_percent_of_known(least) };
        Self {
            low_income: share(&people.low_income),
            remote: share(&people.remote),
            woman_headed: share(&people.woman_headed),
        }
    }
}
