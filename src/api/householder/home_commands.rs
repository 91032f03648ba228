//! The way of householders and reviewers to the register: a change of a home, without an idempotency key.

use crate::api::http::ApiError;
use crate::api::state::AppState;
use crate::domain::records::{Actor, Dispute};
use crate::register::{Command, Done, HomeCommand, HomeDone, Request};

/// Submits a change of a home.
pub(in crate::api) async fn submit_home_command(
    state: &AppState,
    by: Actor,
    command: HomeCommand,
) -> Result<HomeDone, ApiError> {
    let done = state.register.submit(Request::new(by, Command::Home(command))).await?;
    if let Done::Home(done) = done { Ok(done) } else { Err(ApiError::Internal) }
}

/// Whether a dispute was opened now, and the dispute.
pub(in crate::api) fn disputed(done: HomeDone) -> Result<(bool, Dispute), ApiError> {
    if let HomeDone::Disputed { opened, dispute } = done { Ok((opened, dispute)) } else { Err(ApiError::Internal) }
}
