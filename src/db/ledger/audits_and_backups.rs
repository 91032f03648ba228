//! Notes of finished audits and backups. They are no part of the chain; losing them loses no number.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{audits, backups, stored};

/// The clock of the machine that noted something may be this far ahead of ours.
const AHEAD: TimeDelta = TimeDelta::minutes(1);

/// A finished audit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Audited {
    /// The instant of its end.
    pub at: DateTime<Utc>,
    /// The version that it audited.
    pub version: i64,
    /// Whether everything agreed.
    pub ok: bool,
    pub findings: i64,
}

/// A finished backup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackedUp {
    /// The instant of its end.
    pub at: DateTime<Utc>,
    /// The version that it holds.
    pub version: i64,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = audits)]
struct AuditRow {
    at: NaiveDateTime,
    version: i64,
    ok: bool,
    findings: i64,
}

#[derive(Insertable, Queryable)]
#[diesel(table_name = backups)]
struct BackupRow {
    at: NaiveDateTime,
    version: i64,
}

/// Stores the note of a finished audit.
pub fn note_audit(connection: &mut Connection, audit: Audited) -> Result<(), DbError> {
    let Audited { at, version, ok, findings } = audit;
    let row = AuditRow { at: stored(at), version, ok, findings };
    on_backend!(connection, c => diesel::insert_into(audits::table).values(&row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Stores the note of a finished backup.
pub fn note_backup(connection: &mut Connection, backup: BackedUp) -> Result<(), DbError> {
    let row = BackupRow { at: stored(backup.at), version: backup.version };
    on_backend!(connection, c => diesel::insert_into(backups::table).values(&row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// The last audit and the last backup that are noted. Those that a clock ahead noted, before it was set right, lie after `now` and do not
/// count, because they would hide every later one.
pub fn last(connection: &mut Connection, now: DateTime<Utc>) -> Result<(Option<Audited>, Option<BackedUp>), DbError> {
    let until = stored(now + AHEAD);
    let audit: Option<AuditRow> = on_backend!(connection, c => {
        audits::table.filter(audits::at.le(until)).order(audits::at.desc()).first(c).optional()
    })?;
    let backup: Option<BackupRow> = on_backend!(connection, c => {
        backups::table.filter(backups::at.le(until)).order(backups::at.desc()).first(c).optional()
    })?;
    let audited =
        |row: AuditRow| Audited { at: row.at.and_utc(), version: row.version, ok: row.ok, findings: row.findings };
    Ok((audit.map(audited), backup.map(|row| BackedUp { at: row.at.and_utc(), version: row.version })))
}
