//! The state that every handler can reach: the register, the guards of `access`, and caches of pages. It lies above `http`
//! and `access` and below everything that handles a request, so it must not know a caller or a resource.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use chrono::{DateTime, Utc};

use crate::api::access::{Admission, Concurrency, RateLimits, RefusalSums, Tokens};
use crate::api::http::{ApiError, RequestCounts};
use crate::db::{Connection, DbError};
use crate::register::examine::Examiner;
use crate::register::{PageCache, PublicSettings, Register};

/// How long a caller waits for a read. Sums of a large register by partner take a minute.
pub const COMPUTED_WITHIN: Duration = Duration::from_mins(2);
/// How long a caller waits for the keys of tokens.
pub const KEYS_WITHIN: Duration = Duration::from_secs(5);
/// Queue length per running read.
const WAITING_PER_READ: usize = 4;
/// Queue length of a slot that runs one job at a time: 16, because a dashboard sends that many requests at once.
const WAITING_PER_SLOT: usize = 16;

/// The state of the process that handlers share.
pub struct AppState {
    /// The register.
    pub register: Arc<Register>,
    /// Issues and verifies tokens.
    pub tokens: Tokens,
    /// Limits of clients and addresses.
    pub rate_limits: RateLimits,
    /// What each address has at a time.
    pub concurrency: Arc<Concurrency>,
    /// Slots for reads of the database.
    pub read_slots: Admission,
    /// The slot for numbers that are counted from the journal or from the records, which takes seconds.
    pub slow_query_slot: Admission,
    /// The slot for bridges, apart from the slow queries, because anybody may ask for a bridge.
    pub bridge_slot: Admission,
    /// The bridges made so far.
    pub bridge_pages: PageCache,
    /// Settings that appear in answers.
    pub settings: PublicSettings,
    /// Refusals of callers who are no client, for the log.
    pub refusal_sums: Arc<RefusalSums>,
    /// Counts of requests, for metrics.
    pub request_counts: RequestCounts,
    /// The pages that stay the same while the process lives.
    pub static_pages: PageCache,
    /// Examines the database and the disk for operators.
    pub examiner: Examiner,
    /// The instant at which the process started.
    pub started_at: DateTime<Utc>,
}

impl AppState {
    /// Slots for reads on a pool of this many connections. One connection stays free for reading the keys of tokens, because
    /// without them nobody is let in. Four reads may wait for each that runs.
    #[must_use]
    pub fn read_slots(connections: u32) -> Admission {
        let at_a_time = usize::try_from(connections.saturating_sub(1).max(1)).unwrap_or(1);
        Admission::new(at_a_time, at_a_time * WAITING_PER_READ)
    }

    /// A slot for work that is done one job at a time.
    #[must_use]
    pub fn one_slot() -> Admission {
        Admission::new(1, WAITING_PER_SLOT)
    }

    /// Runs long work in a slot for reads, on a thread that may block.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let slot = self.read_slots.enter().await?;
        let compute = move || {
            // The slot moves into the work, because the work goes on when the client has gone.
            let _slot = slot;
            work()
        };
        block_within(COMPUTED_WITHIN, compute).await?
    }

    /// Reads the database in a slot for reads. Every handler reads through here, so that slow reads never take all connections;
    /// where too many wait, the next is answered 503 at once.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let database = self.register.database().clone();
        self.compute(move || Ok(query(&mut database.connection()?)?)).await
    }
}

/// Runs work on a thread that may block, and stops waiting for it after `limit`, because a path to the database may stall for ever.
pub async fn block_within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::time::timeout(limit, web::block(work)).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(ApiError::Unavailable),
    }
}
