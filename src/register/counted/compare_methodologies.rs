//! The figures of one register by two methodologies; nothing is written.

use chrono::NaiveDate;

use crate::db::engine::transaction;
use crate::db::{Database, DbError};
use crate::domain::figures::{Estimator, Methodology, NationalOutput, WholeAmount, WholeEstimate};
use crate::domain::values::units;

use super::cells::load_cells;

/// One figure by both methodologies.
#[derive(Clone, PartialEq, Debug)]
pub struct Restated {
    /// Its name.
    pub figure: String,
    /// By the first methodology.
    pub before: f64,
    /// By the second methodology.
    pub after: f64,
}

/// Every figure of the headline that depends on the methodology, by the methodologies `before` and `after`, on a day.
pub fn restate(
    database: &Database,
    day: NaiveDate,
    before: &'static Methodology,
    after: &'static Methodology,
) -> Result<Vec<Restated>, DbError> {
    let counts = transaction::read(&mut database.connection()?, load_cells)?.counts;
    let figures = |methodology| {
        let output = NationalOutput::of(&counts.national, &mut Estimator::new(methodology, day));
        let WholeEstimate { to_date, annual, lifetime, frozen_grid_kg } = output.verified;
        let amounts = [("to_date", to_date), ("annual", annual), ("lifetime", lifetime)];
        // The methodology says how long a measure lives, and capacity ends with its life.
        let capacity = [("verified", output.capacity_wp.verified), ("reported", output.capacity_wp.reported)];
        let capacity = capacity.map(|(stage, watts)| (format!("capacity_kwp.{stage}"), units(watts)));
        let frozen = [("lifetime.frozen_grid_tco2e".to_owned(), units(frozen_grid_kg))];
        let amounts = amounts.into_iter().flat_map(|(name, amount)| named(name, &amount));
        amounts.chain(frozen).chain(capacity).collect::<Vec<_>>()
    };
    let pairs = figures(before).into_iter().zip(figures(after));
    Ok(pairs.map(|((figure, before), (_, after))| Restated { figure, before, after }).collect())
}

#[expect(clippy::cast_precision_loss, reason = "kilowatt-hours stay far below 2^53")]
fn named(of: &str, amount: &WholeAmount) -> [(String, f64); 7] {
    [
        ("generation_kwh", amount.generation_kwh as f64),
        ("saving_kwh", amount.saving_kwh as f64),
        ("avoided_tco2e", units(amount.avoided_kg)),
        ("avoided_tco2e_low", units(amount.low_kg)),
        ("avoided_tco2e_high", units(amount.high_kg)),
        ("provisional_tco2e", units(amount.provisional_kg)),
        ("sold_tco2e", units(amount.sold_kg)),
    ]
    .map(|(name, value)| (format!("{of}.{name}"), value))
}
