//! Access tokens: JWTs (RFC 9068), signed with Ed25519, valid for 15 minutes.
//!
//! Each process signs with a key of its own and accepts the published keys of all. A verified token is cached by its SHA-256
//! until it expires, because a signature costs far more than a look-up. Only the identity is cached: whether the client is
//! still active, and what its role allows, is looked up on every request, so a revoked client is refused at once.
//!
//! Keys are refreshed by whoever needs them. Example: process B publishes its key at 10:00:00; at 10:00:05 a token
//! of B reaches process A.
//!
//! 1. A does not know the key and refuses the token. Its keys were read more than [`RELOAD_PAUSE`] (1 s) ago, so
//!    [`Tokens::claim_refresh`] lets this one request read them; others go on with the old keys meanwhile.
//! 2. The request verifies the token again, now with the key of B.
//! 3. Unknown keys within the same second are refused without a read, so a flood of forged tokens costs one query a second.
//!
//! Where no token is refused, the keys are read every [`RELOAD_AFTER`] (60 s), so a withdrawn key stops working within a
//! minute. A withdrawn key empties the cache, because tokens in it may bear its signature.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};

use crate::api::http::{ApiError, Scope};
use crate::db::partners::{PublicKey, signing_keys};
use crate::db::{Database, DbError};
use crate::domain::records::Actor;
use crate::domain::values::{Hash, sha256};
use crate::register::Register;

use super::signing_key::SigningKey;

/// The lifetime of a token, in seconds.
pub const TOKEN_LIFETIME_SECONDS: i64 = 900;
/// The time for which a published key is accepted after its last renewal.
const KEY_LIFETIME: TimeDelta = TimeDelta::days(30);
/// A key with less time left than this is renewed when it signs.
const KEY_RENEWAL: TimeDelta = TimeDelta::days(15);
/// A token may seem this many seconds early, because the clocks of two machines differ.
const LEEWAY_SECONDS: i64 = 5;
/// The most tokens in the cache; a full cache is emptied.
const CACHE_CAPACITY: usize = 10_000;
/// This process has not published its key yet.
const NEVER: u64 = u64::MAX;
/// The least time between two reads of the keys, where a token was refused.
const RELOAD_PAUSE: Duration = Duration::from_secs(1);
/// The time after which the keys are read again in any case.
const RELOAD_AFTER: Duration = Duration::from_mins(1);

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    client_id: String,
    scope: String,
}

/// A new token.
pub struct IssuedToken {
    /// The token, signed.
    pub token: String,
    /// The scopes of the token, separated by spaces.
    pub scope: String,
}

/// Issues and verifies tokens.
pub struct Tokens {
    own: SigningKey,
    issuer: String,
    /// The accepted keys, by their ids.
    keys: ArcSwap<HashMap<String, DecodingKey>>,
    published: ArcSwap<Vec<PublicKey>>,
    /// The number of rebuilds of the register when this process published its key, or `NEVER`.
    published_after: AtomicU64,
    /// The instant at which the last read of the keys began.
    reloaded_at: Mutex<Instant>,
    /// Held by whoever reads the keys because a token was refused.
    reading: tokio::sync::Mutex<()>,
    /// The cache: verified tokens by their SHA-256.
    verified: RwLock<HashMap<Hash, VerifiedToken>>,
}

/// The client of a cached token.
struct VerifiedToken {
    client_id: String,
    /// Seconds since 1970.
    expires: i64,
}

impl Tokens {
    /// Reads the published keys. The key of this process is published before it first signs, because a start must not wait for a
    /// commit. Blocks.
    pub fn start(own: SigningKey, issuer: String, database: &Database, now: DateTime<Utc>) -> Result<Self, DbError> {
        let tokens = Self {
            own,
            issuer,
            keys: ArcSwap::default(),
            published: ArcSwap::default(),
            published_after: AtomicU64::new(NEVER),
            // Long ago, so that the first token of another process that started with this one is not refused.
            reloaded_at: Mutex::new(Instant::now().checked_sub(RELOAD_PAUSE).unwrap_or_else(Instant::now)),
            reading: tokio::sync::Mutex::default(),
            verified: RwLock::default(),
        };
        tokens.reload(database, now)?;
        Ok(tokens)
    }

    fn publish(&self, database: &Database, now: DateTime<Utc>) -> Result<(), DbError> {
        let (kid, x) = (self.own.kid.clone(), self.own.x.clone());
        signing_keys::publish(&mut database.connection()?, &PublicKey { kid, x, not_after: now + KEY_LIFETIME })
    }

    fn reload(&self, database: &Database, now: DateTime<Utc>) -> Result<(), DbError> {
        let published = signing_keys::accepted(&mut database.connection()?, now)?;
        let gone = self.published.load().iter().any(|old| published.iter().all(|new| new.kid != old.kid));
        let decoding = |key: &PublicKey| Some((key.kid.clone(), DecodingKey::from_ed_components(&key.x).ok()?));
        self.keys.store(Arc::new(published.iter().filter_map(decoding).collect()));
        self.published.store(Arc::new(published));
        if gone {
            self.verified.write().unwrap_or_else(PoisonError::into_inner).clear();
        }
        Ok(())
    }

    /// Waits for whoever reads the keys now, because what is read may be the key that is missed.
    pub async fn wait_for_refresh(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.reading.lock().await
    }

    /// Claims the next read of the keys. `true` tells the caller, and nobody else, to call [`Tokens::refresh`] now; `refused`
    /// tells whether its token was just refused.
    #[must_use]
    pub fn claim_refresh(&self, refused: bool) -> bool {
        let Ok(mut reloaded_at) = self.reloaded_at.try_lock() else { return false };
        let is_due = reloaded_at.elapsed() >= if refused { RELOAD_PAUSE } else { RELOAD_AFTER };
        if is_due {
            *reloaded_at = Instant::now();
        }
        is_due
    }

    /// Reads the published keys. Blocks.
    pub fn refresh(&self, register: &Register) {
        if let Err(error) = self.reload(register.database(), (register.clock())()) {
            tracing::warn!(%error, "the published keys could not be read");
        }
    }

    /// All accepted keys.
    #[must_use]
    pub fn published(&self) -> Arc<Vec<PublicKey>> {
        self.published.load_full()
    }

    /// Whether the key of this process has to be renewed before it signs.
    #[must_use]
    pub fn needs_renewal(&self, register: &Register, now: DateTime<Utc>) -> bool {
        if self.published_after.load(Ordering::Relaxed) != register.rebuilds() {
            return true;
        }
        let published = self.published.load();
        let own = published.iter().find(|key| key.kid == self.own.kid);
        own.is_none_or(|key| key.not_after < now + KEY_RENEWAL)
    }

    /// Whether others accept what this process signs, as far as it knows.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.keys.load().contains_key(&self.own.kid)
    }

    /// Renews the key of this process for 30 days, and publishes it before it first signs. `false` where it was withdrawn since: a
    /// running process must not bring back a key that was stolen. A register that was loaded again, because the database had lost
    /// entries, may have lost the key as well, so this counts as a start. Blocks.
    pub fn renew(&self, register: &Register, now: DateTime<Utc>) -> Result<bool, DbError> {
        let (database, rebuilds) = (register.database(), register.rebuilds());
        if self.published_after.load(Ordering::Relaxed) != rebuilds {
            self.publish(database, now)?;
            self.published_after.store(rebuilds, Ordering::Relaxed);
        }
        let renewed = signing_keys::renew(&mut database.connection()?, &self.own.kid, now + KEY_LIFETIME)?;
        self.reload(database, now)?;
        Ok(renewed)
    }

    /// Issues a token to a client, with all scopes of its role.
    pub fn issue(&self, actor: &Actor, now: DateTime<Utc>) -> Result<IssuedToken, ApiError> {
        let scope = Scope::names_of(actor.role).join(" ");
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: actor.client_id.clone(),
            aud: self.issuer.clone(),
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: now.timestamp() + TOKEN_LIFETIME_SECONDS,
            jti: uuid::Uuid::new_v4().to_string(),
            client_id: actor.client_id.clone(),
            scope: scope.clone(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.own.kid.clone());
        let token = encode(&header, &claims, &self.own.signer).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            ApiError::Internal
        })?;
        Ok(IssuedToken { token, scope })
    }

    /// The client of a cached token that has not expired.
    pub fn remembered(&self, token: &str, register: &Register) -> Option<String> {
        let now = (register.clock())();
        let remembered = self.verified.read().unwrap_or_else(PoisonError::into_inner);
        let known = remembered.get(&sha256(token.as_bytes())).filter(|known| known.expires > now.timestamp())?;
        Some(known.client_id.clone())
    }

    /// Verifies a token and caches it; returns its client.
    pub fn verify(&self, token: &str, register: &Register) -> Result<String, ApiError> {
        let hash = sha256(token.as_bytes());
        let claims = self.decode(token, register)?;
        let mut remembered = self.verified.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= CACHE_CAPACITY {
            remembered.clear();
        }
        remembered.insert(hash, VerifiedToken { client_id: claims.sub.clone(), expires: claims.exp });
        Ok(claims.sub)
    }

    fn decode(&self, token: &str, register: &Register) -> Result<Claims, ApiError> {
        let refused = ApiError::Unauthorized { sent: true };
        let header = decode_header(token).map_err(|_| refused.clone())?;
        let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"));
        let (true, Algorithm::EdDSA, Some(kid)) = (typed, header.alg, header.kid) else { return Err(refused) };
        let keys = self.keys.load();
        let key = keys.get(&kid).ok_or(refused.clone())?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Checked below, because tests and demos set the clock of the service.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_audience(&[&self.issuer]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        let claims = decode::<Claims>(token, key, &validation).map_err(|_| refused.clone())?.claims;
        let now = (register.clock())().timestamp();
        if now >= claims.exp {
            // Told apart only here, behind the signature, so that a forged token learns nothing.
            return Err(ApiError::TokenExpired);
        }
        if claims.nbf <= now + LEEWAY_SECONDS { Ok(claims) } else { Err(ApiError::TokenTooEarly) }
    }
}
