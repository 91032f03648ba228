//! The cells at another version than they are known at: less what was posted since, or with what was
//! posted until then.

use chrono::NaiveDate;

use crate::db::ledger::{Activations, CellTotals, cells_and_journal as stored, closed_days};
use crate::db::{Connection, DbError};
use crate::domain::counting::CellTable;

use super::cells::{InOrder, apply_postings};
use super::figures::Figures;

/// Entries whose postings are read at a time.
const STEP: i64 = 20_000;

/// What is between two versions of the cells.
#[derive(Default)]
pub struct SumsDifference(CellTable);

impl SumsDifference {
    /// What turns the cells of the version `at` into those of the version `wanted`.
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

    /// What was posted in between, each cell once, in the order of keys.
    pub fn cells(&self) -> Box<dyn Iterator<Item = CellTotals> + '_> {
        Box::new(self.0.iter().filter(|(_, totals)| !totals.is_zero()))
    }

    /// Works on the cells with the difference, each once, in the order of keys.
    pub fn work_on<T>(&self, cells: &CellTable, work: impl FnOnce(&InOrder<'_>) -> T) -> T {
        work(&|| {
            let all = added(cells.iter(), self.0.iter());
            Box::new(all.filter(|(_, totals)| !totals.is_zero()))
        })
    }
}

/// What a day was closed with, without its numbers; before the register began, nothing.
pub fn closed(connection: &mut Connection, day: NaiveDate, activations: &Activations) -> Result<Figures, DbError> {
    let nothing = Figures::before_the_register(day);
    let Some(kept) = closed_days::closed(connection, day)? else { return Ok(nothing) };
    let recorded_at = closed_days::entry(connection, kept.version)?.map(|(_, at)| at.and_utc());
    Ok(Figures {
        version: kept.version,
        hash: kept.hash,
        recorded_at: recorded_at.unwrap_or(nothing.recorded_at),
        methodology: activations.at(kept.version)?,
        ..nothing
    })
}

/// Both together; each is in the order of keys.
fn added(
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
