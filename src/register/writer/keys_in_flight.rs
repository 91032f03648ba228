//! Idempotency keys of the requests that this process has not answered yet.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::refusals::Refusal;
use crate::register::commands::{Failure, Request};

/// A client's id and its key.
type ClientKey = (String, String);

/// The keys in flight. Two processes may hold the same key: the lock of the head orders their requests, and the
/// later one finds the reply that the earlier one kept.
#[derive(Default)]
pub struct KeysInFlight(Mutex<HashSet<ClientKey>>);

/// One key in flight, until this is dropped.
pub struct KeyInFlight<'a> {
    keys: &'a KeysInFlight,
    key: ClientKey,
}

impl KeysInFlight {
    /// Notes the key of a request, if it has one. A key that is in flight already is refused.
    pub fn enter(&self, request: &Request) -> Result<Option<KeyInFlight<'_>>, Failure> {
        let Some(keyed) = &request.key else { return Ok(None) };
        let key = (request.by.client_id.clone(), keyed.key.clone());
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        if fresh { Ok(Some(KeyInFlight { keys: self, key })) } else { Err(Refusal::KeyInFlight.into()) }
    }
}

impl Drop for KeyInFlight<'_> {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
