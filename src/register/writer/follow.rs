//! Keeping the cells and the directory in step with the register.
//!
//! The version of a process advances on two roads. Its own batches arrive by `follow` with their postings, so that
//! nothing need be read. The entries of other processes arrive by `poll`, which reads the journal after the known
//! version. Both end in `take`. For example: this process knows version 10, another process writes entries 11 and
//! 12, and this one commits entry 13 with `from` = 12. `follow` sees the gap, `poll` reads the postings of 11 to 13,
//! and `follow` then has nothing left to add.
//!
//! A database may also go back: to a standby that lagged, or to a backup. Then the known entry is no longer there, and
//! `rebuild` loads everything again, because the cells count entries that do not exist.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::db::ledger::{CellTotals, PublicEntry, activations, cells_and_journal, clock, closed_days, head};
use crate::db::partners::partners_and_clients;
use crate::db::{Connection, DbError, engine};
use crate::register::counted::{Counted, FollowedHead, LoadedCells, apply_postings, load_cells};
use crate::register::published::ClosedDays;

use super::transaction::Committed;
use super::writer::Writer;

/// Loading again does not mend what somebody changed, so it is tried again only after this long.
const REBUILD_AGAIN: Duration = Duration::from_mins(1);

impl Writer {
    /// Takes over an own batch, after the entries that other processes wrote before it.
    pub(super) fn follow(&mut self, committed: &Committed) {
        self.stale_directory |= committed.administrative;
        if !self.is_next(committed) || self.stale_directory {
            self.poll();
        }
        // True only if no poll read this batch already and no earlier poll failed.
        if self.is_next(committed) {
            let Committed { version, hash, at: recorded_at, public, .. } = *committed;
            let known = FollowedHead { version, hash, recorded_at, public: public.unwrap_or(self.known.public) };
            self.take(&committed.postings, known);
        }
    }

    /// Whether the first entry of a batch follows the known one. The version alone does not say so, because another database may
    /// have taken the place of the one that this process knew.
    fn is_next(&self, committed: &Committed) -> bool {
        committed.from == self.known.version && committed.previous == self.known.hash
    }

    /// Adds postings to the cells and to the public counts, which from then on stand at `known`.
    fn take(&mut self, postings: &[CellTotals], known: FollowedHead) {
        self.known = known;
        let mut counted = self.shared.counted_mut();
        // Drops the shared sums first, because sums that nobody else holds are changed in place instead of copied.
        counted.national = Arc::default();
        self.counts.add(postings.iter().copied());
        counted.national = self.counts.national.clone();
        apply_postings(&mut counted.cells, postings);
        let PublicEntry { version, hash, recorded_at } = known.public;
        (counted.version, counted.hash, counted.recorded_at) = (version, hash, recorded_at);
        self.shared.note_recorded_at(known.recorded_at);
    }

    /// Reads the entries that others wrote, and notes whether the database answered.
    pub(super) fn poll(&mut self) {
        self.polled_at = Instant::now();
        if !self.database.is_where_it_was() {
            self.must_end = Some(
                "the file of the database was deleted or replaced under the service: what it would write is lost"
                    .to_owned(),
            );
            return;
        }
        let read = self.database.connection().and_then(|mut connection| self.read_new_entries(&mut connection));
        let answered = match &read {
            Ok(()) => {
                (self.outdated, self.unreadable) = (None, None);
                true
            }
            Err(DbError::Outdated(why)) => {
                self.outdated = Some(why.clone());
                true
            }
            Err(DbError::Corrupt(why)) => {
                self.unreadable = Some(why.clone());
                true
            }
            Err(_) => false,
        };
        let was_up = self.shared.is_database_up();
        self.shared.note_database_answer(answered);
        if let Err(error) = read
            && was_up
        {
            tracing::warn!(%error, "the register cannot be followed just now");
        }
    }

    pub(super) fn read_new_entries(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        let head = head::read(connection)?;
        if !self.database.has_its_log() {
            self.must_end = Some(
                "the write-ahead log of the database (-wal) was deleted or replaced under the service: what it would write is lost"
                    .to_owned(),
            );
            return Ok(());
        }
        if self.instance_id.get_or_insert_with(|| head.instance_id.clone()) != &head.instance_id {
            self.must_end = Some(format!("another register, {}, has taken the place of this one", head.instance_id));
            return Ok(());
        }
        self.last_sign = head.last_sign();
        let watch = self.transaction.clock();
        self.reading = watch.read(connection, &head)?;
        self.read_at = Instant::now();
        self.shared.note_clock_offset(watch.offset().unwrap_or_default());
        // A close that was lost appends no entry, so the entries do not tell.
        let is_day_lost = head.closed_day < self.closed.day();
        if is_day_lost && self.was_set_back(connection)? {
            tracing::warn!("the clock was set back: everything is loaded again");
            return self.load_register(connection);
        }
        if is_day_lost || self.contradicted {
            return self.rebuild(connection);
        }
        if (head.version, head.hash) == (self.known.version, self.known.hash) {
            if self.stale_directory {
                self.reload_directory(connection)?;
                self.stale_directory = false;
            }
            return Ok(());
        }
        let Some((postings, known)) = engine::read(connection, |connection| self.news(connection))? else {
            return self.rebuild(connection);
        };
        // Before the cells, because their readers ask the directory for the methodology of their version.
        self.stale_directory |= partners_and_clients::changed(connection, self.known.version, known.version)?;
        if self.stale_directory {
            self.reload_directory(connection)?;
            self.stale_directory = false;
        }
        self.take(&postings, known);
        Ok(())
    }

    /// The postings after the known entry, and the head after them. `None` if the register no longer has the known entry.
    fn news(&self, connection: &mut Connection) -> Result<Option<(Vec<CellTotals>, FollowedHead)>, DbError> {
        let head = head::read(connection)?;
        if !head::is_entry(connection, self.known.version, &self.known.hash)? {
            return Ok(None);
        }
        let postings = cells_and_journal::postings(connection, self.known.version, head.version)?;
        Ok(Some((postings, FollowedHead::of(connection, &head)?)))
    }

    /// Whether the register holds what this process knew, and an operator set its clock back since: closed days are void by an entry.
    fn was_set_back(&self, connection: &mut Connection) -> Result<bool, DbError> {
        let since = clock::set_backs(connection)?.last().is_some_and(|(version, _)| *version > self.known.version);
        Ok(since && head::is_entry(connection, self.known.version, &self.known.hash)?)
    }

    pub(super) fn was_rebuilt_lately(&self) -> bool {
        self.rebuilt_at.is_some_and(|at| at.elapsed() < REBUILD_AGAIN)
    }

    /// Loads the register again, because it lost entries or days that this process knows: a standby that lagged was promoted, or
    /// a backup was restored under the process.
    pub(super) fn rebuild(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        if let Some(why) = self.unreadable.clone().filter(|_| self.was_rebuilt_lately()) {
            return Err(DbError::Corrupt(why));
        }
        let lost = self.known.version;
        self.rebuilt_at = Some(Instant::now());
        self.load_register(connection)?;
        tracing::error!(
            known = lost,
            now = self.known.version,
            "the database no longer holds what this process knew: everything is loaded again; what was acknowledged since may be lost"
        );
        self.shared.counters.rebuilds.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Loads the whole register, on one view of the database, in place of what this process knew.
    pub(super) fn load_register(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        self.closing = None;
        let (loaded, closed) = engine::read(connection, |connection| {
            let loaded = load_cells(connection)?;
            let closed = ClosedDays::load(connection, &loaded.counts, loaded.head.version)?;
            self.reload_directory(connection)?;
            Ok::<_, DbError>((loaded, closed))
        })?;
        let LoadedCells { head, cells, counts, checkpoint } = loaded;
        let PublicEntry { version, hash, recorded_at } = head.public;
        *self.shared.counted_mut() = Counted { version, hash, recorded_at, cells, national: counts.national.clone() };
        self.shared.note_recorded_at(head.recorded_at);
        self.shared.note_checkpoint(checkpoint);
        (self.known, self.counts, self.closed) = (head, counts, closed);
        (self.published, self.released) = (None, None);
        (self.stale_directory, self.contradicted) = (false, false);
        self.shared.counters.reloads.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn reload_directory(&self, connection: &mut Connection) -> Result<(), DbError> {
        self.shared.activations.store(Arc::new(activations::read(connection)?));
        let directory = partners_and_clients::directory(connection)?;
        self.shared.directory.store(Arc::new(directory));
        self.shared.voided.store(Arc::new(clock::all_voided(connection)?));
        self.shared.first_day.store(closed_days::first_day(connection)?.map(Arc::new));
        Ok(())
    }
}
