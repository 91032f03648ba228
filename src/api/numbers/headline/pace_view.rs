//! The pace of the headline, on two bases: as recorded, and by the month of installation. The order of the fields is the order
//! of the bytes, as in `view`.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::figures::{Openings, Pace, Projection, RecordedPace};
use crate::domain::values::Interval;

use crate::api::numbers::amounts::{TextView, with_decimals};

/// What a projection is, in Vietnamese and in English.
const BASIS: (&str, &str) = (
    "tính tiếp theo tốc độ lắp đặt và xác minh hiện nay, không phải là dự báo",
    "continuation at the present speed of building and verifying, not a forecast",
);

/// The pace at which verified sites grow, on two bases that are never mixed: `recorded` and `installed`.
#[derive(Serialize, ToSchema)]
pub struct PaceView {
    /// Verified sites a month that reach the target in the whole months left; null where no month is left. Example: 20390.5.
    required_per_month: Option<f64>,
    /// What the register gained in closed months, whenever the sites were built. A backlog of old sites stands here.
    recorded: RecordedPaceView,
    /// Net openings by the month in which today's verified sites went into operation, without the two newest months; null where
    /// no site opened in the 24 months before them.
    installed: Option<InstalledPaceView>,
    /// Verified sites at the end of the target's year if `installed` goes on. Null below 6 months or 30 sites of `installed`, and
    /// once no whole month is left before the target's day.
    projected_2030: Option<ProjectionView>,
    /// First day of the month in which `installed.mean_per_month` reaches the target (YYYY-MM-DD); null where it does not, where
    /// the target is reached, and without `projected_2030`.
    projected_date: Option<NaiveDate>,
    /// True if there are as many verified sites as the target asks for, on whichever day. Example: false.
    target_reached: bool,
}

/// Net growth of verified sites, from the counts at the ends of closed months.
#[derive(Serialize, ToSchema)]
pub struct RecordedPaceView {
    /// Net growth in sites a month over the last three closed months; null where fewer are closed. Example: 31.3.
    last_3_months_per_month: Option<f64>,
    /// Net growth in sites a month over the last twelve closed months; null where fewer are closed. Example: 24.1.
    last_12_months_per_month: Option<f64>,
}

/// Net openings of verified sites in the newest complete months: 24, or as many as there are since the first site opened. The month
/// of the day and the month before it are left out as incomplete.
#[derive(Serialize, ToSchema)]
pub struct InstalledPaceView {
    /// Number of months, 1 to 24.
    #[schema(example = 24)]
    months: u16,
    /// The first of these months (YYYY-MM).
    #[schema(example = "2024-10")]
    first_month: String,
    /// The last of these months (YYYY-MM).
    #[schema(example = "2026-09")]
    last_month: String,
    /// Verified sites that opened in these months, minus those that closed in them. Example: 210.
    sites: i64,
    /// Mean of the months, in sites a month. Example: 8.75.
    mean_per_month: f64,
    /// Standard deviation of the months, in sites a month; null of a single month. Example: 3.1.
    deviation_per_month: Option<f64>,
}

/// A projection in whole sites: the mean of `installed` goes on, within a range that holds 90 %. It is never below the sites of
/// now.
#[derive(Serialize, ToSchema)]
pub struct ProjectionView {
    /// Low end of the range, in sites. Example: 940.
    low: i64,
    /// At the mean of `installed`, in sites. Example: 1030.
    central: i64,
    /// High end of the range, in sites. Example: 1120.
    high: i64,
    /// What the projection is, to quote beside it.
    basis: TextView,
}

impl From<&Pace> for PaceView {
    fn from(pace: &Pace) -> Self {
        let RecordedPace { last_3_months, last_12_months } = pace.recorded;
        Self {
            required_per_month: pace.required_per_month.map(with_decimals::<3>),
            recorded: RecordedPaceView {
                last_3_months_per_month: last_3_months.map(with_decimals::<3>),
                last_12_months_per_month: last_12_months.map(with_decimals::<3>),
            },
            installed: pace.installed.map(Into::into),
            projected_2030: pace.projected.map(Into::into),
            projected_date: pace.projected_date,
            target_reached: pace.target_reached,
        }
    }
}

impl From<Openings> for InstalledPaceView {
    fn from(openings: Openings) -> Self {
        Self {
            months: openings.months,
            first_month: Interval::Month.name(openings.first),
            last_month: Interval::Month.name(openings.last),
            sites: openings.sites,
            mean_per_month: with_decimals::<3>(openings.mean),
            deviation_per_month: openings.deviation.map(with_decimals::<3>),
        }
    }
}

impl From<Projection> for ProjectionView {
    fn from(at: Projection) -> Self {
        Self { low: at.low, central: at.central, high: at.high, basis: BASIS.into() }
    }
}
