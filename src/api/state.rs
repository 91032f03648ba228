//! What every handler can reach.

use std::sync::Arc;

use actix_web::web;
use chrono::{DateTime, Utc};

use crate::api::access::{Admission, ClientSecrets, RateLimits, Tokens};
use crate::api::http::{ApiError, RequestCounts};
use crate::db::{Connection, DbError};
use crate::register::examine::Examiner;
use crate::register::{PageCache, PublicSettings, Register};

/// Reads that may wait for each that is at work.
const READS_WAITING: usize = 4;
/// Those who may wait for a place for one: as many as a dashboard asks at once.
const WAITING_FOR_ONE: usize = 16;

/// What every handler can reach.
pub struct AppState {
    /// The register.
    pub register: Arc<Register>,
    /// Makes and checks tokens.
    pub tokens: Tokens,
    /// Makes and checks client secrets.
    pub secrets: ClientSecrets,
    /// How often somebody may ask.
    pub rate_limits: RateLimits,
    /// Places for reads of the database.
    pub read_slots: Admission,
    /// The place for numbers that are counted from the journal or from the records.
    pub slow_query_slot: Admission,
    /// The place for bridges, which anybody may ask for.
    pub bridge_slot: Admission,
    /// Bridges that were made.
    pub bridge_pages: PageCache,
    /// Settings that show in answers.
    pub settings: PublicSettings,
    /// Counts of requests.
    pub request_counts: RequestCounts,
    /// Pages that stay the same while the process lives.
    pub static_pages: PageCache,
    /// Looks into things for operators.
    pub examiner: Examiner,
    /// When the process started.
    pub started_at: DateTime<Utc>,
}

impl AppState {
    /// Places for reads on a pool of this many connections. One is left for keys, which decide who
    /// is let in; whoever waits is a few deep.
    #[must_use]
    pub fn read_slots(connections: u32) -> Admission {
        let at_a_time = usize::try_from(connections.saturating_sub(1).max(1)).unwrap_or(1);
        Admission::new(at_a_time, at_a_time * READS_WAITING)
    }

    /// A place for work that is done one at a time.
    #[must_use]
    pub fn one_slot() -> Admission {
        Admission::new(1, WAITING_FOR_ONE)
    }

    /// Computes what takes long, in a place for reads and on a thread of its own.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let slot = self.read_slots.enter().await?;
        let compute = move || {
            // The work goes on when the client has gone; so does its place.
            let _slot = slot;
            work()
        };
        web::block(compute).await?
    }

    /// Reads the database, for every handler that does: slow reads take no more than their places,
    /// and when too many wait the next is answered 503 at once.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let database = self.register.database().clone();
        self.compute(move || Ok(query(&mut database.connection()?)?)).await
    }
}
