//! Errors of the database. Messages of the driver are for logs; they never reach a client.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error};

/// Why a connection or a query failed.
#[derive(Debug)]
pub enum DbError {
    /// The database cannot be reached, or did not answer in time. Trying again later may help.
    Unavailable(String),
    /// The disk is full.
    StorageFull(String),
    /// A newer program has changed the register, and this one must not write to it; the words say why.
    Outdated(String),
    /// The database cannot be used as it is; the words say why.
    Unusable(String),
    /// A stored value is not one that this register writes.
    Corrupt(String),
    /// A query failed for another reason.
    Query(Error),
}

impl DbError {
    /// The error of a stored value that this register never writes.
    pub(crate) fn corrupt(what: impl fmt::Display) -> Self {
        Self::Corrupt(what.to_string())
    }

    /// Turns a failed query into `Unavailable`, for statements that fail only when the database cannot be worked with.
    /// `is_lost` may not know their messages, because the server translates them.
    #[must_use]
    pub(crate) fn into_unavailable(self) -> Self {
        match self {
            Self::Query(error) => Self::Unavailable(error.to_string()),
            other => other,
        }
    }

    /// Whether trying again later may help.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::StorageFull(_))
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        match error {
            Error::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            Error::DatabaseError(_, ref info) if is_about(info.message(), &FULL) => {
                Self::StorageFull(error.to_string())
            }
            Error::DatabaseError(_, ref info) if is_about(info.message(), &[OWN_STATEMENT]) => {
                Self::Unavailable(with_hint(error.to_string()))
            }
            Error::DatabaseError(ref kind, ref info) if is_lost(kind, info.message()) => {
                Self::Unavailable(error.to_string())
            }
            Error::DeserializationError(why) => Self::Corrupt(why.to_string()),
            _ => Self::Query(error),
        }
    }
}

/// What a full disk says: SQLite, PostgreSQL, and the system below both.
const FULL: [&str; 3] = ["disk is full", "No space left on device", "Disk quota exceeded"];

/// What diesel calls the statements that it prepares. The server does not know them, or knows others, where a pooler hands one session to
/// many clients in turn.
const OWN_STATEMENT: &str = "__diesel_stmt";

/// Adds to an error what an operator has to change, if it is known.
pub(super) fn with_hint(error: String) -> String {
    if error.contains(OWN_STATEMENT) {
        return format!("{error}; a pooler like PgBouncer must hand out sessions (pool_mode = session)");
    }
    error
}

fn is_about(message: &str, signs: &[&str]) -> bool {
    signs.iter().any(|sign| message.contains(sign))
}

/// Whether an error means a lost connection or a timed-out lock. Diesel passes most of these on as text.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "diesel's kinds are not Copy")]
fn is_lost(kind: &DatabaseErrorKind, message: &str) -> bool {
    const SIGNS: [&str; 14] = [
        "database is locked",
        "disk I/O error",
        "lock timeout",
        "statement timeout",
        "idle-in-transaction timeout",
        "terminating connection",
        "connection to server",
        "connection not open",
        "no connection to the server",
        "server closed the connection",
        "could not receive data",
        "could not send data",
        "the database system is",
        "SSL connection has been closed",
    ];
    matches!(kind, DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand)
        || is_about(message, &SIGNS)
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database is unavailable: {why}"),
            Self::StorageFull(why) => write!(f, "the disk is full: {why}"),
            Self::Unusable(why) | Self::Outdated(why) => f.write_str(why),
            Self::Corrupt(what) => write!(f, "the database holds what this register never writes: {what}"),
            Self::Query(error) => write!(f, "a query failed: {error}"),
        }
    }
}

impl std::error::Error for DbError {}
