use proptest::prelude::*;

use super::*;
use crate::domain::counting::NationalSums;
use crate::domain::figures::estimate::estimator::tests::cells;
use crate::domain::figures::methodology::methodology;

/// The state at the end of one month, cell by cell.
fn patiently(national: &NationalSums, month: Month, day: NaiveDate, number: i32) -> MonthEnd {
    let mut estimator = Estimator::new(methodology(number).unwrap(), month.last_day().min(day));
    let mut standing = MonthEnd::default();
    let mut to_date = Amount::default();
    for (key, totals) in national.iter() {
        let Some(dims) = key.dims() else { continue };
        let Some(installed) = dims.installed.filter(|installed| *installed <= month) else { continue };
        if matches!(dims.stage, Stage::Verified(_)) {
            to_date += estimator.estimate(key.as_cell(), &totals).to_date;
        }
        if dims.ended.is_some_and(|ended| ended <= month) {
            continue;
        }
        match dims.measure {
            None => standing.sites.add(dims.stage, totals.sites),
            Some(measure)
                if estimator.measure_yield(measure).is_solar
                    && month <= estimator.measure_yield(measure).end_of_life(installed) =>
            {
                standing.capacity_wp.add(dims.stage, totals.quantity);
            }
            Some(_) => {}
        }
    }
    standing.to_date = to_date.into();
    standing
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn timeline_in_one_pass_is_what_stands_at_each_end(cells in cells(), later in 0u64..6_000, number in 1i32..=2) {
        let day = NaiveDate::from_ymd_opt(2019, 9, 1).unwrap() + chrono::Days::new(later);
        let mut national = NationalSums::default();
        national.add_cells(cells.into_iter());
        let timeline = timeline(&national, methodology(number).unwrap(), day);
        let first = national.unpacked().filter_map(|(dims, _)| dims.installed).min().map_or(u16::MAX, Month::number);
        let months: Vec<Month> = (first..=Month::of(day).number()).filter_map(Month::from_number).collect();
        prop_assert_eq!(timeline.iter().map(|(month, _)| *month).collect::<Vec<_>>(), months);
        for (month, found) in timeline {
            let expected = patiently(&national, month, day, number);
            let counts = |standing: &MonthEnd| (standing.sites, standing.capacity_wp);
            prop_assert_eq!(counts(&found), counts(&expected), "{:?}", month);
            prop_assert!(are_near(found.to_date, expected.to_date), "{month:?}: {found:?} is not {expected:?}");
        }
    }
}

/// Whether no figure differs by more than a unit of its last digit, because both add fractions up in another order.
fn are_near(one: WholeAmount, other: WholeAmount) -> bool {
    let WholeAmount { generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg } = one - other;
    [generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg].iter().all(|far| far.abs() <= 1)
}
