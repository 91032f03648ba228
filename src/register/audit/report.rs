//! The report of an audit.

use serde::Serialize;

/// Findings that a report lists; further findings are only counted.
pub(super) const MOST_LISTED: usize = 100;

/// The report of an audit.
#[derive(Serialize, Debug, Default)]
pub struct Report {
    /// Whether everything agrees.
    pub ok: bool,
    /// The version that was audited.
    pub version: i64,
    /// The hash of the last entry.
    pub hash: String,
    /// The number of sites read.
    pub sites: u64,
    /// The number of cells that are not zero.
    pub cells: u64,
    pub findings_total: u64,
    /// The first 100 findings.
    pub findings: Vec<Finding>,
    /// What could not be audited, and why, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_audited: Vec<String>,
}

/// One thing that is wrong.
#[derive(Serialize, Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The thing, as `entry 42`, `facts 42`, `journal 42/1`, `cell 7`, `site …`, `name of site …`, `dispute 9`,
    /// `partner SOLARCO`, `client …`, `secret of client …`, `project …`, `schema trigger …`, `day 2026-11-25`, `table provinces of 2026-10-31`, `release 2026-10-31`.
    pub what: String,
    pub problem: String,
}

impl Finding {
    pub(super) fn new(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { what: what.into(), problem: problem.into() }
    }
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings_total += 1;
        if self.findings.len() < MOST_LISTED {
            self.findings.push(finding);
        }
    }
}
