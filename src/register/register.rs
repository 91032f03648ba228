//! The handle that the rest of the program holds: ask for a change, read the snapshot.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::{Notify, oneshot};

use crate::db::ledger::Activations;
use crate::db::{Database, DbError};
use crate::domain::counting::{CellTable, NationalSums, OwnerKind};
use crate::domain::figures::{Methodology, Selection};
use crate::domain::records::Directory;
use crate::domain::values::Hash;
use crate::register::counted::{Cells, CellsByOwner, CellsByOwnerCache};
use crate::register::published::{Figures, Render, Snapshot};
use crate::register::writer::{Asked, Clock, Job, UnderWay, Writer, WriterCounters};

use super::commands::{Done, Failure, Request};

/// Requests that may wait if nothing else is set; one more is answered 503.
pub const QUEUE: usize = 1024;
/// Connections of the writer: one for batches, one for everything else that it does.
const WRITER_CONNECTIONS: u32 = 2;
/// A database that has not answered the writer for this long is not there, whatever it said before.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// An accepted write that has no answer after this long gets 503. It may still be carried out;
/// sending it again is safe.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// How a register works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Requests that may wait.
    pub queue: usize,
    /// Whether the headline of each month's last day is published for good when the month is over.
    pub monthly_releases: bool,
}

/// Every cell at one version of the register.
#[derive(Default)]
pub struct Counted {
    /// The version.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// When that was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The cells.
    pub cells: Cells,
    /// The sums of the country, which can be kept after this is let go.
    pub national: Arc<NationalSums>,
}

impl Counted {
    /// The fewest sums that know what a selection asks for.
    #[must_use]
    pub fn sums_for(&self, selection: &Selection) -> &CellTable {
        if selection.is_national() { self.national.as_cells() } else { self.cells.sums() }
    }
}

/// What the writer publishes and everybody reads.
pub(super) struct Shared {
    pub(super) stats: WriterCounters,
    pub(super) directory: ArcSwap<Directory>,
    pub(super) activations: ArcSwap<Activations>,
    pub(super) checkpoint: AtomicI64,
    database_up: AtomicBool,
    /// Milliseconds from `began` to when the database was last asked.
    asked_at: AtomicU64,
    /// Milliseconds from `began` to when it last answered.
    followed_at: AtomicU64,
    began: Instant,
    /// The instant of the last entry that this process knows, in microseconds.
    pub(super) recorded_at: AtomicI64,
    alive: AtomicBool,
    ended: Notify,
    /// The cells, and the version that they are of.
    pub(super) counted: RwLock<Counted>,
    snapshot: ArcSwap<Snapshot>,
}

impl Shared {
    /// Notes whether the database answered just now.
    pub(super) fn note_database_answer(&self, database_up: bool) {
        self.database_up.store(database_up, Ordering::Relaxed);
        let asked_at = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.asked_at.store(asked_at, Ordering::Relaxed);
        if database_up {
            self.followed_at.store(asked_at, Ordering::Relaxed);
        }
    }

    pub(super) fn publish(&self, snapshot: Snapshot, cells: usize) {
        self.stats.cells.store(cells as u64, Ordering::Relaxed);
        self.snapshot.store(Arc::new(snapshot));
    }

    pub(super) fn day(&self) -> NaiveDate {
        self.snapshot.load().figures.day
    }
}

/// The register: one writer thread behind a queue. Cheap to share behind an `Arc`.
pub struct Register {
    database: Database,
    clock: Clock,
    queue: SyncSender<Job>,
    queue_capacity: usize,
    shared: Arc<Shared>,
    under_way: UnderWay,
    cells_by_owner: CellsByOwnerCache,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Register {
    /// Loads the cells, publishes the first snapshot, starts the writer.
    pub fn start(database: &Database, clock: &Clock, render: &Render, options: Options) -> Result<Self, DbError> {
        let shared = Arc::new(Shared {
            stats: WriterCounters::default(),
            directory: ArcSwap::default(),
            activations: ArcSwap::default(),
            checkpoint: AtomicI64::new(0),
            database_up: AtomicBool::new(true),
            asked_at: AtomicU64::new(0),
            followed_at: AtomicU64::new(0),
            began: Instant::now(),
            recorded_at: AtomicI64::new(0),
            alive: AtomicBool::new(true),
            ended: Notify::new(),
            counted: RwLock::default(),
            snapshot: ArcSwap::from_pointee(nothing(clock, render)),
        });
        let own = database.apart(WRITER_CONNECTIONS)?;
        let writer = Writer::load(own, clock.clone(), render.clone(), shared.clone(), options.monthly_releases)?;
        let (sender, jobs) = sync_channel(options.queue);
        let thread = Mutex::new(Some(spawn(writer, jobs, shared.clone())?));
        Ok(Self {
            database: database.clone(),
            clock: clock.clone(),
            queue: sender,
            queue_capacity: options.queue,
            shared,
            under_way: UnderWay::default(),
            cells_by_owner: CellsByOwnerCache::default(),
            thread,
        })
    }

    /// Asks for a change. An answer `Ok` means that it is on disk. The change goes on when the
    /// caller goes away.
    pub async fn submit(&self, request: Request) -> Result<Done, Failure> {
        let _under_way = self.under_way.enter(&request)?;
        let (answer, answered) = oneshot::channel();
        let stats = &self.shared.stats;
        stats.waiting.fetch_add(1, Ordering::Relaxed);
        let Err(error) = self.queue.try_send(Job::Do(Asked { request, answer, at: Instant::now() })) else {
            return answer_within(ANSWER_WITHIN, answered).await?;
        };
        stats.waiting.fetch_sub(1, Ordering::Relaxed);
        if matches!(error, TrySendError::Full(_)) {
            stats.turned_away.fetch_add(1, Ordering::Relaxed);
        }
        Err(Failure::Unavailable)
    }

    /// Turns a request away before it is looked at, if there is no place for it.
    pub fn is_queue_full(&self) -> bool {
        let stats = &self.shared.stats;
        let waiting = usize::try_from(stats.waiting.load(Ordering::Relaxed)).unwrap_or_default();
        let full = waiting >= self.queue_capacity;
        stats.turned_away.fetch_add(u64::from(full), Ordering::Relaxed);
        full
    }

    /// Asks for many changes, each with its own outcome; they stand in the queue as one.
    pub async fn submit_all(&self, requests: Vec<Request>) -> Result<Vec<Result<Done, Failure>>, Failure> {
        let (answer, answered) = oneshot::channel();
        if self.queue.try_send(Job::DoAll(requests, answer)).is_err() {
            self.shared.stats.turned_away.fetch_add(1, Ordering::Relaxed);
            return Err(Failure::Unavailable);
        }
        answer_within(ANSWER_WITHIN, answered).await
    }

    /// Reads what other processes wrote now, not a quarter of a second later.
    pub async fn refresh(&self) {
        let (answer, answered) = oneshot::channel();
        if self.queue.try_send(Job::Refresh(Instant::now(), answer)).is_ok() {
            // A writer that is gone has nothing new to tell.
            let _ = answered.await;
        }
    }

    /// The newest snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.shared.snapshot.load_full()
    }

    /// The cells, and the version that they are of. Whoever holds this keeps the writer waiting.
    pub fn cells(&self) -> RwLockReadGuard<'_, Counted> {
        self.shared.counted.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each partner's, or each project's, installations count for, lately. Blocks, on a large register for long.
    pub fn cells_by_owner(&self, owner: OwnerKind) -> Result<Arc<CellsByOwner>, DbError> {
        self.cells_by_owner.get(&self.database, owner)
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

    /// Which methodology came into force by which entry, as far as this process knows the register.
    #[must_use]
    pub fn activations(&self) -> Arc<Activations> {
        self.shared.activations.load_full()
    }

    /// The database, for reading.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Today in Hà Nội, and never before the last entry.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        let recorded_at = DateTime::from_timestamp_micros(self.shared.recorded_at.load(Ordering::Relaxed));
        let now = (self.clock)();
        crate::domain::values::day_of(recorded_at.map_or(now, |at| at.max(now)))
    }

    /// What tells the time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Counts since the start.
    #[must_use]
    pub fn counters(&self) -> &WriterCounters {
        &self.shared.stats
    }

    /// How many requests may wait.
    #[must_use]
    pub fn queue_capacity(&self) -> usize {
        self.queue_capacity
    }

    /// The version up to which the checkpoint has the journal, as this process knows.
    #[must_use]
    pub fn checkpoint(&self) -> i64 {
        self.shared.checkpoint.load(Ordering::Relaxed)
    }

    /// How long ago the head was last read: the numbers are no older than this and a quarter of a second.
    #[must_use]
    pub fn followed_ago(&self) -> Duration {
        let at = Duration::from_millis(self.shared.followed_at.load(Ordering::Relaxed));
        self.shared.began.elapsed().saturating_sub(at)
    }

    /// Whether the writer is at work.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.shared.alive.load(Ordering::Relaxed)
    }

    /// Waits until the writer is no longer at work, for one asker.
    pub async fn ended(&self) {
        self.shared.ended.notified().await;
    }

    /// Whether the database answered when it was last asked.
    #[must_use]
    pub fn is_database_up(&self) -> bool {
        let shared = &self.shared;
        let asked_at = Duration::from_millis(shared.asked_at.load(Ordering::Relaxed));
        let waits = shared.began.elapsed().saturating_sub(asked_at);
        shared.database_up.load(Ordering::Relaxed) && waits < ANSWERS_WITHIN
    }

    /// Commits what was accepted, answers it, moves the checkpoint, stops. Blocks.
    pub fn stop(&self) {
        // The queue may be full: this waits for its turn behind what was accepted.
        let told = self.queue.send(Job::Stop);
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let (Ok(()), Some(thread)) = (told, thread)
            && thread.join().is_err()
        {
            tracing::error!("the writer ended in a panic");
        }
    }
}

/// The writer's answer. A caller does not wait for ever for a writer that hangs.
async fn answer_within<T>(limit: Duration, answered: oneshot::Receiver<T>) -> Result<T, Failure> {
    if let Ok(answer) = tokio::time::timeout(limit, answered).await {
        return answer.map_err(|_| Failure::Unavailable);
    }
    tracing::error!("the writer did not answer in time; what was asked may still be done");
    Err(Failure::Unavailable)
}

fn spawn(writer: Writer, jobs: Receiver<Job>, shared: Arc<Shared>) -> Result<JoinHandle<()>, DbError> {
    let work = move || {
        let _alive = Alive(shared);
        writer.run(&jobs);
    };
    let thread = std::thread::Builder::new().name("register-writer".to_owned()).spawn(work);
    thread.map_err(|error| DbError::Unusable(format!("the writer cannot start: {error}")))
}

/// Notes the end of the writer, however it ends.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive.store(false, Ordering::Relaxed);
        self.0.ended.notify_one();
    }
}

/// What stands before the first snapshot; nobody sees it.
fn nothing(clock: &Clock, render: &Render) -> Snapshot {
    let figures = Figures::before_the_register(crate::domain::values::day_of(clock()));
    Snapshot::new(figures, Arc::default(), render)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_for_a_writer_that_hangs_ends_as_unavailable() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (answer, answered) = oneshot::channel::<Result<Done, Failure>>();
            let waited = answer_within(Duration::from_millis(10), answered).await;
            assert!(matches!(waited, Err(Failure::Unavailable)));
            // It is carried out all the same; nobody hears of it.
            assert!(answer.send(Ok(Done::Administered)).is_err());
        });
    }

    #[test]
    fn wait_for_a_writer_that_answers_gives_its_answer() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (answer, answered) = oneshot::channel();
            answer.send(Ok::<_, Failure>(Done::Administered)).unwrap();
            assert!(matches!(answer_within(ANSWER_WITHIN, answered).await, Ok(Ok(Done::Administered))));
        });
    }
}
