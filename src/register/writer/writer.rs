//! The writer: one thread that takes requests from a queue in batches, keeps the cells in step
//! with the register, publishes snapshots, and moves the checkpoint when there is time.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use tokio::sync::oneshot;

use crate::db::ledger::{activations, cells_and_journal as stored, head, idempotency_keys};
use crate::db::partners::partners_and_clients;
use crate::db::{Connection, Database, DbError, Url};
use crate::domain::figures::{Estimator, Methodology, VerifiedOutput};
use crate::domain::records::Actor;
use crate::domain::values::{Hash, date};
use crate::register::commands::{Command, Done, Failure, Request};
use crate::register::counted::Cells;
use crate::register::published::{ClosedDays, Figures, PublicCounts, Render, Snapshot};
use crate::register::register::Shared;

use super::transaction::{BatchTransaction, Clock, Committed};

/// Requests decided in one transaction, at most.
const MOST_IN_A_BATCH: usize = 256;
/// Requests waiting together are a load, and a load is followed by more before this long.
const LOAD: usize = 8;
const LULL: Duration = Duration::from_micros(100);
/// While more is waiting than one batch takes, what waited longer than this is turned away: the
/// others are then answered within a second.
const WAITS_AT_MOST: Duration = Duration::from_millis(500);
/// How often the head is polled, and how often at most a snapshot is made.
const TICK: Duration = Duration::from_millis(250);
/// Without requests for this long, the checkpoint moves.
const IDLE: Duration = Duration::from_secs(1);
/// Entries behind the head at which the checkpoint moves also under load, when every step keeps
/// the requests waiting: about as many as a restart reads in two seconds.
const CHECKPOINT_LAG: i64 = 500_000;
/// Entries by which it moves at a time: a fraction of a second.
const CHECKPOINT_STEP: i64 = 2_000;
/// How long it moves at the end. What is left of it is done after the next start.
const LAST_CHECKPOINT: Duration = Duration::from_secs(5);

/// Who publishes each month's last headline, in entries.
const SCHEDULE: &str = "schedule";
/// Answers are kept under idempotency keys for at least a day.
const KEYS_KEPT: TimeDelta = TimeDelta::days(2);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// So many are forgotten at a time, some milliseconds' worth, because requests wait meanwhile.
const FORGET_STEP: u32 = 2_000;

/// What stands in the queue.
#[expect(clippy::large_enum_variant, reason = "almost every job is one request: a box would cost each an allocation")]
pub(in crate::register) enum Job {
    /// One request.
    Do(Asked),
    /// Many requests of one asker, each with its own outcome.
    DoAll(Vec<Request>, oneshot::Sender<Vec<Result<Done, Failure>>>),
    /// Read what others wrote up to this instant, not at the next tick.
    Refresh(Instant, oneshot::Sender<()>),
    /// Finish what is in the queue, then stop.
    Stop,
}

/// A request that waits.
pub(in crate::register) struct Asked {
    pub(in crate::register) request: Request,
    /// Where its answer goes. Whoever asked may have gone; what was done stays done.
    pub(in crate::register) answer: oneshot::Sender<Result<Done, Failure>>,
    pub(in crate::register) at: Instant,
}

pub(in crate::register) struct Writer {
    database: Database,
    engine: BatchTransaction,
    clock: Clock,
    render: Render,
    shared: Arc<Shared>,
    /// What the public numbers are made from, kept in step posting by posting.
    sums: PublicCounts,
    closed: ClosedDays,
    known: FollowedHead,
    /// The version that the last snapshot was made of.
    published: Option<i64>,
    monthly_releases: bool,
    /// The last day of the month that was published for good last, as far as this process knows.
    released: Option<NaiveDate>,
    /// Partners or clients changed and were not read again yet.
    stale_directory: bool,
    published_at: Instant,
    polled_at: Instant,
    busy_at: Instant,
    forget_at: Instant,
}

/// How far the cells have followed the register.
#[derive(Clone, Copy)]
pub(in crate::register) struct FollowedHead {
    version: i64,
    hash: Hash,
    recorded_at: DateTime<Utc>,
}

impl Writer {
    /// Loads the checkpoint and the journal after it.
    pub(in crate::register) fn load(
        database: Database,
        clock: Clock,
        render: Render,
        shared: Arc<Shared>,
        monthly_releases: bool,
    ) -> Result<Self, DbError> {
        let mut connection = database.connection()?;
        let (known, cells) = crate::db::engine::read(&mut connection, load_cells)?;
        let mut sums = PublicCounts::default();
        sums.add(cells.iter());
        shared.counted.write().unwrap_or_else(PoisonError::into_inner).cells = cells;
        let closed = ClosedDays::load(&mut connection, &sums, known.version)?;
        let now = Instant::now();
        let engine = BatchTransaction::new(database.clone(), clock.clone());
        let mut writer = Self {
            database,
            engine,
            clock,
            render,
            shared,
            sums,
            closed,
            known,
            published: None,
            monthly_releases,
            released: None,
            stale_directory: false,
            published_at: now,
            polled_at: now,
            busy_at: now,
            forget_at: now,
        };
        writer.take(&[], known);
        writer.shared.checkpoint.store(stored::checkpoint_version(&mut connection)?, Ordering::Relaxed);
        writer.reload_directory(&mut connection)?;
        writer.methodology()?;
        let today = writer.day();
        writer.close_days(&mut connection, today)?;
        writer.release_months();
        writer.publish(today);
        Ok(writer)
    }

    /// Works until it is told to stop, or nobody is left to ask.
    pub(in crate::register) fn run(mut self, queue: &Receiver<Job>) {
        // SQLite commits so quickly that waiting costs more than it saves.
        let lull = if matches!(self.database.url(), Url::Postgres(_)) { LULL } else { Duration::ZERO };
        let mut next = None;
        loop {
            let job = next.take().map_or_else(|| queue.recv_timeout(self.patience()), Ok);
            match job {
                Ok(Job::Do(first)) => {
                    let (batch, other) = gather(queue, first, lull);
                    next = other;
                    self.execute(batch);
                }
                Ok(Job::DoAll(requests, answer)) => {
                    let requests: Vec<&Request> = requests.iter().collect();
                    let results = requests.chunks(MOST_IN_A_BATCH).flat_map(|batch| self.carry_out(batch)).collect();
                    // Whoever asked may have gone; what was done stays done.
                    let _ = answer.send(results);
                }
                Ok(Job::Refresh(asked_at, answer)) => {
                    if self.polled_at < asked_at {
                        self.poll();
                    }
                    // Whoever asked may have gone.
                    let _ = answer.send(());
                }
                Ok(Job::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.keep_up();
        }
        self.checkpoint(LAST_CHECKPOINT);
    }

    fn patience(&self) -> Duration {
        let due = TICK.saturating_sub(self.polled_at.elapsed());
        let unpublished = self.published != Some(self.known.version);
        if unpublished { due.min(TICK.saturating_sub(self.published_at.elapsed())) } else { due }
    }

    fn execute(&mut self, batch: Vec<Asked>) {
        let stats = &self.shared.stats;
        let taken = i64::try_from(batch.len()).unwrap_or(i64::MAX);
        let waiting = stats.waiting.fetch_sub(taken, Ordering::Relaxed);
        let patience = if waiting - taken > 0 { WAITS_AT_MOST } else { Duration::MAX };
        let (batch, late): (Vec<_>, Vec<_>) = batch.into_iter().partition(|asked| asked.at.elapsed() <= patience);
        stats.turned_away.fetch_add(late.len() as u64, Ordering::Relaxed);
        for asked in late {
            let _ = asked.answer.send(Err(Failure::Unavailable));
        }
        if batch.is_empty() {
            return;
        }
        let requests: Vec<&Request> = batch.iter().map(|asked| &asked.request).collect();
        let results = self.carry_out(&requests);
        for (asked, result) in batch.into_iter().zip(results) {
            let _ = asked.answer.send(result);
        }
    }

    fn carry_out(&mut self, requests: &[&Request]) -> Vec<Result<Done, Failure>> {
        self.busy_at = Instant::now();
        let executed = self.engine.execute(requests);
        let shared = self.shared.clone();
        let stats = &shared.stats;
        stats.batch_seconds.observe(self.busy_at.elapsed().as_secs_f64());
        stats.batches.fetch_add(1, Ordering::Relaxed);
        for committed in &executed.committed {
            let entries = u64::try_from(committed.version - committed.from).unwrap_or_default();
            stats.entries.fetch_add(entries, Ordering::Relaxed);
            self.follow(committed);
        }
        let failed = executed.results.iter().filter(|r| matches!(r, Err(Failure::Unavailable | Failure::Broken)));
        stats.failures.fetch_add(failed.count() as u64, Ordering::Relaxed);
        executed.results
    }

    /// Takes over an own batch, after what other processes wrote before it.
    fn follow(&mut self, committed: &Committed) {
        self.stale_directory |= committed.administrative;
        if committed.from > self.known.version || self.stale_directory {
            self.poll();
        }
        // A poll that failed, or that went past this batch already, leaves nothing to do here.
        if committed.from == self.known.version {
            let known = FollowedHead { version: committed.version, hash: committed.hash, recorded_at: committed.at };
            self.take(&committed.postings, known);
        }
    }

    /// Adds what was posted, and stands at the version that it led to.
    fn take(&mut self, postings: &[stored::CellTotals], known: FollowedHead) {
        self.known = known;
        let mut counted = self.shared.counted.write().unwrap_or_else(PoisonError::into_inner);
        // Let go of first: what nobody else holds is changed in place.
        counted.national = Arc::default();
        self.sums.add(postings.iter().copied());
        counted.national = self.sums.national.clone();
        counted.cells.apply(postings);
        (counted.version, counted.hash, counted.recorded_at) = (known.version, known.hash, known.recorded_at);
        self.shared.recorded_at.store(known.recorded_at.timestamp_micros(), Ordering::Relaxed);
    }

    /// What has to be done now and then.
    fn keep_up(&mut self) {
        if self.polled_at.elapsed() >= TICK {
            self.poll();
        }
        // Asked for once: midnight may pass before the numbers of the day are out.
        let day = self.day();
        let stale = self.published != Some(self.known.version) || day != self.shared.day();
        // Which methodology is in force stands in the directory.
        if stale && !self.stale_directory && self.published_at.elapsed() >= TICK {
            let closed = self.closed.are_up_to(day, self.known.version);
            match if closed { Ok(()) } else { self.close_days_now(day) } {
                Ok(()) => {
                    self.release_months();
                    self.publish(day);
                }
                Err(error) => {
                    // Not again before the next tick.
                    self.published_at = Instant::now();
                    tracing::warn!(%error, "a day could not be closed; the numbers stay as they were");
                }
            }
        }
        let lag = self.known.version - self.shared.checkpoint.load(Ordering::Relaxed);
        let idle = self.busy_at.elapsed() >= IDLE;
        if lag >= CHECKPOINT_LAG || (idle && lag > 0) {
            self.checkpoint(Duration::ZERO);
        }
        if Instant::now() >= self.forget_at {
            self.forget_keys();
        }
    }

    /// Lets go of answers that nobody will ask for again; soon of the next, if there are more.
    fn forget_keys(&mut self) {
        let before = (self.clock)() - KEYS_KEPT;
        let forgotten =
            self.database.connection().and_then(|mut c| idempotency_keys::forget(&mut c, before, FORGET_STEP));
        let is_full = matches!(forgotten, Ok(count) if count >= FORGET_STEP as usize);
        self.forget_at = Instant::now() + if is_full { TICK } else { FORGET_EVERY };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "old idempotency keys were not forgotten");
        }
    }

    /// Reads what others wrote.
    fn poll(&mut self) {
        self.polled_at = Instant::now();
        let read = self.read_news();
        self.shared.note_database_answer(read.is_ok());
        if let Err(error) = read {
            tracing::warn!(%error, "the register cannot be followed just now");
        }
    }

    fn read_news(&mut self) -> Result<(), DbError> {
        let mut connection = self.database.connection()?;
        let mut news = None;
        if head::version(&mut connection)? != self.known.version {
            let head = head::read(&mut connection)?;
            self.stale_directory |= partners_and_clients::changed(&mut connection, self.known.version, head.version)?;
            let postings = stored::postings(&mut connection, self.known.version, head.version)?;
            news = Some((
                postings,
                FollowedHead { version: head.version, hash: head.hash, recorded_at: head.recorded_at },
            ));
        }
        // Before the cells: whoever reads those asks the directory for the methodology of their version.
        if self.stale_directory {
            self.reload_directory(&mut connection)?;
            self.stale_directory = false;
        }
        if let Some((postings, known)) = news {
            self.take(&postings, known);
        }
        Ok(())
    }

    fn reload_directory(&self, connection: &mut Connection) -> Result<(), DbError> {
        let directory = partners_and_clients::directory(connection)?;
        self.shared.directory.store(Arc::new(directory));
        self.shared.activations.store(Arc::new(activations::read(connection)?));
        Ok(())
    }

    fn day(&self) -> NaiveDate {
        date::day_of((self.clock)().max(self.known.recorded_at))
    }

    /// The methodology in force.
    fn methodology(&self) -> Result<&'static Methodology, DbError> {
        self.shared.activations.load().at(self.known.version)
    }

    /// Keeps the days that are over. Until that is done, nothing new is published: the same version
    /// on the same day has the same bytes everywhere.
    fn close_days(&mut self, connection: &mut Connection, today: NaiveDate) -> Result<(), DbError> {
        self.closed.close(connection, (today, &self.shared.counted), &self.render)
    }

    fn close_days_now(&mut self, today: NaiveDate) -> Result<(), DbError> {
        let mut connection = self.database.connection()?;
        self.close_days(&mut connection, today)
    }

    /// Publishes the last headline of each month that is over for good, unless that is done.
    fn release_months(&mut self) {
        if !self.monthly_releases {
            return;
        }
        for day in self.closed.month_ends_after(self.released) {
            let request = Request::new(Actor::operator(SCHEDULE), Command::Release(day));
            match self.carry_out(&[&request]).pop() {
                Some(Ok(_)) => self.released = Some(day),
                other => return tracing::warn!(%day, outcome = ?other, "the release of a month has still to be made"),
            }
        }
    }

    fn publish(&mut self, day: NaiveDate) {
        let FollowedHead { version, hash, recorded_at } = self.known;
        self.published_at = Instant::now();
        let methodology = match self.methodology() {
            Ok(methodology) => methodology,
            Err(error) => {
                tracing::error!(%error, "the numbers stay as they were");
                return;
            }
        };
        let progress = self.sums.progress.clone();
        let works = VerifiedOutput::of(&self.sums.national, &mut Estimator::new(methodology, day));
        let month_ends = self.closed.month_ends().to_vec();
        let figures =
            Figures { version, hash, recorded_at, day, methodology, restated: false, progress, works, month_ends };
        let cells = self.shared.counted.read().unwrap_or_else(PoisonError::into_inner).cells.len();
        self.shared.publish(Snapshot::new(figures, self.sums.national.clone(), &self.render), cells);
        self.published = Some(version);
    }

    /// Moves the checkpoint by one step, and by more while there is time.
    fn checkpoint(&mut self, time: Duration) {
        let until = Instant::now() + time;
        let moved = self.database.connection().and_then(|mut connection| {
            let mut at = stored::checkpoint_version(&mut connection)?;
            while at < self.known.version {
                at = self.known.version.min(at + CHECKPOINT_STEP);
                stored::advance_checkpoint(&mut connection, at)?;
                if Instant::now() >= until {
                    break;
                }
            }
            Ok(at)
        });
        match moved {
            Ok(to) => self.shared.checkpoint.store(to, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the checkpoint was not moved; the journal has everything"),
        }
    }
}

/// All cells, of the checkpoint and the journal after it.
pub(in crate::register) fn load_cells(connection: &mut Connection) -> Result<(FollowedHead, Cells), DbError> {
    let mut cells = Cells::default();
    let head = head::read(connection)?;
    let mut at = stored::checkpoint_version(connection)?;
    stored::each_cell(connection, |key, totals| cells.push(key, &totals))?;
    while at < head.version {
        let to = head.version.min(at + CHECKPOINT_STEP);
        let postings = stored::postings(connection, at, to)?;
        cells.apply(&postings);
        at = to;
    }
    Ok((FollowedHead { version: head.version, hash: head.hash, recorded_at: head.recorded_at }, cells))
}

/// Takes what else is waiting, up to a batch's size, and what stopped it on the way. Under load,
/// those who were just answered are about to send the next: it waits for a lull, so that all of
/// them share one commit. A request that comes alone never waits.
fn gather(queue: &Receiver<Job>, first: Asked, lull: Duration) -> (Vec<Asked>, Option<Job>) {
    let mut batch = vec![first];
    while batch.len() < MOST_IN_A_BATCH {
        let patience = if batch.len() < LOAD { Duration::ZERO } else { lull };
        match queue.recv_timeout(patience) {
            Ok(Job::Do(asked)) => batch.push(asked),
            Ok(other) => return (batch, Some(other)),
            Err(_) => break,
        }
    }
    (batch, None)
}
