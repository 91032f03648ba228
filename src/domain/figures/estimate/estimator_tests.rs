//! Cells added up in runs come to what each does year by year.

use chrono::Datelike;
use proptest::prelude::*;

use crate::domain::counting::CellRow;
use crate::domain::figures::methodology::methodology;
use crate::domain::records::Stage;
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Flags, SiteKind, Tier};

use super::super::amount::PerUnit;
use super::super::one_year::{days_in_year, end_of_life, left_after, tonnes};
use super::super::year_by_year::{CreditedMonths, Weights};
use super::*;
use crate::domain::figures::methodology::EffectKind;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Cells within the programme, of any measure, stage and time, with totals that can be.
pub(in crate::domain) fn cells() -> impl Strategy<Value = Vec<(CellKey, Totals)>> {
    let stage = prop_oneof![
        1 => Just(Stage::Pledged), 2 => Just(Stage::Reported), 4 => Just(Stage::Verified(Tier::Document)),
        2 => Just(Stage::Verified(Tier::Metered)),
    ];
    let place = (0u8..34, 0usize..4, any::<Option<bool>>(), any::<Option<bool>>());
    // Ends from a month before the installation on, up to long after any life.
    let time = (237u16..330, prop::option::weighted(0.4, prop_oneof![3 => 0u16..40, 1 => 40u16..500]));
    let totals = (0i64..5, 1i64..1_000_000, 1i64..=28, 1i64..=28);
    let cell = (0u8..=32, place, stage, time, totals).prop_map(|(measure, place, stage, (from, until), totals)| {
        let (province, kind, low_income, attributes_sold) = place;
        let pledged = stage == Stage::Pledged;
        let installed = Month::from_number(from).filter(|_| !pledged);
        let ended = until.and_then(|later| Month::from_number(from + later - 1)).filter(|_| !pledged);
        let dims = CellDims {
            measure: MeasureId::from_number(measure),
            province: ProvinceId::from_index(province).unwrap(),
            kind: SiteKind::ALL[kind],
            stage,
            installed,
            ended,
            former: None,
            flags: Flags { low_income, ..Flags::default() },
            attributes_sold: attributes_sold.filter(|_| measure != 0),
        };
        let (sites, quantity, left, end) = totals;
        let quantity = if measure == 0 { 0 } else { quantity };
        let quantity_days = if pledged { 0 } else { quantity * left };
        let quantity_end_days = if ended.is_some() { quantity * end } else { 0 };
        (dims.key(), Totals { sites, quantity, quantity_days, quantity_end_days, ..Totals::default() })
    });
    prop::collection::vec(cell, 1..40)
}

/// The estimate of a cell, year by year.
fn patiently(key: CellKey, totals: &Totals, day: NaiveDate, methodology: &'static Methodology) -> Estimate {
    let (dims, credit) = (key.dims().unwrap(), Month::of(day));
    let (Some(measure), Some(installed)) = (dims.measure, dims.installed) else { return Estimate::default() };
    let Some(effect) = methodology.effect(measure) else { return Estimate::default() };
    let end_of_life = end_of_life(effect, installed);
    let ended = dims.ended.filter(|ended| *ended <= end_of_life);
    let unit = MeasureYield::of(methodology, measure, true);
    let (size, evidence) = (unit.size(methodology, dims.province), key.evidence());
    let brought = |value: f64, (grid, carried): (f64, bool)| {
        let avoided = value * tonnes(effect, grid);
        let energy = if effect.kind == EffectKind::Direct { 0.0 } else { value };
        let provisional = if carried && effect.uses_grid() { avoided } else { 0.0 };
        let sold = if dims.attributes_sold == Some(true) { avoided } else { 0.0 };
        SoldAmong { sum: PerUnit { energy, avoided, provisional }, sold }
    };
    let mut sum = Estimate::default();
    for (year, days) in (CreditedMonths { installed, ended, end_of_life }).days_by_year(day) {
        let value = days.of(totals) * left_after(effect, year - installed.year()) / days_in_year(year);
        sum.to_date += unit.to_date(size, evidence, brought(value, methodology.grid_factor(year)));
    }
    let remains = methodology.lifetime != LifetimeRule::WholeLifeFrozenGrid;
    if remains {
        sum.lifetime += sum.to_date;
        sum.frozen_grid_tco2e += sum.to_date.avoided_tco2e;
    }
    if dims.ended.is_none() {
        let (newest, quantity) = (methodology.newest_factor(), Weights::QUANTITY.of(totals));
        let with_newest = |value, carried| brought(value, (newest.tco2_per_mwh, carried));
        if (installed..=end_of_life).contains(&credit) {
            let value = quantity * left_after(effect, day.year() - installed.year());
            sum.annual += unit.projected(size, evidence, with_newest(value, day.year() != newest.year));
        }
        if remains {
            // Day by day, from the day after the credit day or from the first of the month of installation on.
            let mut on = day.succ_opt().unwrap().max(installed.first_day());
            while on <= end_of_life.last_day() {
                let year = on.year();
                let value = quantity * left_after(effect, year - installed.year()) / days_in_year(year);
                let frozen = with_newest(value, true);
                let share = f64::from((2050 - year).max(0)) / f64::from(2050 - newest.year);
                let falling = brought(value, (newest.tco2_per_mwh * share, true));
                sum.lifetime += unit.projected(size, evidence, falling);
                sum.frozen_grid_tco2e += frozen.sum.avoided * size;
                on = on.succ_opt().unwrap();
            }
        } else {
            let life: f64 = (0..i32::from(effect.lifetime_years)).map(|age| left_after(effect, age)).sum();
            let whole = unit.projected(size, evidence, with_newest(quantity * life, true));
            sum.lifetime += whole;
            sum.frozen_grid_tco2e += whole.avoided_tco2e;
        }
    }
    sum
}

fn parts(of: &Estimate) -> Vec<f64> {
    let amounts = [of.to_date, of.annual, of.lifetime].into_iter().flat_map(|amount| {
        let Amount { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e, sold_tco2e } = amount;
        [generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e, sold_tco2e]
    });
    amounts.chain([of.frozen_grid_tco2e]).collect()
}

/// Whether both are the same to a relative 1e-11, or to 1e-11 of a unit: a life is added up day by day here.
fn are_near(found: &Estimate, expected: &Estimate) -> bool {
    let mut pairs = parts(found).into_iter().zip(parts(expected));
    pairs.all(|(found, expected)| (found - expected).abs() <= 1e-11 * expected.abs().max(1.0))
}

proptest! {
    #[test]
    fn cells_added_up_in_runs_come_to_what_each_does_year_by_year(
        mut cells in cells(),
        later in 0u64..15_000,
        number in 1i32..=2,
    ) {
        cells.sort_by_key(|(key, _)| *key);
        let on = day("2019-09-01") + chrono::Days::new(later);
        let methodology = methodology(number).unwrap();
        let mut estimator = Estimator::new(methodology, on);
        let (mut sum, mut expected) = (EstimateSum::default(), Estimate::default());
        for (key, totals) in &cells {
            CellRow::of(*key, totals, |row| sum.add(*key, row.quantities(), &mut estimator));
            expected += patiently(*key, totals, on, methodology);
        }
        let (found, _) = sum.settled(&mut estimator);
        prop_assert!(are_near(found, &expected), "on {on}: {found:?} is not {expected:?}");
    }
}
