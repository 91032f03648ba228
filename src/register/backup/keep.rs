//! The copy of a database before a new version of the program changes its schema.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::db::Database;
use crate::db::engine::sqlite_copy;

use super::error::{BackupError, at};
use super::files;

/// Copies a database of SQLite into `directory`, before its schema of the version `schema` changes. This file is the
/// only way back to the earlier version of the program.
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
        // Removed, because a service that is restarted again and again would fill a full disk further.
        let _ = fs::remove_file(&draft);
    }
    kept?;
    files::sync(directory)?;
    Ok(path)
}
