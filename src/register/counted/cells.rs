//! All cells in memory, at one version of the register.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use chrono::{DateTime, Utc};

use crate::db::ledger::{CellTotals, Head, PublicEntry, cells_and_journal as stored, head, public_entries};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellKey, CellTable, NationalSums, Totals};
use crate::domain::values::Hash;

use super::public_counts::PublicCounts;

/// Entries whose postings are read at a time.
const STEP: i64 = 2_000;
/// Cells that one thread hands to another at a time.
const CHUNK: usize = 512;
/// Chunks that wait at most.
const CHUNKS_AHEAD: usize = 32;

/// Gives an iterator over all cells in the order of their keys, each time it is called.
pub type InOrder<'a> = dyn Fn() -> Box<dyn Iterator<Item = (CellKey, Totals)> + 'a> + 'a;

/// All cells at one version of the register.
#[derive(Default)]
pub struct Counted {
    /// The newest public version: entries of sandbox partners after it post nothing.
    pub version: i64,
    /// The hash of that entry.
    pub hash: Hash,
    /// The instant of that entry.
    pub recorded_at: DateTime<Utc>,
    pub cells: CellTable,
    /// The sums of the country. They are shared, so that a reader may keep them after it lets go of the cells.
    pub national: Arc<NationalSums>,
}

/// The head of the register that the cells have followed.
#[derive(Clone, Copy, Default)]
pub struct FollowedHead {
    pub version: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
    /// The newest entry that is none of a sandbox's. Public numbers bear its version.
    pub public: PublicEntry,
}

impl FollowedHead {
    /// The head as it is stored now, with the newest public entry. Call it on the view of the database that `head` was read from.
    pub fn of(connection: &mut Connection, head: &Head) -> Result<Self, DbError> {
        let public = public_entries::newest(connection, head)?;
        Ok(Self { version: head.version, hash: head.hash, recorded_at: head.recorded_at, public })
    }
}

/// Adds postings to cells. A sum that leaves 64 bits wraps around, and the log says so.
pub fn apply_postings(cells: &mut CellTable, postings: &[CellTotals]) {
    for (key, delta) in postings {
        if cells.add(*key, delta) {
            tracing::error!(cell = key.to_stored(), "a sum leaves 64 bits until an installation there is rejected");
        }
    }
}

/// The cells of the whole register, with their counts.
pub struct LoadedCells {
    /// The head that they stand at.
    pub head: FollowedHead,
    pub cells: CellTable,
    pub counts: PublicCounts,
    /// The version of the checkpoint that they were read from; 0 if they come from the journal alone.
    pub checkpoint: i64,
}

/// Loads all cells, and counts them: the checkpoint, and the journal after it. A checkpoint beyond the head is of a past that
/// the register lost, so then the journal alone counts. Call it in a transaction that reads one unchanging view.
pub fn load_cells(connection: &mut Connection) -> Result<LoadedCells, DbError> {
    let head = head::read(connection)?;
    let stored_at = stored::checkpoint_version(connection)?;
    let (checkpoint, (mut cells, mut counts)) = if stored_at <= head.version {
        (stored_at, load_checkpoint(connection)?)
    } else {
        tracing::error!(
            checkpoint = stored_at,
            head = head.version,
            "the checkpoint is beyond the head; counting the journal"
        );
        (0, Default::default())
    };
    let mut at = checkpoint;
    while at < head.version {
        let to = head.version.min(at + STEP);
        let postings = stored::postings(connection, at, to)?;
        apply_postings(&mut cells, &postings);
        counts.add(postings.into_iter());
        at = to;
    }
    Ok(LoadedCells { head: FollowedHead::of(connection, &head)?, cells, counts, checkpoint })
}

/// One thread reads the stored cells, while this one packs and counts them.
fn load_checkpoint(connection: &mut Connection) -> Result<(CellTable, PublicCounts), DbError> {
    let (send, chunks) = sync_channel::<Vec<CellTotals>>(CHUNKS_AHEAD);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut chunk = Vec::with_capacity(CHUNK);
            stored::each_cell(connection, |key, totals| {
                chunk.push((key, totals));
                if chunk.len() == CHUNK {
                    // The other thread takes all, or panics.
                    let _ = send.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)));
                }
            })?;
            let _ = send.send(chunk);
            Ok::<_, DbError>(())
        });
        let mut cells = CellTable::default();
        let counts = PublicCounts::of(chunks.into_iter().flatten().inspect(|(key, totals)| cells.push(*key, totals)));
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((cells, counts))
    })
}
