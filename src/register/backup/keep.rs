//! The copy of a database before a new version of the program changes its schema.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::db::Database;
use crate::db::engine::sqlite_copy;

use super::error::{BackupError, at};
use super::files;

/// Copies a database of SQLite, whose schema is of this version, into `directory`: back to it, and
/// to the program before, leads only this file.
pub fn keep_before_migration(
    database: &Database,
    directory: &Path,
    schema: &str,
    now: DateTime<Utc>,
) -> Result<PathBuf, BackupError> {
    files::make_private(directory).map_err(at(directory))?;
    let name = format!("schema-{schema}-{}.db", now.format("%Y%m%dT%H%M%S%.6fZ"));
    let (path, draft) = (directory.join(&name), directory.join(format!(".{name}.partial")));
    // The caller holds the write lock on a connection of its own; this one reads.
    let copied = sqlite_copy::copy_to(&mut database.connection()?, &draft);
    let kept = copied.map_err(BackupError::from).and_then(|()| fs::rename(&draft, &path).map_err(at(&path)));
    if kept.is_err() {
        // The service is started again and again; on a full disk each draft would make it fuller.
        let _ = fs::remove_file(&draft);
    }
    kept?;
    files::sync(directory)?;
    Ok(path)
}
