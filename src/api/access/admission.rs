//! Places for work of one kind: so many at a time, so many that may wait, and whoever comes then
//! is told so at once instead of making everybody wait longer.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::http::ApiError;

/// Places for work of one kind.
pub struct Admission {
    at_work: Arc<Semaphore>,
    here: Arc<Semaphore>,
}

/// A place, held until it is dropped. Give it to the work itself: that goes on when the client
/// that asked for it has gone.
pub struct Slot {
    _at_work: OwnedSemaphorePermit,
    _here: OwnedSemaphorePermit,
}

/// Too many are waiting.
#[derive(Debug, PartialEq, Eq)]
pub struct NoSlot;

/// The service is busy.
impl From<NoSlot> for ApiError {
    fn from(_: NoSlot) -> Self {
        Self::Unavailable
    }
}

impl Admission {
    /// So many at a time, and so many who wait.
    #[must_use]
    pub fn new(at_a_time: usize, may_wait: usize) -> Self {
        let here = Arc::new(Semaphore::new(at_a_time + may_wait));
        Self { at_work: Arc::new(Semaphore::new(at_a_time)), here }
    }

    /// A place, once one is free.
    pub async fn enter(&self) -> Result<Slot, NoSlot> {
        let here = self.here.clone().try_acquire_owned().map_err(|_| NoSlot)?;
        let at_work = self.at_work.clone().acquire_owned().await.map_err(|_| NoSlot)?;
        Ok(Slot { _at_work: at_work, _here: here })
    }
}
