//! `POST /oauth/token`: OAuth 2.0 client credentials (RFC 6749). Errors here have the form of OAuth and are no problems.

use std::convert::Infallible;
use std::pin::Pin;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, dev::Payload, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::access::{TOKEN_LIFETIME_SECONDS, UnderWay};
use crate::api::http::{ApiError, BODY_WITHIN, Scope};
use crate::api::state::{AppState, KEYS_WITHIN, block_within};

use super::acting_client::ActingClient;
use super::basic_credentials::BasicCredentials;
use super::proven_client::proven_client;

/// The form of a token request. A client may send its id and secret by HTTP Basic instead.
#[derive(Deserialize, ToSchema)]
pub struct TokenRequest {
    /// Always `client_credentials`.
    #[schema(required, value_type = String, pattern = "^client_credentials$", example = "client_credentials")]
    grant_type: Option<String>,
    /// The id of the client, where it does not stand in the header. Example: c-5f0c6bd6b6ab4c9d8a0f4a2d9b7e1c33.
    client_id: Option<String>,
    /// The secret of the client, where it does not stand in the header. It starts with `gh_`.
    client_secret: Option<String>,
    /// Scopes that the client wants, separated by spaces; each must belong to its role. The token has all scopes of the role
    /// whatever stands here. Example: installations:write.
    scope: Option<String>,
}

/// An access token.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// The token, to be sent in the header `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the token expires: 900.
    expires_in: i64,
    /// The scopes of the token, separated by spaces. Example: installations:write installations:read aggregates:read.
    scope: String,
}

/// An error in the form of OAuth (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
pub struct TokenError {
    /// The code: `invalid_request`, `invalid_client`, `invalid_scope`, `unsupported_grant_type`, `slow_down`,
    /// `temporarily_unavailable` or `server_error`.
    error: &'static str,
    /// The reason and the way out, in English. Example: too many requests; try again after Retry-After seconds.
    error_description: &'static str,
}

/// The form of a token request; `None` where it did not arrive whole and in time, so that the handler can answer in the form
/// of OAuth.
pub struct TokenForm(Option<TokenRequest>);

impl FromRequest for TokenForm {
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Infallible>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = web::Form::<TokenRequest>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let read = tokio::time::timeout(BODY_WITHIN, form).await;
            let form = read.ok().and_then(Result::ok).map(web::Form::into_inner);
            if form.is_some() {
                UnderWay::begin(&request);
            }
            Ok(Self(form))
        })
    }
}

/// Exchanges a client id and a secret, sent by HTTP Basic or in the form, for an access token. The token is valid for 15 minutes
/// and has all scopes of the client's role.
#[utoipa::path(get, path = "", request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenResponse), (status = 400, description = "The form or a scope is wrong.", body = TokenError),
        (status = 401, description = "The id or the secret is wrong, or the client is no longer active.", body = TokenError, headers(("WWW-Authenticate" = String, description = "`Basic`: the way to send id and secret."))),
        (status = 429, description = "Too many requests of this client, or too many of this address without a right secret. Try again after `Retry-After` seconds.", body = TokenError, headers(("Retry-After" = i64, description = "Seconds after which to try again."))),
        (status = 503, description = "The service may not sign tokens. Try again after `Retry-After` seconds.", body = TokenError, headers(("Retry-After" = i64, description = "Seconds after which to try again.")))))]
pub async fn issue_token(request: HttpRequest, state: web::Data<AppState>, TokenForm(form): TokenForm) -> HttpResponse {
    let (form, credentials) = match read_form(form, request.headers()) {
        Ok(read) => read,
        Err(refusal) => {
            let counted = state.rate_limits.count_address(&request);
            return counted.map_or_else(|too_many| refuse_credentials(&too_many), |()| refusal.response());
        }
    };
    let counted = match proven_client(&request, &state, &credentials).await {
        Ok(actor) => state.rate_limits.count_client(&request, &actor.client_id).map(|()| actor),
        Err(refused) => Err(refused),
    };
    let actor = match counted {
        Ok(actor) => actor,
        Err(refused) => return refuse_credentials(&refused),
    };
    let held = Scope::names_of(actor.role);
    let wanted = form.scope.as_deref().unwrap_or_default();
    if !wanted.split_whitespace().all(|scope| held.contains(&scope)) {
        return refuse(400, "invalid_scope", "this client's role does not hold that scope");
    }
    request.extensions_mut().insert(ActingClient(actor.client_id.clone()));
    let now = (state.register.clock())();
    if !may_sign(&state, now).await {
        return refuse(503, "temporarily_unavailable", "this process may not sign tokens; its operator has to act");
    }
    match state.tokens.issue(&actor, now) {
        Ok(issued) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(TokenResponse {
            access_token: issued.token,
            token_type: "Bearer",
            expires_in: TOKEN_LIFETIME_SECONDS,
            scope: issued.scope,
        }),
        Err(_) => refuse(500, "server_error", "the token could not be made"),
    }
}

/// The status and the content of a [`TokenError`].
struct TokenRefusal {
    status: u16,
    error: &'static str,
    description: &'static str,
}

impl TokenRefusal {
    fn new(status: u16, error: &'static str, description: &'static str) -> Self {
        Self { status, error, description }
    }

    fn response(self) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut builder = HttpResponse::build(status);
        builder.insert_header((CACHE_CONTROL, "no-store"));
        if status == StatusCode::UNAUTHORIZED {
            builder.insert_header((WWW_AUTHENTICATE, "Basic realm=\"green-homes\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            builder.insert_header(("Retry-After", "1"));
        }
        builder.json(TokenError { error: self.error, error_description: self.description })
    }
}

/// The form, and the id and secret of the client from the header or from the form; else the refusal to answer.
fn read_form(
    form: Option<TokenRequest>,
    headers: &HeaderMap,
) -> Result<(TokenRequest, BasicCredentials), TokenRefusal> {
    let Some(form) = form else {
        return Err(TokenRefusal::new(400, "invalid_request", "send the form grant_type=client_credentials"));
    };
    if form.grant_type.as_deref() != Some("client_credentials") {
        return Err(TokenRefusal::new(400, "unsupported_grant_type", "grant_type must be client_credentials"));
    }
    let in_form = || Some(BasicCredentials { client_id: form.client_id.clone()?, secret: form.client_secret.clone()? });
    let Some(credentials) = BasicCredentials::of(headers).or_else(in_form) else {
        let description = "send client_id and client_secret by HTTP Basic or in the form";
        return Err(TokenRefusal::new(401, "invalid_client", description));
    };
    Ok((form, credentials))
}

/// Whether this process may sign, which it may not once its key was withdrawn. Renews the key when little of its time is left.
///
/// A key is published for 30 days and renewed when less than 15 are left, so a process that issues a token now and then never
/// loses it. If the renewal finds the key withdrawn, no token is issued, because nobody would accept it. If the database does
/// not answer, the token is issued: the key is still valid for days.
async fn may_sign(state: &web::Data<AppState>, now: chrono::DateTime<chrono::Utc>) -> bool {
    if !state.tokens.needs_renewal(&state.register, now) {
        return true;
    }
    let shared = state.clone();
    match block_within(KEYS_WITHIN, move || shared.tokens.renew(&shared.register, now)).await {
        Ok(Ok(false)) => {
            tracing::error!(
                "the signing key was withdrawn; stop the service, delete signing-key.pem in the data directory, start \
                 the service"
            );
            false
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the signing key could not be renewed");
            state.tokens.is_published()
        }
        Ok(Ok(true)) => true,
        Err(_) => state.tokens.is_published(),
    }
}

/// The refusal of an id and a secret. A caller who asks too often gets the code that RFC 8628 registers.
fn refuse_credentials(why: &ApiError) -> HttpResponse {
    let ApiError::TooManyRequests { retry_after } = *why else {
        return refuse(401, "invalid_client", "unknown client, wrong secret, or no longer active");
    };
    let mut response = refuse(429, "slow_down", "too many requests; try again after Retry-After seconds");
    response.headers_mut().insert(RETRY_AFTER, retry_after.into());
    response
}

fn refuse(status: u16, error: &'static str, description: &'static str) -> HttpResponse {
    TokenRefusal::new(status, error, description).response()
}
