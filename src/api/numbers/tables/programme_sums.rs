//! The rows of the table that the headline can be redone with, by whoever wants to.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::domain::counting::{NationalSums, Totals};
use crate::domain::figures::Methodology;
use crate::domain::records::Stage;
use crate::domain::reference::MeasureId;
use crate::domain::values::{Interval, Month, units};

/// A measure (none: sites and installations), its month of installation and the month of its end.
type Key = (Option<MeasureId>, Month, Option<Month>);

/// What one row adds up.
#[derive(Default)]
struct Sum {
    totals: Totals,
    /// Quantity, quantity × days and quantity × end days in thousandths, each times the yield of its province.
    by_yield: [f64; 3],
}

/// What is verified, by measure, month of installation and month of the end: every emission figure and the counts of the
/// headline follow from these. A province and a month never stand together: of solar power the yields of provinces are
/// multiplied in, and the quantities themselves are left out, because the two together would tell the province.
#[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
pub fn rows(methodology: &Methodology, national: &NationalSums) -> Vec<Vec<Json>> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for (dims, totals) in national.unpacked() {
        let (Stage::Verified(_), Some(installed)) = (dims.stage, dims.installed) else { continue };
        let sum = sums.entry((dims.measure, installed, dims.ended)).or_default();
        sum.totals = sum.totals.wrapping_add(totals);
        let solar_yield = methodology.solar_yield(dims.province);
        for (sum, quantity) in sum.by_yield.iter_mut().zip(quantities(&totals)) {
            // Whole thousandths times whole yields: exact.
            *sum += quantity as f64 * solar_yield;
        }
    }
    sums.iter().map(|(key, sum)| row(methodology, *key, sum)).collect()
}

fn row(methodology: &Methodology, (measure, installed, ended): Key, sum: &Sum) -> Vec<Json> {
    let month = |month: Month| Interval::Month.name(month);
    let by_yield = measure.and_then(|measure| methodology.effect(measure)).is_some_and(|effect| effect.by_yield);
    let installations = measure.is_none().then_some(sum.totals.installations);
    let mut row = vec![
        json!(measure.map(|measure| &measure.measure().code)),
        json!(measure.map(|measure| &measure.measure().unit)),
        json!(month(installed)),
        json!(ended.map(month)),
        json!(sum.totals.sites),
        json!(installations),
    ];
    let plain = measure.is_some() && !by_yield;
    row.extend(quantities(&sum.totals).map(|quantity| json!(plain.then(|| units(quantity)))));
    row.extend(sum.by_yield.map(|sum| json!(by_yield.then_some(sum / 1000.0))));
    row
}

fn quantities(totals: &Totals) -> [i64; 3] {
    [totals.quantity, totals.quantity_days, totals.quantity_end_days]
}
