//! The state that the writer thread and all readers share.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, ArcSwapOption};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio::sync::Notify;

use crate::db::ledger::{Activations, Voided};
use crate::domain::records::Directory;
use crate::register::counted::Counted;
use crate::register::published::Snapshot;

use super::counters::WriterCounters;
use super::trouble::Trouble;

/// The database counts as down when it has not answered the writer for this long, because a writer
/// that hangs cannot say so itself.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The writer thread alone changes this state; request threads only read it, and they read each part by itself.
/// The parts therefore follow the register at different speeds:
///
/// - `counted`: the cells, with the version that they are of. The writer takes the write lock for each batch, briefly. A
///   reader clones the cell table, which is cheap, and lets go of the lock before it adds up.
/// - `directory`, `activations`, `voided`, `first_day`: partners and clients, the methodologies in force, and what setting the clock
///   back changed; each swapped as a whole. The
///   writer swaps both before it moves `counted`, because a reader asks `activations` for the methodology of the version
///   of the cells.
/// - `snapshot`: the published numbers, swapped as a whole and at most every 250 ms. After a busy second, `counted`
///   may stand at version 1,200 while the snapshot still shows version 1,100.
/// - the atomics: plain facts for health checks and metrics. No two of them need agree, so `Relaxed` suffices.
pub struct Shared {
    pub counters: WriterCounters,
    pub directory: ArcSwap<Directory>,
    pub activations: ArcSwap<Activations>,
    /// Closed days and releases that are void.
    pub voided: ArcSwap<Vec<Voided>>,
    /// The first day of the register; none while there is no entry.
    pub first_day: ArcSwapOption<NaiveDate>,
    pub counted: RwLock<Counted>,
    snapshot: ArcSwap<Snapshot>,
    /// The version of the stored checkpoint.
    checkpoint: AtomicI64,
    /// The instant of the last entry that this process knows, in microseconds since 1970.
    recorded_at: AtomicI64,
    began: Instant,
    /// Whether the database answered the last question.
    database_up: AtomicBool,
    /// Milliseconds from `began` to the last question to the database.
    asked_at: AtomicU64,
    /// Milliseconds from `began` to the last time that the writer had done all that was due.
    round_at: AtomicU64,
    /// Milliseconds from `began` to the last answer of the database.
    followed_at: AtomicU64,
    /// What the writer found wrong.
    trouble: ArcSwapOption<Trouble>,
    /// This process's clock less the database's, in milliseconds.
    clock_offset: AtomicI64,
    alive: AtomicBool,
    ended: Notify,
}

impl Shared {
    /// The state before the first entry; `snapshot` stands until the writer publishes its first one.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            counters: WriterCounters::default(),
            directory: ArcSwap::default(),
            activations: ArcSwap::default(),
            voided: ArcSwap::default(),
            first_day: ArcSwapOption::empty(),
            counted: RwLock::default(),
            snapshot: ArcSwap::from_pointee(snapshot),
            checkpoint: AtomicI64::new(0),
            recorded_at: AtomicI64::new(0),
            began: Instant::now(),
            database_up: AtomicBool::new(true),
            asked_at: AtomicU64::new(0),
            round_at: AtomicU64::new(0),
            followed_at: AtomicU64::new(0),
            trouble: ArcSwapOption::empty(),
            clock_offset: AtomicI64::new(0),
            alive: AtomicBool::new(true),
            ended: Notify::new(),
        }
    }

    /// The cells for reading. Holding this keeps the writer waiting.
    pub fn counted(&self) -> RwLockReadGuard<'_, Counted> {
        self.counted.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cells for the writer.
    pub(super) fn counted_mut(&self) -> RwLockWriteGuard<'_, Counted> {
        self.counted.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest snapshot.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The day of the newest snapshot.
    pub(super) fn day(&self) -> NaiveDate {
        self.snapshot.load().figures.day
    }

    /// Publishes a snapshot, made while `cells` cells were in memory.
    pub(super) fn publish(&self, snapshot: Snapshot, cells: usize) {
        self.counters.cells.store(cells as u64, Ordering::Relaxed);
        self.snapshot.store(Arc::new(snapshot));
    }

    /// The version of the stored checkpoint, as this process knows it.
    pub fn checkpoint(&self) -> i64 {
        self.checkpoint.load(Ordering::Relaxed)
    }

    pub(super) fn note_checkpoint(&self, version: i64) {
        self.checkpoint.store(version, Ordering::Relaxed);
    }

    /// The instant of the last entry that this process knows.
    pub fn recorded_at(&self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.recorded_at.load(Ordering::Relaxed))
    }

    pub(super) fn note_recorded_at(&self, instant: DateTime<Utc>) {
        self.recorded_at.store(instant.timestamp_micros(), Ordering::Relaxed);
    }

    /// Notes whether the database answered just now.
    pub(super) fn note_database_answer(&self, database_up: bool) {
        self.database_up.store(database_up, Ordering::Relaxed);
        let asked_at = self.milliseconds();
        self.asked_at.store(asked_at, Ordering::Relaxed);
        if database_up {
            self.followed_at.store(asked_at, Ordering::Relaxed);
        }
    }

    /// Whether the database answered the last question, and the writer asked it lately.
    pub fn is_database_up(&self) -> bool {
        self.database_up.load(Ordering::Relaxed) && self.since(&self.asked_at) < ANSWERS_WITHIN
    }

    /// The time since the database last answered.
    pub fn followed_ago(&self) -> Duration {
        self.since(&self.followed_at)
    }

    /// Notes that the writer has done all that was due.
    pub(super) fn note_round(&self) {
        self.round_at.store(self.milliseconds(), Ordering::Relaxed);
    }

    /// The time since the writer had last done all that was due.
    pub fn writer_came_round_ago(&self) -> Duration {
        self.since(&self.round_at)
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn since(&self, milliseconds: &AtomicU64) -> Duration {
        self.began.elapsed().saturating_sub(Duration::from_millis(milliseconds.load(Ordering::Relaxed)))
    }

    /// Tells what the writer found wrong, if anything; the log hears of each change.
    pub(super) fn note_trouble(&self, trouble: Option<Trouble>) {
        let before = self.trouble.load();
        if before.as_deref() == trouble.as_ref() {
            return;
        }
        // The words of a doubt name the instant, which moves on.
        let is_known = before.as_deref().map(Trouble::code) == trouble.as_ref().map(Trouble::code);
        match &trouble {
            _ if is_known => {}
            Some(trouble) => tracing::error!(code = trouble.code(), "{trouble}"),
            None => tracing::warn!("what was wrong is over"),
        }
        self.trouble.store(trouble.map(Arc::new));
    }

    /// What keeps this process from doing its work.
    pub fn trouble(&self) -> Option<Arc<Trouble>> {
        if !self.is_alive() {
            return Some(Arc::new(Trouble::WriterStopped));
        }
        self.trouble.load_full().or_else(|| (!self.is_database_up()).then(|| Arc::new(Trouble::DatabaseAway)))
    }

    pub(super) fn note_clock_offset(&self, offset: TimeDelta) {
        self.clock_offset.store(offset.num_milliseconds(), Ordering::Relaxed);
    }

    /// This process's clock less the database's; zero where the database has none of its own.
    pub fn clock_offset(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.clock_offset.load(Ordering::Relaxed))
    }

    /// Whether the writer thread runs.
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    /// Counts the writer as ended although its thread still waits, so that the process ends.
    pub fn give_up(&self) {
        self.alive.store(false, Ordering::Relaxed);
        self.ended.notify_one();
    }

    /// Waits for the end of the writer thread. One waiter alone is woken.
    pub async fn ended(&self) {
        self.ended.notified().await;
    }
}

/// Notes the end of the writer thread when it is dropped, so that a panic is noted, too.
pub(super) struct Alive(pub Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.give_up();
    }
}
