//! The rows of the table `programme_sums`, from which anybody can compute the headline again (`docs/recompute.py` does).

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::domain::counting::{NationalSums, Totals};
use crate::domain::figures::Methodology;
use crate::domain::records::Stage;
use crate::domain::reference::MeasureId;
use crate::domain::values::{Interval, Month, Tier, units};

/// The key of a row. Rows stand in the order of these fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// `None` in rows that count sites and installations.
    measure: Option<MeasureId>,
    /// Whether meters verified it; told of declared savings alone, because the range of no other depends on it.
    is_metered: bool,
    /// Whether the environmental attributes were sold.
    is_sold: bool,
    installed: Month,
    /// `None` where the measures are in operation.
    ended: Option<Month>,
}

/// The sums of a row.
#[derive(Default)]
struct Sum {
    totals: Totals,
    /// Quantity, quantity × days and quantity × end days in thousandths, each times the yield of its province.
    by_yield: [f64; 3],
}

/// Verified sums by measure, month of installation and month of the end, apart by what is metered and what is sold. The counts and every emission figure of the headline
/// follow from them.
///
/// A province and a month never stand together, because a small row would give a home away. Solar power needs the yield of
/// its province, so its quantities are multiplied by that yield here and left out themselves: quantity and product together
/// would tell the province.
#[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
pub fn rows(methodology: &Methodology, national: &NationalSums) -> Vec<Vec<Json>> {
    let mut sums: BTreeMap<Key, Sum> = BTreeMap::new();
    for (dims, totals) in national.unpacked() {
        let (Stage::Verified(_), Some(installed)) = (dims.stage, dims.installed) else { continue };
        let is_metered = dims.stage == Stage::Verified(Tier::Metered);
        let key = Key { measure: dims.measure, is_metered, is_sold: dims.is_sold, installed, ended: dims.ended };
        let sum = sums.entry(key).or_default();
        sum.totals = sum.totals.wrapping_add(totals);
        let solar_yield = methodology.solar_yield(dims.province);
        for (sum, quantity) in sum.by_yield.iter_mut().zip(quantities(&totals)) {
            // Exact, because whole thousandths are multiplied by whole yields.
            *sum += quantity as f64 * solar_yield;
        }
    }
    sums.iter().map(|(key, sum)| row(methodology, *key, sum)).collect()
}

fn row(methodology: &Methodology, Key { measure, is_metered, is_sold, installed, ended }: Key, sum: &Sum) -> Vec<Json> {
    let month = |month: Month| Interval::Month.name(month);
    let by_yield = measure.and_then(|measure| methodology.effect(measure)).is_some_and(|effect| effect.by_yield);
    let installations = measure.is_none().then_some(sum.totals.installations);
    let mut row = vec![
        json!(measure.map(|measure| &measure.measure().code)),
        json!(measure.map(|measure| &measure.measure().unit)),
        json!(measure.filter(|measure| measure.measure().is_declared()).map(|_| is_metered)),
        json!(is_sold),
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
