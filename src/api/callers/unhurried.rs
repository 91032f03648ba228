//! The extractor of routes that need no token: it counts the request for the address that it comes from.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::api::http::ApiError;
use crate::api::state::AppState;

/// A request of an address that has not asked too often. A handler that takes it does not run for one that has.
pub struct Unhurried;

impl FromRequest for Unhurried {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<AppState>>();
        let counted = state.map_or(Err(ApiError::Internal), |state| state.rate_limits.count_address(request));
        ready(counted.map(|()| Self))
    }
}
