//! A batch between its requests and its rows.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::db::ledger::{CellTotals, KeptReply, PublicEntry};
use crate::db::write_batch::Batch;
use crate::db::{Connection, DbError};
use crate::domain::refusals::Refusal;
use crate::domain::rules::Stamp;
use crate::domain::values::{Hash, PartnerCode};
use crate::register::commands::{Done, Failure};

use super::loaded_records::LoadedRecords;

/// A decided batch, ready to be written.
pub struct DecidedBatch {
    /// The rows to write.
    pub batch: Batch,
    /// One outcome a request, in the order of the requests.
    pub results: Vec<Result<Done, Failure>>,
    /// The postings of all entries: each cell with the change of its totals.
    pub postings: Vec<CellTotals>,
    /// The version of the last entry.
    pub version: i64,
    /// The hash of the last entry.
    pub hash: Hash,
    /// The instant of every entry.
    pub at: DateTime<Utc>,
    /// The newest entry of the batch that is none of a sandbox's.
    pub public: Option<PublicEntry>,
    /// Whether partners, clients, projects or activations changed.
    pub administrative: bool,
    /// Replies to keep under their idempotency keys.
    pub kept: Vec<KeptReply>,
}

/// Why deciding stopped: the request is refused, or the database failed and the whole batch with it.
pub enum Stop {
    Refused(Refusal),
    Database(DbError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// A batch in progress: the records as the last request left them, and the decisions so far.
pub struct BatchInProgress<'a> {
    pub connection: &'a mut Connection,
    pub records: LoadedRecords,
    /// The version, instant and day of the current request.
    pub stamp: Stamp,
    pub decided: DecidedBatch,
    /// The last sign of life of the register before this batch.
    pub carried_to: DateTime<Utc>,
    /// The version of the head before this batch.
    pub stored_version: i64,
    /// The newest public version up to there, once it was asked for.
    pub stored_public_version: Option<i64>,
    /// Whether the current request is only tried.
    pub dry_run: bool,
    /// The most new installations of a partner and day; 0 is no limit.
    pub daily_installations: u32,
    /// The quotas that this batch asked for.
    pub quotas: HashMap<PartnerCode, Quota>,
    /// The methodology that this batch put in force.
    pub activated: Option<i32>,
    /// The notes of this batch's entries, without those that it erased.
    pub notes: Vec<NoteInBatch>,
    /// The entries whose notes this batch erased.
    pub erased_notes: BTreeSet<i64>,
}

/// The quota of one partner on the day of the batch.
pub struct Quota {
    /// The most installations; 0 is no limit.
    pub most: u32,
    /// Installations that were recorded before this batch, once they were counted.
    pub stored: Option<i64>,
    /// Installations of this batch.
    pub in_batch: i64,
}

/// The note of an entry of this batch.
pub struct NoteInBatch {
    pub version: i64,
    pub subject: String,
    pub text: String,
}
