//! What becomes of an installation: its partner corrects, completes, resubmits, withdraws and
//! decommissions it, a reviewer verifies and rejects it. One handler an action.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::documentation::{
    CompleteInstallation, CorrectInstallation, DecommissionInstallation, RejectInstallation, ResubmitInstallation,
    VerifyInstallation, WithdrawInstallation,
};
use crate::api::http::{ApiError, IdempotencyKey, IfMatch, NoQuery, Problem, Query};
use crate::api::request_body::{JsonBody, OptionalJsonBody};
use crate::api::state::AppState;
use crate::api::submit::{Reply, submit};
use crate::db::records::InstallationRecord;
use crate::domain::records::SiteRecord;
use crate::register::{Command, Done, InstallationChange};

use super::handlers::path_id;
use super::view::{ChangedResponse, InstallationView, outcome};
use super::{action_bodies, patch_bodies};

/// Correct an installation
///
/// What is sent is changed, `null` makes a fact unknown, what is left out stays. Where the day of
/// installation or a measure changes, a verified installation waits to be verified again.
#[utoipa::path(patch, path = "/v1/installations/{id}", tag = "installations",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "The ETag of the installation as it was read."),
        ("dry_run" = Option<bool>, Query, description = "Only ask what would come of it: nothing is recorded.")),
    request_body = CorrectInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 412, body = Problem, content_type = "application/problem+json"),
        (status = 428, body = Problem, content_type = "application/problem+json")))]
pub async fn correct_installation(
    request: HttpRequest,
    caller: Caller,
    IfMatch(expected): IfMatch,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let mut query = Query::of(&request)?;
    let dry_run = query.flag("dry_run");
    query.finish()?;
    let read = patch_bodies::read_correction(&body.0, state.register.today());
    let (correction, reason, note) = read.map_err(ApiError::Invalid)?;
    let command = Command::Installation {
        id,
        change: InstallationChange::Correct { expected, correction: Box::new(correction), reason },
        note,
    };
    change(&caller, &state, command, (dry_run, body.1)).await
}

/// Say that what was pledged is there
///
/// With the day of installation. From then on it waits to be verified.
#[utoipa::path(post, path = "/v1/installations/{id}/complete", tag = "installations",
    params(("id" = String, Path, format = Uuid)), request_body = CompleteInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn complete_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let (on, note) = action_bodies::read_complete(&body.0, state.register.today()).map_err(ApiError::Invalid)?;
    change(
        &caller,
        &state,
        Command::Installation { id, change: InstallationChange::Complete { on }, note },
        (false, body.1),
    )
    .await
}

/// Ask for another review
///
/// After a rejection, once what was wrong is corrected.
#[utoipa::path(post, path = "/v1/installations/{id}/resubmit", tag = "installations",
    params(("id" = String, Path, format = Uuid)), request_body = Option<ResubmitInstallation>,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn resubmit_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: OptionalJsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let note = action_bodies::read_resubmit(&body.0).map_err(ApiError::Invalid)?;
    change(&caller, &state, Command::Installation { id, change: InstallationChange::Resubmit, note }, (false, body.1))
        .await
}

/// Take an installation back
///
/// It counts for nothing from then on, and stays in the register. Final.
#[utoipa::path(post, path = "/v1/installations/{id}/withdraw", tag = "installations",
    params(("id" = String, Path, format = Uuid)), request_body = WithdrawInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn withdraw_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let (reason, note) = action_bodies::read_withdraw(&body.0).map_err(ApiError::Invalid)?;
    change(
        &caller,
        &state,
        Command::Installation { id, change: InstallationChange::Withdraw { reason }, note },
        (false, body.1),
    )
    .await
}

/// Say that an installation went out of operation
///
/// With its last day in operation, which counts. Final, but for corrections of that day.
#[utoipa::path(post, path = "/v1/installations/{id}/decommission", tag = "installations",
    params(("id" = String, Path, format = Uuid)), request_body = DecommissionInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn decommission_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let read = action_bodies::read_decommission(&body.0, state.register.today());
    let ((on, reason), note) = read.map_err(ApiError::Invalid)?;
    change(
        &caller,
        &state,
        Command::Installation { id, change: InstallationChange::Decommission { on, reason }, note },
        (false, body.1),
    )
    .await
}

/// Verify an installation
///
/// With the evidence that was found. A higher tier replaces a lower one.
#[utoipa::path(post, path = "/v1/installations/{id}/verify", tag = "review",
    params(("id" = String, Path, format = Uuid)), request_body = VerifyInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn verify_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let (tier, note) = action_bodies::read_verify(&body.0).map_err(ApiError::Invalid)?;
    change(
        &caller,
        &state,
        Command::Installation { id, change: InstallationChange::Verify { tier }, note },
        (false, body.1),
    )
    .await
}

/// Reject an installation
///
/// With the reason, which its partner reads in the history.
#[utoipa::path(post, path = "/v1/installations/{id}/reject", tag = "review",
    params(("id" = String, Path, format = Uuid)), request_body = RejectInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn reject_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let (reason, note) = action_bodies::read_reject(&body.0).map_err(ApiError::Invalid)?;
    change(
        &caller,
        &state,
        Command::Installation { id, change: InstallationChange::Reject { reason }, note },
        (false, body.1),
    )
    .await
}

async fn change(
    caller: &Caller,
    state: &AppState,
    command: Command,
    (dry_run, key): (bool, Option<IdempotencyKey>),
) -> Result<HttpResponse, ApiError> {
    let Caller(actor, language) = caller.clone();
    submit(state, caller, command, (dry_run, key), move |done| {
        let Done::Changed { changed, record, id } = done else { return Err(ApiError::Internal) };
        let found = InstallationRecord { record: SiteRecord::clone(record), id: *id };
        let data = InstallationView::of(&found, &actor, language).ok_or(ApiError::Internal)?.without_private();
        let etag = data.etag.clone();
        let body = ChangedResponse { data, outcome: outcome(*changed), dry_run };
        Ok(Reply::json(200, &body)?.with_etag(etag))
    })
    .await
}
