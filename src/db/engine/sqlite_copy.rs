//! Copies of an SQLite database: one version of everything in one file, while others write.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::{RunQueryDsl, sql_types};

use super::connection::Connection;
use super::error::DbError;
use super::transaction::Checkpointed;

/// Copies the database, at one version, to a new file for its owner alone, and waits until the file is on disk. Writers go
/// on meanwhile.
pub fn copy_to(connection: &mut Connection, path: &Path) -> Result<(), DbError> {
    let Connection::Sqlite(c) = connection else { return Err(not_a_file()) };
    let name = path.to_str().ok_or_else(|| DbError::Unusable(format!("{} is not UTF-8", path.display())))?;
    let failed = |error: std::io::Error| DbError::Unusable(format!("{}: {error}", path.display()));
    // Made first and empty, so that it has the right mode before SQLite writes to it.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    diesel::sql_query("VACUUM INTO ?").bind::<sql_types::Text, _>(name).execute(&mut **c)?;
    File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}

/// Moves the write-ahead log into the database file, so that this file alone is the whole database. Nobody else may be
/// using it.
pub fn fold(connection: &mut Connection) -> Result<(), DbError> {
    let Connection::Sqlite(c) = connection else { return Err(not_a_file()) };
    let folded: Checkpointed = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(&mut **c)?;
    if folded.busy == 0 { Ok(()) } else { Err(DbError::Unavailable("somebody else uses the database".to_owned())) }
}

fn not_a_file() -> DbError {
    DbError::Unusable("only a database of SQLite is a file".to_owned())
}
