//! The results of an examination, as `/readyz?verbose` shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::ledger::{Audited, BackedUp};
use crate::register::examine::{DISK_FLOOR_BYTES, Examination, Examined};

/// The results of an examination. A result is null where nothing could be found out or nothing is known.
#[derive(Serialize, ToSchema)]
pub struct Checks {
    /// The connection to the database.
    database: DatabaseCheck,
    /// The schema of the database.
    migrations: Option<MigrationsCheck>,
    /// The disk of the data directory.
    disk: DiskCheck,
    /// The clock of this process.
    clock: ClockCheck,
    /// The distance between this process and the register.
    drift: Option<DriftCheck>,
    /// The last audit; null where none is known.
    audit: Option<AuditCheck>,
    /// The last backup; null where none is known.
    backup: Option<BackupCheck>,
}

/// The connection to the database.
#[derive(Serialize, ToSchema)]
struct DatabaseCheck {
    /// True where the database answered.
    ok: bool,
    /// The kind of database: `sqlite` or `postgres`.
    kind: &'static str,
    /// Time until the database answered, in milliseconds; null where it did not. Example: 1.25.
    latency_ms: Option<f64>,
}

/// The schema of the database.
#[derive(Serialize, ToSchema)]
struct MigrationsCheck {
    /// True where no migration is missing.
    ok: bool,
    /// Number of migrations that the database lacks. Example: 0.
    pending: usize,
}

/// The disk of the data directory.
#[derive(Serialize, ToSchema)]
struct DiskCheck {
    /// True where at least `floor_bytes` are free, or where the system does not say.
    ok: bool,
    /// Bytes that this process may still write; null where the system does not say. Example: 52428800000.
    free_bytes: Option<u64>,
    /// Bytes that must be free for the service to be ready: 268435456.
    floor_bytes: u64,
}

/// The clock of this process.
#[derive(Serialize, ToSchema)]
struct ClockCheck {
    /// True where the clock is believed and differs from the database's by 5 seconds at most.
    ok: bool,
    /// Why the clock is not believed, and what to do; null where it is.
    doubt: Option<String>,
    /// The clock of this process less that of the database, in milliseconds; 0 with SQLite. Example: 12.
    offset_ms: i64,
}

/// The distance between the numbers of this process and the register.
#[derive(Serialize, ToSchema)]
struct DriftCheck {
    /// False where the database no longer holds what this process knows; it is about to load everything again.
    ok: bool,
    /// The version of the numbers that this process shows. Example: 12874.
    version: i64,
    /// The version of the register in the database. Example: 12874.
    head_version: i64,
    /// Entries that this process has not shown yet; a few are usual while others write. Example: 0.
    behind: i64,
    /// True where the hash of the entry `version` is the one that this process knows.
    hash_agrees: bool,
    /// How often since its start this process loaded everything again, because the database no longer held what it knew: entries that
    /// were acknowledged may be lost. Example: 0.
    rebuilds: u64,
}

/// The last run of `green-homes audit`.
#[derive(Serialize, ToSchema)]
struct AuditCheck {
    /// True where the audit found nothing wrong.
    ok: bool,
    /// The instant at which it ended (UTC).
    at: DateTime<Utc>,
    /// Seconds since it ended. Example: 3600.
    age_seconds: i64,
    /// The version of the register that it audited. Example: 12870.
    version: i64,
    /// Number of faults that it found. Example: 0.
    findings: i64,
}

/// The last run of `green-homes backup`.
#[derive(Serialize, ToSchema)]
struct BackupCheck {
    /// The instant at which it ended (UTC).
    at: DateTime<Utc>,
    /// Seconds since it ended. Example: 3600.
    age_seconds: i64,
    /// The version of the register in the backup. Example: 12870.
    version: i64,
}

impl Checks {
    /// The results of an examination of a `kind` of database, at `now`.
    pub fn of(found: &Examination, kind: &'static str, now: DateTime<Utc>) -> Self {
        let offset_ms = found.clock_offset.num_milliseconds();
        let age = |at: DateTime<Utc>| (now - at).num_seconds().max(0);
        let milliseconds = |examined: Examined| (examined.latency.as_secs_f64() * 1e6).round() / 1e3;
        let database = found.database;
        Self {
            database: DatabaseCheck { ok: database.is_some(), kind, latency_ms: database.map(milliseconds) },
            migrations: database.map(|d| MigrationsCheck { ok: d.pending == 0, pending: d.pending }),
            disk: DiskCheck { ok: found.has_room(), free_bytes: found.disk_free_bytes, floor_bytes: DISK_FLOOR_BYTES },
            clock: ClockCheck {
                ok: found.clock_doubt.is_none() && found.clocks_agree(),
                doubt: found.clock_doubt.map(|doubt| doubt.to_string()),
                offset_ms,
            },
            drift: database.map(|d| DriftCheck {
                ok: d.hash_agrees,
                version: d.version,
                head_version: d.head_version,
                behind: d.head_version - d.version,
                hash_agrees: d.hash_agrees,
                rebuilds: d.rebuilds,
            }),
            audit: database.and_then(|d| d.audit).map(|Audited { at, version, ok, findings }| AuditCheck {
                ok,
                at,
                age_seconds: age(at),
                version,
                findings,
            }),
            backup: database.and_then(|d| d.backup).map(|BackedUp { at, version }| BackupCheck {
                at,
                age_seconds: age(at),
                version,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use std::time::Duration;

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
            database: Some(database),
            disk_free_bytes: Some(DISK_FLOOR_BYTES),
            clock_doubt: None,
            clock_offset: TimeDelta::zero(),
        }
    }

    #[test]
    fn checks_show_how_far_behind_a_process_is() {
        let shown = serde_json::to_value(Checks::of(&found(), "sqlite", DateTime::UNIX_EPOCH)).unwrap();
        assert_eq!(shown["drift"]["behind"], 2);
        assert_eq!(shown["database"]["latency_ms"], 2.0);
        assert!(shown["audit"].is_null());
    }
}
