use proptest::collection::vec;
use proptest::prelude::*;

use crate::domain::counting::{CellDims, CellKey, Totals};
use crate::domain::figures::methodology::methodology;
use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{Cause, Flags, Month, SiteKind, Tier};

use super::*;

const CAUSES: [Cause; 11] = [
    Cause::Registered,
    Cause::Verified,
    Cause::Corrected,
    Cause::Withdrawn,
    Cause::Rejected,
    Cause::Suspended,
    Cause::Reinstated,
    Cause::Merged,
    Cause::Split,
    Cause::Decommissioned,
    Cause::Definition,
];

/// The first version with every factor of the grid halved and lives of five years.
fn another_methodology() -> &'static Methodology {
    let mut file: serde_json::Value = serde_json::from_str(&methodology(1).unwrap().text).unwrap();
    for factor in file["grid"]["factors"].as_array_mut().unwrap() {
        factor["tco2_per_mwh"] = (factor["tco2_per_mwh"].as_f64().unwrap() / 2.0).into();
    }
    for measure in file["measures"].as_array_mut().unwrap() {
        measure["lifetime_years"] = 5.into();
    }
    Box::leak(Box::new(Methodology::read(&file.to_string()).unwrap()))
}

fn cell() -> impl Strategy<Value = (CellKey, Totals)> {
    let measure = (0u8..=30).prop_map(MeasureId::from_number);
    let stage = prop_oneof![Just(Stage::Pledged), Just(Stage::Reported), Just(Stage::Verified(Tier::Sampled))];
    // From November 2019, some months after the programme began, to September 2026.
    let months = (239u16..=321, prop::option::of(0u16..=30));
    (measure, 0u8..34, stage, months, (1i64..5, 1i64..1_000_000, 1i64..31, 1i64..31)).prop_map(
        |(measure, province, stage, (installed, lasted), (sites, quantity, days, end_days))| {
            let installed = (stage != Stage::Pledged).then(|| Month::from_number(installed).unwrap());
            let ended = installed.zip(lasted).map(|(month, lasted)| month.plus(lasted));
            let dims = CellDims {
                measure,
                province: ProvinceId::from_index(province).unwrap(),
                kind: SiteKind::Home,
                stage,
                installed,
                ended: ended.filter(|month| *month <= Month::from_number(321).unwrap()),
                former: None,
                flags: Flags::default(),
                attributes_sold: None,
            };
            let of_measure = i64::from(measure.is_some());
            let totals = Totals {
                sites,
                quantity: quantity * of_measure,
                quantity_days: quantity * days * of_measure,
                quantity_end_days: quantity * end_days * of_measure * i64::from(dims.ended.is_some()),
                ..Totals::default()
            };
            (dims.key(), totals)
        },
    )
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0u64..20_000).prop_map(|days| NaiveDate::from_ymd_opt(2026, 10, 1).unwrap() + chrono::Days::new(days))
}

fn applied(methodology: &'static Methodology, day: NaiveDate) -> Applied {
    Applied { methodology, day }
}

fn sums(cells: &[(CellKey, Totals)]) -> NationalSums {
    let mut sums = NationalSums::default();
    sums.add_cells(cells.iter().copied());
    sums
}

fn part(bridge: &Bridge, reason: Reason) -> Levels {
    bridge.parts.iter().find(|(of, _)| *of == reason).unwrap().1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn parts_of_a_bridge_sum_exactly_to_the_difference(
        before in vec(cell(), 0..40),
        moved in vec((0usize..9, cell(), any::<bool>()), 0..60),
        days in (day(), day()),
        restated in any::<bool>(),
    ) {
        let mut changes = Changes::default();
        for (cause, (key, totals), taken) in moved {
            let delta = if taken { totals.negated() } else { totals };
            changes.add(CAUSES[cause], std::iter::once((key, delta)));
        }
        let (first, last) = (days.0.min(days.1), days.0.max(days.1));
        let one = methodology(1).unwrap();
        let other = if restated { another_methodology() } else { one };
        let found = bridge(&sums(&before), (&changes, &NationalSums::default()), applied(one, first), applied(other, last));
        let total = found.parts.iter().fold(found.opening, |sum, (_, part)| sum + *part);
        prop_assert_eq!(total, found.closing);
        // Whatever was in force before, a cause is valued by the method and on the day of the later point.
        for (cause, moved) in changes.iter() {
            let reason = Reason::parse(cause.as_str()).unwrap();
            prop_assert_eq!(part(&found, reason), Levels::of(moved, applied(other, last)));
        }
        // Reasons that are no cause move no site, and move capacity only by the end of lives or another method.
        let operation = part(&found, Reason::Operation);
        prop_assert_eq!((operation.sites, operation.capacity_wp), (ByStage::default(), 0));
        prop_assert!(operation.annual.avoided_kg.abs() <= 20, "{:?}", operation);
        for reason in [Reason::Methodology, Reason::EndOfLife, Reason::Ageing] {
            prop_assert_eq!(part(&found, reason).sites, ByStage::default());
        }
        if !restated {
            prop_assert_eq!(part(&found, Reason::Methodology), Levels::default());
        }
        // The cells of the first day go on: operation is the difference that they alone make in between.
        let alone = bridge(&sums(&before), (&Changes::default(), &NationalSums::default()), applied(one, first), applied(one, last));
        prop_assert!((part(&alone, Reason::Operation).to_date - operation.to_date).avoided_kg.abs() <= 20);
    }
}

#[test]
fn lives_that_end_between_the_days_take_capacity_and_run_rate() {
    let solar = CellDims {
        measure: MeasureId::parse("rooftop_solar_pv"),
        province: ProvinceId::FIRST,
        kind: SiteKind::Home,
        stage: Stage::Verified(Tier::Document),
        installed: Month::from_number(240),
        ended: None,
        former: None,
        flags: Flags::default(),
        attributes_sold: None,
    };
    let totals = Totals { sites: 1, quantity: 5_000, quantity_days: 5_000, ..Totals::default() };
    let one = methodology(1).unwrap();
    let years = i32::from(one.effect(solar.measure.unwrap()).unwrap().lifetime_years);
    let installed = solar.installed.unwrap().first_day();
    let on = |years: i32, days: u64| {
        let day = chrono::Datelike::with_year(&installed, chrono::Datelike::year(&installed) + years).unwrap();
        day + chrono::Days::new(days)
    };
    let before = sums(&[(solar.key(), totals)]);
    let aged = bridge(
        &before,
        (&Changes::default(), &NationalSums::default()),
        applied(one, on(1, 0)),
        applied(one, on(2, 0)),
    );
    assert_eq!((aged.opening.capacity_wp, aged.closing.capacity_wp), (5_000, 5_000));
    let lost = aged.closing.annual.avoided_kg - aged.opening.annual.avoided_kg;
    assert!(lost < 0);
    assert_eq!(
        (part(&aged, Reason::Ageing).annual.avoided_kg, part(&aged, Reason::EndOfLife).annual.avoided_kg),
        (lost, 0)
    );
    let over = bridge(
        &before,
        (&Changes::default(), &NationalSums::default()),
        applied(one, on(1, 0)),
        applied(one, on(years, 1)),
    );
    assert_eq!((over.opening.capacity_wp, over.closing.capacity_wp), (5_000, 0));
    let end = part(&over, Reason::EndOfLife);
    assert_eq!((end.capacity_wp, end.annual.avoided_kg), (-5_000, -over.opening.annual.avoided_kg));
    assert!(part(&over, Reason::Operation).to_date.avoided_kg > 0, "it worked until then");
    assert_eq!(over.closing.lifetime, over.opening.lifetime);
}
