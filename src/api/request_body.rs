//! The body of a request: whole, of bounded size, and JSON by its own word.

use std::pin::Pin;
use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest, dev::Payload, error::PayloadError, web};

use crate::api::http::{ApiError, IdempotencyKey, MethodFacts, Node, json};

use super::state::AppState;

/// The most bytes that a body may have where its route says nothing else.
pub const BODY_LIMIT: usize = 64 * 1024;

/// A body that is longer under way has broken off.
pub const WITHIN: Duration = Duration::from_secs(30);

/// A parsed body, and the idempotency key that it came with.
pub struct JsonBody(pub Node, pub Option<IdempotencyKey>);

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            if !is_plain_json(&request) {
                return Err(ApiError::UnsupportedMediaType);
            }
            let limit = MethodFacts::of(&request).map_or(BODY_LIMIT, |facts| facts.body_limit);
            let bytes = collect(payload, limit).await?;
            // Not before: a body that was not read costs its connection.
            if is_turned_away(&request) {
                return Err(ApiError::Unavailable);
            }
            let key = IdempotencyKey::of(&request, &bytes)?;
            let parsed = json::parse(&bytes);
            parsed
                .map(|node| Self(node, key))
                .map_err(|at| ApiError::MalformedJson { line: at.line, column: at.column })
        })
    }
}

/// A parsed body that may be left out, then it is an empty object; and the idempotency key.
pub struct OptionalJsonBody(pub Node, pub Option<IdempotencyKey>);

impl FromRequest for OptionalJsonBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let length = headers.get(CONTENT_LENGTH).map(|length| length.as_bytes() != b"0");
        if !length.unwrap_or_else(|| headers.contains_key(TRANSFER_ENCODING)) {
            let key = IdempotencyKey::of(request, &[]);
            return Box::pin(async { Ok(Self(Node::Object(Vec::new()), key?)) });
        }
        let body = JsonBody::from_request(request, payload);
        Box::pin(async { body.await.map(|JsonBody(node, key)| Self(node, key)) })
    }
}

/// Whether no place is left for what the body asks for: then it need not be looked at.
fn is_turned_away(request: &HttpRequest) -> bool {
    request.app_data::<web::Data<AppState>>().is_some_and(|state| state.register.is_queue_full())
}

fn is_plain_json(request: &HttpRequest) -> bool {
    let header = |name| {
        request.headers().get(name).and_then(|value: &_| actix_web::http::header::HeaderValue::to_str(value).ok())
    };
    let media_type = header(CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let encoding = header(CONTENT_ENCODING).unwrap_or("identity");
    media_type.eq_ignore_ascii_case("application/json") && encoding.eq_ignore_ascii_case("identity")
}

/// Reads the payload up to the limit.
async fn collect(payload: Payload, limit: usize) -> Result<web::Bytes, ApiError> {
    let limited = actix_web::body::to_bytes_limited(actix_web::body::BodyStream::new(payload), limit);
    match tokio::time::timeout(WITHIN, limited).await {
        Err(_) => Err(ApiError::BrokenBody),
        Ok(Ok(Ok(bytes))) => Ok(bytes),
        Ok(Ok(Err(error))) => {
            let error: &PayloadError = &error;
            tracing::debug!(%error, "a body broke off");
            Err(ApiError::BrokenBody)
        }
        Ok(Err(_)) => Err(ApiError::TooLarge { limit }),
    }
}
