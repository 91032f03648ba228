//! The rows of the timeline: the headline at the ends of months, and what changed in each period.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::http::ApiError;
use crate::domain::figures::{Methodology, MonthEnd, WholeAmount, methodology};
use crate::domain::values::{Basis, Interval, Month, units};

use super::dimension_labels::NOT_YET_DETAILED;

/// Months that late reports still raise: the current one and the two before.
const LATE_MONTHS: u16 = 3;

/// The net change in one period, and the numbers at its end.
#[derive(Default, Serialize, ToSchema)]
pub struct PeriodView {
    /// The name of the period: 2026-11, 2026-Q4 or 2026. The last row of published periods of installation is `not_yet_detailed`:
    /// what went out of operation or waits for company in its month.
    #[schema(example = "2026-11")]
    period: String,
    /// The first day of the period (YYYY-MM-DD); null of `not_yet_detailed`. Example: 2026-11-01.
    period_start: Option<NaiveDate>,
    /// True where late reports may still raise the numbers: in the current month and the two before.
    late_reports_expected: bool,
    /// True where the year has no grid factor of its own yet, so that emissions use the factor of another year.
    factor_carried: bool,
    /// Net change of verified sites in the period: additions minus removals. Example: 31.
    sites_verified_new: i64,
    /// Verified sites in operation at the end of the period. Example: 566.
    sites_verified_cumulative: i64,
    /// Net change of the sites that wait to be verified: reports minus decisions and removals. Null with `basis=installed_on`,
    /// except for internal use. Example: -4.
    sites_reported_new: Option<i64>,
    /// Sites that wait to be verified at the end of the period; null as `sites_reported_new`. Example: 46.
    sites_reported_cumulative: Option<i64>,
    /// Net change of the verified solar capacity, in kWp; null where no figures were published yet, as all that follow.
    /// Example: 82.5.
    capacity_kwp_verified_new: Option<f64>,
    /// Verified solar capacity at the end of the period, in kWp. Example: 1284.3.
    capacity_kwp_verified_cumulative: Option<f64>,
    /// Emissions that verified measures avoided in the period, in tCO2e, estimated. Example: 118.2.
    avoided_tco2e_new: Option<f64>,
    /// Low end of the range of `avoided_tco2e_new`, in tCO2e. Example: 86.1.
    avoided_tco2e_new_low: Option<f64>,
    /// High end of the range of `avoided_tco2e_new`, in tCO2e. Example: 161.4.
    avoided_tco2e_new_high: Option<f64>,
    /// Part of `avoided_tco2e_new` whose environmental attributes were sold, in tCO2e. Example: 2.4.
    sold_tco2e_new: Option<f64>,
    /// Emissions that verified measures avoided up to the end of the period, in tCO2e, estimated. Example: 734.9.
    avoided_tco2e_cumulative: Option<f64>,
    /// Low end of the range of `avoided_tco2e_cumulative`, in tCO2e. Example: 535.2.
    avoided_tco2e_cumulative_low: Option<f64>,
    /// High end of the range of `avoided_tco2e_cumulative`, in tCO2e. Example: 1003.4.
    avoided_tco2e_cumulative_high: Option<f64>,
    /// Part of `avoided_tco2e_cumulative` whose environmental attributes were sold, in tCO2e. Example: 14.2.
    sold_tco2e_cumulative: Option<f64>,
}

/// The headline's numbers at the end of a month.
#[derive(Clone, Copy)]
pub struct End {
    verified: i64,
    /// None where they are not told by month.
    reported: Option<i64>,
    /// None where no figures were published yet.
    figures: Option<EndFigures>,
    factor_carried: bool,
}

#[derive(Clone, Copy, Default)]
struct EndFigures {
    capacity_wp: i64,
    avoided: Avoided,
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
}

impl End {
    /// Before the first month.
    const NOTHING: Self = Self {
        verified: 0,
        reported: Some(0),
        figures: Some(EndFigures { capacity_wp: 0, avoided: Avoided { kg: 0, low_kg: 0, high_kg: 0, sold_kg: 0 } }),
        factor_carried: false,
    };

    pub fn of(month: Month, end: &MonthEnd, methodology: &Methodology) -> Self {
        Self {
            verified: end.sites.verified,
            reported: Some(end.sites.reported),
            figures: Some(EndFigures { capacity_wp: end.capacity_wp.verified, avoided: Avoided::of(&end.to_date) }),
            factor_carried: methodology.grid_factor(month.year()).1,
        }
    }

    /// The same without sites that wait to be verified.
    pub fn of_verified(self) -> Self {
        Self { reported: None, ..self }
    }
}

/// The end of a month as its headline has it.
pub fn recorded(day: NaiveDate, headline: &str) -> Result<(Month, End), ApiError> {
    let Kept { data, meta } = serde_json::from_str(headline).map_err(|_| ApiError::Internal)?;
    let figures = data.figures.map(|figures| EndFigures {
        capacity_wp: thousandths(figures.capacity_kwp.verified),
        avoided: Avoided {
            kg: thousandths(figures.to_date.avoided_tco2e),
            low_kg: thousandths(figures.to_date.avoided_tco2e_low),
            high_kg: thousandths(figures.to_date.avoided_tco2e_high),
            sold_kg: thousandths(figures.to_date.sold_tco2e),
        },
    });
    let is_carried = meta.methodology_version.and_then(methodology).is_some_and(|one| one.grid_factor(day.year()).1);
    let KeptSites { verified, reported } = data.live.sites;
    Ok((Month::of(day), End { verified, reported: Some(reported), figures, factor_carried: is_carried }))
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
    methodology_version: Option<i32>,
}

#[derive(Deserialize)]
struct KeptData {
    live: KeptCounts,
    figures: Option<KeptFigures>,
}

#[derive(Deserialize)]
struct KeptCounts {
    sites: KeptSites,
}

#[derive(Deserialize)]
struct KeptFigures {
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
    let mut before = End::NOTHING;
    for (index, (month, end)) in ends.iter().enumerate() {
        let first = interval.first_month(*month);
        if ends.get(index + 1).is_some_and(|(next, _)| interval.first_month(*next) == first) {
            continue;
        }
        rows.push(PeriodView {
            period: interval.name(first),
            period_start: Some(first.first_day()),
            late_reports_expected: month.plus(open) > now,
            ..PeriodView::between(&before, end)
        });
        before = *end;
    }
    rows
}

/// The row after the last, up to the figures of the headline: what no period has.
pub fn not_yet_detailed(last: Option<&(Month, End)>, headline: &End) -> PeriodView {
    let before = last.map_or(End::NOTHING, |(_, end)| *end);
    PeriodView { period: NOT_YET_DETAILED.to_owned(), ..PeriodView::between(&before, headline) }
}

impl PeriodView {
    /// The change from one end to another, and the numbers at the other.
    fn between(before: &End, end: &End) -> Self {
        // Before the first publication point nothing was published.
        let published = before.figures.unwrap_or_default();
        let of_figures = |of: fn(&EndFigures) -> i64| {
            (end.figures.map(|end| units(of(&end) - of(&published))), end.figures.map(|end| units(of(&end))))
        };
        let (capacity_new, capacity) = of_figures(|figures| figures.capacity_wp);
        let (avoided_new, avoided) = of_figures(|figures| figures.avoided.kg);
        let (low_new, low) = of_figures(|figures| figures.avoided.low_kg);
        let (high_new, high) = of_figures(|figures| figures.avoided.high_kg);
        let (sold_new, sold) = of_figures(|figures| figures.avoided.sold_kg);
        Self {
            factor_carried: end.factor_carried,
            sites_verified_new: end.verified - before.verified,
            sites_verified_cumulative: end.verified,
            sites_reported_new: end.reported.zip(before.reported).map(|(end, before)| end - before),
            sites_reported_cumulative: end.reported,
            capacity_kwp_verified_new: capacity_new,
            capacity_kwp_verified_cumulative: capacity,
            avoided_tco2e_new: avoided_new,
            avoided_tco2e_new_low: low_new,
            avoided_tco2e_new_high: high_new,
            sold_tco2e_new: sold_new,
            avoided_tco2e_cumulative: avoided,
            avoided_tco2e_cumulative_low: low,
            avoided_tco2e_cumulative_high: high,
            sold_tco2e_cumulative: sold,
            ..Self::default()
        }
    }
}
