//! Client secrets: random, shown once, kept as Argon2id hashes. Checking one costs 19 MiB and
//! some 20 ms, so only a few are checked at a time.

use actix_web::web;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::Semaphore;

use crate::db::administration::Client;
use crate::register::Register;

/// Checks under way at a time.
const AT_A_TIME: usize = 2;
/// Checks that may wait for a place; more are answered 503.
const MAY_WAIT: usize = 64;

/// Checks client secrets.
pub struct Secrets {
    places: Semaphore,
    queue: Semaphore,
}

/// Why a client is not let in.
#[derive(Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Unknown, revoked, suspended, or with another secret.
    Wrong,
    /// Too many are waiting.
    Busy,
}

impl Secrets {
    /// Ready to check.
    #[must_use]
    pub fn new() -> Self {
        Self { places: Semaphore::new(AT_A_TIME), queue: Semaphore::new(MAY_WAIT) }
    }

    /// The client of this id, if the secret is one of its own.
    pub async fn check(&self, register: &Register, client_id: &str, secret: &str) -> Result<Client, Rejected> {
        let _waiting = self.queue.try_acquire().map_err(|_| Rejected::Busy)?;
        if register.directory().client(client_id).is_none() {
            // It may have been added a moment ago, by another process.
            register.refresh().await;
        }
        let directory = register.directory();
        // Ids are random: whoever finds none here learns nothing, and keeps nobody waiting.
        let client = directory.active(client_id).and_then(|_| directory.client(client_id)).ok_or(Rejected::Wrong)?;
        let now = (register.clock())();
        let hashes: Vec<String> = client.secrets_at(now).map(|secret| secret.hash.clone()).collect();
        let secret = secret.to_owned();
        let _place = self.places.acquire().await.map_err(|_| Rejected::Busy)?;
        match web::block(move || hashes.iter().any(|hash| is_secret(&secret, hash))).await {
            Ok(true) => Ok(client.clone()),
            Ok(false) => Err(Rejected::Wrong),
            Err(_) => Err(Rejected::Busy),
        }
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new()
    }
}

fn is_secret(secret: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(secret.as_bytes(), &parsed).is_ok()
}

/// The Argon2id hash of a secret, as it is kept.
pub fn hash_secret(secret: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(secret.as_bytes())?.to_string())
}

/// A new secret of 256 random bits.
pub fn new_secret() -> Result<String, aws_lc_rs::error::Unspecified> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes)?;
    Ok(format!("gh_{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// A new client id. It is no secret.
#[must_use]
pub fn new_client_id() -> String {
    format!("c-{}", uuid::Uuid::new_v4().simple())
}
