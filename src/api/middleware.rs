//! The outermost layer of every request: its id, its line in the log, and the body of a problem
//! in the language that was asked for.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, ResponseError, web};

use crate::domain::fault::Language;

use super::caller::ActingClient;
use super::error::ApiError;
use super::matched_path;
use super::problem::{MEDIA_TYPE, Problem};
use super::state::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");
const OAUTH_PATH: &str = "/oauth/token";

/// Gives the request an id, answers errors as problems, logs one line.
pub async fn finish<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let began = Instant::now();
    let state = request.app_data::<web::Data<State>>().cloned();
    let request_id = new_request_id();
    // Handlers' errors are responses by now; only a broken connection is an error here.
    let response = next.call(request).await?.map_into_left_body();
    let mut response = if needs_problem(&response) { with_problem(response, &request_id) } else { response };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(state) = state {
        state.meter.count(response.request(), response.status(), began.elapsed());
    }
    log(&response, &request_id, began);
    Ok(response)
}

/// A prefix of this process and a number: short, unique, and it tells nothing.
fn new_request_id() -> String {
    static PROCESS: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| {
        let bits = uuid::Uuid::new_v4().as_u64_pair().1;
        u32::try_from(bits & 0xffff_ffff).unwrap_or_default()
    });
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let mut id = String::with_capacity(24);
    // Writing to a String cannot fail.
    let _ = write!(id, "{:08x}-{:x}", *PROCESS, NUMBER.fetch_add(1, Ordering::Relaxed));
    id
}

/// OAuth has its own form of errors; every other error is a problem.
fn needs_problem<B>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let oauth_answer = response.request().path() == OAUTH_PATH && response.headers().contains_key(CONTENT_TYPE);
    let own = response.response().extensions().contains::<ApiError>();
    is_error && (own || !(oauth_answer || is_health(response)))
}

/// `/readyz` says in its own words what is missing.
fn is_health<B>(response: &ServiceResponse<B>) -> bool {
    matches!(response.request().path(), "/livez" | "/readyz")
}

fn with_problem<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B, BoxBody>>,
    request_id: &str,
) -> ServiceResponse<EitherBody<B, BoxBody>> {
    let own = response.response().extensions().get::<ApiError>().cloned();
    let error = own.unwrap_or_else(|| foreign(response.status().as_u16()));
    let language = language_of(response.request().headers());
    let problem = Problem::of(&error, language, request_id);
    let headers = error.error_response();
    let mut builder = HttpResponse::build(error.status());
    for header in headers.headers() {
        builder.insert_header(header);
    }
    builder.insert_header((CONTENT_TYPE, MEDIA_TYPE)).insert_header((VARY, "Accept-Language"));
    builder.insert_header(("Content-Language", language.choose("vi", "en")));
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let (http, _) = response.into_parts();
    ServiceResponse::new(http, builder.body(body)).map_into_right_body()
}

/// An error that the framework made.
fn foreign(status: u16) -> ApiError {
    match status {
        404 => ApiError::NotFound,
        413 => ApiError::TooLarge { limit: super::body::LIMIT },
        415 => ApiError::UnsupportedMediaType,
        400..=499 => ApiError::BrokenBody,
        503 => ApiError::Unavailable,
        _ => ApiError::Internal,
    }
}

/// The language that `Accept-Language` likes better; Vietnamese when it names neither.
#[must_use]
pub fn language_of(headers: &HeaderMap) -> Language {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut best = (Language::Vietnamese, 0.0);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        let language = match tag.split('-').next() {
            Some("vi") => Language::Vietnamese,
            Some("en") => Language::English,
            _ => continue,
        };
        if quality > best.1 {
            best = (language, quality);
        }
    }
    best.0
}

/// Reads of the public are counted, not logged; everything else has its line. The path is the
/// route's, because a query may hold what a partner would not want in a log.
fn log<B>(response: &ServiceResponse<B>, request_id: &str, began: Instant) {
    let (request, status) = (response.request(), response.status());
    let path = matched_path(request).unwrap_or("(none)");
    let client = request.extensions().get::<ActingClient>().map(|client| client.0.clone());
    let ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let (method, status_code) = (request.method().as_str(), status.as_u16());
    if status.is_server_error() {
        tracing::error!(request_id, method, path, status = status_code, ms, client, "request failed");
    } else if client.is_some() || status.is_client_error() {
        tracing::info!(request_id, method, path, status = status_code, ms, client, "request");
    } else {
        tracing::debug!(request_id, method, path, status = status_code, ms, "request");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(accepted: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_str(accepted).unwrap());
        language_of(&headers)
    }

    #[test]
    fn language_follows_quality_and_defaults_to_vietnamese() {
        assert_eq!(language("en-GB,en;q=0.9"), Language::English);
        assert_eq!(language("en;q=0.5, vi;q=0.8"), Language::Vietnamese);
        assert_eq!(language("fr, en;q=0.1"), Language::English);
        assert_eq!(language("fr"), Language::Vietnamese);
        assert_eq!(language("*"), Language::Vietnamese);
        assert_eq!(language_of(&HeaderMap::new()), Language::Vietnamese);
    }
}
