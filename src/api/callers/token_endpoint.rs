//! OAuth 2.0 client credentials (RFC 6749), keys (RFC 7517) and metadata (RFC 8414). Errors
//! here have OAuth's own form.

use std::convert::Infallible;
use std::pin::Pin;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev::Payload, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::{Rejected, TOKEN_LIFETIME_SECONDS};
use crate::api::http::{ApiError, Scope};
use crate::api::state::AppState;

use super::acting_client::ActingClient;
use super::basic_credentials::BasicCredentials;

/// The form of a token request. The client may also be named by HTTP Basic.
#[derive(Deserialize, ToSchema)]
pub struct TokenRequest {
    /// `client_credentials`.
    #[schema(required, value_type = String, pattern = "^client_credentials$", example = "client_credentials")]
    grant_type: Option<String>,
    /// The client's id, unless it stands in the header.
    client_id: Option<String>,
    /// The client's secret, unless it stands in the header.
    client_secret: Option<String>,
    /// Scopes wanted; every one of the role is given.
    scope: Option<String>,
}

/// A token.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// The token, for the header `Authorization: Bearer`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds that it is good for.
    expires_in: i64,
    /// What it allows.
    scope: String,
}

/// An error in OAuth's form.
#[derive(Serialize, ToSchema)]
pub struct TokenError {
    /// The code of RFC 6749.
    error: &'static str,
    /// What to do.
    error_description: &'static str,
}

/// The form of a token request, if it arrived whole and in time.
pub struct TokenForm(Option<TokenRequest>);

impl FromRequest for TokenForm {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = web::Form::<TokenRequest>::from_request(request, payload);
        Box::pin(async {
            let read = tokio::time::timeout(crate::api::request_body::WITHIN, form).await;
            Ok(Self(read.ok().and_then(Result::ok).map(web::Form::into_inner)))
        })
    }
}

/// OAuth 2.0 client credentials: send client id and secret by HTTP Basic or in the form. The token is good
/// for 15 minutes.
#[utoipa::path(get, path = "", request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenResponse), (status = 400, body = TokenError),
        (status = 401, body = TokenError, headers(("WWW-Authenticate" = String, description = "HTTP Basic."))),
        (status = 429, body = TokenError, headers(("Retry-After" = i64, description = "Seconds."))),
        (status = 503, body = TokenError, headers(("Retry-After" = i64, description = "Seconds.")))))]
pub async fn issue_token(request: HttpRequest, state: web::Data<AppState>, TokenForm(form): TokenForm) -> HttpResponse {
    if let Err(ApiError::TooManyRequests { retry_after }) = state.rate_limits.count_address(&request) {
        return hurried(retry_after);
    }
    let Some(form) = form else {
        return refuse(400, "invalid_request", "send the form grant_type=client_credentials");
    };
    if form.grant_type.as_deref() != Some("client_credentials") {
        return refuse(400, "unsupported_grant_type", "grant_type must be client_credentials");
    }
    let in_form = || Some(BasicCredentials { client_id: form.client_id.clone()?, secret: form.client_secret.clone()? });
    let Some(BasicCredentials { client_id, secret }) = BasicCredentials::of(request.headers()).or_else(in_form) else {
        return refuse(401, "invalid_client", "send client_id and client_secret by HTTP Basic or in the form");
    };
    let client = match state.secrets.check(&state.register, &client_id, &secret).await {
        Ok(client) => client,
        Err(Rejected::Wait(seconds)) => return hurried(seconds),
        Err(Rejected::Busy) => return refuse(503, "temporarily_unavailable", "try again in a second"),
        Err(Rejected::Wrong) => {
            return refuse(401, "invalid_client", "unknown client, wrong secret, or no longer active");
        }
    };
    let held = Scope::names_of(client.actor.role);
    let wanted = form.scope.as_deref().unwrap_or_default();
    if !wanted.split_whitespace().all(|scope| held.contains(&scope)) {
        return refuse(400, "invalid_scope", "this client's role does not hold that scope");
    }
    request.extensions_mut().insert(ActingClient(client_id));
    let now = (state.register.clock())();
    if !may_sign(&state, now).await {
        return refuse(503, "temporarily_unavailable", "this process may not sign tokens; its operator has to act");
    }
    match state.tokens.issue(&client.actor, now) {
        Ok(issued) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(TokenResponse {
            access_token: issued.token,
            token_type: "Bearer",
            expires_in: TOKEN_LIFETIME_SECONDS,
            scope: issued.scope,
        }),
        Err(_) => refuse(500, "server_error", "the token could not be made"),
    }
}

/// Renews the own key when its time comes. What a withdrawn key signs is good nowhere.
async fn may_sign(state: &web::Data<AppState>, now: chrono::DateTime<chrono::Utc>) -> bool {
    if !state.tokens.needs_renewal(now) {
        return true;
    }
    let shared = state.clone();
    match web::block(move || shared.tokens.renew(shared.register.database(), now)).await {
        Ok(Ok(false)) => {
            tracing::error!(
                "the signing key was withdrawn; stop the service, delete signing-key.pem in the data directory, start \
                 the service"
            );
            false
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the signing key could not be renewed");
            true
        }
        _ => true,
    }
}

/// `slow_down` is a registered error of OAuth (RFC 8628).
fn hurried(retry_after: u64) -> HttpResponse {
    let mut response = refuse(429, "slow_down", "too many requests; try again after Retry-After seconds");
    response.headers_mut().insert(RETRY_AFTER, retry_after.into());
    response
}

fn refuse(status: u16, error: &'static str, error_description: &'static str) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut builder = HttpResponse::build(status);
    builder.insert_header((CACHE_CONTROL, "no-store"));
    if status == StatusCode::UNAUTHORIZED {
        builder.insert_header((WWW_AUTHENTICATE, "Basic realm=\"green-homes\""));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        builder.insert_header(("Retry-After", "1"));
    }
    builder.json(TokenError { error, error_description })
}

/// One public key (RFC 7517, RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
}

/// Every key that tokens may be signed with.
#[derive(Serialize, ToSchema)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// As a JSON Web Key Set (RFC 7517). Whoever checks tokens finds the key by the token's `kid`.
#[utoipa::path(get, path = "", responses((status = 200, body = Jwks)))]
pub async fn get_keys(state: web::Data<AppState>) -> HttpResponse {
    let published = state.tokens.published();
    let jwk = |key: &crate::db::partners::PublicKey| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        r#use: "sig",
        alg: "EdDSA",
        kid: key.kid.clone(),
        x: key.x.clone(),
    };
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=60"))
        .json(Jwks { keys: published.iter().map(jwk).collect() })
}

/// What this authorisation server does (RFC 8414).
#[derive(Serialize, ToSchema)]
pub struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    grant_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 0],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    scopes_supported: Vec<&'static str>,
    service_documentation: String,
}

/// Where tokens are given and keys are found (RFC 8414).
#[utoipa::path(get, path = "", responses((status = 200, body = Metadata)))]
pub async fn get_metadata(state: web::Data<AppState>) -> HttpResponse {
    let url = &state.settings.public_url;
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=3600")).json(Metadata {
        issuer: url.clone(),
        token_endpoint: format!("{url}/oauth/token"),
        jwks_uri: format!("{url}/.well-known/jwks.json"),
        grant_types_supported: ["client_credentials"],
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        scopes_supported: Scope::ALL.iter().map(|scope| scope.as_str()).collect(),
        service_documentation: format!("{url}/docs"),
    })
}
