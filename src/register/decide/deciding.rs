//! A batch on its way from requests to rows.

use chrono::{DateTime, Utc};

use crate::db::ledger::{CellTotals, Kept};
use crate::db::write_batch::Batch;
use crate::db::{Connection, DbError};
use crate::domain::refusals::Refusal;
use crate::domain::rules::Stamp;
use crate::domain::values::Hash;
use crate::register::commands::{Done, Failure};

use super::loaded_records::LoadedRecords;

/// A decided batch, ready to be written.
pub struct DecidedBatch {
    /// The rows.
    pub batch: Batch,
    /// What was asked for, answered.
    pub results: Vec<Result<Done, Failure>>,
    /// What moves in the cells.
    pub postings: Vec<CellTotals>,
    /// The version after it.
    pub version: i64,
    /// The hash after it.
    pub hash: Hash,
    /// Its instant.
    pub at: DateTime<Utc>,
    /// Whether partners, clients or projects changed.
    pub administrative: bool,
    /// Answers to be kept under their idempotency keys.
    pub kept: Vec<Kept>,
}

/// Why one request comes to nothing: its own fault, or the database's.
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

/// A batch half way: the records as the last request left them, and what was decided so far.
pub struct BatchInProgress<'a> {
    pub connection: &'a mut Connection,
    pub set: LoadedRecords,
    /// Version, instant and day of the request in hand.
    pub stamp: Stamp,
    pub decided: DecidedBatch,
    /// Whether the request in hand only asks what would come of it.
    pub dry_run: bool,
    /// The methodology that this batch put in force.
    pub activated: Option<i32>,
}
