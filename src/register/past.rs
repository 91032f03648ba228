//! The cells at another version than they are known at: less what was posted since, or with what was
//! posted until then.

use crate::db::cells::{self as stored, CellTotals};
use crate::db::{Connection, DbError};

use super::cells::Cells;
use super::figures::InOrder;
use super::handle::{Counted, Register};

/// Entries whose postings are read at a time.
const STEP: i64 = 20_000;

/// What is between two versions of the cells.
#[derive(Default)]
pub(super) struct Difference(Cells);

impl Difference {
    /// What turns the cells of the version `at` into those of the version `wanted`.
    pub fn between(connection: &mut Connection, at: i64, wanted: i64) -> Result<Self, DbError> {
        let mut difference = Self::default();
        difference.add(connection, at, wanted)?;
        Ok(difference)
    }

    fn add(&mut self, connection: &mut Connection, at: i64, wanted: i64) -> Result<(), DbError> {
        let (mut from, to) = (at.min(wanted), at.max(wanted));
        while from < to {
            let next = to.min(from + STEP);
            let mut postings = stored::postings(connection, from, next)?;
            if wanted < at {
                for (_, totals) in &mut postings {
                    *totals = totals.negated();
                }
            }
            self.0.apply(&postings);
            from = next;
        }
        Ok(())
    }

    /// What was posted in between, each cell once, in the order of keys.
    pub fn cells(&self) -> Box<dyn Iterator<Item = CellTotals> + '_> {
        Box::new(self.0.in_order().filter(|(_, totals)| !totals.is_zero()))
    }

    /// Works on the cells with the difference, each once, in the order of keys.
    pub fn work_on<T>(&self, counted: &Counted, work: impl FnOnce(&InOrder<'_>) -> T) -> T {
        work(&|| {
            let all = added(counted.cells.in_order(), self.0.in_order());
            Box::new(all.filter(|(_, totals)| !totals.is_zero()))
        })
    }
}

impl Register {
    /// Works on the cells as they stood at a version. Blocks; the further back, the longer.
    pub fn with_cells_at<T>(&self, version: i64, work: impl FnOnce(&InOrder<'_>) -> T) -> Result<T, DbError> {
        let mut connection = self.database().connection()?;
        // The writer waits for whoever holds the cells: what was posted long ago is read before.
        let known = self.counted().version;
        let mut difference = Difference::between(&mut connection, known, version)?;
        let counted = self.counted();
        difference.add(&mut connection, counted.version, known)?;
        Ok(difference.work_on(&counted, work))
    }
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
