//! A request to the writer: a command, the actor who asks for it, and its idempotency key.

use std::fmt;
use std::sync::Arc;

use crate::domain::records::Actor;
use crate::domain::values::Hash;

use super::command::Command;
use super::outcome::Done;

/// A command and the actor who asks for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The actor. Entries carry its id, and it may change only the records that it may see.
    pub by: Actor,
    pub command: Command,
    /// Whether the command is only tried: its outcome is told and nothing is written.
    pub dry_run: bool,
    /// The client's key, under which the command is carried out once.
    pub key: Option<IdempotentRequest>,
}

impl Request {
    /// A request that is carried out, without a key.
    #[must_use]
    pub fn new(by: Actor, command: Command) -> Self {
        Self { by, command, dry_run: false, key: None }
    }
}

/// An idempotency key, and the parts that make the kept reply. The reply is kept in the transaction of the change
/// itself, so that the database holds both or neither.
#[derive(Clone)]
pub struct IdempotentRequest {
    pub key: String,
    /// A digest of everything that the client sent with the key.
    pub digest: Hash,
    /// Makes the reply that is kept.
    pub make_reply: RememberReply,
}

/// Makes the reply that is kept of an outcome; `None` where the reply holds a secret.
pub type RememberReply = Arc<dyn Fn(&Done) -> Option<String> + Send + Sync>;

/// Shows neither field, because a closure cannot be shown and a key read in a log could be replayed.
impl fmt::Debug for IdempotentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotentRequest(…)")
    }
}
