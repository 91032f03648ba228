//! The pace on a day: what the target requires, what both bases say, and what the openings come to if they go on.

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::counting::NationalSums;
use crate::domain::reference::Target;

use super::openings::Openings;
use super::student_t::student_t;

/// Months of openings below which nothing is projected.
const LEAST_MONTHS: u16 = 6;
/// Net openings below which nothing is projected.
const LEAST_SITES: i64 = 30;
/// The last year of any projection.
const LAST_YEAR: i32 = 2200;

/// The pace of verified sites towards the target: needed, reached and projected.
#[derive(Clone, PartialEq, Debug)]
pub struct Pace {
    /// Verified sites needed in each whole month that is left, to reach the target in time.
    pub required_per_month: Option<f64>,
    pub recorded: RecordedPace,
    /// The openings of verified sites in the newest complete months.
    pub installed: Option<Openings>,
    /// Projected verified sites on the day of the target.
    pub projected: Option<Projection>,
    /// The first day of the month in which the mean of the openings reaches the target.
    pub projected_date: Option<NaiveDate>,
    /// Whether there are as many verified sites as the target asks for.
    pub target_reached: bool,
}

/// Net growth of verified sites a month, by what the register held at the ends of closed months.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RecordedPace {
    /// Over the last three closed months.
    pub last_3_months: Option<f64>,
    /// Over the last twelve closed months.
    pub last_12_months: Option<f64>,
}

/// Projected sites if the openings go on as they are: the mean, and the range that holds 90 %.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Projection {
    pub low: i64,
    pub central: i64,
    pub high: i64,
}

/// The pace on a day. `ends` are the verified sites at the end of each closed month since the register began; `verified` are
/// the verified sites of `national` on the day.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
pub fn pace(ends: &[i64], national: &NationalSums, verified: i64, day: NaiveDate, target: &Target) -> Pace {
    let months_left = whole_months_left(day, target.by);
    let missing = (target.sites - verified).max(0) as f64;
    let installed = Openings::of(national, day);
    let projected = installed.and_then(|openings| project(&openings, verified, months_left));
    let mean = installed.filter(|_| projected.is_some() && missing > 0.0).map(|openings| openings.mean);
    Pace {
        required_per_month: (months_left > 0).then(|| missing / f64::from(months_left)),
        recorded: RecordedPace { last_3_months: growth(ends, 3), last_12_months: growth(ends, 12) },
        installed,
        projected,
        projected_date: mean.and_then(|a_month| reached(day, missing, a_month)),
        target_reached: verified >= target.sites,
    }
}

/// Whole months after the month of `day`, up to and including the month of `by`.
fn whole_months_left(day: NaiveDate, by: NaiveDate) -> i32 {
    (by.year() - day.year()) * 12 + by.month0().cast_signed() - day.month0().cast_signed()
}

/// Growth a month over the last `months` closed months. Before the register began there were no sites.
#[expect(clippy::cast_precision_loss, reason = "counts of sites, and a dozen months")]
fn growth(ends: &[i64], months: usize) -> Option<f64> {
    let begin = ends.len().checked_sub(months)?;
    let before = begin.checked_sub(1).map_or(Some(0), |place| ends.get(place).copied())?;
    Some((ends.last()? - before) as f64 / months as f64)
}

/// The sites after `months_left` more months with the mean m and the standard deviation s of n months of openings.
///
/// The range is ± t · s · √(H + H²/n) over H months: H months scatter by s√H, and the mean itself is only known to s/√n.
/// `None` where too little is known, or where no whole month is left: then there is a count and nothing to project.
#[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
#[expect(clippy::cast_possible_truncation, reason = "a count of sites and some dozen months of openings")]
fn project(openings: &Openings, verified: i64, months_left: i32) -> Option<Projection> {
    if months_left <= 0 || openings.months < LEAST_MONTHS || openings.sites < LEAST_SITES {
        return None;
    }
    let (now, h, n) = (verified as f64, f64::from(months_left), f64::from(openings.months));
    let central = now + h * openings.mean;
    let half = student_t(openings.months - 1)? * openings.deviation? * (h + h * h / n).sqrt();
    let whole = |sites: f64| sites.round().max(now) as i64;
    Some(Projection { low: whole(central - half), central: whole(central), high: whole(central + half) })
}

/// The month in which `a_month` sites a month make up for the `missing` ones.
fn reached(day: NaiveDate, missing: f64, a_month: f64) -> Option<NaiveDate> {
    if a_month <= 0.0 {
        return None;
    }
    let months = (missing / a_month).ceil();
    let most = f64::from((LAST_YEAR - day.year()) * 12);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and some thousand")]
    let months = (months <= most).then_some(months as u32)?;
    day.with_day(1)?.checked_add_months(Months::new(months))
}

#[cfg(test)]
#[path = "pace_tests.rs"]
mod tests;
