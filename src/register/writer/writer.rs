//! The writer thread: it takes requests from the queue in batches, and does the due steps after each batch.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::ledger::head;
use crate::db::{Database, DbError, Url};
use crate::register::commands::{Done, Failure, Request};
use crate::register::counted::{FollowedHead, PublicCounts};
use crate::register::marker::MarkerKeeper;
use crate::register::published::{ClosedDays, PageRenderer};

use super::clock_watch::{Clock, ClockReading};
use super::closing::DayClosing;
use super::queue::{Job, MOST_IN_A_BATCH, QueuedRequest, gather};
use super::settling::Settling;
use super::shared::{Alive, Shared};
use super::transaction::BatchTransaction;
use super::trouble::Trouble;

/// How long no request may come before a batch under load is closed, on PostgreSQL.
const LULL: Duration = Duration::from_micros(100);
/// While more wait than one batch takes, who waited longer is turned away. The others are then answered within a second.
const WAITS_AT_MOST: Duration = Duration::from_millis(500);
/// The head is polled this often, and a snapshot is made at most this often.
pub(super) const TICK: Duration = Duration::from_millis(250);
/// While days are closed it is asked this often whether that has ended.
const CLOSE_ENDED: Duration = Duration::from_millis(5);

/// How a register works.
#[derive(Clone, Debug)]
pub struct Options {
    /// The most requests that the queue holds.
    pub queue: usize,
    /// Whether the headline of each month end is released when the month is over.
    pub monthly_releases: bool,
    /// The most new installations of a partner and day; 0 is no limit.
    pub daily_installations: u32,
    /// The data directory that remembers how far the register has come, if any.
    pub marker: Option<PathBuf>,
}

/// The writer: everything that the thread alone owns.
pub struct Writer {
    pub(super) database: Database,
    pub(super) transaction: BatchTransaction,
    pub(super) renderer: PageRenderer,
    pub(super) shared: Arc<Shared>,
    /// The sums behind the public numbers, kept in step posting by posting.
    pub(super) counts: PublicCounts,
    pub(super) closed: ClosedDays,
    /// While further days are closed.
    pub(super) closing: Option<DayClosing>,
    /// The id of the register. Another one in its place ends the writer.
    pub(super) instance_id: Option<String>,
    /// Why the thread has to end, so that the process is started anew.
    pub(super) must_end: Option<String>,
    pub(super) marker: Option<MarkerKeeper>,
    /// The version that the cells, the counts and `shared.counted` stand at.
    pub(super) known: FollowedHead,
    /// The version of the last snapshot.
    pub(super) published: Option<i64>,
    pub(super) monthly_releases: bool,
    /// The newest month end whose release this process made or found.
    pub(super) released: Option<NaiveDate>,
    /// How far the steps of suspensions are, and when that was asked.
    pub(super) settling: Settling,
    pub(super) settled_at: Instant,
    /// Whether partners, clients or activations changed since the directory was read.
    pub(super) stale_directory: bool,
    /// Whether the database said something that contradicts what this process knows, so that it has to load everything again.
    pub(super) contradicted: bool,
    /// Why what the database holds can be no register, and why a day cannot be closed.
    pub(super) unreadable: Option<String>,
    pub(super) unclosable: Option<String>,
    /// When it was last tried to load everything again.
    pub(super) rebuilt_at: Option<Instant>,
    /// What the clock said at the last poll, and why that is not believed. Then the day stays that of the last sign of life.
    pub(super) reading: ClockReading,
    pub(super) read_at: Instant,
    /// The last sign of life of the register.
    pub(super) last_sign: DateTime<Utc>,
    /// Why this program may neither follow the register nor write to it any more.
    pub(super) outdated: Option<String>,
    /// Why no write succeeds. Then a small one is tried every second.
    pub(super) write_trouble: Option<Trouble>,
    pub(super) missing_methodology: Option<String>,
    pub(super) published_at: Instant,
    pub(super) polled_at: Instant,
    pub(super) busy_at: Instant,
    pub(super) forget_at: Instant,
    pub(super) probed_at: Instant,
}

impl Writer {
    /// Loads the checkpoint and the journal after it, and publishes the first snapshot.
    pub fn load(
        database: Database,
        clock: Clock,
        renderer: PageRenderer,
        shared: Arc<Shared>,
        options: Options,
    ) -> Result<Self, DbError> {
        let transaction =
            BatchTransaction::new(database.clone(), clock).with_daily_installations(options.daily_installations);
        let mut connection = database.connection()?;
        if head::read(&mut connection)?.awaits_own_entry() {
            transaction.write_own_entry()?;
        }
        let now = Instant::now();
        let mut writer = Self {
            database,
            transaction,
            renderer,
            shared,
            counts: PublicCounts::default(),
            closed: ClosedDays::none(),
            closing: None,
            known: FollowedHead::default(),
            published: None,
            instance_id: None,
            must_end: None,
            marker: options.marker.map(MarkerKeeper::new),
            monthly_releases: options.monthly_releases,
            released: None,
            settling: Settling::Unknown,
            settled_at: now,
            stale_directory: false,
            contradicted: false,
            unreadable: None,
            unclosable: None,
            rebuilt_at: None,
            reading: ClockReading { now: DateTime::UNIX_EPOCH, doubt: None },
            read_at: now,
            last_sign: DateTime::UNIX_EPOCH,
            outdated: None,
            write_trouble: None,
            missing_methodology: None,
            published_at: now,
            polled_at: now,
            busy_at: now,
            forget_at: now,
            probed_at: now,
        };
        writer.load_register(&mut connection)?;
        writer.methodology()?;
        writer.read_new_entries(&mut connection)?;
        // Days that are over are closed later, because a start must not wait for a commit.
        let day = writer.open_day(&mut connection)?;
        writer.publish(day);
        writer.tell_trouble();
        Ok(writer)
    }

    /// Starts the thread.
    pub fn spawn(self, queue: Receiver<Job>) -> Result<JoinHandle<()>, DbError> {
        let work = move || {
            let _alive = Alive(self.shared.clone());
            self.run(&queue);
        };
        let thread = std::thread::Builder::new().name("register-writer".to_owned()).spawn(work);
        thread.map_err(|error| DbError::Unusable(format!("the writer cannot start: {error}")))
    }

    /// Works until a stop job comes, or nobody holds the other end of the queue.
    fn run(mut self, queue: &Receiver<Job>) {
        // SQLite commits so quickly that waiting costs more than it saves.
        let lull = if matches!(self.database.url(), Url::Postgres(_)) { LULL } else { Duration::ZERO };
        let mut next = None;
        self.shared.note_round();
        // The days that ended while nobody was at work are closed at once.
        self.published_at = self.published_at.checked_sub(TICK).unwrap_or(self.published_at);
        self.keep_up();
        loop {
            let job = next.take().map_or_else(|| queue.recv_timeout(self.patience()), Ok);
            match job {
                Ok(Job::Submit(first)) => {
                    let (batch, other) = gather(queue, first, lull);
                    next = other;
                    self.write_batch(batch);
                }
                Ok(Job::SubmitAll(requests, reply)) => {
                    let requests: Vec<&Request> = requests.iter().collect();
                    // The caller may be gone; the changes stay.
                    let _ = reply.send(requests.chunks(MOST_IN_A_BATCH).flat_map(|batch| self.write(batch)).collect());
                }
                Ok(Job::Refresh(asked_at, reply)) => {
                    if self.polled_at < asked_at {
                        self.poll();
                    }
                    // The caller may be gone.
                    let _ = reply.send(());
                }
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.keep_up();
            if let Some(why) = &self.must_end {
                tracing::error!("{why}");
                return;
            }
        }
        self.closing = None;
        self.move_checkpoint_at_the_end();
    }

    /// How long the thread may wait for the next job before something else falls due.
    fn patience(&self) -> Duration {
        if self.settling == Settling::InSteps && self.outdated.is_none() {
            return Duration::ZERO;
        }
        let tick = if self.closing.is_some() { CLOSE_ENDED } else { TICK };
        let due = tick.min(TICK.saturating_sub(self.polled_at.elapsed()));
        let unpublished = self.published != Some(self.known.public.version);
        if unpublished { due.min(TICK.saturating_sub(self.published_at.elapsed())) } else { due }
    }

    /// Writes a batch and answers its requests. Requests that waited too long are turned away first.
    fn write_batch(&mut self, batch: Vec<QueuedRequest>) {
        let counters = &self.shared.counters;
        let taken = i64::try_from(batch.len()).unwrap_or(i64::MAX);
        let waiting = counters.waiting.fetch_sub(taken, Ordering::Relaxed);
        let patience = if waiting - taken > 0 { WAITS_AT_MOST } else { Duration::MAX };
        let (batch, late): (Vec<_>, Vec<_>) = batch.into_iter().partition(|one| one.queued_at.elapsed() <= patience);
        counters.turned_away.fetch_add(late.len() as u64, Ordering::Relaxed);
        for queued in late {
            let _ = queued.reply.send(Err(Failure::Unavailable));
        }
        if batch.is_empty() {
            return;
        }
        let requests: Vec<&Request> = batch.iter().map(|queued| &queued.request).collect();
        let results = self.write(&requests);
        for (queued, result) in batch.into_iter().zip(results) {
            let _ = queued.reply.send(result);
        }
    }

    /// Writes one batch, follows its postings, and returns one outcome a request.
    pub(super) fn write(&mut self, requests: &[&Request]) -> Vec<Result<Done, Failure>> {
        self.busy_at = Instant::now();
        let executed = self.transaction.execute(requests);
        let shared = self.shared.clone();
        let counters = &shared.counters;
        counters.batch_seconds.observe(self.busy_at.elapsed().as_secs_f64());
        counters.batches.fetch_add(1, Ordering::Relaxed);
        for committed in &executed.committed {
            let entries = u64::try_from(committed.version - committed.from).unwrap_or_default();
            counters.entries.fetch_add(entries, Ordering::Relaxed);
            self.follow(committed);
        }
        let failed = executed.results.iter().filter_map(|result| result.as_ref().err());
        let failed = failed.filter(|failure| !matches!(failure, Failure::Refused(_)));
        counters.failures.fetch_add(failed.clone().count() as u64, Ordering::Relaxed);
        let trouble = failed.clone().find_map(Trouble::of_write);
        if trouble.is_some() || !executed.committed.is_empty() {
            self.write_trouble = trouble;
        }
        executed.results
    }

    /// Takes each step that is due:
    ///
    /// 1. every 250 ms, polls the head for the entries of other processes;
    /// 2. when the version or the day moved, has the days closed that are over, then publishes a snapshot;
    /// 3. moves the checkpoint when the register is idle or the journal has grown long;
    /// 4. makes a step of what suspended and resumed partners ask for;
    /// 5. forgets old idempotency keys, notes that the clock is believed, and tries whether writes succeed again.
    ///
    /// A newer program may have changed the register. Then nothing but the head is read, and nothing is written. Step 2
    /// publishes nothing while a day is still open, because a version must have the same bytes on a day in every process.
    fn keep_up(&mut self) {
        if self.polled_at.elapsed() >= TICK {
            self.poll();
            self.keep_marker();
        }
        if self.must_end.is_some() {
            return;
        }
        if self.outdated.is_none() {
            self.publish_when_due();
            self.move_checkpoint_when_due();
            self.settle_suspensions_when_due();
            self.forget_keys_when_due();
            self.note_clock_when_due();
        } else {
            self.closing = None;
        }
        self.tell_trouble();
        if self.closing.as_ref().is_none_or(DayClosing::goes_on) {
            self.shared.note_round();
        }
    }
}
