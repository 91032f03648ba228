//! The figures of one register by two methodologies; nothing is written.

use chrono::NaiveDate;

use crate::db::engine::transaction;
use crate::db::{Database, DbError};
use crate::domain::counting::NationalSums;
use crate::domain::figures::{Amount, Estimate, Estimator, Methodology, NationalOutput};
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
    let (_, cells) = transaction::read(&mut database.connection()?, load_cells)?;
    let mut national = NationalSums::default();
    national.add_cells(cells.iter());
    let figures = |methodology| {
        let output = NationalOutput::of(&national, &mut Estimator::new(methodology, day));
        let Estimate { to_date, annual, lifetime } = output.verified;
        let amounts = [("to_date", to_date), ("annual", annual), ("lifetime", lifetime)];
        // The methodology says how long a measure lives, and capacity ends with its life.
        let capacity = [("verified", output.capacity_wp.verified), ("installed", output.capacity_wp.installed)];
        let capacity = capacity.map(|(stage, watts)| (format!("capacity_kwp.{stage}"), units(watts)));
        amounts.into_iter().flat_map(|(name, amount)| named(name, &amount)).chain(capacity).collect::<Vec<_>>()
    };
    let pairs = figures(before).into_iter().zip(figures(after));
    Ok(pairs.map(|((figure, before), (_, after))| Restated { figure, before, after }).collect())
}

fn named(of: &str, amount: &Amount) -> [(String, f64); 6] {
    [
        ("generation_kwh", amount.generation_kwh),
        ("saving_kwh", amount.saving_kwh),
        ("avoided_tco2e", amount.avoided_tco2e),
        ("low", amount.low),
        ("high", amount.high),
        ("provisional_tco2e", amount.provisional_tco2e),
    ]
    .map(|(name, value)| (format!("{of}.{name}"), value))
}
