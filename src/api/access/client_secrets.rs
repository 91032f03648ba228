//! Client secrets: random, shown once, kept as Argon2id hashes. Checking one costs 19 MiB and
//! some 20 ms, so only a few are checked at a time, and who guesses waits longer and longer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::records::{Client, Role};
use crate::domain::values::{Hash, sha256};
use crate::register::Register;

use super::admission::{Admission, NoSlot};
use super::backoff::Backoff;

/// Checks under way at a time.
const AT_A_TIME: usize = 2;
/// Checks that may wait for a place; more are answered 503.
const MAY_WAIT: usize = 62;
/// How long a header of HTTP Basic that was right is taken for right.
const REMEMBER_FOR: TimeDelta = TimeDelta::seconds(60);
/// Headers remembered; then the memory is emptied.
const REMEMBERED: usize = 1_000;

/// Checks client secrets.
pub struct ClientSecrets {
    places: Admission,
    backoff: Backoff,
    /// Headers of HTTP Basic that were right, by their hashes.
    basic: Mutex<HashMap<Hash, Remembered>>,
}

/// Whose header it was, and by which secret.
struct Remembered {
    client_id: String,
    secret_hash: String,
    until: DateTime<Utc>,
}

/// Why a client is not let in.
#[derive(Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Unknown, revoked, suspended, or with another secret.
    Wrong,
    /// Too many are waiting.
    Busy,
    /// Too many wrong secrets in a row: so many seconds to wait.
    Wait(u64),
}

impl From<NoSlot> for Rejected {
    fn from(_: NoSlot) -> Self {
        Self::Busy
    }
}

impl ClientSecrets {
    /// Ready to check.
    #[must_use]
    pub fn new() -> Self {
        let places = Admission::new(AT_A_TIME, MAY_WAIT);
        Self { places, backoff: Backoff::default(), basic: Mutex::default() }
    }

    /// The client of this id, if the secret is one of its own.
    pub async fn check(&self, register: &Register, client_id: &str, secret: &str) -> Result<Client, Rejected> {
        let client = self.find(register, client_id).await?;
        self.matching(register, &client, secret).await.map(|_| client)
    }

    /// The id of the dashboard whose id and secret these are, sent as this header. A header that
    /// was right is right for a minute, and no longer than its secret.
    pub async fn check_basic(
        &self,
        register: &Register,
        header: &str,
        client_id: &str,
        secret: &str,
    ) -> Result<String, Rejected> {
        let client = self.find(register, client_id).await?;
        if client.actor.role != Role::Dashboard {
            return Err(Rejected::Wrong);
        }
        let secret_hash = self.matching(register, &client, secret).await?;
        let until = (register.clock())() + REMEMBER_FOR;
        let mut basic = self.basic();
        if basic.len() >= REMEMBERED {
            basic.clear();
        }
        let remembered = Remembered { client_id: client_id.to_owned(), secret_hash, until };
        basic.insert(sha256(header.as_bytes()), remembered);
        Ok(client_id.to_owned())
    }

    /// The client whose header this was a moment ago, if its secret still works.
    pub fn remembered(&self, register: &Register, header: &str) -> Option<String> {
        let now = (register.clock())();
        let basic = self.basic();
        let known = basic.get(&sha256(header.as_bytes())).filter(|known| known.until > now)?;
        let directory = register.directory();
        let mut current = directory.client(&known.client_id)?.secrets_at(now);
        current.any(|secret| secret.hash == known.secret_hash).then(|| known.client_id.clone())
    }

    /// Ids are random: whoever finds none here learns nothing, and keeps nobody waiting.
    async fn find(&self, register: &Register, client_id: &str) -> Result<Client, Rejected> {
        if register.directory().client(client_id).is_none() {
            // It may have been added a moment ago, by another process.
            register.refresh().await;
        }
        let directory = register.directory();
        directory.active(client_id).and_then(|_| directory.client(client_id)).cloned().ok_or(Rejected::Wrong)
    }

    /// The hash of the secret, if it is one of the client's.
    async fn matching(&self, register: &Register, client: &Client, secret: &str) -> Result<String, Rejected> {
        let id = &client.actor.client_id;
        let place = self.places.enter().await?;
        let now = (register.clock())();
        self.backoff.check(id, now).map_err(Rejected::Wait)?;
        let hashes: Vec<String> = client.secrets_at(now).map(|secret| secret.hash.clone()).collect();
        let secret = secret.to_owned();
        let checked = web::block(move || {
            let _place = place;
            hashes.into_iter().find(|hash| is_secret(&secret, hash))
        });
        match checked.await {
            Ok(Some(hash)) => {
                self.backoff.right(id);
                Ok(hash)
            }
            Ok(None) => {
                self.backoff.wrong(id, (register.clock())());
                Err(Rejected::Wrong)
            }
            Err(_) => Err(Rejected::Busy),
        }
    }

    fn basic(&self) -> MutexGuard<'_, HashMap<Hash, Remembered>> {
        self.basic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ClientSecrets {
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
