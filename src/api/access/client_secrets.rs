//! Client secrets: random, shown once, kept as SHA-256.
//!
//! A secret has 256 random bits, so nobody finds one by trying, whether it is hashed slowly or fast. A slow hash helps only
//! secrets that people choose; here it would be a lever, because whoever knows a client's id could keep processors busy and
//! its owner waiting. A check takes microseconds, so nobody queues for one and nobody waits after a wrong one.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::domain::records::{Actor, Directory};
use crate::domain::values::{hex, sha256};

/// The actor behind an active client, where the secret is one of the client's own that works now.
#[must_use]
pub fn actor_with_secret<'d>(
    directory: &'d Directory,
    client_id: &str,
    secret: &str,
    now: DateTime<Utc>,
) -> Option<&'d Actor> {
    let actor = directory.active(client_id)?;
    let hash = hash_secret(secret);
    let is_this = |stored: &str| verify_slices_are_equal(stored.as_bytes(), hash.as_bytes()).is_ok();
    directory.client(client_id)?.secrets_at(now).any(|own| is_this(&own.hash)).then_some(actor)
}

/// The hash of a secret, in the form that the database keeps: `sha256:` and 64 hexadecimal digits.
#[must_use]
pub fn hash_secret(secret: &str) -> String {
    format!("sha256:{}", hex(&sha256(secret.as_bytes())))
}

/// A new secret of 256 random bits: `gh_` and 43 characters of base64url.
pub fn new_secret() -> Result<String, aws_lc_rs::error::Unspecified> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(format!("gh_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// A new client id: `c-` and 32 hexadecimal digits. It is no secret.
#[must_use]
pub fn new_client_id() -> String {
    format!("c-{}", uuid::Uuid::new_v4().simple())
}
