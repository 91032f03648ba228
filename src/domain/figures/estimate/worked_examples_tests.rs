//! The worked examples of `reference/worked_examples.json`, from cells, by both methodologies.

use serde_json::Value;

use crate::domain::figures::methodology::methodology;
use crate::domain::records::Stage;
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Flags, SiteKind, Tier, days_left_in_month};

use super::*;

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

fn estimate(number: i32, records: &[&Value], as_of: &str) -> Estimate {
    let mut estimator = Estimator::new(methodology(number).unwrap(), day(as_of));
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
    let found = estimate(1, &[&one["input"]], "2023-12-31").to_date;
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
    let found = estimate(1, &[input], "2025-06-30");
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
    let found = estimate(1, &counted(input), "2023-12-31");
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

/// The records of a programme without the one that was sent twice.
fn counted(input: &Value) -> Vec<&Value> {
    input["records"].as_array().unwrap().iter().filter(|record| record["duplicate"] != true).collect()
}

#[test]
fn examples_by_methodology_2_come_to_what_was_computed_apart() {
    let examples = examples();
    let found = [
        estimate(2, &[&examples[0]["input"]], "2023-12-31"),
        estimate(2, &[&examples[1]["input"]], "2025-06-30"),
        estimate(2, &counted(&examples[2]["input"]), "2023-12-31"),
    ];
    for (example, Estimate { to_date, annual, lifetime, frozen_grid_tco2e }) in examples.iter().zip(found) {
        let kwh = |amount: Amount| amount.generation_kwh + amount.saving_kwh;
        let expected = example["expected_by_methodology_2"].as_object().unwrap();
        for (name, printed) in expected.iter().filter(|(_, printed)| printed.is_number()) {
            let found = match name.trim_end_matches('e') {
                "degradation" => continue,
                "total_kwh" => kwh(to_date),
                "total_tco2" => to_date.avoided_tco2e,
                "provisional_tco2" => to_date.provisional_tco2e,
                "low" => to_date.low,
                "high" => to_date.high,
                "run_rate_kwh" => kwh(annual),
                "run_rate_tco2" => annual.avoided_tco2e,
                "run_rate_low" => annual.low,
                "run_rate_high" => annual.high,
                "lifetime_kwh" => kwh(lifetime),
                "lifetime_tco2" => lifetime.avoided_tco2e,
                "lifetime_low" => lifetime.low,
                "lifetime_high" => lifetime.high,
                "frozen_grid_tco2" => frozen_grid_tco2e,
                other => panic!("{other}"),
            };
            // Kilowatt-hours are printed to three decimals, tonnes to six.
            let (printed, near) = (printed.as_f64().unwrap(), if name.ends_with("kwh") { 1e-3 } else { 1e-6 });
            assert!((found - printed).abs() <= near, "{} {name}: {found} is not {printed}", example["id"]);
        }
    }
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
