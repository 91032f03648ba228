//! The newest entry that public numbers bear. An entry of a sandbox partner moves no public number, so it makes no public version
//! either: it names the newest entry before it that is none of a sandbox's.

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::entries;
use crate::domain::values::Hash;

use super::closed_days;
use super::head::Head;

/// An entry that is none of a sandbox's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PublicEntry {
    pub version: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
}

/// The version of the newest public entry up to the entry `version`. Before the first entry, 0.
pub fn version_at(connection: &mut Connection, version: i64) -> Result<i64, DbError> {
    let named: Option<Option<i64>> = on_backend!(connection, c => {
        entries::table.filter(entries::version.eq(version)).select(entries::public_version).first(c).optional()
    })?;
    Ok(named.flatten().unwrap_or(version))
}

/// The newest public entry of the register. Before the first entry, the head itself.
pub fn newest(connection: &mut Connection, head: &Head) -> Result<PublicEntry, DbError> {
    let Head { version, hash, recorded_at, .. } = *head;
    let public = version_at(connection, version)?;
    if public == version {
        return Ok(PublicEntry { version, hash, recorded_at });
    }
    let found = closed_days::entry(connection, public)?;
    let entry = found.ok_or_else(|| DbError::corrupt(format!("entry {public} is gone")))?;
    Ok(PublicEntry { version: public, hash: entry.hash, recorded_at: entry.recorded_at })
}
