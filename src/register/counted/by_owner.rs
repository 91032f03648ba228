//! The cells of each partner, or of each project. They are counted from the records, because a cell does not name its
//! owner.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::db::engine::transaction;
use crate::db::ledger::{head, public_entries};
use crate::db::records::by_id;
use crate::db::{Database, DbError};
use crate::domain::counting::{CellTable, OwnerKind};
use crate::domain::values::{Code, Hash};

use super::cells::apply_postings;

/// Sites read at a time.
const CHUNK: i64 = 2_000;
/// A count that took no longer than this is made anew for each version.
const QUICK: Duration = Duration::from_secs(1);
/// A longer count stays good for this many times as long as it took, because counting a large register is dear.
const WORTH: u32 = 20;

/// The cells of each partner, or project, at one version.
pub struct CellsByOwner {
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// The instant of its last entry.
    pub recorded_at: DateTime<Utc>,
    /// The cells by the code of their owner.
    pub cells: BTreeMap<Code, CellTable>,
}

/// The last count of each kind of owner.
#[derive(Default)]
pub struct CellsByOwnerCache([Mutex<Option<LastCount>>; 2]);

struct LastCount {
    at: Instant,
    took: Duration,
    cells: Arc<CellsByOwner>,
}

impl LastCount {
    fn is_still_good(&self) -> bool {
        self.took > QUICK && self.at.elapsed() < self.took * WORTH
    }
}

impl CellsByOwnerCache {
    /// The last count if it is still good, else a new one. One caller counts, the others wait for its count.
    pub fn get(&self, database: &Database, owner: OwnerKind) -> Result<Arc<CellsByOwner>, DbError> {
        let [partners, projects] = &self.0;
        let slot = if owner == OwnerKind::Partner { partners } else { projects };
        let mut last = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = &*last {
            let mut connection = database.connection()?;
            let (head, is_of_this_past) = head::agrees(&mut connection, count.cells.version, &count.cells.hash)?;
            let version = public_entries::version_at(&mut connection, head)?;
            if is_of_this_past && (count.cells.version == version || count.is_still_good()) {
                return Ok(count.cells.clone());
            }
        }
        // Dropped first, because two counts would take twice the memory.
        *last = None;
        let began = Instant::now();
        let cells = Arc::new(count(database, owner)?);
        *last = Some(LastCount { at: Instant::now(), took: began.elapsed(), cells: cells.clone() });
        Ok(cells)
    }
}

fn count(database: &Database, owner: OwnerKind) -> Result<CellsByOwner, DbError> {
    transaction::read(&mut database.connection()?, |connection| {
        let head = head::read(connection)?;
        // Entries of sandbox partners after it post nothing.
        let public = public_entries::newest(connection, &head)?;
        let mut cells: BTreeMap<Code, CellTable> = BTreeMap::new();
        let mut after = None;
        loop {
            let records = by_id::counted(connection, after, CHUNK)?;
            let Some(last) = records.last() else { break };
            after = Some(last.site.id);
            for (code, part) in records.iter().flat_map(|record| owner.contributions(record)) {
                let postings: Vec<_> = part.into_iter().collect();
                apply_postings(cells.entry(code).or_default(), &postings);
            }
        }
        Ok(CellsByOwner { version: public.version, hash: public.hash, recorded_at: public.recorded_at, cells })
    })
}
