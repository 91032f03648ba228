//! Who calls: the extractor that lets a handler run only when the caller holds the scope that the
//! route table asks for.

use std::pin::Pin;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};

use crate::domain::actor::Actor;
use crate::domain::id::PartnerCode;

use super::access::{Access, Scope};
use super::error::ApiError;
use super::matched_row;
use super::state::State;

/// The client that a request was authorised as, for the log.
#[derive(Clone)]
pub struct ActingClient(pub String);

/// An authorised caller. A handler that takes it cannot run for anybody else.
pub struct Caller(pub Actor);

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
        Box::pin(async move { authorise(&request).await })
    }
}

async fn authorise(request: &HttpRequest) -> Result<Caller, ApiError> {
    let state = request.app_data::<web::Data<State>>().ok_or(ApiError::Internal)?;
    let token = bearer(request).ok_or(ApiError::Unauthorized { sent: false })?;
    let mut verified = state.tokens.verify(token, &state.register);
    if state.tokens.are_stale(verified.is_err()) {
        let reading = state.clone();
        web::block(move || reading.tokens.refresh(&reading.register)).await?;
        verified = state.tokens.verify(token, &state.register);
    }
    let client_id = verified?;
    let directory = state.register.directory();
    let actor = directory.active(&client_id).ok_or(ApiError::Unauthorized { sent: true })?;
    request.extensions_mut().insert(ActingClient(client_id));
    match needed(request) {
        Access::Needs(scope) if !scope.is_held_by(actor.role) => Err(ApiError::Forbidden { needs: scope }),
        _ => Ok(Caller(actor.clone())),
    }
}

/// What the matched route asks for. A handler outside the table gets nobody.
fn needed(request: &HttpRequest) -> Access {
    matched_row(request).map_or(Access::Needs(Scope::Administer), |row| row.access)
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
