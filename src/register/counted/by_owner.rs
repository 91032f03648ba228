//! The cells of each partner, or of each project. They are counted from the records, because a cell does not name its
//! owner.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::db::engine::transaction;
use crate::db::ledger::{head, public_entries};
use crate::db::records::by_id;
use crate::db::{Connection, Database, DbError};
use crate::domain::counting::{CellTable, OwnerKind, contribution};
use crate::domain::values::{Code, Hash, PartnerCode};

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
    /// Whether a kind of owner was counted at the version `from` or later. Waits for no count that is under way.
    pub fn has(&self, owner: OwnerKind, from: i64) -> bool {
        self.slot(owner).try_lock().is_ok_and(|last| last.as_ref().is_some_and(|last| last.cells.version >= from))
    }

    fn slot(&self, owner: OwnerKind) -> &Mutex<Option<LastCount>> {
        let [partners, projects] = &self.0;
        if owner == OwnerKind::Partner { partners } else { projects }
    }

    /// The last count if it is still good or not older than the version `from`, else a new one. One caller counts, the others wait for its
    /// count.
    pub fn get(&self, database: &Database, owner: OwnerKind, from: Option<i64>) -> Result<Arc<CellsByOwner>, DbError> {
        let mut last = self.slot(owner).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = &*last {
            let mut connection = database.connection()?;
            let (head, is_of_this_past) = head::agrees(&mut connection, count.cells.version, &count.cells.hash)?;
            let version = public_entries::version_at(&mut connection, head)?;
            let is_new_enough = from.is_some_and(|from| count.cells.version >= from);
            if is_of_this_past && (count.cells.version == version || is_new_enough || count.is_still_good()) {
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

/// The cells of a partner that only tries things out, counted as if it did not.
pub fn cells_of_sandbox(connection: &mut Connection, partner: &PartnerCode) -> Result<CellTable, DbError> {
    let (mut cells, mut after) = (CellTable::default(), None);
    loop {
        let records = by_id::counted_of(connection, partner, after, CHUNK)?;
        let Some(last) = records.last() else { return Ok(cells) };
        after = Some(last.site.id);
        for mut record in records {
            record.installations.retain(|one| one.partner == *partner);
            record.installations.iter_mut().for_each(|one| one.sandbox = false);
            let postings: Vec<_> = contribution(&record).into_iter().collect();
            apply_postings(&mut cells, &postings);
        }
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
