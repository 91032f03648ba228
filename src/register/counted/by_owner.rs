//! What each partner's, or each project's, installations count for: counted anew from the records, because
//! cells do not tell whose they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::db::engine::transaction;
use crate::db::ledger::head;
use crate::db::records::by_id;
use crate::db::{Database, DbError};
use crate::domain::counting::{CellTable, OwnerKind};
use crate::domain::values::{Code, Hash};

use super::cells::apply_postings;

/// Sites read at a time.
const CHUNK: i64 = 2_000;
/// What is counted within this time is counted anew for each version.
const QUICK: Duration = Duration::from_secs(1);
/// What takes longer is good for this many times as long as it took, so that a large register is not counted all the time.
const WORTH: u32 = 20;

/// The cells of each partner, or project, at one version.
pub struct CellsByOwner {
    /// The version.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// When that was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The cells by the code.
    pub cells: BTreeMap<Code, CellTable>,
}

/// What was counted last.
#[derive(Default)]
pub struct CellsByOwnerCache([Mutex<Option<Counting>>; 2]);

struct Counting {
    at: Instant,
    took: Duration,
    scoped: Arc<CellsByOwner>,
}

impl Counting {
    fn is_still_good(&self) -> bool {
        self.took > QUICK && self.at.elapsed() < self.took * WORTH
    }
}

impl CellsByOwnerCache {
    /// What was counted lately, or is counted now: one asker counts, the others wait for that.
    pub fn get(&self, database: &Database, scope: OwnerKind) -> Result<Arc<CellsByOwner>, DbError> {
        let [partners, projects] = &self.0;
        let slot = if scope == OwnerKind::Partner { partners } else { projects };
        let mut last = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let version = head::version(&mut database.connection()?)?;
        if let Some(counting) = &*last
            && (counting.scoped.version == version || counting.is_still_good())
        {
            return Ok(counting.scoped.clone());
        }
        // Two at a time would be two in memory.
        *last = None;
        let began = Instant::now();
        let scoped = Arc::new(count(database, scope)?);
        *last = Some(Counting { at: Instant::now(), took: began.elapsed(), scoped: scoped.clone() });
        Ok(scoped)
    }
}

fn count(database: &Database, scope: OwnerKind) -> Result<CellsByOwner, DbError> {
    transaction::read(&mut database.connection()?, |connection| {
        let head = head::read(connection)?;
        let mut cells: BTreeMap<Code, CellTable> = BTreeMap::new();
        let mut after = None;
        loop {
            let records = by_id::counted(connection, after, CHUNK)?;
            let Some(last) = records.last() else { break };
            after = Some(last.site.id);
            for (code, part) in records.iter().flat_map(|record| scope.contributions(record)) {
                let postings: Vec<_> = part.into_iter().collect();
                apply_postings(cells.entry(code).or_default(), &postings);
            }
        }
        Ok(CellsByOwner { version: head.version, hash: head.hash, recorded_at: head.recorded_at, cells })
    })
}
