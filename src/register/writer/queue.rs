//! The queue before the writer thread: its jobs, and how one batch is gathered from it.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

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
