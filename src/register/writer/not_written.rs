//! Why a batch was not written, and what its requests are told.

use std::fmt;

use crate::db::DbError;
use crate::domain::rules::ClockDoubt;
use crate::register::commands::Failure;

/// Why a batch was not written, or may not have been.
pub(super) enum NotWritten {
    Database(DbError),
    ClockInDoubt(ClockDoubt),
    OutcomeUnknown(String),
}

impl NotWritten {
    /// What its requests are told.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Database(DbError::Unavailable(_)) => Failure::Unavailable,
            Self::Database(DbError::StorageFull(_)) => Failure::StorageFull,
            Self::Database(DbError::Outdated(_)) => Failure::Outdated,
            Self::Database(_) => Failure::Broken,
            Self::ClockInDoubt(_) => Failure::ClockInDoubt,
            Self::OutcomeUnknown(_) => Failure::OutcomeUnknown,
        }
    }
}

impl From<DbError> for NotWritten {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::ClockInDoubt(doubt) => doubt.fmt(f),
            Self::OutcomeUnknown(why) => write!(f, "the outcome of a commit stays unknown: {why}"),
        }
    }
}
