//! Who calls: the extractor that lets a handler run only when the caller holds the scope that the
//! route table asks for.

use std::pin::Pin;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};

use crate::api::http::{Access, ApiError, CallerGate, MethodFacts, Scope, language_of};
use crate::api::state::{AppState, KEYS_WITHIN, block_within};
use crate::domain::records::{Actor, Role};
use crate::domain::reference::ProvinceId;
use crate::domain::values::{Language, PartnerCode};

use super::acting_client::ActingClient;
use super::basic_credentials::BasicCredentials;
use super::proven_client::proven_client;

/// An authorised caller and the language of its answers. A handler that takes it runs for nobody else.
#[derive(Clone)]
pub struct Caller(pub Actor, pub Language);

impl Caller {
    /// The partner that a caller with the role partner acts for.
    pub fn partner(&self) -> Result<&PartnerCode, ApiError> {
        self.0.partner.as_ref().ok_or(ApiError::Forbidden { needs: Scope::Register })
    }

    /// Refuses a question about places that `is_own` does not find to be the caller's province. Zeros or an empty list would
    /// say that nothing is there. A caller who is not limited to a province may ask about any.
    pub fn check_province(&self, is_own: impl FnOnce(ProvinceId) -> bool) -> Result<(), ApiError> {
        match self.0.province {
            Some(own) if !is_own(own) => Err(ApiError::OtherProvince { own: own.listed() }),
            _ => Ok(()),
        }
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
    let Some(actor) = directory.active(&client_id) else {
        // The client proved who it is, but was revoked or suspended.
        return Err(count_refusal(request, state, ApiError::Unauthorized { sent: true }));
    };
    state.rate_limits.count_client(request, &client_id)?;
    request.extensions_mut().insert(ActingClient(client_id));
    match needed(request) {
        Access::Needs(scope) if !scope.is_held_by(actor.role) => Err(ApiError::Forbidden { needs: scope }),
        _ => Ok(Caller(actor.clone(), language_of(request.headers()))),
    }
}

/// The id of the client that a request names and proves to be.
///
/// A refusal counts for the caller's address, because each failed check costs us something.
async fn identify(request: &HttpRequest, state: &web::Data<AppState>) -> Result<String, ApiError> {
    let header = request.headers().get(AUTHORIZATION).and_then(|header| header.to_str().ok()).unwrap_or_default();
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => by_token(request, state, token.trim()).await,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("basic") => by_basic(request, state).await,
        _ => Err(count_refusal(request, state, ApiError::Unauthorized { sent: false })),
    }
}

/// Counts a refusal for the caller's address and returns the error to answer: `why`, or 429 once the address has been
/// refused too often.
fn count_refusal(request: &HttpRequest, state: &AppState, why: ApiError) -> ApiError {
    match state.rate_limits.count_address(request) {
        Ok(()) => why,
        Err(too_many) => too_many,
    }
}

async fn by_token(request: &HttpRequest, state: &web::Data<AppState>, token: &str) -> Result<String, ApiError> {
    let mut verified = remembered_or_verified(state, token);
    let mut _reading = None;
    if verified.is_err() {
        _reading = tokio::time::timeout(KEYS_WITHIN, state.tokens.wait_for_refresh()).await.ok();
        verified = remembered_or_verified(state, token);
    }
    if state.tokens.claim_refresh(verified.is_err()) {
        let reading = state.clone();
        // After a while without an answer the keys that are known have to do.
        let _ = block_within(KEYS_WITHIN, move || reading.tokens.refresh(&reading.register)).await;
        // Again, because a withdrawn key takes its tokens out of the cache, and a new key may verify this one.
        verified = remembered_or_verified(state, token);
    }
    match verified {
        Ok(client_id) => Ok(client_id),
        Err(why) => Err(count_refusal(request, state, why)),
    }
}

/// The client of a token: from the cache of verified tokens, else by checking its signature.
fn remembered_or_verified(state: &AppState, token: &str) -> Result<String, ApiError> {
    match state.tokens.remembered(token, &state.register) {
        Some(client_id) => Ok(client_id),
        None => state.tokens.verify(token, &state.register),
    }
}

/// HTTP Basic is for dashboards, which only read, because spreadsheet programs cannot fetch tokens.
async fn by_basic(request: &HttpRequest, state: &web::Data<AppState>) -> Result<String, ApiError> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let Some(credentials) = BasicCredentials::of(request.headers()).filter(|_| is_read) else {
        return Err(count_refusal(request, state, ApiError::BasicRefused));
    };
    match proven_client(request, state, &credentials).await? {
        dashboard if dashboard.role == Role::Dashboard => Ok(credentials.client_id),
        _ => Err(count_refusal(request, state, ApiError::BasicRefused)),
    }
}

/// The access that the matched route asks for. A handler outside the table lets only administrators in, because
/// forgetting a route must not open it.
fn needed(request: &HttpRequest) -> Access {
    MethodFacts::of(request).map_or(Access::Needs(Scope::Administer), |facts| facts.access)
}
