//! The queue before the writer thread: its jobs, how one batch is gathered from it, and the idempotency keys of the requests that this
//! process has not answered yet.

use std::collections::HashSet;
use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::domain::refusals::Refusal;
use crate::register::commands::{Done, Failure, Request};

/// Requests in one batch, at most.
pub(super) const MOST_IN_A_BATCH: usize = 256;
/// Requests in hand from which `gather` waits for a lull: so many at once mean that more will follow.
const LOAD: usize = 8;

/// One job for the writer thread.
#[expect(clippy::large_enum_variant, reason = "almost every job is one request: a box would cost each an allocation")]
pub enum Job {
    /// Carry out one request, in a batch with others.
    Submit(QueuedRequest),
    /// Carry out many requests of one caller; each has its own outcome.
    SubmitAll(Vec<Request>, oneshot::Sender<Vec<Result<Done, Failure>>>),
    /// Follow at once the entries that other processes wrote up to this instant, not at the next poll.
    Refresh(Instant, oneshot::Sender<()>),
    /// Carry out the jobs before this one, then end the thread.
    Stop,
}

/// A request in the queue.
pub struct QueuedRequest {
    pub request: Request,
    /// Takes the outcome. Its receiver may be gone: a change is carried out even when its caller has left.
    pub reply: oneshot::Sender<Result<Done, Failure>>,
    pub queued_at: Instant,
}

/// Takes more waiting requests, up to the size of a batch. Also returns the job that ended the batch, if it was no
/// request.
///
/// Under load, callers whose last request was just answered are about to send the next one. With [`LOAD`] requests
/// in hand, `gather` therefore waits until nothing came for `lull`, so that all of these requests share one commit.
/// A request that comes alone never waits.
pub(super) fn gather(queue: &Receiver<Job>, first: QueuedRequest, lull: Duration) -> (Vec<QueuedRequest>, Option<Job>) {
    let mut batch = vec![first];
    while batch.len() < MOST_IN_A_BATCH {
        let patience = if batch.len() < LOAD { Duration::ZERO } else { lull };
        match queue.recv_timeout(patience) {
            Ok(Job::Submit(queued)) => batch.push(queued),
            Ok(other) => return (batch, Some(other)),
            Err(_) => break,
        }
    }
    (batch, None)
}

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
