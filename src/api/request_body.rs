//! The extractors of request bodies: they receive a body whole, within its route's limit and in time, and
//! read it as the type that the handler names. A handler that takes a [`Body`] sees no wrong value.

use std::pin::Pin;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::{FromRequest, HttpRequest, dev::Payload, error::PayloadError, web};

use crate::api::access::UnderWay;
use crate::api::body::{self, FromNode, Node, Unparsable};
use crate::api::http::{
    ApiError, BODY_LIMIT, BODY_WITHIN, CallerGate, IdempotencyKey, MethodFacts, WarningView, language_of,
};
use crate::domain::refusals::{Remark, Warning};

use super::state::AppState;

/// A body of type `T` as its `FromNode` gives it, and what came with it.
pub struct Body<T: FromNode>(pub T::Value, pub Sent);

/// A body that may be left out; then it is read as `{}`.
pub struct OptionalBody<T: FromNode>(pub T::Value, pub Sent);

/// What comes with a body.
pub struct Sent {
    /// The idempotency key of the request.
    pub key: Option<IdempotencyKey>,
    /// A warning for each text that held strays, in the caller's language.
    pub warnings: Vec<WarningView>,
}

impl<T: FromNode + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let read = receive::<T>(&request, payload).await;
            if read.is_err() {
                CallerGate::pass(&request).await;
            }
            read.map(|(value, sent)| Self(value, sent))
        })
    }
}

impl<T: FromNode + 'static> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let length = headers.get(CONTENT_LENGTH).map(|length| length.as_bytes() != b"0");
        if length.unwrap_or_else(|| headers.contains_key(TRANSFER_ENCODING)) {
            let body = Body::<T>::from_request(request, payload);
            return Box::pin(async { body.await.map(|Body(value, sent)| Self(value, sent)) });
        }
        let request = request.clone();
        Box::pin(async move {
            let key = IdempotencyKey::of(&request, &[]);
            let sent = key.map(|key| Sent { key, warnings: Vec::new() });
            let read = sent.and_then(|sent| Ok((read::<T>(&request, &Node::Object(Vec::new()))?, sent)));
            if read.is_err() {
                CallerGate::pass(&request).await;
            }
            read.map(|(value, sent)| Self(value, sent))
        })
    }
}

/// Receives a body, parses it as JSON and reads it.
async fn receive<T: FromNode>(request: &HttpRequest, payload: Payload) -> Result<(T::Value, Sent), ApiError> {
    if !is_plain_json(request) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let limit = MethodFacts::of(request).map_or(BODY_LIMIT, |facts| facts.body_limit);
    let bytes = collect(payload, limit).await?;
    UnderWay::begin(request);
    // Not before the body was received, because a body that was not read costs its connection.
    if is_turned_away(request) {
        return Err(ApiError::Unavailable);
    }
    let key = IdempotencyKey::of(request, &bytes)?;
    let parsed = body::parse_tidied(&bytes);
    let (node, strays) = parsed.map_err(|Unparsable { line, column, near, has_decimal_comma }| {
        ApiError::MalformedJson { line, column, near, has_decimal_comma }
    })?;
    let language = language_of(request.headers());
    let warned = |pointer| WarningView::of(&Remark { pointer, warning: Warning::StraysRemoved }, language);
    Ok((read::<T>(request, &node)?, Sent { key, warnings: strays.into_iter().map(warned).collect() }))
}

/// Reads a parsed body on the register's day.
fn read<T: FromNode>(request: &HttpRequest, node: &Node) -> Result<T::Value, ApiError> {
    let state = request.app_data::<web::Data<AppState>>().ok_or(ApiError::Internal)?;
    body::read::<T>(node, state.register.today()).map_err(ApiError::Invalid)
}

/// Whether the register's queue is full, so that the body need not be looked at.
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
    match tokio::time::timeout(BODY_WITHIN, limited).await {
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
