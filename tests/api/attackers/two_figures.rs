//! Why strands move, and not rows: two figures of one row are two equations.

use chrono::NaiveDate;
use green_homes::domain::counting::{CellDims, CellKey, Totals};
use green_homes::domain::disclosure::{Ledger, Rules, Touched, arrivals, make_point};
use green_homes::domain::figures::{Estimate, Estimator, of_new_registers};
use green_homes::domain::records::Stage;
use green_homes::domain::reference::{MeasureId, ProvinceId, target};
use green_homes::domain::values::{Cause, Flags, Month, SiteId, SiteKind, Tier};
use uuid::Uuid;

fn cell(measure: &str) -> CellKey {
    CellDims {
        measure: MeasureId::parse(measure),
        province: ProvinceId::FIRST,
        kind: SiteKind::Home,
        stage: Stage::Verified(Tier::Document),
        installed: Month::from_number(320),
        ended: None,
        former: None,
        flags: Flags::default(),
        attributes_sold: Some(false),
    }
    .key()
}

/// What these lines are estimated to do in a year.
fn annual(lines: &[(CellKey, i64)]) -> Estimate {
    let day = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
    let mut estimator = Estimator::new(of_new_registers(), day);
    let mut sum = Estimate::default();
    for (cell, quantity) in lines {
        sum += estimator.estimate(*cell, &Totals { quantity: *quantity, ..Totals::default() });
    }
    sum
}

/// Twelve roofs and a digester of two units would keep company in one row: no site of thirteen stands out among sites.
fn row() -> Vec<(CellKey, i64)> {
    let roofs = (0..12).map(|number| (cell("rooftop_solar_pv"), 3_000 + 250 * number));
    roofs.chain([(cell("biogas_digester"), 2_000)]).collect()
}

#[test]
fn electricity_and_emissions_of_a_row_tell_the_only_digester_among_twelve_roofs() {
    let all = annual(&row()).annual;
    let one_kwp = annual(&[(cell("rooftop_solar_pv"), 1_000)]).annual;
    let one_digester = annual(&[(cell("biogas_digester"), 1_000)]).annual.avoided_tco2e;
    let of_roofs = all.generation_kwh.round() * one_kwp.avoided_tco2e / one_kwp.generation_kwh;
    let rounded = (all.avoided_tco2e * 1_000.0).round() / 1_000.0;
    let told = (rounded - of_roofs) / one_digester;
    assert!((told - 2.0).abs() < 0.001, "{told} digesters; {} kWh, {rounded} t", all.generation_kwh.round());
}

#[test]
fn twelve_roofs_move_and_the_only_digester_among_them_waits() {
    let mut arriving = Vec::new();
    for (number, (cell, quantity)) in (0..).zip(row()) {
        let postings = [(Cause::Verified, cell, Totals { sites: 1, quantity, ..Totals::default() })];
        let site = SiteId::new(Uuid::from_u128(number));
        arriving.extend(arrivals(&Touched { site, postings: &postings, earlier: &[] }, 1));
    }
    let rules = Rules::of(target().disclosure.company, NaiveDate::from_ymd_opt(2026, 11, 29).unwrap());
    let point = make_point(Ledger { pending: arriving, ..Ledger::default() }, &rules, 1, false);
    let moved: Vec<Option<MeasureId>> =
        point.national.iter().filter_map(|(key, _)| Some(key.as_cell().dims()?.measure)).collect();
    assert!(!moved.is_empty() && moved.iter().all(|one| *one == MeasureId::parse("rooftop_solar_pv")), "{moved:?}");
}
