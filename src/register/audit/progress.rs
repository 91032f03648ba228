//! An audit in progress.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::db::Connection;
use crate::domain::counting::Totals;

use super::days::DaysAudit;
use super::directory::DirectoryAudit;
use super::householders::HouseholderAudit;
use super::report::{Finding, Report};

/// Entries, cells or sites read at a time.
pub(super) const CHUNK: i64 = 2_000;

/// Totals by the stored key of their cell.
pub(super) type JournalSums = BTreeMap<i64, Totals>;

pub(super) struct Audit<'a> {
    pub connection: &'a mut Connection,
    pub report: Report,
    /// The sums of the journal up to the entry that is being checked.
    pub sums: JournalSums,
    /// Entries that sealed a name of a site, until a stored name matches them.
    pub names: BTreeSet<i64>,
    pub householders: HouseholderAudit,
    pub directory: DirectoryAudit,
    pub days: DaysAudit,
    /// The hash of the entry before.
    pub previous_hash: Vec<u8>,
    /// The instant of the entry before.
    pub previous_at: DateTime<Utc>,
    /// The newest version so far that is none of a sandbox's.
    pub public_version: i64,
}

impl Audit<'_> {
    pub(super) fn found(&mut self, what: impl Into<String>, problem: impl Into<String>) {
        self.report.add(Finding::new(what, problem));
    }
}
