//! The state that every handler can reach: the register, the guards of `access`, and caches of pages. It lies above `http`
//! and `access` and below everything that handles a request, so it must not know a caller or a resource.

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use crate::api::access::{Admission, Concurrency, NoSlot, QueueSize, RateLimits, RefusalSums, Slot, Tokens};
use crate::api::http::{ApiError, RequestCounts};
use crate::db::{Connection, DbError};
use crate::domain::records::Actor;
use crate::register::examine::Examiner;
use crate::register::{PageCache, PublicSettings, Register};

/// How long a caller waits for a read. Sums of a large register by partner take a minute.
pub const COMPUTED_WITHIN: Duration = Duration::from_mins(2);
/// How long a caller waits for the keys of tokens.
pub const KEYS_WITHIN: Duration = Duration::from_secs(5);
/// Requests of one caller that may wait: 16, because a dashboard sends that many at once.
const WAITING_OF_ONE: usize = 16;
/// Requests of all callers together that may wait.
const WAITING_OF_ALL: usize = 64;
/// Connections that neither clients nor callers without a token share.
const RESERVED: u32 = 4;
/// Pages for everybody that are made at a time.
const PAGES_AT_A_TIME: usize = 2;

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
    /// Slots for whatever is costly.
    pub slots: Slots,
    /// The bridges made so far.
    pub bridge_pages: PageCache,
    /// Pages of past publication points.
    pub past_pages: PageCache,
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

/// The slots of each kind, so that none waits for another kind.
pub struct Slots {
    /// Reads of clients, by their partners or their ids.
    clients: Admission<String>,
    /// Reads of the database for callers without a token, by their addresses: past days, releases, householders.
    addresses: Admission<IpAddr>,
    /// Pages of today for everybody, each of which is made once.
    pages: Admission<()>,
    /// Numbers for clients that are counted from the journal or from the records, which takes seconds.
    slow_queries: Admission<String>,
    /// Bridges, which anybody may ask for.
    bridges: Admission<IpAddr>,
}

impl Slots {
    /// Slots on a pool of this many connections. Four of them are reserved: for a slow query, for a bridge, for a page that is made of
    /// closed days, and for the keys of tokens, without which nobody is let in. A third of the others is for callers without a token,
    /// the rest for clients.
    #[must_use]
    pub fn new(connections: u32) -> Self {
        let shared_out = usize::try_from(connections.saturating_sub(RESERVED)).unwrap_or_default();
        let addresses = (shared_out / 3).max(1);
        let clients = shared_out.saturating_sub(addresses).max(1);
        Self {
            clients: shared(clients, clients / 2),
            addresses: shared(addresses, addresses / 2),
            pages: Admission::for_all(QueueSize { running: PAGES_AT_A_TIME, waiting: WAITING_OF_ALL }),
            slow_queries: shared(1, 1),
            bridges: shared(1, 1),
        }
    }
}

/// Slots for work that is done for so many at a time, and for one caller for so many, but at least for one.
fn shared<K: Hash + Eq>(running: usize, of_one: usize) -> Admission<K> {
    let each = QueueSize { running: of_one.max(1), waiting: WAITING_OF_ONE };
    Admission::new(QueueSize { running, waiting: WAITING_OF_ALL }, each)
}

/// Whose slots a client takes: those of its partner, which may have many clients, or its own.
fn owner_of_slots(actor: &Actor) -> String {
    actor.partner.as_ref().map_or_else(|| actor.client_id.clone(), |partner| format!("partner/{partner}"))
}

/// Who waits for work, and in whose slots it runs.
pub enum Reader<'a> {
    /// A client.
    Client(&'a Actor),
    /// A caller without a token, by its address.
    Address(&'a HttpRequest),
    /// Whoever asks for a page that is made once for all.
    Everybody,
    /// Whoever has a slot already.
    Holding(Slot),
}

impl<'a> From<&'a Actor> for Reader<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self::Client(actor)
    }
}

impl<'a> From<&'a HttpRequest> for Reader<'a> {
    fn from(request: &'a HttpRequest) -> Self {
        Self::Address(request)
    }
}

impl From<Slot> for Reader<'_> {
    fn from(slot: Slot) -> Self {
        Self::Holding(slot)
    }
}

impl AppState {
    /// A slot for a read without a token, which is counted for its address.
    pub async fn counted_slot(&self, request: &HttpRequest) -> Result<Slot, ApiError> {
        self.rate_limits.count_address(request)?;
        Ok(self.slot(request.into()).await?)
    }

    /// A slot for a slow query of a client.
    pub async fn slow_query_slot(&self, actor: &Actor) -> Result<Slot, NoSlot> {
        self.slots.slow_queries.enter(owner_of_slots(actor)).await
    }

    /// A slot for a bridge.
    pub async fn bridge_slot(&self, request: &HttpRequest) -> Result<Slot, NoSlot> {
        self.slots.bridges.enter(self.rate_limits.counted_address_of(request)).await
    }

    async fn slot(&self, reader: Reader<'_>) -> Result<Slot, NoSlot> {
        match reader {
            Reader::Client(actor) => self.slots.clients.enter(owner_of_slots(actor)).await,
            Reader::Address(request) => self.slots.addresses.enter(self.rate_limits.counted_address_of(request)).await,
            Reader::Everybody => self.slots.pages.enter(()).await,
            Reader::Holding(slot) => Ok(slot),
        }
    }

    /// Runs long work in a slot of whoever waits for it, on a thread that may block.
    pub async fn compute<T: Send + 'static>(
        &self,
        reader: impl Into<Reader<'_>>,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        // In a box, because the futures of all handlers would otherwise have room for it.
        let slot = Box::pin(self.slot(reader.into())).await?;
        let compute = move || {
            // The slot moves into the work, because the work goes on when the client has gone.
            let _slot = slot;
            work()
        };
        block_within(COMPUTED_WITHIN, compute).await?
    }

    /// Reads the database in a slot of whoever waits for it. Every handler reads through here, so that slow reads never take all
    /// connections, and nobody takes those of others.
    pub async fn read<T: Send + 'static>(
        &self,
        reader: impl Into<Reader<'_>>,
        query: impl FnOnce(&mut Connection) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let database = self.register.database().clone();
        self.compute(reader, move || Ok(query(&mut database.connection()?)?)).await
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
