//! Why the register refuses a request. A refused request writes nothing.

use chrono::NaiveDate;
use serde_json::Value;

use crate::domain::values::{Action, Fault, InstallationId, Status};

/// A fault and the place of the wrong value in the request.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldFault {
    /// JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    pub fault: Fault,
}

impl FieldFault {
    pub fn new(pointer: impl Into<String>, fault: Fault) -> Self {
        Self { pointer: pointer.into(), fault }
    }
}

/// A fact in which a re-sent installation differs from the recorded one.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// JSON pointer into the request.
    pub pointer: &'static str,
    pub recorded: Value,
}

/// The record as it stood when the register refused a request about it.
#[derive(Clone, PartialEq, Debug)]
pub struct CurrentRecord {
    pub installation: InstallationId,
    pub status: Status,
    pub revision: i32,
    /// The tag with which a caller proves to know this revision.
    pub revision_tag: String,
}

/// Why the register refuses.
#[derive(Clone, PartialEq, Debug)]
pub enum Refusal {
    /// The record does not exist, or the actor may not see it.
    NotFound,
    /// Values are wrong that only the register can judge.
    Invalid(Vec<FieldFault>),
    /// The external id is registered with other content.
    Different {
        /// The recorded installation.
        current: CurrentRecord,
        differences: Vec<Difference>,
    },
    /// The installation with this external id was rejected or withdrawn.
    Ended(CurrentRecord),
    /// The status does not allow the action.
    InvalidTransition {
        /// The recorded installation.
        current: CurrentRecord,
        action: Action,
    },
    /// The record changed after the caller read it.
    Stale {
        /// The tag of the newest revision.
        revision_tag: String,
        /// The installation, if the record is one.
        current: Option<CurrentRecord>,
    },
    /// Another partner recorded the site.
    RecordedByAnother,
    /// The idempotency key belongs to an earlier, different request.
    KeyReused,
    /// The request with this idempotency key is not finished.
    KeyInFlight,
    /// The request with this idempotency key is done. Its answer was a secret, so the register did not keep it.
    AnswerNotKept,
    /// Another record has the code.
    CodeTaken {
        /// JSON pointer to the code in the request.
        pointer: &'static str,
    },
    /// The site has the most open disputes that it may have.
    TooManyDisputes,
    /// The register gives out no new code while a dispute is open at the site.
    DisputeOpen,
    /// The dispute was closed with another outcome.
    DisputeClosed,
    /// A client must not revoke itself, because nobody could undo that with it.
    OwnClient,
    /// A revoked client gets no new secret.
    ClientRevoked,
    /// The partner registered as many installations as it may on one day.
    DailyQuota {
        /// The most new installations a day.
        most: u32,
        /// The day that begins when the quota ends, in Hà Nội.
        next_day: NaiveDate,
        /// Seconds until then.
        wait: u64,
    },
}

impl Refusal {
    /// The refusal of one wrong value.
    #[must_use]
    pub fn invalid(pointer: &str, fault: Fault) -> Self {
        Self::Invalid(vec![FieldFault::new(pointer, fault)])
    }
}
