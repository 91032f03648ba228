//! One run of the audit, in its order.

use std::collections::BTreeSet;

use chrono::DateTime;

use crate::db::engine::transaction;
use crate::db::ledger::{audit_scan as stored, audit_schema, cells_and_journal, head};
use crate::db::{Database, DbError};
use crate::domain::chain::GENESIS;
use crate::domain::counting::Totals;
use crate::domain::values::hex;
use crate::register::published::PageMaker;

use super::days::DaysAudit;
use super::directory::DirectoryAudit;
use super::householders::HouseholderAudit;
use super::progress::{Audit, CHUNK, JournalSums};
use super::report::{Finding, MOST_LISTED, Report};

/// Audits the whole register. The headlines of closed days and releases are compared with those that `make` makes.
pub fn audit(database: &Database, make: PageMaker) -> Result<Report, DbError> {
    let mut connection = database.connection()?;
    let made = audit_schema::made_by_migrations(&mut connection)?;
    transaction::read(&mut connection, |connection| {
        let mut audit = Audit {
            connection,
            report: Report::default(),
            sums: JournalSums::new(),
            names: BTreeSet::new(),
            householders: HouseholderAudit::default(),
            directory: DirectoryAudit::default(),
            days: DaysAudit::of(make),
            previous_hash: GENESIS.to_vec(),
            previous_at: DateTime::UNIX_EPOCH,
            public_version: 0,
        };
        audit.check_schema(made)?;
        let ran = audit.run();
        let mut report = audit.report;
        match ran {
            Ok(()) => {}
            Err(DbError::Corrupt(what)) => {
                report.add(Finding::new("register", format!("cannot be read to its end: {what}")));
            }
            // Where a table or a column is missing, the schema already says so.
            Err(error) if report.findings_total > 0 || !report.not_audited.is_empty() => {
                report.not_audited.push(format!("the rest: {error}"));
            }
            Err(error) => return Err(error),
        }
        report.ok = report.findings_total == 0;
        Ok(report)
    })
}

impl Audit<'_> {
    fn run(&mut self) -> Result<(), DbError> {
        self.days.load(self.connection)?;
        let head = head::read(self.connection)?;
        head.check_counting_rule()?;
        self.report.version = head.version;
        self.report.hash = hex(&head.hash);
        let checkpoint = cells_and_journal::checkpoint_version(self.connection)?;
        if !(0..=head.version).contains(&checkpoint) {
            self.found("cells", format!("the checkpoint stands at {checkpoint}, the register at {}", head.version));
        }
        self.check_entries(0, checkpoint.min(head.version))?;
        self.check_cells()?;
        self.check_entries(checkpoint.clamp(0, head.version), head.version)?;
        if self.previous_hash != head.hash {
            self.found("head", "its hash is not that of the last entry");
        }
        if head.version > 0 && self.previous_at != head.recorded_at {
            self.found("head", "its instant is not that of the last entry");
        }
        let beyond = stored::rows_after(self.connection, head.version)?;
        if beyond > 0 {
            self.found("head", format!("{beyond} rows stand after version {}", head.version));
        }
        self.report.cells = self.sums.values().filter(|sum| !sum.is_zero()).count() as u64;
        self.check_references()?;
        let mut findings = std::mem::take(&mut self.householders).findings(self.connection)?;
        findings.extend(match std::mem::take(&mut self.directory).findings(self.connection, head.recorded_at) {
            Err(DbError::Corrupt(what)) => vec![Finding::new("directory", format!("cannot be read: {what}"))],
            read => read?,
        });
        findings.extend(self.days.findings(self.connection, &self.sums)?);
        for finding in findings {
            self.report.add(finding);
        }
        self.check_sites()
    }

    /// Checks that no row names a row that is missing, because no site would count it, and that copies are what they were copied from.
    fn check_references(&mut self) -> Result<(), DbError> {
        for orphan in stored::orphans(self.connection, MOST_LISTED)? {
            self.found(orphan.table, format!("a row speaks of {} {}, which is missing", orphan.parent, orphan.key));
        }
        for id in stored::in_another_province(self.connection, MOST_LISTED)? {
            self.found(format!("installation {id}"), "has another province than its site");
        }
        Ok(())
    }

    /// Checks the stored cells against the journal up to the checkpoint.
    fn check_cells(&mut self) -> Result<(), DbError> {
        let mut expected = self.sums.clone();
        expected.retain(|_, sum| !sum.is_zero());
        let mut last = i64::MIN;
        loop {
            let rows = stored::cells(self.connection, last, CHUNK)?;
            let Some((cell, _)) = rows.last() else { break };
            last = *cell;
            for (cell, totals) in rows {
                let journal = expected.remove(&cell).map(Totals::encode);
                if journal.as_deref() != Some(totals.as_str()) {
                    let journal = journal.unwrap_or_else(|| "nothing".to_owned());
                    self.found(format!("cell {cell}"), format!("holds {totals}, the journal sums to {journal}"));
                }
            }
        }
        for cell in expected.into_keys() {
            self.found(format!("cell {cell}"), "is missing; the journal has it");
        }
        Ok(())
    }
}
