//! Admission to costly work of one kind: a number of jobs run at a time, a number of requests may wait, and one more is
//! refused at once, because a longer queue would only make everybody wait longer.
//!
//! Each caller has a few of these slots, and waits for its own in a queue of its own. So whoever asks for much waits for
//! itself alone, and nobody holds all slots.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::http::ApiError;

/// Seconds after which a caller whose own queue is full may ask again.
const RETRY_AFTER: u64 = 1;

/// How many jobs run at a time, and how many requests wait for their turn.
#[derive(Clone, Copy)]
pub struct QueueSize {
    /// Jobs that run at a time.
    pub running: usize,
    /// Requests that may wait.
    pub waiting: usize,
}

/// The slots for work of one kind, for callers with keys of the type `K`.
pub struct Admission<K> {
    all: Queue,
    each: QueueSize,
    /// The queues of the callers who have a request in them.
    callers: Mutex<HashMap<K, Arc<Queue>>>,
}

/// A slot, held until it is dropped. Move it into the work itself, because the work goes on when its client has gone.
pub struct Slot {
    _of_caller: Turn,
    _of_all: Turn,
}

/// Why there is no slot.
#[derive(Debug, PartialEq, Eq)]
pub enum NoSlot {
    /// As many requests of this caller wait as may.
    OfCaller,
    /// As many callers wait as may.
    OfAll,
}

impl From<NoSlot> for ApiError {
    fn from(why: NoSlot) -> Self {
        match why {
            NoSlot::OfCaller => Self::TooManyRequests { retry_after: RETRY_AFTER },
            NoSlot::OfAll => Self::Unavailable,
        }
    }
}

impl<K: Hash + Eq> Admission<K> {
    /// Slots for all callers, of which each caller has some.
    #[must_use]
    pub fn new(all: QueueSize, each: QueueSize) -> Self {
        Self { all: Queue::new(all), each, callers: Mutex::default() }
    }

    /// Slots for work that no caller has to itself.
    #[must_use]
    pub fn for_all(all: QueueSize) -> Self {
        Self::new(all, QueueSize { running: Semaphore::MAX_PERMITS, waiting: 0 })
    }

    /// Waits for a slot; refuses at once where too many wait already.
    pub async fn enter(&self, caller: K) -> Result<Slot, NoSlot> {
        let own = self.queue_of(caller);
        let of_caller = own.enter().await.ok_or(NoSlot::OfCaller)?;
        let of_all = self.all.enter().await.ok_or(NoSlot::OfAll)?;
        Ok(Slot { _of_caller: of_caller, _of_all: of_all })
    }

    fn queue_of(&self, caller: K) -> Arc<Queue> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = callers.get(&caller) {
            return own.clone();
        }
        // Under the lock nobody enters a queue anew, so one that nobody else holds and that is empty is done with.
        callers.retain(|_, queue| Arc::strong_count(queue) > 1 || !queue.is_empty());
        callers.entry(caller).or_insert_with(|| Arc::new(Queue::new(self.each))).clone()
    }
}

/// One queue with its running jobs.
struct Queue {
    size: QueueSize,
    /// One permit for each job that may run.
    running: Arc<Semaphore>,
    /// One permit for each job that may run or wait.
    admitted: Arc<Semaphore>,
}

struct Turn {
    _running: OwnedSemaphorePermit,
    _admitted: OwnedSemaphorePermit,
}

impl Queue {
    fn new(size: QueueSize) -> Self {
        let QueueSize { running, waiting } = size;
        let admitted = Arc::new(Semaphore::new(running + waiting));
        Self { size, running: Arc::new(Semaphore::new(running)), admitted }
    }

    /// Waits for the turn; `None` at once where too many wait already.
    async fn enter(&self) -> Option<Turn> {
        let admitted = self.admitted.clone().try_acquire_owned().ok()?;
        let running = self.running.clone().acquire_owned().await.ok()?;
        Some(Turn { _running: running, _admitted: admitted })
    }

    fn is_empty(&self) -> bool {
        self.admitted.available_permits() == self.size.running + self.size.waiting
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    const ALL: QueueSize = QueueSize { running: 3, waiting: 2 };
    const EACH: QueueSize = QueueSize { running: 2, waiting: 4 };

    /// What a future says when it is polled once.
    fn asked_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn enter_by_one_caller_without_pause_leaves_the_slots_of_others() {
        let admission = Admission::new(ALL, EACH);
        let mut greedy: Vec<_> = (0..10).map(|_| Box::pin(admission.enter("greedy"))).collect();
        let mut held: Vec<_> = greedy.iter_mut().map(|one| asked_once(one.as_mut())).collect();
        let running = held.iter().filter(|asked| matches!(asked, Some(Ok(_)))).count();
        let refused = held.iter().filter(|asked| matches!(asked, Some(Err(NoSlot::OfCaller)))).count();
        assert_eq!((running, refused), (2, 4), "four wait");
        let modest = asked_once(pin!(admission.enter("modest")));
        assert!(matches!(modest, Some(Ok(_))), "another runs at once");
        // A slot that becomes free is for the next of the same caller.
        held.remove(0);
        let next = asked_once(greedy[2].as_mut());
        assert!(matches!(next, Some(Ok(_))));
        assert!(asked_once(greedy[3].as_mut()).is_none());
    }

    #[test]
    fn enter_by_more_callers_than_have_slots_waits_and_then_refuses() {
        let admission = Admission::new(ALL, EACH);
        let mut asked: Vec<_> = (0..6).map(|caller| Box::pin(admission.enter(caller))).collect();
        let held: Vec<_> = asked.iter_mut().map(|one| asked_once(one.as_mut())).collect();
        let running = held.iter().filter(|asked| matches!(asked, Some(Ok(_)))).count();
        assert_eq!((running, held.iter().filter(|asked| asked.is_none()).count()), (3, 2));
        assert!(matches!(held[5], Some(Err(NoSlot::OfAll))));
    }

    #[test]
    fn enter_where_no_caller_is_told_apart_refuses_when_all_slots_are_taken() {
        let admission = Admission::for_all(ALL);
        let mut asked: Vec<_> = (0..6).map(|_| Box::pin(admission.enter(()))).collect();
        let held: Vec<_> = asked.iter_mut().map(|one| asked_once(one.as_mut())).collect();
        assert_eq!(held.iter().filter(|asked| matches!(asked, Some(Ok(_)))).count(), 3);
        assert!(matches!(held[5], Some(Err(NoSlot::OfAll))));
    }

    #[test]
    fn enter_by_many_callers_in_turn_remembers_none_of_them() {
        let admission = Admission::new(ALL, EACH);
        let held = asked_once(pin!(admission.enter(0)));
        for caller in 1..1_000 {
            assert!(matches!(asked_once(pin!(admission.enter(caller))), Some(Ok(_))));
        }
        assert!(held.is_some() && admission.callers.lock().unwrap().len() <= 2);
    }
}
