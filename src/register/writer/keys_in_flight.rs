//! Idempotency keys of requests that this process has not answered yet.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::refusals::Refusal;
use crate::register::commands::{Failure, Request};

type Name = (String, String);

/// The keys under way. Two processes may have the same one: the lock of the head orders them, and
/// the later finds what the earlier kept.
#[derive(Default)]
pub(in crate::register) struct UnderWay(Mutex<HashSet<Name>>);

/// A key under way, until this is dropped.
pub(in crate::register) struct Entered<'a> {
    keys: &'a UnderWay,
    name: Name,
}

impl UnderWay {
    /// Notes the key of a request, if it has one; refuses one that is under way already.
    pub(in crate::register) fn enter(&self, request: &Request) -> Result<Option<Entered<'_>>, Failure> {
        let Some(keyed) = &request.key else { return Ok(None) };
        let name = (request.by.client_id.clone(), keyed.key.clone());
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        if fresh { Ok(Some(Entered { keys: self, name })) } else { Err(Refusal::KeyInFlight.into()) }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}
