//! The examination of the register, for operators. It asks the database, so it is not for every probe.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::db::engine::migrations;
use crate::db::ledger::{Audited, BackedUp, audits_and_backups, head};
use crate::db::{DbError, Url};

use super::register::Register;

/// Free bytes below which a batch, a checkpoint or a copy before a migration may not fit.
pub const DISK_FLOOR_BYTES: u64 = 256 << 20;

/// The findings of an examination.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// The time until a connection and an answer came.
    pub latency: Duration,
    /// The migrations that the database lacks.
    pub pending: usize,
    /// The version of the numbers that this process shows.
    pub version: i64,
    /// The version of the head.
    pub head_version: i64,
    /// Whether the stored entry of `version` has the hash that this process knows. Otherwise the database is another
    /// one: restored, or promoted from a standby that lagged.
    pub hash_agrees: bool,
    /// The last audit that is noted.
    pub audit: Option<Audited>,
    /// The last backup that is noted.
    pub backup: Option<BackedUp>,
}

impl Register {
    /// Asks the database. Blocks.
    pub fn examine(&self) -> Result<Examined, DbError> {
        let known = self.snapshot();
        let (version, hash) = (known.figures.version, &known.figures.hash);
        let began = Instant::now();
        let mut connection = self.database().connection()?;
        let (head_version, hash_agrees) = head::agrees(&mut connection, version, hash)?;
        let latency = began.elapsed();
        let pending = migrations::pending(&mut connection)?;
        let (audit, backup) = if pending == 0 { audits_and_backups::last(&mut connection)? } else { (None, None) };
        Ok(Examined { latency, pending, version, head_version, hash_agrees, audit, backup })
    }

    /// The last audit and the last backup that are noted. Blocks.
    pub fn last_operations(&self) -> Result<(Option<Audited>, Option<BackedUp>), DbError> {
        audits_and_backups::last(&mut self.database().connection()?)
    }

    /// The kind of database, as metrics name it.
    #[must_use]
    pub fn database_kind(&self) -> &'static str {
        match self.database().url() {
            Url::Sqlite(_) => "sqlite",
            Url::Postgres(_) => "postgres",
        }
    }
}

/// Bytes that this process may still write on the disk of `directory`; `None` where the system does not say.
#[must_use]
pub fn disk_free_bytes(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}
