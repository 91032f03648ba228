//! The outermost layer of every request: its id, its line in the log, and the body of a problem
//! in the language that was asked for.

use std::time::{Duration, Instant};

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use tracing::Level;

use crate::api::access::RateLimitHeaders;
use crate::api::callers::ActingClient;
use crate::api::http::{ApiError, BODY_LIMIT, MEDIA_TYPE, MatchedRoute, Problem, RequestId, cors, language_of};

use super::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");
const OAUTH_PATH: &str = "/oauth/token";

/// Answers errors as problems, counts, and logs one line. An answer carries the id of its line;
/// that of a public read, which caches repeat, has neither.
pub async fn finish(
    response: impl Future<Output = Result<ServiceResponse, actix_web::Error>>,
) -> Result<ServiceResponse, actix_web::Error> {
    let began = Instant::now();
    // Handlers' errors are responses by now; only a broken connection is an error here.
    let mut response = response.await?;
    if is_error(response.status()) {
        // A body that nobody read costs its connection: what came with the head is taken in meanwhile.
        tokio::task::yield_now().await;
    }
    let (request, status, took) = (response.request(), response.status(), began.elapsed());
    let (path, is_public) = MatchedRoute::of(request).map_or(("(none)", false), |route| (route.path, route.is_public));
    if let Some(state) = request.app_data::<web::Data<AppState>>() {
        state.request_counts.count(path, request.method(), status, took);
    }
    let standing = request.extensions().get::<RateLimitHeaders>().copied();
    let client = request.extensions().get::<ActingClient>().map(|client| client.0.clone());
    if client.is_some() || is_error(status) || tracing::enabled!(Level::DEBUG) {
        let request_id = RequestId::new();
        log(request, path, status, client.as_deref(), request_id.as_str(), took);
        if needs_problem(&response) {
            response = with_problem(response, request_id.as_str());
        }
        if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(standing) = standing {
        standing.write(headers);
    }
    if is_public {
        cors::open_to_all(headers);
    } else {
        guard_browsers(headers);
    }
    Ok(response)
}

/// What a browser may do with an answer that is not for pages: nothing, unless it says so itself.
fn guard_browsers(headers: &mut HeaderMap) {
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(CONTENT_SECURITY_POLICY, nothing);
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// OAuth has its own form of errors; every other error is a problem.
fn needs_problem(response: &ServiceResponse) -> bool {
    let oauth_answer = response.request().path() == OAUTH_PATH && response.headers().contains_key(CONTENT_TYPE);
    let own = response.response().extensions().contains::<ApiError>();
    is_error(response.status()) && (own || !(oauth_answer || is_health(response)))
}

/// `/readyz` says in its own words what is missing.
fn is_health(response: &ServiceResponse) -> bool {
    matches!(response.request().path(), "/livez" | "/readyz")
}

fn with_problem(response: ServiceResponse, request_id: &str) -> ServiceResponse {
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
    ServiceResponse::new(http, builder.body(body))
}

/// An error that the framework made.
fn foreign(status: u16) -> ApiError {
    match status {
        404 => ApiError::NotFound,
        413 => ApiError::TooLarge { limit: BODY_LIMIT },
        415 => ApiError::UnsupportedMediaType,
        400..=499 => ApiError::BrokenBody,
        503 => ApiError::Unavailable,
        _ => ApiError::Internal,
    }
}

/// The path is the route's, because what was sent in its place may be what nobody should read.
fn log(request: &HttpRequest, path: &str, status: StatusCode, client: Option<&str>, request_id: &str, took: Duration) {
    let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    let (method, status_code) = (request.method().as_str(), status.as_u16());
    if status.is_server_error() {
        tracing::error!(request_id, method, path, status = status_code, ms, client, "request failed");
    } else if client.is_some() || status.is_client_error() {
        tracing::info!(request_id, method, path, status = status_code, ms, client, "request");
    } else {
        tracing::debug!(request_id, method, path, status = status_code, ms, "request");
    }
}
