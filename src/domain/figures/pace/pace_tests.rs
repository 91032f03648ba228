//! The pace: worked examples by hand, its limits, and its agreement with the timeline.

use proptest::prelude::*;

use super::*;
use crate::domain::counting::{CellDims, CellKey, Totals};
use crate::domain::figures::estimate::estimator_tests::cells;
use crate::domain::figures::methodology::methodology;
use crate::domain::figures::timeline;
use crate::domain::records::Stage;
use crate::domain::reference::{ProvinceId, target};
use crate::domain::values::{Flags, Month, SiteKind, Tier};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn month(text: &str) -> Month {
    Month::of(day(&format!("{text}-01")))
}

/// Verified sites of one month of installation, with the month of their end.
fn cell(sites: i64, installed: Month, ended: Option<Month>) -> (CellKey, Totals) {
    let dims = CellDims {
        measure: None,
        province: ProvinceId::parse("01").unwrap(),
        kind: SiteKind::Home,
        stage: Stage::Verified(Tier::Document),
        installed: Some(installed),
        ended,
        former: None,
        flags: Flags::default(),
        attributes_sold: None,
    };
    (dims.key(), Totals { sites, ..Totals::default() })
}

fn national(cells: &[(CellKey, Totals)]) -> NationalSums {
    let mut national = NationalSums::default();
    national.add_cells(cells.iter().copied());
    national
}

/// Sites that opened in months in a row.
fn opened(first: &str, sites: &[i64]) -> NationalSums {
    let cells = |(later, sites): (u16, &i64)| cell(*sites, month(first).plus(later), None);
    national(&(0..).zip(sites).map(cells).collect::<Vec<_>>())
}

/// The pace of a register in which nothing was recorded before the day.
fn pace_of(national: &NationalSums, on: &str) -> Pace {
    pace(&[], national, national.sites().verified, day(on), target())
}

#[test]
fn pace_that_is_required_counts_whole_months_left() {
    let of = |on: &str| pace(&[], &NationalSums::default(), 601, day(on), target()).required_per_month;
    assert_eq!(of("2026-11-25"), Some((1_000_000.0 - 601.0) / 49.0));
    assert_eq!(of("2030-11-30"), Some(999_399.0));
    assert_eq!((of("2030-12-01"), of("2031-05-01")), (None, None), "no whole month is left");
    let enough = pace(&[], &NationalSums::default(), 2_000_000, day("2026-11-25"), target());
    assert_eq!(enough.required_per_month, Some(0.0));
}

#[test]
fn pace_as_recorded_is_net_growth_of_closed_months() {
    let of = |ends: &[i64]| {
        let found = pace(ends, &NationalSums::default(), 99, day("2026-11-25"), target()).recorded;
        (found.last_3_months, found.last_12_months)
    };
    assert_eq!(of(&[10, 40, 30]), (Some(10.0), None));
    assert_eq!(of(&[10, 40]), (None, None));
    let year: Vec<i64> = (1..=13).map(|month| month * 12).collect();
    assert_eq!(of(&year), (Some(12.0), Some(12.0)));
}

#[test]
fn backlog_of_2020_entered_in_one_month_is_growth_of_the_register_and_projects_none() {
    let pilot = opened("2019-11", &[100, 101, 200, 200]);
    let found = pace(&[0, 0, 601], &pilot, 601, day("2026-11-25"), target());
    assert_eq!(found.recorded.last_3_months, Some(601.0 / 3.0));
    assert_eq!((found.installed, found.projected, found.projected_date), (None, None, None));
    // The same homes stand in no mean of later openings. That nothing opened for years after them does.
    let mut both = pilot.clone();
    both.add_all(&opened("2026-04", &[9; 6]));
    let found = pace(&[0, 0, 655], &both, 655, day("2026-11-25"), target());
    let openings = found.installed.unwrap();
    assert_eq!((openings.months, openings.sites, openings.mean), (24, 54, 54.0 / 24.0));
    assert!(openings.deviation.unwrap() > 3.0, "{openings:?}");
    assert_eq!(found.projected.map(|at| at.central), Some(655 + 110), "49 months of 2.25, to whole sites");
}

#[test]
fn projection_is_now_and_the_mean_of_complete_months_with_the_range_of_90_percent() {
    // Six complete months of 2026, April to September; 2 and 4 sites of October and November count now and in no mean.
    let national = opened("2026-04", &[4, 6, 8, 10, 12, 14, 2, 4]);
    let found = pace_of(&national, "2026-11-25");
    let openings = found.installed.unwrap();
    assert_eq!((openings.months, openings.sites, openings.mean), (6, 54, 9.0));
    assert_eq!((openings.first, openings.last), (month("2026-04"), month("2026-09")));
    // s² = (25 + 9 + 1 + 1 + 9 + 25) / 5 = 14. √(49 + 49² / 6) = 21.1936. 2.015048 × 3.741657 × 21.1936 = 159.79.
    assert!((openings.deviation.unwrap() - 3.741_657_386_773_941_3).abs() < 1e-12);
    assert_eq!(found.projected, Some(Projection { low: 341, central: 60 + 49 * 9, high: 661 }));
}

#[test]
fn projection_looks_back_on_24_months_or_to_the_first_opening_of_all() {
    // 5 sites a month since January 2020, then 2 a month in the last 24 complete months.
    let mut sites = vec![5; 57];
    sites.extend([2; 24]);
    let found = pace_of(&opened("2020-01", &sites), "2026-11-25").installed.unwrap();
    assert_eq!((found.months, found.sites, found.mean, found.deviation), (24, 48, 2.0, Some(0.0)));
    assert_eq!((found.first, found.last), (month("2024-10"), month("2026-09")));
    // A month without an opening counts once there was one before it.
    let found = pace_of(&opened("2026-01", &[30, 0, 0, 0, 0, 0, 0, 0, 3]), "2026-11-25").installed.unwrap();
    assert_eq!((found.months, found.sites), (9, 33));
}

#[test]
fn projection_of_fewer_than_6_months_or_30_sites_is_none() {
    let projects = |first: &str, sites: &[i64]| pace_of(&opened(first, sites), "2026-11-25").projected.is_some();
    assert!(projects("2026-04", &[5; 6]));
    assert!(!projects("2026-04", &[5, 5, 5, 5, 5, 4, 100, 100]), "29 sites; the newest two months do not help");
    assert!(!projects("2026-05", &[100; 5]), "five months");
    assert_eq!(pace_of(&opened("2026-09", &[7]), "2026-11-25").installed.unwrap().deviation, None);
    assert_eq!(pace_of(&opened("2026-10", &[7, 7]), "2026-11-25").installed, None);
}

#[test]
fn sites_that_closed_are_taken_from_the_month_of_their_end() {
    let closed = [
        cell(10, month("2026-04"), Some(month("2026-06"))),
        // As in the timeline, what closed in the month of its opening never opened.
        cell(3, month("2026-03"), Some(month("2026-03"))),
        // Built before the window, closed within it.
        cell(4, month("2021-01"), Some(month("2026-07"))),
        cell(1, month("2021-01"), Some(month("2026-11"))),
    ];
    let mut national = national(&closed);
    national.add_all(&opened("2026-05", &[20, 20, 0, 0, 2]));
    let openings = pace_of(&national, "2026-11-25").installed.unwrap();
    // April 10, May 20, June 20 − 10, July −4, August 0, September 2; the months before them 0.
    assert_eq!((openings.months, openings.sites, openings.first), (24, 38, month("2024-10")));
}

#[test]
fn projection_is_never_below_the_sites_of_now() {
    // Most of them opened in one month: the range reaches far below now.
    let found = pace_of(&opened("2026-04", &[90, 0, 0, 0, 0, 1]), "2026-11-25").projected.unwrap();
    assert_eq!((found.low, found.central), (91, 91 + 743));
    assert!(found.high > found.central);
}

#[test]
fn after_the_day_of_the_target_nothing_is_projected_and_it_is_reached_or_not() {
    let national = opened("2029-01", &[50; 40]);
    let of = |verified, on: &str| pace(&[], &national, verified, day(on), target());
    assert!(of(999_999, "2030-11-30").projected.is_some());
    for (verified, reached) in [(999_999, false), (1_000_000, true)] {
        for on in ["2030-12-01", "2030-12-31", "2031-01-01", "2032-02-29"] {
            let found = of(verified, on);
            assert_eq!((found.projected, found.projected_date, found.target_reached), (None, None, reached), "{on}");
        }
    }
}

#[test]
fn date_of_the_target_is_the_month_in_which_the_mean_makes_up_for_what_is_missing() {
    let date = |sites: i64, verified| {
        pace(&[], &opened("2026-04", &[sites; 6]), verified, day("2026-11-25"), target()).projected_date
    };
    assert_eq!(date(50_000, 600_000), Some(day("2027-07-01")), "400,000 are eight months away");
    assert_eq!(date(10, 600_000), None, "40,000 months are too far to say");
    assert_eq!(date(50_000, 1_000_000), None, "there is nothing to wait for");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn openings_are_the_changes_of_the_timeline(cells in cells(), later in 0u64..6_000) {
        let on = day("2019-09-01") + chrono::Days::new(later);
        let national = national(&cells);
        let ends = timeline(&national, methodology(1).unwrap(), on);
        let at = |month: Month| ends.iter().rfind(|(end, _)| *end <= month).map_or(0, |(_, at)| at.sites.verified);
        let before = |month: Month| Month::from_number(month.number() - 1).map_or(0, at);
        if let Some(found) = Openings::of(&national, on) {
            prop_assert_eq!(found.last.plus(2), Month::of(on));
            prop_assert_eq!(found.first.plus(found.months - 1), found.last);
            prop_assert_eq!(found.sites, at(found.last) - before(found.first));
            let months = (found.first.number()..=found.last.number()).filter_map(Month::from_number);
            #[expect(clippy::cast_precision_loss, reason = "a few sites")]
            let changes: Vec<f64> = months.map(|month| (at(month) - before(month)) as f64).collect();
            let mean = changes.iter().sum::<f64>() / f64::from(found.months);
            prop_assert!((found.mean - mean).abs() < 1e-9);
            let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
            let deviation = found.deviation.unwrap_or_default();
            prop_assert!((deviation * deviation * f64::from(found.months - 1) - squares).abs() < 1e-6);
        } else if let Some(last) = Month::of(on).number().checked_sub(2).and_then(Month::from_number) {
            let months = (last.number().saturating_sub(23).max(1)..=last.number()).filter_map(Month::from_number);
            prop_assert!(months.into_iter().all(|month| at(month) <= before(month)), "nothing opened");
        }
    }
}
