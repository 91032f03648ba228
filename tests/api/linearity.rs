//! Every figure is linear in the cells: the bridge takes what a change of cells is worth for what it changed.

use chrono::{Days, NaiveDate};
use green_homes::domain::counting::{CellDims, CellKey, NationalSums, Totals};
use green_homes::domain::figures::{Amount, Estimate, EstimateSum, Estimator, Methodology, all};
use green_homes::domain::records::Stage;
use green_homes::domain::reference::{FormerProvinceId, MeasureId, ProvinceId};
use green_homes::domain::values::Flags;
use green_homes::domain::values::Month;
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::Tier;
use proptest::prelude::*;

use crate::support::further_methodology;

type Cells = Vec<(CellKey, Totals)>;

fn stage() -> impl Strategy<Value = Stage> {
    let tiers = Tier::ALL.iter().map(|tier| Stage::Verified(*tier));
    prop::sample::select([Stage::Pledged, Stage::Reported].into_iter().chain(tiers).collect::<Vec<_>>())
}

fn month() -> impl Strategy<Value = Option<Month>> {
    // From 2015, before the programme, to 2049.
    (180u16..600).prop_map(Month::from_number)
}

/// A cell as it stands, or what a change takes from it.
fn cell() -> impl Strategy<Value = (CellKey, Totals)> {
    let dims = (
        (0u8..=32, 0u8..34, 0usize..4, stage()),
        (month(), prop::option::of(1u16..300), 0u8..=63, any::<Option<bool>>()),
    );
    let sums = (-1_000_000_000i64..1_000_000_000, 1i64..=31, 0i64..=31);
    (dims, sums).prop_map(
        |(((measure, province, kind, stage), (installed, until, former, attributes_sold)), (quantity, days, end))| {
            let ended = until.and_then(|months| Some(installed?.plus(months - 1)));
            let dims = CellDims {
                measure: MeasureId::from_number(measure),
                province: ProvinceId::from_index(province).unwrap(),
                kind: SiteKind::ALL[kind],
                stage,
                installed: installed.filter(|_| stage != Stage::Pledged),
                ended,
                former: FormerProvinceId::from_index(former),
                flags: Flags::default(),
                attributes_sold,
            };
            let quantity_end_days = if ended.is_some() { quantity * end } else { 0 };
            let totals =
                Totals { sites: 1, quantity, quantity_days: quantity * days, quantity_end_days, ..Totals::default() };
            (dims.key(), totals)
        },
    )
}

fn cells() -> impl Strategy<Value = Cells> {
    prop::collection::vec(cell(), 0..40)
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0u64..16_000).prop_map(|days| NaiveDate::from_ymd_opt(2015, 1, 1).unwrap() + Days::new(days))
}

fn methodology() -> impl Strategy<Value = &'static Methodology> {
    prop::sample::select(all().iter().chain([further_methodology()]).collect::<Vec<_>>())
}

/// The estimate of verified cells and the solar capacity by stage, before anything is rounded.
fn works<'a>(
    cells: impl Iterator<Item = &'a (CellKey, Totals)>,
    (methodology, day): (&'static Methodology, NaiveDate),
) -> (Estimate, [i64; 2]) {
    let mut national = NationalSums::default();
    national.add_cells(cells.copied());
    let mut estimator = Estimator::new(methodology, day);
    let (mut verified, mut reported) = (EstimateSum::default(), EstimateSum::default());
    national.as_cells().each(|key, row| {
        let sum = if key.is_verified() { &mut verified } else { &mut reported };
        sum.add(key, row.quantities(), &mut estimator);
    });
    let (estimate, capacity) = verified.settled(&mut estimator);
    (*estimate, [capacity, reported.settled(&mut estimator).1])
}

fn figures(of: &Estimate) -> Vec<f64> {
    let amounts = [of.to_date, of.annual, of.lifetime].into_iter().flat_map(|amount| {
        let Amount { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e, sold_tco2e } = amount;
        [generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e, sold_tco2e]
    });
    amounts.chain([of.frozen_grid_tco2e]).collect()
}

proptest! {
    #[test]
    fn value_of_two_changes_together_is_that_of_one_and_the_other(
        a in cells(), b in cells(), methodology in methodology(), day in day()
    ) {
        let on = (methodology, day);
        let parts = [works(a.iter(), on), works(b.iter(), on)];
        let whole = works(a.iter().chain(&b), on);
        // Changes take away what others bring: what is left is as exact as its largest parts.
        let mut largest = [0.0_f64; 22];
        for cell in a.iter().chain(&b) {
            for (largest, figure) in largest.iter_mut().zip(figures(&works(std::iter::once(cell), on).0)) {
                *largest += figure.abs();
            }
        }
        let [one, other] = parts.map(|(part, _)| figures(&part));
        for (place, found) in figures(&whole.0).into_iter().enumerate() {
            let expected = one[place] + other[place];
            prop_assert!((found - expected).abs() <= 1e-9 * largest[place], "figure {}: {} is not {}", place, found, expected);
        }
        for (place, found) in whole.1.into_iter().enumerate() {
            let [one, other] = parts.map(|(_, capacity)| capacity[place]);
            prop_assert_eq!(found, one + other);
        }
    }
}
