//! Why the register does not do what it was asked. Nothing was written.

use serde_json::Value;

use crate::domain::values::Fault;
use crate::domain::values::{Action, InstallationId, Status};

/// A fault and the value that has it (a JSON pointer into the request).
#[derive(Clone, PartialEq, Debug)]
pub struct FieldFault {
    /// JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    /// What is wrong.
    pub fault: Fault,
}

impl FieldFault {
    /// A fault at a pointer.
    pub fn new(pointer: impl Into<String>, fault: Fault) -> Self {
        Self { pointer: pointer.into(), fault }
    }
}

/// One fact in which a re-sent installation differs from the recorded one.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// JSON pointer into the request.
    pub pointer: &'static str,
    /// What is recorded.
    pub recorded: Value,
}

/// The record that a refused request ran into.
#[derive(Clone, PartialEq, Debug)]
pub struct CurrentRecord {
    /// Which installation.
    pub installation: InstallationId,
    /// Its status.
    pub status: Status,
    /// How often it changed.
    pub revision: i32,
    /// What `If-Match` takes.
    pub etag: String,
}

/// Why the register refuses.
#[derive(Clone, PartialEq, Debug)]
pub enum Refusal {
    /// There is no such record, or not for this actor.
    NotFound,
    /// Values that can only be judged against the register are wrong.
    Invalid(Vec<FieldFault>),
    /// The same external id was registered with other content.
    Different {
        /// The record there is.
        standing: CurrentRecord,
        /// Where it differs.
        differences: Vec<Difference>,
    },
    /// The same external id was rejected or withdrawn.
    Ended(CurrentRecord),
    /// The status does not allow the action.
    InvalidTransition {
        /// The record there is.
        standing: CurrentRecord,
        /// What was asked.
        action: Action,
    },
    /// The record changed since it was read.
    Stale {
        /// What `If-Match` takes now.
        etag: String,
        /// The installation there is, if it is one.
        standing: Option<CurrentRecord>,
    },
    /// The site was recorded by another partner.
    RecordedByAnother,
    /// The idempotency key came with another request before.
    KeyReused,
    /// The request with this idempotency key is still under way.
    KeyInFlight,
    /// The request with this idempotency key was done, and its answer, a secret, was not kept.
    AnswerNotKept,
    /// The code is taken.
    CodeTaken {
        /// JSON pointer to the code.
        pointer: &'static str,
    },
    /// So many disputes are open at the site already.
    TooManyDisputes,
    /// No new code goes out while a dispute is open at the site.
    DisputeOpen,
    /// The dispute was closed with another outcome.
    DisputeClosed,
    /// Whoever revokes the client that they act as locks themselves out.
    OwnClient,
    /// A client that is shut out gets no new secret.
    ClientRevoked,
}

impl Refusal {
    /// One wrong value.
    #[must_use]
    pub fn invalid(pointer: &str, fault: Fault) -> Self {
        Self::Invalid(vec![FieldFault::new(pointer, fault)])
    }
}
