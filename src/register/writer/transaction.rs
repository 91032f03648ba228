//! The transaction of one batch: lock the head, decide, write, commit.
//!
//! When the outcome of a commit is unknown, the transaction asks the head before anybody is answered, because an answer
//! must never be wrong.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::db::engine::transaction;
use crate::db::ledger::{CellTotals, PublicEntry, clock, head, idempotency_keys};
use crate::db::{Connection, Database, DbError};
use crate::domain::rules::{ClockDoubt, ClockFault};
use crate::domain::values::Hash;
use crate::register::commands::{Command, Done, Failure, Request};
use crate::register::decide::{DecidedBatch, decide};

use super::clock_watch::{Clock, ClockReading, ClockWatch};
use super::not_written::NotWritten;

/// The outcome of a commit is asked for this long; after that the answer is "unknown, send it again".
const SETTLE_FOR: Duration = Duration::from_secs(20);
/// A commit that waits longer than this for a synchronous standby may have been cancelled, which PostgreSQL tells in a warning alone.
const PROMPT: Duration = Duration::from_secs(1);
/// The register's own entry must be written within this time, by this process or another.
const OWN_ENTRY_WITHIN: Duration = Duration::from_mins(10);
const SETTLE_PAUSE: Duration = Duration::from_millis(200);

/// Carries out batches, each in one transaction. Many of these, in many processes, may work on one database: the lock of
/// the head puts their batches in one order.
pub struct BatchTransaction {
    database: Database,
    clock: ClockWatch,
    /// The most new installations of a partner and day; 0 is no limit.
    daily_installations: u32,
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
    /// The newest of its entries that is none of a sandbox's.
    pub public: Option<PublicEntry>,
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
        let clock = ClockWatch::new(clock, database.shares_clock());
        Self { database, clock, daily_installations: 0, connection: RefCell::new(None) }
    }

    /// The same, but a partner registers at most so many installations a day; 0 is no limit.
    #[must_use]
    pub fn with_daily_installations(self, daily_installations: u32) -> Self {
        Self { daily_installations, ..self }
    }

    /// Why the clock of this process is not believed, if it is not.
    pub fn clock_doubt(&self) -> Result<Option<ClockDoubt>, DbError> {
        let mut connection = self.database.connection()?;
        let head = head::read(&mut connection)?;
        Ok(self.clock.read(&mut connection, &head)?.doubt)
    }

    /// The clock that its batches are held against.
    pub(super) fn clock(&self) -> &ClockWatch {
        &self.clock
    }

    /// Writes the entry that the register itself owes: an empty batch does that before anything else. Waits for another process that
    /// is at it, because counting a large register anew takes longer than any lock may be waited for.
    pub fn write_own_entry(&self) -> Result<(), DbError> {
        let until = Instant::now() + OWN_ENTRY_WITHIN;
        loop {
            match self.transact(&[]) {
                Ok(_) => return Ok(()),
                Err(NotWritten::Database(error)) if error.is_unavailable() && Instant::now() < until => {
                    tracing::warn!(%error, "waiting for another process that may count the register anew");
                }
                Err(NotWritten::Database(error)) => return Err(error),
                Err(why) => return Err(DbError::Unusable(why.to_string())),
            }
        }
    }

    /// Carries out the requests in one transaction. If the database refuses it, each request is tried in a transaction of
    /// its own, so that a request that breaks fails alone.
    pub fn execute(&self, requests: &[&Request]) -> Executed {
        let why = match self.transact(requests) {
            Ok(executed) => return executed,
            Err(why) => why,
        };
        let failure = why.failure();
        if failure.is_of_service() {
            tracing::error!(%why, requests = requests.len(), "a batch was not written");
        } else if requests.len() == 1 {
            tracing::error!(%why, "a change could not be written");
        } else {
            tracing::warn!(%why, requests = requests.len(), "a batch failed; each of it is tried by itself");
            return self.execute_one_by_one(requests);
        }
        all_failed(requests, &failure)
    }

    fn execute_one_by_one(&self, requests: &[&Request]) -> Executed {
        let mut all = Executed { results: Vec::with_capacity(requests.len()), committed: Vec::new() };
        for (done, request) in requests.iter().enumerate() {
            let one = self.execute(std::slice::from_ref(request));
            let failed = one.results.first().and_then(|result| result.as_ref().err()).cloned();
            all.results.extend(one.results);
            all.committed.extend(one.committed);
            if let Some(failure) = failed.filter(Failure::is_of_service) {
                // The remaining requests would fail as well, and each would wait as long. They were not tried, so nothing about them is
                // unknown.
                let failure = if failure == Failure::OutcomeUnknown { Failure::Unavailable } else { failure };
                let rest = requests.get(done + 1..).unwrap_or_default();
                all.results.extend(all_failed(rest, &failure).results);
                break;
            }
        }
        all
    }

    fn transact(&self, requests: &[&Request]) -> Result<Executed, NotWritten> {
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
        let began = Instant::now();
        match transaction::commit(&mut connection) {
            Ok(()) if !self.database.is_where_it_was() || !self.database.has_its_log() => {
                return Err(NotWritten::OutcomeUnknown("a file of the database was deleted or replaced".to_owned()));
            }
            Ok(()) if began.elapsed() < PROMPT => {
                self.connection.replace(Some(connection));
            }
            Ok(()) => self.confirm(connection)?,
            Err(error) => {
                drop(connection);
                self.settle(&error, &decided)?;
            }
        }
        let DecidedBatch { results, postings, version, hash, at, public, administrative, .. } = decided;
        // A batch may keep a reply under its key and append no entry.
        let moved = version > from;
        let committed =
            moved.then_some(Committed { from, previous, version, hash, at, public, postings, administrative });
        Ok(Executed { results, committed: committed.into_iter().collect() })
    }

    /// Locks the head, decides, writes; the caller commits.
    fn write(&self, connection: &mut Connection, requests: &[&Request]) -> Result<Written, NotWritten> {
        let head = head::lock(connection).map_err(DbError::into_unavailable)?;
        let ClockReading { now, doubt } = self.clock.read(connection, &head)?;
        if let Some(doubt) = doubt.filter(|doubt| !is_about(doubt, requests)) {
            return Err(NotWritten::ClockInDoubt(doubt));
        }
        let decided = decide(connection, &head, requests, now, self.daily_installations)?;
        decided.batch.write(connection, head.version, decided.at)?;
        if !decided.kept.is_empty() {
            idempotency_keys::keep(connection, &decided.kept)?;
        }
        Ok(Written { from: head.version, previous: head.hash, decided })
    }

    /// Finds out whether a failed commit took place after all: if so, the head's chain holds its last entry.
    fn settle(&self, error: &DbError, decided: &DecidedBatch) -> Result<(), NotWritten> {
        tracing::warn!(%error, version = decided.version, "the outcome of a commit is unknown; asking the head");
        let until = Instant::now() + SETTLE_FOR;
        loop {
            let began = Instant::now();
            let asked = self.database.connection().and_then(|mut connection| {
                transaction::write(&mut connection, |connection| {
                    let head = head::lock(connection)?;
                    if connection.waits_for_standbys()? {
                        // Writes, so that the answer is on the standbys as well as what it speaks of.
                        clock::note_seen(connection, head.last_sign())?;
                    }
                    head::holds(connection, decided.version, &decided.hash)
                })
            });
            match asked {
                Ok(true) if began.elapsed() < PROMPT => return Ok(()),
                Ok(false) if matches!(error, DbError::StorageFull(_)) => {
                    return Err(DbError::StorageFull("the commit did not take place".to_owned()).into());
                }
                Ok(false) => return Err(DbError::Unavailable("the commit did not take place".to_owned()).into()),
                _ if Instant::now() < until => std::thread::sleep(SETTLE_PAUSE),
                Ok(true) => return Err(NotWritten::OutcomeUnknown("the standby does not answer".to_owned())),
                Err(error) => return Err(NotWritten::OutcomeUnknown(error.to_string())),
            }
        }
    }

    /// Makes sure that a commit that took long is where the standbys are that PostgreSQL waits for: another commit, which comes after
    /// it in the log, must return promptly.
    fn confirm(&self, mut connection: Connection) -> Result<(), NotWritten> {
        let until = Instant::now() + SETTLE_FOR;
        // The commit took place, so no failure from here on may say that nothing was recorded.
        let unknown = |error: DbError| NotWritten::OutcomeUnknown(error.to_string());
        while connection.waits_for_standbys().map_err(unknown)? {
            let began = Instant::now();
            transaction::write(&mut connection, |connection| {
                let head = head::lock(connection)?;
                clock::note_seen(connection, head.last_sign())
            })
            .map_err(unknown)?;
            if began.elapsed() < PROMPT {
                break;
            }
            if Instant::now() >= until {
                return Err(NotWritten::OutcomeUnknown("commits wait for a standby that does not answer".to_owned()));
            }
        }
        self.connection.replace(Some(connection));
        Ok(())
    }
}

/// Whether the requests are the way out of a doubt.
fn is_about(doubt: &ClockDoubt, requests: &[&Request]) -> bool {
    let sets_back = matches!(requests, [request] if matches!(request.command, Command::SetClockBack));
    sets_back && doubt.kind == ClockFault::Behind
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
