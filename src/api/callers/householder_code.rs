//! The extractor of a householder's code: a handler that takes it runs only with a code that opens a site. A wrong code and a
//! missing one take the same road to the same answer, because a difference would help to guess.

use std::pin::Pin;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};

use crate::api::http::{ApiError, CallerGate};
use crate::api::state::AppState;
use crate::db::records::householders;
use crate::domain::records::{Actor, hash_of_code};
use crate::domain::values::SiteId;

use super::acting_client::ActingClient;

/// The header that carries the code. It is no part of the address, because addresses stand in logs and histories.
pub const HEADER: &str = "Householder-Code";

/// The site that the code of a request opens.
pub struct Householder(pub SiteId);

impl FromRequest for Householder {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        let gate = CallerGate::shut(&request);
        Box::pin(async move {
            let householder = open(&request).await?;
            gate.open();
            Ok(householder)
        })
    }
}

async fn open(request: &HttpRequest) -> Result<Householder, ApiError> {
    let state = request.app_data::<web::Data<AppState>>().ok_or(ApiError::Internal)?;
    let typed = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Every attempt counts for its address, because a code can be guessed.
    state.rate_limits.count_address(request)?;
    let hash = hash_of_code(typed);
    let found = state.read(request, move |connection| householders::site_of_code(connection, &hash)).await?;
    let site = found.ok_or(ApiError::WrongCode)?;
    request.extensions_mut().insert(ActingClient(Actor::householder().client_id));
    Ok(Householder(site))
}
