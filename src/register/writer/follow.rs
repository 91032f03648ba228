//! Keeping the cells and the directory in step with the register.
//!
//! The version of a process advances on two roads. Its own batches arrive by `follow` with their postings, so that
//! nothing need be read. The entries of other processes arrive by `poll`, which reads the journal after the known
//! version. Both end in `take`. For example: this process knows version 10, another process writes entries 11 and
//! 12, and this one commits entry 13 with `from` = 12. `follow` sees the gap, `poll` reads the postings of 11 to 13,
//! and `follow` then has nothing left to add.

use std::sync::Arc;
use std::time::Instant;

use crate::db::ledger::{CellTotals, activations, cells_and_journal, head};
use crate::db::partners::partners_and_clients;
use crate::db::{Connection, DbError};
use crate::register::counted::{FollowedHead, apply_postings};

use super::transaction::Committed;
use super::writer::Writer;

impl Writer {
    /// Takes over an own batch, after the entries that other processes wrote before it.
    pub(super) fn follow(&mut self, committed: &Committed) {
        self.stale_directory |= committed.administrative;
        if committed.from > self.known.version || self.stale_directory {
            self.poll();
        }
        // True only if no poll read this batch already and no earlier poll failed.
        if committed.from == self.known.version {
            let known = FollowedHead { version: committed.version, hash: committed.hash, recorded_at: committed.at };
            self.take(&committed.postings, known);
        }
    }

    /// Adds postings to the cells and to the public counts, which from then on stand at `known`.
    pub(super) fn take(&mut self, postings: &[CellTotals], known: FollowedHead) {
        self.known = known;
        let mut counted = self.shared.counted_mut();
        // Drops the shared sums first, because sums that nobody else holds are changed in place instead of copied.
        counted.national = Arc::default();
        self.counts.add(postings.iter().copied());
        counted.national = self.counts.national.clone();
        apply_postings(&mut counted.cells, postings);
        (counted.version, counted.hash, counted.recorded_at) = (known.version, known.hash, known.recorded_at);
        self.shared.note_recorded_at(known.recorded_at);
    }

    /// Reads the entries that others wrote, and notes whether the database answered.
    pub(super) fn poll(&mut self) {
        self.polled_at = Instant::now();
        let read = self.read_new_entries();
        self.shared.note_database_answer(read.is_ok());
        if let Err(error) = read {
            tracing::warn!(%error, "the register cannot be followed just now");
        }
    }

    fn read_new_entries(&mut self) -> Result<(), DbError> {
        let mut connection = self.database.connection()?;
        let mut new = None;
        if head::version(&mut connection)? != self.known.version {
            let head = head::read(&mut connection)?;
            self.stale_directory |= partners_and_clients::changed(&mut connection, self.known.version, head.version)?;
            let postings = cells_and_journal::postings(&mut connection, self.known.version, head.version)?;
            let known = FollowedHead { version: head.version, hash: head.hash, recorded_at: head.recorded_at };
            new = Some((postings, known));
        }
        // Before the cells, because their readers ask the directory for the methodology of their version.
        if self.stale_directory {
            self.reload_directory(&mut connection)?;
            self.stale_directory = false;
        }
        if let Some((postings, known)) = new {
            self.take(&postings, known);
        }
        Ok(())
    }

    pub(super) fn reload_directory(&self, connection: &mut Connection) -> Result<(), DbError> {
        self.shared.activations.store(Arc::new(activations::read(connection)?));
        let directory = partners_and_clients::directory(connection)?;
        self.shared.directory.store(Arc::new(directory));
        Ok(())
    }
}
