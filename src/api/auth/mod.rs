//! What proves who calls: keys, tokens, client secrets.

mod backoff;
mod key;
mod secrets;
mod tokens;

pub use key::SigningKey;
pub use secrets::{Rejected, Secrets, hash_secret, new_client_id, new_secret};
pub use tokens::{Issued, TOKEN_LIFETIME_SECONDS, Tokens};
