//! The cells as they stood at an earlier version: those of now, less what was posted since.

use crate::db::cells::{self as stored, CellTotals};
use crate::db::{Database, DbError};

use super::cells::Cells;
use super::handle::{Counted, Register};

/// Entries whose postings are read at a time.
const STEP: i64 = 20_000;

impl Register {
    /// Works on the cells as they stood at a version, in the order of their keys. Blocks; the further back, the longer.
    pub fn with_cells_at<T>(
        &self,
        version: i64,
        work: impl FnOnce(&mut dyn Iterator<Item = CellTotals>) -> T,
    ) -> Result<T, DbError> {
        let mut since = Since { cells: Cells::default(), from: version };
        // The writer waits for whoever holds the cells: what was posted long ago is read before.
        let known = self.counted().version;
        since.take_back(self.database(), known)?;
        let counted = self.counted();
        since.take_back(self.database(), counted.version)?;
        Ok(work(&mut since.before(&counted)))
    }
}

/// What was posted after a version, with the sign turned.
struct Since {
    cells: Cells,
    from: i64,
}

impl Since {
    fn take_back(&mut self, database: &Database, to: i64) -> Result<(), DbError> {
        while self.from < to {
            let next = to.min(self.from + STEP);
            let postings = stored::postings(&mut database.connection()?, self.from, next)?;
            let negated: Vec<CellTotals> = postings.iter().map(|(key, totals)| (*key, totals.negated())).collect();
            self.cells.apply(&negated);
            self.from = next;
        }
        Ok(())
    }

    fn before<'a>(&'a self, counted: &'a Counted) -> impl Iterator<Item = CellTotals> {
        added(counted.cells.in_order(), self.cells.in_order()).filter(|(_, totals)| !totals.is_zero())
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
