//! Errors of the database. Messages of the driver are for logs; they never reach a client.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error};

/// Why a connection or a query failed.
#[derive(Debug)]
pub enum DbError {
    /// The database cannot be reached, or did not answer in time. Trying again later may help.
    Unavailable(String),
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

    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let unavailable = match &error {
            Error::BrokenTransactionManager => true,
            Error::DatabaseError(kind, info) => is_lost(kind, info.message()),
            _ => false,
        };
        match error {
            error if unavailable => Self::Unavailable(error.to_string()),
            Error::DeserializationError(why) => Self::Corrupt(why.to_string()),
            error => Self::Query(error),
        }
    }
}

/// Whether an error means a lost connection or a timed-out lock. Diesel passes most of these on as text.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "diesel's kinds are not Copy")]
fn is_lost(kind: &DatabaseErrorKind, message: &str) -> bool {
    const SIGNS: [&str; 16] = [
        "database is locked",
        "disk is full",
        "disk I/O error",
        "No space left on device",
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
        || SIGNS.iter().any(|sign| message.contains(sign))
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database is unavailable: {why}"),
            Self::Unusable(why) => f.write_str(why),
            Self::Corrupt(what) => write!(f, "the database holds what this register never writes: {what}"),
            Self::Query(error) => write!(f, "a query failed: {error}"),
        }
    }
}

impl std::error::Error for DbError {}
