//! The worked examples of `reference/worked_examples.json`, from cells.

use chrono::Datelike;
use proptest::prelude::*;
use serde_json::Value;

use crate::domain::counting::CellRow;
use crate::domain::figures::methodology::methodology;
use crate::domain::records::Stage;
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Flags, SiteKind, Tier, days_left_in_month};

use super::super::amount::PerUnit;
use super::super::one_year::{days_in_year, end_of_life, left_after, tonnes};
use super::super::year_by_year::{CreditedMonths, Weights};
use super::*;
use crate::domain::figures::methodology::EffectKind;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn examples() -> Vec<Value> {
    let text = include_str!("../../../../reference/worked_examples.json");
    serde_json::from_str::<Value>(text).unwrap()["examples"].as_array().unwrap().clone()
}

/// The cell of one verified measure.
fn cell(record: &Value) -> (CellDims, Totals) {
    let on = day(record["commissioned"].as_str().unwrap());
    let province = record["province"].as_str().unwrap_or("01");
    let quantity = record["size"].as_i64().unwrap() * 1000;
    let dims = CellDims {
        measure: MeasureId::parse(record["measure"].as_str().unwrap()),
        province: ProvinceId::parse(province).unwrap(),
        kind: SiteKind::Home,
        stage: Stage::Verified(Tier::Document),
        installed: Some(Month::of(on)),
        ended: None,
        former: None,
        flags: Flags::default(),
        attributes_sold: None,
    };
    (dims, Totals { quantity, quantity_days: quantity * days_left_in_month(on), ..Totals::default() })
}

fn estimate(records: &[&Value], as_of: &str) -> Estimate {
    let mut estimator = Estimator::new(methodology(1).unwrap(), day(as_of));
    let mut sum = Estimate::default();
    for record in records {
        let (dims, totals) = cell(record);
        sum += estimator.estimate(dims.key(), &totals);
    }
    sum
}

/// The examples are printed to three and six decimals; the exact value is computed here anew.
fn assert_near(found: f64, printed: &Value, exact: f64, what: &str) {
    let printed = printed.as_f64().unwrap();
    assert!((found - printed).abs() <= 1e-3, "{what}: {found} is not {printed}");
    assert!((found - exact).abs() <= 1e-6, "{what}: {found} is not {exact}");
}

#[test]
fn example_1_a_home_in_ha_noi() {
    let [one, ..] = &examples()[..] else { panic!("an example") };
    let found = estimate(&[&one["input"]], "2023-12-31").to_date;
    let kwh = [5.0 * 1087.0 * 184.0 / 365.0, 5.0 * 1087.0 * 0.995];
    assert_near(found.generation_kwh, &one["expected"]["total_kwh"], kwh[0] + kwh[1], "kWh");
    let tonnes = (kwh[0] * 0.6766 + kwh[1] * 0.6592) / 1000.0;
    assert_near(found.avoided_tco2e, &one["expected"]["total_tco2"], tonnes, "tCO2");
    assert!(found.provisional_tco2e == 0.0 && found.saving_kwh == 0.0);
}

#[test]
fn example_2_a_factory_over_leap_years_with_provisional_factors() {
    let examples = examples();
    let (input, expected) = (&examples[1]["input"], &examples[1]["expected"]);
    let found = estimate(&[input], "2025-06-30");
    let full: f64 = 150_100.0;
    let year = |age: i32, share: f64| full * 0.995_f64.powi(age) * share;
    let kwh = [year(0, 78.0 / 366.0), year(1, 1.0), year(2, 1.0), year(3, 1.0), year(4, 1.0), year(5, 181.0 / 365.0)];
    let factors = [0.8041, 0.7221, 0.6766, 0.6592, 0.6592, 0.6592];
    let tonnes: Vec<f64> = kwh.iter().zip(factors).map(|(kwh, factor)| kwh * factor / 1000.0).collect();
    assert_near(found.to_date.generation_kwh, &expected["total_kwh"], kwh.iter().sum(), "kWh");
    assert_near(found.to_date.avoided_tco2e, &expected["total_tco2"], tonnes.iter().sum(), "tCO2");
    assert_near(found.to_date.provisional_tco2e, &expected["provisional_tco2"], tonnes[4] + tonnes[5], "provisional");
    let annual = year(5, 1.0);
    assert_near(found.annual.generation_kwh, &expected["run_rate_kwh"], annual, "kWh a year");
    assert_near(found.annual.avoided_tco2e, &expected["run_rate_tco2"], annual * 0.6592 / 1000.0, "tCO2 a year");
    let life: f64 = (0..25).map(|age| year(age, 1.0)).sum();
    assert_near(found.lifetime.generation_kwh, &expected["ex_ante_lifetime_kwh"], life, "kWh of a life");
    let tonnes = life * 0.6592 / 1000.0;
    assert_near(found.lifetime.avoided_tco2e, &expected["ex_ante_lifetime_tco2"], tonnes, "tCO2 of a life");
}

#[test]
fn example_3_a_programme_of_three_sites() {
    let examples = examples();
    let (input, expected) = (&examples[2]["input"], &examples[2]["expected"]);
    let records: Vec<&Value> = input["records"].as_array().unwrap().iter().collect();
    let counted: Vec<&Value> = records.into_iter().filter(|record| record["duplicate"] != true).collect();
    let found = estimate(&counted, "2023-12-31");
    let led = 200.0 * 13.3 * 184.0 / 365.0;
    let total = 3888.0 + 1800.0 + led;
    assert_near(found.to_date.generation_kwh + found.to_date.saving_kwh, &expected["total_kwh"], total, "kWh");
    assert!((found.to_date.generation_kwh - 3888.0).abs() < 1e-6);
    let biogas = 2.9 * 92.0 / 365.0;
    let parts = [3888.0 * 0.6592 / 1000.0, 1800.0 * 0.6592 / 1000.0, led * 0.6592 / 1000.0, biogas];
    assert_near(found.to_date.avoided_tco2e, &expected["total_tco2e"], parts.iter().sum(), "tCO2e");
    let annual = found.annual.generation_kwh + found.annual.saving_kwh;
    assert!((annual - 8348.0).abs() < 1e-6, "{annual}");
    assert!((found.annual.avoided_tco2e - (8.348 * 0.6592 + 2.9)).abs() < 1e-9);
    // The range that methodology.md prints, 3.612850 to 7.907054.
    let quadrature = |parts: [f64; 3]| parts.iter().map(|part| part * part).sum::<f64>().sqrt();
    let half = [
        (quadrature([0.1, 0.1, 0.02]), quadrature([0.1, 0.1, 0.02])),
        (quadrature([200.0 / 450.0, 0.1, 0.02]), quadrature([1.0, 0.1, 0.02])),
        (quadrature([6.3 / 13.3, 0.1, 0.02]), quadrature([6.7 / 13.3, 0.1, 0.02])),
        (quadrature([1.65 / 2.9, 0.0, 0.02]), quadrature([2.1 / 2.9, 0.0, 0.02])),
    ];
    let low: f64 = parts.iter().zip(half).map(|(part, half)| part * (1.0 - half.0)).sum();
    let high: f64 = parts.iter().zip(half).map(|(part, half)| part * (1.0 + half.1)).sum();
    assert!((found.to_date.low - low).abs() < 1e-9 && (found.to_date.low - 3.612_850).abs() < 1e-6);
    assert!((found.to_date.high - high).abs() < 1e-9 && (found.to_date.high - 7.907_054).abs() < 1e-6);
}

#[test]
fn another_set_of_factors_restates_the_same_cells() {
    let examples = examples();
    let (dims, totals) = cell(&examples[1]["input"]);
    let text: &'static str = methodology(1).unwrap().text.replace("0.6592", "0.7").leak();
    let other: &'static Methodology = Box::leak(Box::new(Methodology::read(text).unwrap()));
    let with = |methodology| Estimator::new(methodology, day("2025-06-30")).estimate(dims.key(), &totals);
    let (before, after) = (with(methodology(1).unwrap()), with(other));
    assert_eq!(after.to_date.generation_kwh.to_bits(), before.to_date.generation_kwh.to_bits());
    let years_with_it = 97.469_140 + 96.981_794 + 47.851_880;
    let expected = before.to_date.avoided_tco2e + years_with_it * (0.7 / 0.6592 - 1.0);
    assert!((after.to_date.avoided_tco2e - expected).abs() < 1e-5, "{} is not {expected}", after.to_date.avoided_tco2e);
    assert!((after.annual.avoided_tco2e - before.annual.avoided_tco2e * 0.7 / 0.6592).abs() < 1e-9);
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
    let unit = MeasureYield::of(methodology, measure);
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

/// Whether both are the same to a relative 1e-11: a life is added up day by day here.
fn are_near(found: &Estimate, expected: &Estimate) -> bool {
    let mut pairs = parts(found).into_iter().zip(parts(expected));
    pairs.all(|(found, expected)| (found - expected).abs() <= 1e-11 * expected.abs().max(1e-6))
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
        prop_assert!(are_near(&found, &expected), "on {on}: {found:?} is not {expected:?}");
    }
}
