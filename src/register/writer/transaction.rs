//! The transaction of one batch: lock the head, decide, write, commit.
//!
//! When the outcome of a commit is unknown, the transaction asks the head before anybody is answered, because an answer
//! must never be wrong.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::db::engine::transaction;
use crate::db::ledger::{CellTotals, head, idempotency_keys};
use crate::db::{Connection, Database, DbError};
use crate::domain::values::Hash;
use crate::register::commands::{Done, Failure, Request};
use crate::register::decide::{DecidedBatch, decide};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Utc::now)
}

/// The outcome of a commit is asked for this long; after that the answer is "unavailable, send it again".
const SETTLE_FOR: Duration = Duration::from_secs(20);
/// The register's own entry must be written within this time, by this process or another.
const OWN_ENTRY_WITHIN: Duration = Duration::from_mins(10);
const SETTLE_PAUSE: Duration = Duration::from_millis(200);

/// Carries out batches, each in one transaction. Many of these, in many processes, may work on one database: the lock of
/// the head puts their batches in one order.
pub struct BatchTransaction {
    database: Database,
    clock: Clock,
    /// Kept from batch to batch; dropped after an error.
    connection: RefCell<Option<Connection>>,
}

/// A transaction that was committed.
pub struct Committed {
    /// The version before its first entry.
    pub from: i64,
    /// The hash of the entry before its first.
    pub previous: Hash,
    /// The version after its last entry.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// The instant of its entries.
    pub at: DateTime<Utc>,
    /// The postings of its entries.
    pub postings: Vec<CellTotals>,
    /// Whether partners, clients, projects or activations changed.
    pub administrative: bool,
}

/// The outcomes of some requests, and the transactions that were committed for them.
pub struct Executed {
    /// One outcome a request, in the order of the requests.
    pub results: Vec<Result<Done, Failure>>,
    /// The transactions that appended an entry.
    pub committed: Vec<Committed>,
}

impl BatchTransaction {
    #[must_use]
    pub fn new(database: Database, clock: Clock) -> Self {
        Self { database, clock, connection: RefCell::new(None) }
    }

    /// Writes the entry that the register itself owes: an empty batch does that before anything else. Waits for another process that
    /// is at it, because counting a large register anew takes longer than any lock may be waited for.
    pub fn write_own_entry(&self) -> Result<(), DbError> {
        let until = Instant::now() + OWN_ENTRY_WITHIN;
        loop {
            match self.transact(&[]) {
                Ok(_) => return Ok(()),
                Err(error) if error.is_unavailable() && Instant::now() < until => {
                    tracing::warn!(%error, "waiting for another process that may count the register anew");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Carries out the requests in one transaction. If the database refuses it, each request is tried in a transaction of
    /// its own, so that a request that breaks fails alone.
    pub fn execute(&self, requests: &[&Request]) -> Executed {
        match self.transact(requests) {
            Ok(executed) => executed,
            Err(error) if error.is_unavailable() => {
                tracing::error!(%error, requests = requests.len(), "a batch was not written");
                all_failed(requests, &Failure::Unavailable)
            }
            Err(error) if requests.len() == 1 => {
                tracing::error!(%error, "a change could not be written");
                all_failed(requests, &Failure::Broken)
            }
            Err(error) => {
                tracing::warn!(%error, requests = requests.len(), "a batch failed; each of it is tried by itself");
                self.execute_one_by_one(requests)
            }
        }
    }

    fn execute_one_by_one(&self, requests: &[&Request]) -> Executed {
        let mut all = Executed { results: Vec::with_capacity(requests.len()), committed: Vec::new() };
        for (done, request) in requests.iter().enumerate() {
            let one = self.execute(std::slice::from_ref(request));
            let unavailable = matches!(one.results[..], [Err(Failure::Unavailable)]);
            all.results.extend(one.results);
            all.committed.extend(one.committed);
            if unavailable {
                // The remaining requests would fail as well, and each would wait as long.
                let rest = requests.get(done + 1..).unwrap_or_default();
                all.results.extend(all_failed(rest, &Failure::Unavailable).results);
                break;
            }
        }
        all
    }

    fn transact(&self, requests: &[&Request]) -> Result<Executed, DbError> {
        let kept = self.connection.take();
        let mut connection = kept.map_or_else(|| self.database.connection(), Ok)?;
        transaction::begin_write(&mut connection).map_err(DbError::into_unavailable)?;
        let Written { from, previous, decided } = match self.write(&mut connection, requests) {
            Ok(written) => written,
            Err(error) => {
                transaction::rollback(&mut connection);
                return Err(error);
            }
        };
        if decided.version == from && decided.kept.is_empty() {
            transaction::rollback(&mut connection);
            self.connection.replace(Some(connection));
            return Ok(Executed { results: decided.results, committed: Vec::new() });
        }
        match transaction::commit(&mut connection) {
            Ok(()) => {
                self.connection.replace(Some(connection));
            }
            Err(error) => {
                drop(connection);
                self.settle(&error, &decided)?;
            }
        }
        let DecidedBatch { results, postings, version, hash, at, administrative, .. } = decided;
        // A batch may keep a reply under its key and append no entry.
        let moved = version > from;
        let committed = moved.then_some(Committed { from, previous, version, hash, at, postings, administrative });
        Ok(Executed { results, committed: committed.into_iter().collect() })
    }

    /// Locks the head, decides, writes; the caller commits.
    fn write(&self, connection: &mut Connection, requests: &[&Request]) -> Result<Written, DbError> {
        let head = head::lock(connection).map_err(DbError::into_unavailable)?;
        let decided = decide(connection, &head, requests, (self.clock)())?;
        decided.batch.write(connection, head.version, decided.at)?;
        if !decided.kept.is_empty() {
            idempotency_keys::keep(connection, &decided.kept)?;
        }
        Ok(Written { from: head.version, previous: head.hash, decided })
    }

    /// Finds out whether a failed commit took place after all: if so, the head's chain holds its last entry.
    fn settle(&self, error: &DbError, decided: &DecidedBatch) -> Result<(), DbError> {
        tracing::warn!(%error, version = decided.version, "the outcome of a commit is unknown; asking the head");
        let until = Instant::now() + SETTLE_FOR;
        loop {
            let asked = self.database.connection().and_then(|mut connection| {
                transaction::write(&mut connection, |connection| {
                    head::lock(connection)?;
                    head::holds(connection, decided.version, &decided.hash)
                })
            });
            match asked {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(DbError::Unavailable("the commit did not take place".to_owned())),
                Err(error) if Instant::now() >= until => {
                    return Err(DbError::Unavailable(format!("the outcome of a commit stays unknown: {error}")));
                }
                Err(_) => std::thread::sleep(SETTLE_PAUSE),
            }
        }
    }
}

/// A batch that is written and not committed yet.
struct Written {
    /// The version before its first entry.
    from: i64,
    /// The hash of the entry before its first.
    previous: Hash,
    decided: DecidedBatch,
}

fn all_failed(requests: &[&Request], failure: &Failure) -> Executed {
    Executed { results: requests.iter().map(|_| Err(failure.clone())).collect(), committed: Vec::new() }
}
