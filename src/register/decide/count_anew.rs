//! Counting anew: this program counts by a newer rule than the journal was posted by.

use serde_json::json;

use crate::db::DbError;
use crate::db::engine::transaction;
use crate::db::ledger::{cells_and_journal, head};
use crate::db::records::by_id;
use crate::domain::counting::{CONTRIBUTION_NO, CellTable, Contribution, contribution};
use crate::domain::values::{Action, Cause};

use super::deciding::BatchInProgress;
use super::posting::EntryOf;

/// The actor of the register's own entries: no person, but the program.
pub const OWN_ACTOR: &str = "register";
/// Sites that are read at a time.
const SITES: i64 = 1_000;
/// Entries whose postings are read at a time.
const ENTRIES: i64 = 2_000;

impl BatchInProgress<'_> {
    /// Posts the differences between the contributions of all sites by the rule of this program and the journal, in one entry with
    /// the cause `definition`. Entries, journal and records stay as they are. It holds the head while it reads every site.
    pub(super) fn count_anew(&mut self) -> Result<(), DbError> {
        tracing::info!("counting every site by rule {CONTRIBUTION_NO}; other writers wait");
        transaction::without_time_limit(self.connection)?;
        let mut cells = CellTable::default();
        self.add_contributions(&mut cells)?;
        self.subtract_journal(&mut cells)?;
        let moved: Contribution = cells.iter().filter(|(_, totals)| !totals.is_zero()).collect();
        let subject = format!("contribution/{CONTRIBUTION_NO}");
        let entry = EntryOf {
            actor: OWN_ACTOR,
            action: Action::CountAnew,
            cause: Cause::Definition,
            subject,
            of_sandbox: false,
        };
        self.append(entry, &json!({"contribution_no": CONTRIBUTION_NO}), None, &moved)?;
        head::note_counting_rule(self.connection, CONTRIBUTION_NO)
    }

    fn add_contributions(&mut self, cells: &mut CellTable) -> Result<(), DbError> {
        let mut after = None;
        loop {
            let records = by_id::counted(self.connection, after, SITES)?;
            let Some(last) = records.last() else { return Ok(()) };
            after = Some(last.site.id);
            for record in &records {
                for (key, totals) in contribution(record) {
                    cells.add(key, &totals);
                }
            }
        }
    }

    fn subtract_journal(&mut self, cells: &mut CellTable) -> Result<(), DbError> {
        // A process of the old program may be about to move it on.
        let mut at = cells_and_journal::lock_checkpoint(self.connection)?;
        cells_and_journal::each_cell(self.connection, |key, totals| {
            cells.add(key, &totals.negated());
        })?;
        while at < self.decided.version {
            let to = self.decided.version.min(at + ENTRIES);
            for (key, delta) in cells_and_journal::postings(self.connection, at, to)? {
                cells.add(key, &delta.negated());
            }
            at = to;
        }
        Ok(())
    }
}
