//! What proves who calls, and how often one may; below the state.

mod admission;
mod backoff;
mod client_secrets;
mod rate_limits;
mod signing_key;
mod tokens;

pub use admission::{Admission, NoSlot};
pub use client_secrets::{ClientSecrets, Rejected, hash_secret, new_client_id, new_secret};
pub use rate_limits::{RateLimitHeaders, RateLimits};
pub use signing_key::SigningKey;
pub use tokens::{TOKEN_LIFETIME_SECONDS, Tokens};
