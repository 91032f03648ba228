//! Every cell in memory, at one version of the register.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::db::ledger::{CellTotals, cells_and_journal as stored, head};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellKey, CellTable, NationalSums, Totals};
use crate::domain::figures::Selection;
use crate::domain::values::Hash;

/// Entries whose postings are read at a time.
const STEP: i64 = 2_000;

/// Every cell in the order of keys, as often as it is asked for.
pub type InOrder<'a> = dyn Fn() -> Box<dyn Iterator<Item = (CellKey, Totals)> + 'a> + 'a;

/// Every cell at one version of the register.
#[derive(Default)]
pub struct Counted {
    /// The version.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// When that was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The cells.
    pub cells: CellTable,
    /// The sums of the country, which can be kept after this is let go.
    pub national: Arc<NationalSums>,
}

impl Counted {
    /// The fewest sums that know what a selection asks for.
    #[must_use]
    pub fn sums_for(&self, selection: &Selection) -> &CellTable {
        if selection.is_national() { self.national.as_cells() } else { &self.cells }
    }
}

/// How far the cells have followed the register.
#[derive(Clone, Copy)]
pub struct FollowedHead {
    pub version: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
}

/// Adds what was posted.
pub fn apply_postings(cells: &mut CellTable, postings: &[CellTotals]) {
    for (key, delta) in postings {
        if cells.add(*key, delta) {
            tracing::error!(cell = key.to_stored(), "a sum leaves 64 bits until an installation there is rejected");
        }
    }
}

/// All cells, of the checkpoint and the journal after it.
pub fn load_cells(connection: &mut Connection) -> Result<(FollowedHead, CellTable), DbError> {
    let mut cells = CellTable::default();
    let head = head::read(connection)?;
    let mut at = stored::checkpoint_version(connection)?;
    stored::each_cell(connection, |key, totals| cells.push(key, &totals))?;
    while at < head.version {
        let to = head.version.min(at + STEP);
        let postings = stored::postings(connection, at, to)?;
        apply_postings(&mut cells, &postings);
        at = to;
    }
    Ok((FollowedHead { version: head.version, hash: head.hash, recorded_at: head.recorded_at }, cells))
}
