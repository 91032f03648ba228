//! The pace towards the million sites, from the counts of closed months.

use chrono::{Datelike, Months, NaiveDate};

use crate::domain::reference::Target;

/// Months of the pace from which projections are made.
const YEAR: usize = 12;
/// Closed months on which projections look back.
const LOOK_BACK: usize = 36;
/// The last year of any projection.
const LAST_YEAR: i32 = 2200;

/// The pace of verified sites towards the target: needed, reached and projected.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pace {
    /// Verified sites needed in each whole month that is left, to reach the target in time.
    pub required_per_month: Option<f64>,
    /// Net growth of verified sites a month over the last three closed months.
    pub last_3_months_per_month: Option<f64>,
    /// Net growth of verified sites a month over the last twelve closed months.
    pub last_12_months_per_month: Option<f64>,
    /// Projected verified sites on the day of the target.
    pub projected: Option<Projection>,
    /// The first day of the month in which the central pace reaches the target.
    pub projected_date: Option<NaiveDate>,
}

/// Projected sites at the lowest, the median and the highest pace over any twelve months in a row of the last three years.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Projection {
    pub low: f64,
    pub central: f64,
    pub high: f64,
}

/// The pace on a day. `ends` are the verified sites at the end of each closed month since the register began; `verified` are
/// the verified sites on the day.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts of sites stay far below 2^53")]
pub fn pace(ends: &[i64], verified: i64, day: NaiveDate, target: &Target) -> Pace {
    let left = whole_months_left(day, target.by);
    let missing = (target.sites - verified).max(0) as f64;
    let required_per_month = (left > 0).then(|| missing / f64::from(left));
    let (verified, months) = (verified as f64, f64::from(left.max(0)));
    let paces = yearly_paces(ends);
    let projected = paces.first().zip(median(&paces)).zip(paces.last()).map(|((low, central), high)| Projection {
        low: verified + low * months,
        central: verified + central * months,
        high: verified + high * months,
    });
    Pace {
        required_per_month,
        last_3_months_per_month: growth(ends, ends.len(), 3),
        last_12_months_per_month: growth(ends, ends.len(), YEAR),
        projected,
        projected_date: median(&paces).and_then(|central| reached(day, missing, central)),
    }
}

/// Whole months after the month of `day`, up to and including the month of `by`.
fn whole_months_left(day: NaiveDate, by: NaiveDate) -> i32 {
    (by.year() - day.year()) * 12 + by.month0().cast_signed() - day.month0().cast_signed()
}

/// Growth a month over the `months` months before the place `end`. Before the register began there were no sites.
#[expect(clippy::cast_precision_loss, reason = "counts of sites, and a dozen months")]
fn growth(ends: &[i64], end: usize, months: usize) -> Option<f64> {
    let begin = end.checked_sub(months)?;
    let before = begin.checked_sub(1).map_or(Some(0), |place| ends.get(place).copied())?;
    let after = ends.get(end.checked_sub(1)?)?;
    Some((after - before) as f64 / months as f64)
}

/// The paces over twelve months in a row within the look-back, sorted from the lowest.
fn yearly_paces(ends: &[i64]) -> Vec<f64> {
    let first = ends.len().saturating_sub(LOOK_BACK) + YEAR;
    let mut paces: Vec<f64> = (first..=ends.len()).filter_map(|end| growth(ends, end, YEAR)).collect();
    paces.sort_by(f64::total_cmp);
    paces
}

/// The middle value; of an even number of values, the mean of the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.get(sorted.len().saturating_sub(1) / 2)?, sorted.get(sorted.len() / 2)?);
    Some(f64::midpoint(*low, *high))
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
mod tests {
    use super::*;
    use crate::domain::reference::target;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn pace_that_is_required_counts_whole_months_left() {
        let of = |on: &str| pace(&[], 601, day(on), target()).required_per_month;
        assert_eq!(of("2026-11-25"), Some((1_000_000.0 - 601.0) / 49.0));
        assert_eq!(of("2030-11-30"), Some(999_399.0));
        assert_eq!((of("2030-12-01"), of("2031-05-01")), (None, None), "no whole month is left");
        assert_eq!(pace(&[], 2_000_000, day("2026-11-25"), target()).required_per_month, Some(0.0));
    }

    #[test]
    fn pace_of_the_last_months_is_net_growth_of_closed_ones() {
        let found = pace(&[10, 40, 30], 99, day("2026-11-25"), target());
        assert_eq!((found.last_3_months_per_month, found.last_12_months_per_month), (Some(10.0), None));
        assert_eq!((found.projected, found.projected_date), (None, None), "not before twelve months");
        assert_eq!(pace(&[10, 40], 99, day("2026-11-25"), target()).last_3_months_per_month, None);
    }

    #[test]
    fn projection_takes_the_lowest_median_and_highest_year_of_the_last_three() {
        // 40 months: four at 0, then 120 a month for a year, 12 a month for a year, none for a year.
        let mut ends = vec![0; 4];
        for growth in [120, 12, 0] {
            for _ in 0..12 {
                ends.push(ends.last().unwrap() + growth);
            }
        }
        let found = pace(&ends, 1584, day("2026-11-25"), target());
        let projected = found.projected.unwrap();
        // Of 25 years in a row the middle one begins a year after the first: 12 a month.
        let expected = Projection { low: 1584.0, central: 1584.0 + 49.0 * 12.0, high: 1584.0 + 49.0 * 120.0 };
        assert_eq!(projected, expected);
        assert_eq!(found.projected_date, None, "83,202 months are too far to say");
        let fast = pace(&[100_000; 1], 0, day("2026-11-25"), target());
        assert_eq!(fast.projected_date, None);
        let steady: Vec<i64> = (1..=12).map(|month| month * 50_000).collect();
        let found = pace(&steady, 600_000, day("2026-11-25"), target());
        assert_eq!(found.projected_date, Some(day("2027-07-01")), "400,000 are eight months away");
    }
}
