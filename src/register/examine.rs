//! Examinations for operators: they ask the database for the state of the register, and the disk for its free bytes.
//! Probes that come every second read the state in memory instead.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::db::engine::migrations;
use crate::db::ledger::{Audited, BackedUp, audits_and_backups, head, public_entries};
use crate::db::{DbError, Url};
use crate::domain::rules::ClockDoubt;

use super::register::Register;
use super::writer::Trouble;

/// Free bytes below which a batch, a checkpoint or a copy before a migration may not fit.
pub const DISK_FLOOR_BYTES: u64 = 256 << 20;
/// A database that has not answered after this long counts as away.
const EXAMINED_WITHIN: Duration = Duration::from_secs(5);
/// Clocks that differ by more make other processes refuse tokens.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(5);
/// One examination serves everybody who asks within this time, because each costs a query.
const EXAMINATION_LIFETIME: Duration = Duration::from_secs(1);

/// The answers of one examination of the database.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// The time until a connection and an answer came.
    pub latency: Duration,
    /// The migrations that the database lacks.
    pub pending: usize,
    /// The version of the numbers that this process shows.
    pub version: i64,
    /// The newest version of the database that is none of a sandbox's.
    pub head_version: i64,
    /// Whether the stored entry of `version` has the hash that this process knows. Otherwise the database is another
    /// one: restored, or promoted from a standby that lagged.
    pub hash_agrees: bool,
    /// How often this process loaded everything again, because the database no longer held what it knew.
    pub rebuilds: u64,
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
        let head_version =
            if pending == 0 { public_entries::version_at(&mut connection, head_version)? } else { head_version };
        let now = (self.clock())();
        let (audit, backup) = if pending == 0 { audits_and_backups::last(&mut connection, now)? } else { (None, None) };
        let rebuilds = self.rebuilds();
        Ok(Examined { latency, pending, version, head_version, hash_agrees, rebuilds, audit, backup })
    }

    /// The last audit and the last backup that are noted. Blocks.
    pub fn last_operations(&self) -> Result<(Option<Audited>, Option<BackedUp>), DbError> {
        audits_and_backups::last(&mut self.database().connection()?, (self.clock())())
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

/// The result of one examination.
#[derive(Clone, Copy)]
pub struct Examination {
    /// Why the clock of this process is not believed, if it is not.
    pub clock_doubt: Option<ClockDoubt>,
    /// This process's clock less the database's.
    pub clock_offset: TimeDelta,
    /// The answers of the database; `None` where it gave none.
    pub database: Option<Examined>,
    /// Free bytes of the data directory's disk; `None` where the system does not say.
    pub disk_free_bytes: Option<u64>,
}

impl Examination {
    /// Whether the disk has room for the next write. A system that does not say is given the benefit of the doubt.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.disk_free_bytes.is_none_or(|free| free >= DISK_FLOOR_BYTES)
    }

    /// Whether the clock of this process and the database's differ so little that other processes believe its tokens.
    #[must_use]
    pub fn clocks_agree(&self) -> bool {
        self.clock_offset.abs() <= CLOCKS_APART
    }

    /// Whether the next write finds all it needs: room, a clock that is right, the whole schema, and the register that this process
    /// knows.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let clock = self.clock_doubt.is_none() && self.clocks_agree();
        clock && self.has_room() && self.database.is_some_and(|found| found.pending == 0 && found.hash_agrees)
    }
}

/// Examines the database and the disk for one asker at a time, once a second at most.
pub struct Examiner {
    data_dir: PathBuf,
    last: Mutex<Option<(Instant, Examination)>>,
}

impl Examiner {
    /// The examiner of a service that keeps its files in `data_dir`.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self { data_dir, last: Mutex::new(None) }
    }

    /// The directory in which the service keeps its files.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The last examination if it is younger than a second, else a new one.
    pub async fn examine(&self, register: &Arc<Register>) -> Examination {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = *last
            && at.elapsed() < EXAMINATION_LIFETIME
        {
            return found;
        }
        let asked = register.clone();
        let examining = tokio::task::spawn_blocking(move || asked.examine());
        let database = match tokio::time::timeout(EXAMINED_WITHIN, examining).await {
            Ok(Ok(Ok(examined))) => Some(examined),
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the database could not be examined");
                None
            }
            _ => None,
        };
        let doubt = match register.trouble().as_deref() {
            Some(Trouble::ClockInDoubt(doubt)) => Some(*doubt),
            _ => None,
        };
        let found = Examination {
            clock_doubt: doubt,
            clock_offset: register.clock_offset(),
            database,
            disk_free_bytes: disk_free_bytes(&self.data_dir),
        };
        *last = Some((Instant::now(), found));
        found
    }
}

/// Bytes that this process may still write where `directory` is; `None` where the system does not say.
#[must_use]
pub fn disk_free_bytes(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn found() -> Examination {
        let database = Examined {
            latency: Duration::from_millis(2),
            pending: 0,
            version: 7,
            head_version: 9,
            hash_agrees: true,
            rebuilds: 0,
            audit: None,
            backup: None,
        };
        Examination {
            clock_doubt: None,
            clock_offset: TimeDelta::zero(),
            database: Some(database),
            disk_free_bytes: Some(DISK_FLOOR_BYTES),
        }
    }

    #[test]
    fn examine_is_well_only_with_room_the_whole_schema_and_the_same_past() {
        assert!(found().is_well());
        assert!(Examination { disk_free_bytes: None, ..found() }.is_well());
        assert!(!Examination { disk_free_bytes: Some(DISK_FLOOR_BYTES - 1), ..found() }.is_well());
        assert!(!Examination { database: None, ..found() }.is_well());
        assert!(Examination { clock_offset: TimeDelta::seconds(-5), ..found() }.is_well());
        assert!(!Examination { clock_offset: TimeDelta::seconds(-6), ..found() }.is_well());
        let now = DateTime::UNIX_EPOCH;
        let clock_doubt = ClockDoubt::of(now + TimeDelta::days(3), now, None);
        assert!(!Examination { clock_doubt, ..found() }.is_well());
        let with = |change: fn(&mut Examined)| {
            let mut other = found();
            other.database.iter_mut().for_each(change);
            other
        };
        assert!(!with(|d| d.pending = 1).is_well());
        assert!(!with(|d| d.hash_agrees = false).is_well());
    }
}
