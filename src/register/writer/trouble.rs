//! What keeps a process from doing its work, for its operator: one thing at a time, in a line.

use std::fmt;

use crate::domain::rules::ClockDoubt;
use crate::register::commands::Failure;

/// What keeps a process from doing its work. Public reads go on with what it knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The thread that orders all changes has ended: the process has to be started anew.
    WriterStopped,
    /// The database does not answer.
    DatabaseAway,
    /// A newer program has changed the register.
    Outdated(String),
    ClockInDoubt(ClockDoubt),
    /// What the database holds contradicts itself: a closed day is not that of its entries.
    Contradiction(String),
    StorageFull,
    /// The database answers, and takes no writes.
    WritesFail,
    /// The numbers stand still, because this process lacks the methodology in force.
    MethodologyMissing(String),
}

impl Trouble {
    /// The trouble that a failed write shows, if the fault is not in the request.
    pub(super) fn of_write(failure: &Failure) -> Option<Self> {
        match failure {
            Failure::StorageFull => Some(Self::StorageFull),
            Failure::Unavailable | Failure::OutcomeUnknown => Some(Self::WritesFail),
            // The head tells these apart from other troubles, with the words.
            Failure::ClockInDoubt | Failure::Outdated | Failure::Refused(_) | Failure::Broken => None,
        }
    }

    /// The code that programs read.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::WriterStopped => "writer_stopped",
            Self::DatabaseAway => "database_away",
            Self::Outdated(_) => "outdated_program",
            Self::ClockInDoubt(_) => "clock_in_doubt",
            Self::Contradiction(_) => "contradiction",
            Self::StorageFull => "storage_full",
            Self::WritesFail => "writes_fail",
            Self::MethodologyMissing(_) => "methodology_missing",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WriterStopped => f.write_str("the writer has ended: this process has to be started anew"),
            Self::DatabaseAway => f.write_str("the database does not answer; public numbers stand still"),
            Self::StorageFull => {
                f.write_str("the disk of the database is full: make room; nothing that was acknowledged is lost")
            }
            Self::WritesFail => f.write_str("the database takes no writes; the log says why"),
            Self::Contradiction(why) => write!(
                f,
                "the database contradicts itself, so public numbers stand still: {why}; `green-homes audit` names what is wrong"
            ),
            Self::Outdated(why) | Self::MethodologyMissing(why) => f.write_str(why),
            Self::ClockInDoubt(doubt) => doubt.fmt(f),
        }
    }
}
