//! The road from a handler to a change of the register where a caller may send an idempotency key: submit a command, make the reply,
//! and keep the reply under the key. The register decides what a command does.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use serde::{Deserialize, Serialize};

use crate::api::callers::Caller;
use crate::api::http::{ApiError, IdempotencyKey};
use crate::register::{Command, Done, IdempotentRequest, Request};

use super::state::AppState;

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The reply to a write, as it is sent and as it is kept for a replay.
#[derive(Serialize, Deserialize)]
pub struct Reply {
    status: u16,
    etag: Option<String>,
    location: Option<String>,
    body: String,
    /// The body that is sent instead of `body`, because it holds a secret; never kept.
    #[serde(skip)]
    shown: Option<String>,
    /// Whether `body` itself is a secret, so that nothing is kept.
    #[serde(skip)]
    is_secret: bool,
}

impl Reply {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(|_| ApiError::Internal)?;
        Ok(Self { status, etag: None, location: None, body, shown: None, is_secret: false })
    }

    /// Adds the record's entity tag.
    pub fn with_etag(self, etag: String) -> Self {
        Self { etag: Some(etag), ..self }
    }

    /// Adds the record's URL.
    pub fn at(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    /// Sends `body` this once, because it holds a secret; a replay sends the reply without it.
    pub fn shown_once(self, body: &impl Serialize) -> Result<Self, ApiError> {
        let shown = serde_json::to_string(body).map_err(|_| ApiError::Internal)?;
        Ok(Self { shown: Some(shown), ..self })
    }

    /// Marks the whole reply as a secret: nothing is kept, and a replay is refused with `answer_not_kept`.
    pub fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// The text that is kept under an idempotency key.
    fn kept(&self) -> Option<String> {
        if self.is_secret { None } else { serde_json::to_string(self).ok() }
    }

    fn response(self, replayed: bool) -> HttpResponse {
        let mut builder = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        builder.insert_header((CONTENT_TYPE, "application/json")).insert_header((CACHE_CONTROL, "no-store"));
        if let Some(etag) = self.etag {
            builder.insert_header((ETAG, etag));
        }
        if let Some(location) = self.location {
            builder.insert_header((LOCATION, location));
        }
        if replayed {
            builder.insert_header((REPLAYED, "true"));
        }
        builder.body(self.shown.unwrap_or(self.body))
    }
}

/// How a change is submitted.
#[derive(Default)]
pub struct Submission {
    /// Whether the caller only asks what would come of it: nothing is recorded.
    pub dry_run: bool,
    /// The key under which the change is carried out once.
    pub key: Option<IdempotencyKey>,
}

impl Submission {
    /// A change that is recorded.
    pub fn recorded(key: Option<IdempotencyKey>) -> Self {
        Self { dry_run: false, key }
    }
}

/// The `outcome` of a change in views.
pub fn outcome(changed: bool) -> &'static str {
    if changed { "changed" } else { "unchanged" }
}

/// Submits a change and makes its reply. Where nothing of the reply is secret, it is kept under the
/// key that the request came with.
pub async fn submit(
    state: &AppState,
    caller: &Caller,
    command: Command,
    Submission { dry_run, key }: Submission,
    make_reply: impl Fn(&Done) -> Result<Reply, ApiError> + Send + Sync + 'static,
) -> Result<HttpResponse, ApiError> {
    let make_reply = Arc::new(make_reply);
    let kept = make_reply.clone();
    let keyed = key.map(|IdempotencyKey { name, digest }| IdempotentRequest {
        key: name,
        digest,
        make_reply: Arc::new(move |done| kept(done).ok().and_then(|reply| reply.kept())),
    });
    let request = Request { by: caller.0.clone(), command, dry_run, key: keyed };
    match state.register.submit(request).await? {
        Done::Replayed(kept) => {
            let reply: Reply = serde_json::from_str(&kept).map_err(|_| ApiError::Internal)?;
            Ok(reply.response(true))
        }
        done => Ok(make_reply(&done)?.response(false)),
    }
}
