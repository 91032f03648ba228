//! Why a backup or a restoration failed.

use std::io;
use std::path::{Path, PathBuf};

use crate::db::DbError;

/// Why a backup or a restoration failed.
#[derive(Debug)]
pub enum BackupError {
    /// Refused; the words tell the operator the next step.
    Refused(String),
    /// A file could not be written or read.
    Io {
        path: PathBuf,
        error: io::Error,
    },
    Database(DbError),
}

impl std::fmt::Display for BackupError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => f.write_str(why),
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Database(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<DbError> for BackupError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// Turns an error of input or output into one that names the file.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::Io { path: path.clone(), error }
}
