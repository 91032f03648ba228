//! Who calls: the extractor that lets a handler run only when the caller holds the scope that the
//! route table asks for.

use std::pin::Pin;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};

use crate::api::access::Rejected;
use crate::api::http::{Access, ApiError, CallerGate, MethodFacts, Scope, language_of};
use crate::api::state::AppState;
use crate::domain::records::Actor;
use crate::domain::values::{Language, PartnerCode};

use super::token_endpoint;

/// The client that a request was authorised as, for the log.
#[derive(Clone)]
pub struct ActingClient(pub String);

/// An authorised caller, and the language that it reads. A handler that takes it cannot run for anybody else.
#[derive(Clone)]
pub struct Caller(pub Actor, pub Language);

impl Caller {
    /// The partner that a caller with the role partner acts for.
    pub fn partner(&self) -> Result<&PartnerCode, ApiError> {
        self.0.partner.as_ref().ok_or(ApiError::Forbidden { needs: Scope::Register })
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let gate = CallerGate::shut(&request);
        Box::pin(async move {
            let caller = authorise(&request).await?;
            gate.open();
            Ok(caller)
        })
    }
}

async fn authorise(request: &HttpRequest) -> Result<Caller, ApiError> {
    let state = request.app_data::<web::Data<AppState>>().ok_or(ApiError::Internal)?;
    let client_id = identify(request, state).await?;
    let directory = state.register.directory();
    // Revoked or suspended.
    let shut_out = || counted(request, state, ApiError::Unauthorized { sent: true });
    let actor = directory.active(&client_id).ok_or_else(shut_out)?;
    state.rate_limits.count_client(request, &client_id)?;
    request.extensions_mut().insert(ActingClient(client_id));
    match needed(request) {
        Access::Needs(scope) if !scope.is_held_by(actor.role) => Err(ApiError::Forbidden { needs: scope }),
        _ => Ok(Caller(actor.clone(), language_of(request.headers()))),
    }
}

/// The client that a request names and proves to be. To find out that it is none costs something,
/// so that counts for its address.
async fn identify(request: &HttpRequest, state: &web::Data<AppState>) -> Result<String, ApiError> {
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => by_token(request, state, token.trim()).await,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => by_basic(request, state, header).await,
        _ => Err(counted(request, state, ApiError::Unauthorized { sent: false })),
    }
}

/// A refusal that counts for the address; or that it was refused too often. Each is a line of the log.
fn counted(request: &HttpRequest, state: &AppState, why: ApiError) -> ApiError {
    state.rate_limits.count_address(request).err().unwrap_or(why)
}

async fn by_token(request: &HttpRequest, state: &web::Data<AppState>, token: &str) -> Result<String, ApiError> {
    let remembered = state.tokens.remembered(token, &state.register);
    let verify = || state.tokens.verify(token, &state.register);
    let mut verified = remembered.map_or_else(verify, Ok);
    if state.tokens.are_stale(verified.is_err()) {
        let reading = state.clone();
        web::block(move || reading.tokens.refresh(&reading.register)).await?;
        // A key that was withdrawn took what was remembered with it.
        verified = state.tokens.remembered(token, &state.register).map_or_else(verify, Ok);
    }
    verified.map_err(|why| counted(request, state, why))
}

/// HTTP Basic is for dashboards, which read: programs for tables cannot fetch tokens.
async fn by_basic(request: &HttpRequest, state: &AppState, header: &str) -> Result<String, ApiError> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let refused = || counted(request, state, ApiError::BasicRefused);
    let credentials = token_endpoint::basic(request.headers()).filter(|_| reads).ok_or_else(refused)?;
    if let Some(client_id) = state.secrets.remembered(&state.register, header) {
        return Ok(client_id);
    }
    state.rate_limits.count_address(request)?;
    let (client_id, secret) = (credentials.0.as_str(), credentials.1.as_str());
    let checked = state.secrets.check_basic(&state.register, header, (client_id, secret)).await;
    checked.map_err(|rejected| match rejected {
        Rejected::Wrong => ApiError::BasicRefused,
        Rejected::Busy => ApiError::Unavailable,
        Rejected::Wait(retry_after) => ApiError::TooManyRequests { retry_after },
    })
}

/// What the matched route asks for. A handler outside the table gets nobody.
fn needed(request: &HttpRequest) -> Access {
    MethodFacts::of(request).map_or(Access::Needs(Scope::Administer), |facts| facts.access)
}
