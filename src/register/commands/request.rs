//! A request to the writer: who asks, for which command, under which idempotency key.

use std::fmt;
use std::sync::Arc;

use crate::domain::records::Actor;
use crate::domain::values::Hash;

use super::command::Command;
use super::outcome::Done;

/// A change, and who asks for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks: entries carry its id, and it may touch only what it may see.
    pub by: Actor,
    /// What is asked.
    pub command: Command,
    /// Whether it is only asked what would come of it: nothing is written.
    pub dry_run: bool,
    /// What the client calls this request, so that it is carried out once.
    pub key: Option<IdempotentRequest>,
}

impl Request {
    /// A request to be carried out.
    #[must_use]
    pub fn new(by: Actor, command: Command) -> Self {
        Self { by, command, dry_run: false, key: None }
    }
}

/// An idempotency key. What was answered is kept in the transaction of the change itself, so that
/// both are there or neither.
#[derive(Clone)]
pub struct IdempotentRequest {
    /// The client's key.
    pub key: String,
    /// A digest of everything that was sent with it.
    pub digest: Hash,
    /// What is to be kept of the answer.
    pub answer: RememberReply,
}

/// Makes what is kept of an answer; none where it holds a secret.
pub type RememberReply = Arc<dyn Fn(&Done) -> Option<String> + Send + Sync>;

/// The answer is code and the key may be guessable: neither is shown.
impl fmt::Debug for IdempotentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(…)")
    }
}
