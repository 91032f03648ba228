//! What every handler can reach.

use std::sync::Arc;

use actix_web::web;
use chrono::{DateTime, Utc};

use crate::api::access::{Limits, Places, Secrets, Tokens};
use crate::api::http::{ApiError, Meter};
use crate::api::operations::Examiner;
use crate::db::{Connection, DbError};
use crate::register::{Pages, PublicSettings, Register};

/// Reads that may wait for each that is at work.
const READS_WAITING: usize = 4;
/// Those who may wait for a place for one: as many as a dashboard asks at once.
const WAITING_FOR_ONE: usize = 16;

/// What every handler can reach.
pub struct State {
    /// The register.
    pub register: Arc<Register>,
    /// Makes and checks tokens.
    pub tokens: Tokens,
    /// Makes and checks client secrets.
    pub secrets: Secrets,
    /// How often somebody may ask.
    pub limits: Limits,
    /// Places for reads of the database.
    pub reads: Places,
    /// The place for numbers that are counted from the journal or from the records.
    pub past: Places,
    /// The place for bridges, which anybody may ask for.
    pub bridging: Places,
    /// Bridges that were made.
    pub bridges: Pages,
    /// Settings that show in answers.
    pub settings: PublicSettings,
    /// Counts of requests.
    pub meter: Meter,
    /// Pages that stay the same while the process lives.
    pub reference: Pages,
    /// Looks into things for operators.
    pub examiner: Examiner,
    /// When the process started.
    pub started_at: DateTime<Utc>,
}

impl State {
    /// Places for reads on a pool of this many connections. One is left for keys, which decide who
    /// is let in; whoever waits is a few deep.
    #[must_use]
    pub fn places_for_reads(connections: u32) -> Places {
        let at_a_time = usize::try_from(connections.saturating_sub(1).max(1)).unwrap_or(1);
        Places::new(at_a_time, at_a_time * READS_WAITING)
    }

    /// A place for work that is done one at a time.
    #[must_use]
    pub fn place_for_one() -> Places {
        Places::new(1, WAITING_FOR_ONE)
    }

    /// Computes what takes long, in a place for reads and on a thread of its own.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.reads.enter().await?;
        let compute = move || {
            // The work goes on when the client has gone; so does its place.
            let _place = place;
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
