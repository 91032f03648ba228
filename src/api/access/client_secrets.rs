//! Client secrets: random, shown once, kept as Argon2id hashes.
//!
//! A check costs 19 MiB of memory and about 20 ms of a processor, on purpose, because it makes guessing expensive. So two run
//! at a time, 62 may wait, and a client whose secrets keep being wrong waits longer and longer.
//!
//! HTTP Basic sends the secret with every request, so its checks are cached. Example: Excel reads ten tables with one header.
//!
//! 1. The first request: the cache has nothing; the secret is checked, and the cache keeps
//!    `sha256(header) -> {client_id, secret_hash, until: now + 60 s}`.
//! 2. The nine others: the entry is found. It counts only while the directory still lists a secret of the client with the same
//!    `secret_hash`, so a revoked client or a reset secret is refused at once, not after 60 s.
//! 3. After 60 s the header is checked again.
//!
//! The cache holds a digest of the header, never the secret. At 1000 entries it is emptied; the next requests pay a check.

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

/// Checks that run at a time.
const AT_A_TIME: usize = 2;
/// Checks that may wait for a slot; one more is answered 503.
const MAY_WAIT: usize = 62;
/// The time for which a correct header of HTTP Basic is not checked again.
const CACHE_LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// The most headers in the cache; a full cache is emptied.
const CACHE_CAPACITY: usize = 1_000;

/// Checks client secrets.
pub struct ClientSecrets {
    slots: Admission,
    backoff: Backoff,
    /// Correct headers of HTTP Basic, by their SHA-256.
    basic: Mutex<HashMap<Hash, CheckedHeader>>,
}

/// The client of a correct header, and the hash of the secret in it.
struct CheckedHeader {
    client_id: String,
    secret_hash: String,
    until: DateTime<Utc>,
}

/// Why credentials are refused.
#[derive(Debug, PartialEq, Eq)]
pub enum CredentialsRefused {
    /// The client is unknown, revoked or suspended, or the secret is not one of its own.
    Wrong,
    /// Too many checks wait already.
    Busy,
    /// Too many secrets in a row were wrong; the client has to wait this many seconds.
    Wait(u64),
}

impl From<NoSlot> for CredentialsRefused {
    fn from(_: NoSlot) -> Self {
        Self::Busy
    }
}

impl ClientSecrets {
    /// No client has a back-off, and nothing is cached.
    #[must_use]
    pub fn new() -> Self {
        let slots = Admission::new(AT_A_TIME, MAY_WAIT);
        Self { slots, backoff: Backoff::default(), basic: Mutex::default() }
    }

    /// The client with this id, where the secret is one of its own.
    pub async fn check(
        &self,
        register: &Register,
        client_id: &str,
        secret: &str,
    ) -> Result<Client, CredentialsRefused> {
        let client = self.active_client(register, client_id).await?;
        self.matching_hash(register, &client, secret).await.map(|_| client)
    }

    /// Checks the id and secret of a dashboard, sent as this header, and caches the header where they are right.
    pub async fn check_basic(
        &self,
        register: &Register,
        header: &str,
        client_id: &str,
        secret: &str,
    ) -> Result<String, CredentialsRefused> {
        let client = self.active_client(register, client_id).await?;
        if client.actor.role != Role::Dashboard {
            return Err(CredentialsRefused::Wrong);
        }
        let secret_hash = self.matching_hash(register, &client, secret).await?;
        let until = (register.clock())() + CACHE_LIFETIME;
        let mut basic = self.basic();
        if basic.len() >= CACHE_CAPACITY {
            basic.clear();
        }
        let checked = CheckedHeader { client_id: client_id.to_owned(), secret_hash, until };
        basic.insert(sha256(header.as_bytes()), checked);
        Ok(client_id.to_owned())
    }

    /// The client of a cached header whose secret still works.
    pub fn remembered(&self, register: &Register, header: &str) -> Option<String> {
        let now = (register.clock())();
        let basic = self.basic();
        let known = basic.get(&sha256(header.as_bytes())).filter(|known| known.until > now)?;
        let directory = register.directory();
        let mut current = directory.client(&known.client_id)?.secrets_at(now);
        current.any(|secret| secret.hash == known.secret_hash).then(|| known.client_id.clone())
    }

    /// The active client with this id. An unknown id is refused without a check, because ids are random: the short answer tells
    /// an attacker nothing, and it keeps no slot.
    async fn active_client(&self, register: &Register, client_id: &str) -> Result<Client, CredentialsRefused> {
        if register.directory().client(client_id).is_none() {
            // Another process may have added it a moment ago.
            register.refresh().await;
        }
        let directory = register.directory();
        directory.active(client_id).and_then(|_| directory.client(client_id)).cloned().ok_or(CredentialsRefused::Wrong)
    }

    /// The hash that the secret matches, among those of the client.
    async fn matching_hash(
        &self,
        register: &Register,
        client: &Client,
        secret: &str,
    ) -> Result<String, CredentialsRefused> {
        let id = &client.actor.client_id;
        let slot = self.slots.enter().await?;
        let now = (register.clock())();
        self.backoff.check(id, now).map_err(CredentialsRefused::Wait)?;
        let hashes: Vec<String> = client.secrets_at(now).map(|secret| secret.hash.clone()).collect();
        let secret = secret.to_owned();
        let checked = web::block(move || {
            let _slot = slot;
            hashes.into_iter().find(|hash| is_secret(&secret, hash))
        });
        match checked.await {
            Ok(Some(hash)) => {
                self.backoff.note_right(id);
                Ok(hash)
            }
            Ok(None) => {
                self.backoff.note_wrong(id, (register.clock())());
                Err(CredentialsRefused::Wrong)
            }
            Err(_) => Err(CredentialsRefused::Busy),
        }
    }

    fn basic(&self) -> MutexGuard<'_, HashMap<Hash, CheckedHeader>> {
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

/// The Argon2id hash of a secret, in the text form that the database keeps.
pub fn hash_secret(secret: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(secret.as_bytes())?.to_string())
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
