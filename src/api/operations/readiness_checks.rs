//! What `/readyz?verbose` shows.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::ledger::{Audited, BackedUp};
use crate::register::examine::{DISK_FLOOR_BYTES, Examination, Examined};

/// Everything that was looked into; `null` where nothing could be found out, or nothing is known.
#[derive(Serialize, ToSchema)]
pub struct Checks {
    database: DatabaseCheck,
    migrations: Option<MigrationsCheck>,
    disk: DiskCheck,
    drift: Option<DriftCheck>,
    audit: Option<AuditCheck>,
    backup: Option<BackupCheck>,
}

/// Whether the database can be reached.
#[derive(Serialize, ToSchema)]
struct DatabaseCheck {
    ok: bool,
    /// `sqlite` or `postgres`.
    kind: &'static str,
    /// Milliseconds until it answered.
    latency_ms: Option<f64>,
}

/// Whether the schema is this program's.
#[derive(Serialize, ToSchema)]
struct MigrationsCheck {
    ok: bool,
    /// Migrations that the database lacks.
    pending: usize,
}

/// Whether the data directory has room.
#[derive(Serialize, ToSchema)]
struct DiskCheck {
    ok: bool,
    /// Bytes that may still be written.
    free_bytes: Option<u64>,
    /// With less it is not ready.
    floor_bytes: u64,
}

/// Whether what this process shows is what the register holds.
#[derive(Serialize, ToSchema)]
struct DriftCheck {
    /// False when the register in the database is not the one that this process knows: start it anew.
    ok: bool,
    /// The version that this process shows.
    version: i64,
    /// The version in the database.
    head_version: i64,
    /// Entries by which this process is behind; some while others write.
    behind: i64,
    /// Whether the hash that this process knows for its version is the stored one.
    hash_agrees: bool,
}

/// The last `green-homes audit`.
#[derive(Serialize, ToSchema)]
struct AuditCheck {
    ok: bool,
    at: DateTime<Utc>,
    age_seconds: i64,
    /// The version that it audited.
    version: i64,
    /// How many things were wrong.
    findings: i64,
}

/// The last `green-homes backup`.
#[derive(Serialize, ToSchema)]
struct BackupCheck {
    at: DateTime<Utc>,
    age_seconds: i64,
    /// The version that it holds.
    version: i64,
}

impl Checks {
    pub fn of(found: &Examination, kind: &'static str, now: DateTime<Utc>) -> Self {
        let age = |at: DateTime<Utc>| (now - at).num_seconds().max(0);
        let milliseconds = |examined: Examined| (examined.latency.as_secs_f64() * 1e6).round() / 1e3;
        let database = found.database;
        Self {
            database: DatabaseCheck { ok: database.is_some(), kind, latency_ms: database.map(milliseconds) },
            migrations: database.map(|d| MigrationsCheck { ok: d.pending == 0, pending: d.pending }),
            disk: DiskCheck { ok: found.has_room(), free_bytes: found.disk_free_bytes, floor_bytes: DISK_FLOOR_BYTES },
            drift: database.map(|d| DriftCheck {
                ok: d.hash_agrees,
                version: d.version,
                head_version: d.head_version,
                behind: d.head_version - d.version,
                hash_agrees: d.hash_agrees,
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
    use std::time::Duration;

    fn found() -> Examination {
        let database = Examined {
            latency: Duration::from_millis(2),
            pending: 0,
            version: 7,
            head_version: 9,
            hash_agrees: true,
            audit: None,
            backup: None,
        };
        Examination { database: Some(database), disk_free_bytes: Some(DISK_FLOOR_BYTES) }
    }

    #[test]
    fn checks_show_how_far_behind_a_process_is() {
        let shown = serde_json::to_value(Checks::of(&found(), "sqlite", DateTime::UNIX_EPOCH)).unwrap();
        assert_eq!(shown["drift"]["behind"], 2);
        assert_eq!(shown["database"]["latency_ms"], 2.0);
        assert!(shown["audit"].is_null());
    }
}
