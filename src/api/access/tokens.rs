//! Access tokens: JWTs of RFC 9068, signed with Ed25519, at most 15 minutes old. A verified
//! token is remembered by its hash until it expires; what its client may do is looked up on
//! every request, so that a revocation works at once.

use std::collections::HashMap;
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

/// How long a token lives.
pub const TOKEN_LIFETIME_SECONDS: i64 = 900;
/// How long a published key is accepted after it was last said to be in use.
const KEY_LIFETIME: TimeDelta = TimeDelta::days(30);
/// A key with less than this left is published anew when it signs.
const KEY_RENEWAL: TimeDelta = TimeDelta::days(15);
/// Clocks of two machines differ.
const LEEWAY_SECONDS: i64 = 5;
/// Tokens remembered; then the memory is emptied.
const REMEMBERED: usize = 10_000;
/// Keys are read again at most so often for tokens that are refused, and so often for others.
const RELOAD_PAUSE: Duration = Duration::from_secs(1);
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

/// A token that was issued.
pub struct Issued {
    /// The token.
    pub token: String,
    /// Its scopes, separated by spaces.
    pub scope: String,
}

/// Makes and checks tokens.
pub struct Tokens {
    own: SigningKey,
    issuer: String,
    keys: ArcSwap<HashMap<String, DecodingKey>>,
    published: ArcSwap<Vec<PublicKey>>,
    /// When the keys were last read, or began to be.
    reloaded_at: Mutex<Instant>,
    verified: RwLock<HashMap<Hash, Remembered>>,
}

struct Remembered {
    client_id: String,
    expires: i64,
}

impl Tokens {
    /// Publishes the own key and reads those of every other process.
    pub fn start(own: SigningKey, issuer: String, database: &Database, now: DateTime<Utc>) -> Result<Self, DbError> {
        let tokens = Self {
            own,
            issuer,
            keys: ArcSwap::default(),
            published: ArcSwap::default(),
            reloaded_at: Mutex::new(Instant::now()),
            verified: RwLock::default(),
        };
        let (kid, x) = (tokens.own.kid.clone(), tokens.own.x.clone());
        signing_keys::publish(&mut database.connection()?, &PublicKey { kid, x, not_after: now + KEY_LIFETIME })?;
        tokens.reload(database, now)?;
        Ok(tokens)
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

    /// Whether whoever asks has to read the published keys now, by [`Tokens::refresh`]: a key may
    /// have been withdrawn, and a refused token may be of a process that started a moment ago.
    #[must_use]
    pub fn are_stale(&self, refused: bool) -> bool {
        let Ok(mut reloaded_at) = self.reloaded_at.try_lock() else { return false };
        let stale = reloaded_at.elapsed() >= if refused { RELOAD_PAUSE } else { RELOAD_AFTER };
        if stale {
            *reloaded_at = Instant::now();
        }
        stale
    }

    /// Reads the published keys. Blocks.
    pub fn refresh(&self, register: &Register) {
        if let Err(error) = self.reload(register.database(), (register.clock())()) {
            tracing::warn!(%error, "the published keys could not be read");
        }
    }

    /// Every key that is accepted.
    #[must_use]
    pub fn published(&self) -> Arc<Vec<PublicKey>> {
        self.published.load_full()
    }

    /// Whether the own key has to be published anew before it signs on.
    #[must_use]
    pub fn needs_renewal(&self, now: DateTime<Utc>) -> bool {
        let published = self.published.load();
        let own = published.iter().find(|key| key.kid == self.own.kid);
        own.is_none_or(|key| key.not_after < now + KEY_RENEWAL)
    }

    /// Lets the own key live for another while. `false` where it was withdrawn: only a start
    /// publishes a key, so that a process at work cannot bring back one that was stolen. Blocks.
    pub fn renew(&self, database: &Database, now: DateTime<Utc>) -> Result<bool, DbError> {
        let renewed = signing_keys::renew(&mut database.connection()?, &self.own.kid, now + KEY_LIFETIME)?;
        self.reload(database, now)?;
        Ok(renewed)
    }

    /// A token for a client, with every scope of its role.
    pub fn issue(&self, actor: &Actor, now: DateTime<Utc>) -> Result<Issued, ApiError> {
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
        Ok(Issued { token, scope })
    }

    /// The client that a token was issued to, if the token was seen before.
    pub fn remembered(&self, token: &str, register: &Register) -> Option<String> {
        let now = (register.clock())();
        let remembered = self.verified.read().unwrap_or_else(PoisonError::into_inner);
        let known = remembered.get(&sha256(token.as_bytes())).filter(|known| known.expires > now.timestamp())?;
        Some(known.client_id.clone())
    }

    /// The client that a token was issued to.
    pub fn verify(&self, token: &str, register: &Register) -> Result<String, ApiError> {
        let hash = sha256(token.as_bytes());
        let claims = self.decode(token, register)?;
        let mut remembered = self.verified.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(hash, Remembered { client_id: claims.sub.clone(), expires: claims.exp });
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
        // The times are held against this service's own clock, below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_audience(&[&self.issuer]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        let claims = decode::<Claims>(token, key, &validation).map_err(|_| refused.clone())?.claims;
        let now = (register.clock())().timestamp();
        let in_time = claims.nbf <= now + LEEWAY_SECONDS && now < claims.exp;
        if in_time { Ok(claims) } else { Err(refused) }
    }
}
