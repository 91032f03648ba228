//! The cells at another version than the known one.
//!
//! With cells known at version 900, the cells at 700 are the known ones minus the postings of entries 701 to 900; the
//! cells at 950 are the known ones plus the postings of 901 to 950.

use chrono::NaiveDate;

use crate::db::ledger::{Activations, CellTotals, cells_and_journal as stored, closed_days};
use crate::db::{Connection, DbError};
use crate::domain::counting::CellTable;

use super::cells::{InOrder, apply_postings};
use super::figures::Figures;

/// Entries whose postings are read at a time.
const STEP: i64 = 2_000;

/// The difference between the cells of two versions.
#[derive(Default)]
pub struct SumsDifference(CellTable);

impl SumsDifference {
    /// The difference that turns the cells of the version `at` into the cells of the version `wanted`.
    pub fn between(connection: &mut Connection, at: i64, wanted: i64) -> Result<Self, DbError> {
        let mut difference = Self::default();
        let (mut from, to) = (at.min(wanted), at.max(wanted));
        while from < to {
            let next = to.min(from + STEP);
            let mut postings = stored::postings(connection, from, next)?;
            if wanted < at {
                for (_, totals) in &mut postings {
                    *totals = totals.negated();
                }
            }
            apply_postings(&mut difference.0, &postings);
            from = next;
        }
        Ok(difference)
    }

    /// The cells that differ, in the order of keys, each with the change of its totals.
    pub fn cells(&self) -> Box<dyn Iterator<Item = CellTotals> + '_> {
        Box::new(self.0.iter().filter(|(_, totals)| !totals.is_zero()))
    }

    /// Calls `work` with the sum of `cells` and the difference.
    pub fn with_sum<T>(&self, cells: &CellTable, work: impl FnOnce(&InOrder<'_>) -> T) -> T {
        work(&|| {
            let all = merged(cells.iter(), self.0.iter());
            Box::new(all.filter(|(_, totals)| !totals.is_zero()))
        })
    }
}

/// The version, hash, instant and methodology that a day was closed with; the numbers are zeros.
pub fn closing_figures(
    connection: &mut Connection,
    day: NaiveDate,
    activations: &Activations,
) -> Result<Figures, DbError> {
    // A day before the register has the methodology that the register began with, so that a bridge tells no change of method.
    let nothing = Figures { methodology: activations.at(1)?, ..Figures::before_the_register(day) };
    let Some(kept) = closed_days::closed(connection, day)? else { return Ok(nothing) };
    let recorded_at = closed_days::entry(connection, kept.version)?.map(|entry| entry.recorded_at);
    Ok(Figures {
        version: kept.version,
        hash: kept.hash,
        recorded_at: recorded_at.unwrap_or(nothing.recorded_at),
        methodology: activations.at(kept.version)?,
        ..nothing
    })
}

/// The sum of two iterators over cells, both in the order of keys.
pub fn merged(
    one: impl Iterator<Item = CellTotals>,
    other: impl Iterator<Item = CellTotals>,
) -> impl Iterator<Item = CellTotals> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some((left, _)), Some((right, _))) if left == right => {
            let ((key, totals), (_, more)) = one.next().zip(other.next())?;
            Some((key, totals.wrapping_add(more)))
        }
        (Some((left, _)), Some((right, _))) if left > right => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}
