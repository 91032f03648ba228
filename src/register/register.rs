//! The handle that the rest of the program holds: submit a change, read the snapshot.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use tokio::sync::oneshot;

use crate::db::ledger::{Activations, Voided};
use crate::db::{Database, DbError};
use crate::domain::counting::OwnerKind;
use crate::domain::figures::Methodology;
use crate::domain::records::Directory;
use crate::domain::values::day_of;

use super::commands::{Done, Failure, Request};
use super::counted::{CellsByOwner, CellsByOwnerCache, Counted, Figures, KeptSums};
use super::published::{PageRenderer, Snapshot};
use super::watchdog;
use super::writer::{
    Clock, Job, KeysInFlight, Options, QueuedRequest, Shared, Trouble, Writer, WriterCounters, answer_in_time,
};

/// How long a caller waits for the entries of other processes.
const REFRESHED_WITHIN: Duration = Duration::from_secs(5);

/// Requests that the queue holds by default; one more is turned away.
pub const QUEUE: usize = 1024;
/// Connections of the writer: one for batches, one for its other work, one for the close of days.
const WRITER_CONNECTIONS: u32 = 3;
/// How often a stop looks whether the writer has ended.
const STOP_PAUSE: Duration = Duration::from_millis(5);

/// The register: one writer thread behind a queue. Shared by all request threads behind an `Arc`.
pub struct Register {
    database: Database,
    clock: Clock,
    pub(super) renderer: PageRenderer,
    queue: SyncSender<Job>,
    queue_capacity: usize,
    shared: Arc<Shared>,
    keys_in_flight: KeysInFlight,
    cells_by_owner: CellsByOwnerCache,
    pub(super) kept_sums: KeptSums,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Register {
    /// Loads the cells, publishes the first snapshot, starts the writer.
    pub fn start(
        database: &Database,
        clock: &Clock,
        renderer: &PageRenderer,
        options: Options,
    ) -> Result<Self, DbError> {
        // Stands only until the writer is loaded, so nobody sees it.
        let before = Figures::before_the_register(day_of(clock()));
        let shared = Arc::new(Shared::new(Snapshot::new(before, Arc::default(), None, renderer)));
        let own = database.apart(WRITER_CONNECTIONS)?;
        let (sender, jobs) = sync_channel(options.queue);
        let capacity = options.queue;
        let writer = Writer::load(own, clock.clone(), renderer.clone(), shared.clone(), options)?;
        let thread = writer.spawn(jobs)?;
        watchdog::watch(database, &shared)?;
        Ok(Self {
            database: database.clone(),
            clock: clock.clone(),
            renderer: renderer.clone(),
            queue: sender,
            queue_capacity: capacity,
            shared,
            keys_in_flight: KeysInFlight::default(),
            cells_by_owner: CellsByOwnerCache::default(),
            kept_sums: KeptSums::default(),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Submits a request. `Ok` means that the change is on disk. A change is carried out even when the caller drops
    /// this future.
    pub async fn submit(&self, request: Request) -> Result<Done, Failure> {
        let _key = self.keys_in_flight.enter(&request)?;
        let (reply, outcome) = oneshot::channel();
        let counters = &self.shared.counters;
        counters.waiting.fetch_add(1, Ordering::Relaxed);
        let queued = QueuedRequest { request, reply, queued_at: Instant::now() };
        let Err(error) = self.queue.try_send(Job::Submit(queued)) else {
            return answer_in_time(outcome).await?;
        };
        counters.waiting.fetch_sub(1, Ordering::Relaxed);
        if matches!(error, TrySendError::Full(_)) {
            counters.turned_away.fetch_add(1, Ordering::Relaxed);
        }
        Err(Failure::Unavailable)
    }

    /// Whether the queue is full. If so, the caller turns a request away before parsing it; it is counted here.
    pub fn is_queue_full(&self) -> bool {
        let counters = &self.shared.counters;
        let waiting = usize::try_from(counters.waiting.load(Ordering::Relaxed)).unwrap_or_default();
        let full = waiting >= self.queue_capacity;
        counters.turned_away.fetch_add(u64::from(full), Ordering::Relaxed);
        full
    }

    /// Submits many requests as one job of the queue; each has its own outcome.
    pub async fn submit_all(&self, requests: Vec<Request>) -> Result<Vec<Result<Done, Failure>>, Failure> {
        let (reply, outcomes) = oneshot::channel();
        if self.queue.try_send(Job::SubmitAll(requests, reply)).is_err() {
            self.shared.counters.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(Failure::Unavailable);
        }
        answer_in_time(outcomes).await
    }

    /// Follows the entries of other processes now, not at the next poll up to 250 ms later.
    pub async fn refresh(&self) {
        let (reply, refreshed) = oneshot::channel();
        if self.queue.try_send(Job::Refresh(Instant::now(), reply)).is_ok() {
            // A writer that has ended, or that waits for a database, knows nothing newer.
            let _ = tokio::time::timeout(REFRESHED_WITHIN, refreshed).await;
        }
    }

    /// The newest snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot()
    }

    /// The cells, with the version that they are of. Holding this keeps the writer waiting.
    pub fn cells(&self) -> RwLockReadGuard<'_, Counted> {
        self.shared.counted()
    }

    /// The cells of each partner, or of each project, counted lately or at the version `from` and later. Blocks; on a large register for
    /// long.
    pub(super) fn cells_by_owner(&self, owner: OwnerKind, from: Option<i64>) -> Result<Arc<CellsByOwner>, DbError> {
        self.cells_by_owner.get(&self.database, owner, from)
    }

    /// Whether the partners behind the newest point are counted, so that nobody who asks for money waits for it.
    pub fn knows_partners(&self) -> bool {
        let snapshot = self.snapshot();
        snapshot.point.as_ref().is_none_or(|point| self.cells_by_owner.has(OwnerKind::Partner, point.version))
    }

    /// The methodology in force at a version.
    pub fn methodology_at(&self, version: i64) -> Result<&'static Methodology, DbError> {
        self.shared.activations.load().at(version)
    }

    /// The newest directory of partners and clients.
    #[must_use]
    pub fn directory(&self) -> Arc<Directory> {
        self.shared.directory.load_full()
    }

    /// The activations that this process has read so far.
    #[must_use]
    pub fn activations(&self) -> Arc<Activations> {
        self.shared.activations.load_full()
    }

    /// Closed days and releases that are void.
    #[must_use]
    pub fn voided(&self) -> Arc<Vec<Voided>> {
        self.shared.voided.load_full()
    }

    /// Whether a day was over before the register began.
    #[must_use]
    pub fn is_before(&self, day: NaiveDate) -> bool {
        self.shared.first_day.load().as_deref().is_some_and(|first| day < *first)
    }

    /// The database, for reading.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Today in Hà Nội, and never before the last entry.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        if let Some(Trouble::ClockInDoubt(_)) = self.shared.trouble().as_deref() {
            return self.shared.snapshot().figures.day;
        }
        let now = (self.clock)();
        day_of(self.shared.recorded_at().map_or(now, |at| at.max(now)))
    }

    /// What keeps this process from doing its work, if anything.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<Trouble>> {
        self.shared.trouble()
    }

    /// This process's clock less the database's; zero where the database has none of its own.
    #[must_use]
    pub fn clock_offset(&self) -> TimeDelta {
        self.shared.clock_offset()
    }

    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The counters since the start of this process.
    #[must_use]
    pub fn counters(&self) -> &WriterCounters {
        &self.shared.counters
    }

    /// How often this process loaded everything again, whatever the reason: what was kept of closed days may have changed.
    #[must_use]
    pub fn reloads(&self) -> u64 {
        self.shared.counters.reloads.load(Ordering::Relaxed)
    }

    /// How often this process loaded everything again, because the database no longer held what it knew.
    #[must_use]
    pub fn rebuilds(&self) -> u64 {
        self.shared.counters.rebuilds.load(Ordering::Relaxed)
    }

    /// The most requests that the queue holds.
    #[must_use]
    pub fn queue_capacity(&self) -> usize {
        self.queue_capacity
    }

    /// The version of the stored checkpoint, as this process knows it.
    #[must_use]
    pub fn checkpoint(&self) -> i64 {
        self.shared.checkpoint()
    }

    /// The time since the head was last read. The numbers are at most this time and 250 ms old.
    #[must_use]
    pub fn followed_ago(&self) -> Duration {
        self.shared.followed_ago()
    }

    /// Whether the writer thread runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.shared.is_alive()
    }

    /// Waits for the end of the writer thread. One waiter alone is woken.
    pub async fn ended(&self) {
        self.shared.ended().await;
    }

    /// Whether the database answered when the writer last asked it, within the last ten seconds.
    #[must_use]
    pub fn is_database_up(&self) -> bool {
        self.shared.is_database_up()
    }

    /// Carries out and answers the requests in the queue, moves the checkpoint, ends the thread. Blocks, but not for longer than
    /// `within`: a commit may wait for a standby that never answers. Returns whether the thread ended.
    pub fn stop(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        let Some(thread) = thread else { return true };
        let mut told = false;
        while !thread.is_finished() {
            // Fails while the queue is full.
            told = told || self.queue.try_send(Job::Stop).is_ok();
            if Instant::now() >= until {
                tracing::error!(
                    "the writer does not end; what it was asked may still be done, and sending it again is safe"
                );
                return false;
            }
            std::thread::sleep(STOP_PAUSE);
        }
        if thread.join().is_err() {
            tracing::error!("the writer ended in a panic");
        }
        true
    }
}
