//! The outermost layer of every request: its id, its line in the log, its count, the security headers, and the body of a
//! problem in the language that the caller asked for.

use std::time::{Duration, Instant};

use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use tracing::Level;

use crate::api::access::{Held, RateLimitHeaders, UnderWay};
use crate::api::callers::ActingClient;
use crate::api::http::{
    ApiError, BODY_LIMIT, MEDIA_TYPE, MatchedRoute, Problem, RequestId, cors, in_slices, language_of,
};

use super::state::AppState;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");
/// The target of the lines of clients.
const CLIENTS: &str = "green_homes::clients";
const OAUTH_PATH: &str = "/oauth/token";

/// Lets a request in, unless its address has too many under way.
pub fn admit(request: ServiceRequest) -> Result<(ServiceRequest, Held), Box<ServiceResponse>> {
    let state = request.app_data::<web::Data<AppState>>();
    match state.map_or(Ok(Held::default()), |state| state.concurrency.begin(request.request())) {
        Ok(held) => {
            let (read, body) = request.parts();
            if matches!(body, Payload::None) || matches!(*read.method(), Method::GET | Method::HEAD) {
                UnderWay::begin(read);
            }
            Ok((request, held))
        }
        Err(too_many) => Err(Box::new(request.error_response(ApiError::from(too_many)))),
    }
}

/// Waits for the response of a request that was let in, and finishes it. The request is under way until its body is sent.
pub async fn respond(
    admitted: Result<(impl Future<Output = Result<ServiceResponse, actix_web::Error>>, Held), Box<ServiceResponse>>,
) -> Result<ServiceResponse, actix_web::Error> {
    let began = Instant::now();
    let (response, held) = match admitted {
        // An error here is a broken connection, because the errors of handlers are responses by now.
        Ok((response, held)) => (response.await?, Some(held).filter(Held::is_counted)),
        Err(refused) => (*refused, None),
    };
    let response = finish(response, began).await?;
    UnderWay::end(response.request());
    Ok(response.map_body(|_, body| in_slices(body, held)))
}

/// Finishes a response: errors become problems, the request is counted, and a client's request has a line in the log under an
/// id that the answer carries. A successful public read has neither line nor id, because caches repeat its answer. A refusal of
/// anybody else has an id, and is logged in a sum.
async fn finish(mut response: ServiceResponse, began: Instant) -> Result<ServiceResponse, actix_web::Error> {
    if is_error(response.status()) {
        // Lets actix take in a body that came with the head, because an unread body costs the client its connection.
        tokio::task::yield_now().await;
    }
    let (request, status, took) = (response.request(), response.status(), began.elapsed());
    let (path, is_public) = MatchedRoute::of(request).map_or(("(none)", false), |route| (route.path, route.is_public));
    let state = request.app_data::<web::Data<AppState>>().ok_or_else(|| ErrorInternalServerError("no state"))?;
    state.request_counts.count(path, request.method(), status, took);
    let rate_limit = request.extensions().get::<RateLimitHeaders>().copied();
    let client = request.extensions().get::<ActingClient>().map(|client| client.0.clone());
    if client.is_some() || is_error(status) || tracing::enabled!(Level::DEBUG) {
        let request_id = RequestId::new();
        log(request, path, status, client.as_deref(), request_id.as_str(), took);
        if client.is_none() && is_refusal(status) {
            state.refusal_sums.count(state.rate_limits.address_of(request), status.as_u16());
        }
        if needs_problem(&response) {
            response = with_problem(response, request_id.as_str());
        }
        if let Ok(id) = HeaderValue::from_str(request_id.as_str()) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(rate_limit) = rate_limit {
        rate_limit.write(headers);
    }
    if is_public {
        cors::open_to_all(headers);
    } else {
        guard_browsers(headers);
    }
    Ok(response)
}

/// Forbids browsers everything with an answer that is not for pages, unless the answer has a policy of its own.
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

/// Whether anybody can have this answer as often as they like. Failures of the service itself are logged one by one.
fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE
}

/// Every error needs the form of a problem, except errors of the token endpoint and of health checks, which have their own.
fn needs_problem(response: &ServiceResponse) -> bool {
    let oauth_answer = response.request().path() == OAUTH_PATH && response.headers().contains_key(CONTENT_TYPE);
    let own = response.response().extensions().contains::<ApiError>();
    is_error(response.status()) && (own || !(oauth_answer || is_health(response)))
}

/// Health checks state in their own form what is missing.
fn is_health(response: &ServiceResponse) -> bool {
    matches!(response.request().path(), "/livez" | "/readyz")
}

fn with_problem(response: ServiceResponse, request_id: &str) -> ServiceResponse {
    let own = response.response().extensions().get::<ApiError>().cloned();
    let error = own.unwrap_or_else(|| of_framework(response.status().as_u16()));
    let language = language_of(response.request().headers());
    let is_read = matches!(*response.request().method(), Method::GET | Method::HEAD);
    let problem = Problem::of(&error, language, is_read, request_id);
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

/// The error of a response that the framework made.
fn of_framework(status: u16) -> ApiError {
    match status {
        404 => ApiError::NotFound,
        413 => ApiError::TooLarge { limit: BODY_LIMIT },
        415 => ApiError::UnsupportedMediaType,
        400..=499 => ApiError::BrokenBody,
        503 => ApiError::Unavailable,
        _ => ApiError::Internal,
    }
}

/// Logs a request, those of clients under a target of their own. The path is that of the route, because a path as it was sent
/// may hold secrets. What stands in sums has a line for whoever looks for one caller alone.
fn log(request: &HttpRequest, path: &str, status: StatusCode, client: Option<&str>, request_id: &str, took: Duration) {
    let ms = (took.as_secs_f64() * 1e6).round() / 1e3;
    let (method, status_code) = (request.method().as_str(), status.as_u16());
    match client {
        Some(client) if status.is_server_error() => {
            tracing::error!(target: CLIENTS, request_id, method, path, status = status_code, ms, client, "request failed");
        }
        Some(client) => {
            tracing::info!(target: CLIENTS, request_id, method, path, status = status_code, ms, client, "request");
        }
        None if status.is_server_error() && !is_refusal(status) => {
            tracing::error!(request_id, method, path, status = status_code, ms, "request failed");
        }
        None => tracing::debug!(request_id, method, path, status = status_code, ms, "request"),
    }
}
