//! What proves who calls, and how often one may ask: client secrets, tokens and the key that signs them, rate limits, sums
//! of whom it refused, and slots for costly work.
//!
//! The room lies below the state, which holds one of each. It may ask the register's directory, and must not know the state,
//! a caller or a resource.

mod admission;
mod client_secrets;
mod concurrency;
mod connection;
mod rate_limits;
mod refusal_sums;
mod signing_key;
mod tokens;

pub use admission::{Admission, NoSlot, QueueSize, Slot};
pub use client_secrets::{actor_with_secret, hash_secret, new_client_id, new_secret};
pub use concurrency::{Concurrency, Held};
pub use connection::{PacedConnection, UnderWay};
pub use rate_limits::{RateLimitHeaders, RateLimits};
pub use refusal_sums::RefusalSums;
pub use signing_key::SigningKey;
pub use tokens::{TOKEN_LIFETIME_SECONDS, Tokens};
