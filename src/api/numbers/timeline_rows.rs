//! The rows of the timeline: the headline at the ends of months, and what changed in each period.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::http::ApiError;
use crate::domain::figures::{Methodology, MonthEnd, WholeAmount, methodology};
use crate::domain::values::{Basis, Interval, Month, units};
use crate::register::Snapshot;

/// Months that late reports still raise: the current one and the two before.
const LATE_MONTHS: u16 = 3;

/// The net change in one period, and the numbers at its end.
#[derive(Default, Serialize, ToSchema)]
pub struct PeriodView {
    /// The name of the period: 2026-11, 2026-Q4 or 2026.
    #[schema(example = "2026-11")]
    period: String,
    /// The first day of the period (YYYY-MM-DD). Example: 2026-11-01.
    period_start: NaiveDate,
    /// True where late reports may still raise the numbers: in the current month and the two before.
    late_reports_expected: bool,
    /// True where the year has no grid factor of its own yet, so that emissions use the factor of another year.
    factor_carried: bool,
    /// Net change of verified sites in the period: additions minus removals. Example: 31.
    sites_verified_new: i64,
    /// Verified sites in operation at the end of the period. Example: 566.
    sites_verified_cumulative: i64,
    /// Net change of the sites that wait to be verified: reports minus decisions and removals. Example: -4.
    sites_reported_new: i64,
    /// Sites that wait to be verified at the end of the period. Example: 46.
    sites_reported_cumulative: i64,
    /// Net change of the verified solar capacity, in kWp. Example: 82.5.
    capacity_kwp_verified_new: f64,
    /// Verified solar capacity at the end of the period, in kWp. Example: 1284.3.
    capacity_kwp_verified_cumulative: f64,
    /// Emissions that verified measures avoided in the period, in tCO2e, estimated. Example: 118.2.
    avoided_tco2e_new: f64,
    /// Low end of the range of `avoided_tco2e_new`, in tCO2e. Example: 86.1.
    avoided_tco2e_new_low: f64,
    /// High end of the range of `avoided_tco2e_new`, in tCO2e. Example: 161.4.
    avoided_tco2e_new_high: f64,
    /// Part of `avoided_tco2e_new` whose environmental attributes were sold, in tCO2e. Example: 2.4.
    sold_tco2e_new: f64,
    /// Emissions that verified measures avoided up to the end of the period, in tCO2e, estimated. Example: 734.9.
    avoided_tco2e_cumulative: f64,
    /// Low end of the range of `avoided_tco2e_cumulative`, in tCO2e. Example: 535.2.
    avoided_tco2e_cumulative_low: f64,
    /// High end of the range of `avoided_tco2e_cumulative`, in tCO2e. Example: 1003.4.
    avoided_tco2e_cumulative_high: f64,
    /// Part of `avoided_tco2e_cumulative` whose environmental attributes were sold, in tCO2e. Example: 14.2.
    sold_tco2e_cumulative: f64,
}

/// The headline's numbers at the end of a month.
#[derive(Clone, Copy, Default)]
pub struct End {
    verified: i64,
    reported: i64,
    capacity_wp: i64,
    avoided: Avoided,
    factor_carried: bool,
}

/// Avoided emissions with their range and what of them was sold, in kilograms.
#[derive(Clone, Copy, Default)]
struct Avoided {
    kg: i64,
    low_kg: i64,
    high_kg: i64,
    sold_kg: i64,
}

impl Avoided {
    fn of(amount: &WholeAmount) -> Self {
        let WholeAmount { avoided_kg, low_kg, high_kg, sold_kg, .. } = *amount;
        Self { kg: avoided_kg, low_kg, high_kg, sold_kg }
    }

    fn since(self, before: Self) -> Self {
        Self {
            kg: self.kg - before.kg,
            low_kg: self.low_kg - before.low_kg,
            high_kg: self.high_kg - before.high_kg,
            sold_kg: self.sold_kg - before.sold_kg,
        }
    }
}

impl End {
    pub fn of(month: Month, end: &MonthEnd, methodology: &Methodology) -> Self {
        Self {
            verified: end.sites.verified,
            reported: end.sites.reported,
            capacity_wp: end.capacity_wp.verified,
            avoided: Avoided::of(&end.to_date),
            factor_carried: methodology.grid_factor(month.year()).1,
        }
    }
}

/// The headlines kept at the end of each closed month, and the headline of now.
pub fn recorded(kept: &[(NaiveDate, String)], snapshot: &Snapshot) -> Result<Vec<(Month, End)>, ApiError> {
    let figures = &snapshot.figures;
    // Without later days, because another process may have closed the day of this snapshot already.
    let kept = kept.iter().filter(|(day, _)| *day < figures.day);
    let mut ends = kept.map(|(day, body)| kept_end(*day, body)).collect::<Result<Vec<_>, ApiError>>()?;
    let now = MonthEnd {
        sites: figures.progress.sites,
        capacity_wp: figures.output.capacity_wp,
        to_date: figures.output.verified.to_date,
    };
    let month = Month::of(figures.day);
    ends.push((month, End::of(month, &now, figures.methodology)));
    Ok(ends)
}

/// The end of a month as its kept headline has it.
fn kept_end(day: NaiveDate, body: &str) -> Result<(Month, End), ApiError> {
    let Kept { data, meta } = serde_json::from_str(body).map_err(|_| ApiError::Internal)?;
    let methodology = methodology(meta.methodology_version).ok_or(ApiError::Internal)?;
    let end = End {
        verified: data.sites.verified,
        reported: data.sites.reported,
        capacity_wp: thousandths(data.capacity_kwp.verified),
        avoided: Avoided {
            kg: thousandths(data.to_date.avoided_tco2e),
            low_kg: thousandths(data.to_date.avoided_tco2e_low),
            high_kg: thousandths(data.to_date.avoided_tco2e_high),
            sold_kg: thousandths(data.to_date.sold_tco2e),
        },
        factor_carried: methodology.grid_factor(day.year()).1,
    };
    Ok((Month::of(day), end))
}

/// A kept number of three decimals as the whole number that it was printed from.
#[expect(clippy::cast_possible_truncation, reason = "the whole number was one of 64 bits")]
fn thousandths(printed: f64) -> i64 {
    (printed * 1000.0).round() as i64
}

/// The figures of a kept headline that a timeline shows.
#[derive(Deserialize)]
struct Kept {
    data: KeptData,
    meta: KeptMeta,
}

#[derive(Deserialize)]
struct KeptMeta {
    methodology_version: i32,
}

#[derive(Deserialize)]
struct KeptData {
    sites: KeptSites,
    capacity_kwp: KeptCapacity,
    to_date: KeptAvoided,
}

#[derive(Deserialize)]
struct KeptSites {
    verified: i64,
    reported: i64,
}

#[derive(Deserialize)]
struct KeptCapacity {
    verified: f64,
}

#[derive(Deserialize)]
struct KeptAvoided {
    avoided_tco2e: f64,
    avoided_tco2e_low: f64,
    avoided_tco2e_high: f64,
    sold_tco2e: f64,
}

/// The rows of a timeline: the last month of each period gives the numbers at its end.
pub fn rows(ends: &[(Month, End)], interval: Interval, basis: Basis, now: Month) -> Vec<PeriodView> {
    // With recorded_on only the current month may change, because kept headlines stay.
    let open = if basis == Basis::RecordedOn { 1 } else { LATE_MONTHS };
    let mut rows = Vec::new();
    let mut before = End::default();
    for (index, (month, end)) in ends.iter().enumerate() {
        let first = interval.first_month(*month);
        if ends.get(index + 1).is_some_and(|(next, _)| interval.first_month(*next) == first) {
            continue;
        }
        let (new, all) = (end.avoided.since(before.avoided), end.avoided);
        rows.push(PeriodView {
            period: interval.name(first),
            period_start: first.first_day(),
            late_reports_expected: month.plus(open) > now,
            factor_carried: end.factor_carried,
            sites_verified_new: end.verified - before.verified,
            sites_verified_cumulative: end.verified,
            sites_reported_new: end.reported - before.reported,
            sites_reported_cumulative: end.reported,
            capacity_kwp_verified_new: units(end.capacity_wp - before.capacity_wp),
            capacity_kwp_verified_cumulative: units(end.capacity_wp),
            avoided_tco2e_new: units(new.kg),
            avoided_tco2e_new_low: units(new.low_kg),
            avoided_tco2e_new_high: units(new.high_kg),
            sold_tco2e_new: units(new.sold_kg),
            avoided_tco2e_cumulative: units(all.kg),
            avoided_tco2e_cumulative_low: units(all.low_kg),
            avoided_tco2e_cumulative_high: units(all.high_kg),
            sold_tco2e_cumulative: units(all.sold_kg),
        });
        before = *end;
    }
    rows
}
