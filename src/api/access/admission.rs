//! Admission to costly work of one kind: a number of jobs run at a time, a number of requests may wait, and one more is
//! refused at once, because a longer queue would only make everybody wait longer.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::http::ApiError;

/// The slots for work of one kind.
pub struct Admission {
    /// One permit for each job that may run.
    running: Arc<Semaphore>,
    /// One permit for each job that may run or wait.
    admitted: Arc<Semaphore>,
}

/// A slot, held until it is dropped. Move it into the work itself, because the work goes on when its client has gone.
pub struct Slot {
    _running: OwnedSemaphorePermit,
    _admitted: OwnedSemaphorePermit,
}

/// No slot: as many requests wait as may.
#[derive(Debug, PartialEq, Eq)]
pub struct NoSlot;

impl From<NoSlot> for ApiError {
    fn from(_: NoSlot) -> Self {
        Self::Unavailable
    }
}

impl Admission {
    /// Slots for `at_a_time` running jobs, and room for `may_wait` requests that wait for one.
    #[must_use]
    pub fn new(at_a_time: usize, may_wait: usize) -> Self {
        let admitted = Arc::new(Semaphore::new(at_a_time + may_wait));
        Self { running: Arc::new(Semaphore::new(at_a_time)), admitted }
    }

    /// Waits for a slot; refuses at once where too many wait already.
    pub async fn enter(&self) -> Result<Slot, NoSlot> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| NoSlot)?;
        let running = self.running.clone().acquire_owned().await.map_err(|_| NoSlot)?;
        Ok(Slot { _running: running, _admitted: admitted })
    }
}
