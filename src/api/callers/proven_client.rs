//! The client that an id and a secret prove.

use actix_web::{HttpRequest, web};

use crate::api::access::actor_with_secret;
use crate::api::http::ApiError;
use crate::api::state::AppState;
use crate::domain::records::Actor;

use super::basic_credentials::BasicCredentials;

/// The active client with this id, where the secret is one of its own: else `BasicRefused`, or `TooManyRequests` once the
/// caller's address was refused too often.
///
/// A right secret counts for nobody here, so that whoever guesses keeps no owner out, even at the same address. A wrong one
/// counts for the address alone.
pub async fn proven_client(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    BasicCredentials { client_id, secret }: &BasicCredentials,
) -> Result<Actor, ApiError> {
    let proven =
        || actor_with_secret(&state.register.directory(), client_id, secret, (state.register.clock())()).cloned();
    if let Some(actor) = proven() {
        return Ok(actor);
    }
    state.rate_limits.count_address(request)?;
    // Another process may have added the client, or its secret, a moment ago.
    state.register.refresh().await;
    proven().ok_or(ApiError::BasicRefused)
}
