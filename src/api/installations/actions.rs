//! What becomes of an installation: its partner corrects, completes, resubmits, withdraws and
//! decommissions it, a reviewer verifies and rejects it. One handler an action.

use actix_web::{HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::http::{ApiError, DryRun, IfMatch, NoQuery, PathId, Problem};
use crate::api::request_body::{Body, OptionalBody};
use crate::api::sites::Reasoned;
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, outcome, submit};
use crate::db::records::InstallationRecord;
use crate::domain::records::SiteRecord;
use crate::domain::values::InstallationId;
use crate::register::{Command, Done, InstallationChange};

use super::action_bodies::{
    CompleteInstallation, DecommissionInstallation, RejectInstallation, ResubmitInstallation, VerifyInstallation,
    WithdrawInstallation,
};
use super::patch_bodies::CorrectInstallation;
use super::view::{ChangedResponse, InstallationView};

/// What is sent is changed, `null` makes a fact unknown, what is left out stays. Where the day of
/// installation or a measure changes, a verified installation waits to be verified again.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "The ETag of the installation as it was read."),
        ("dry_run" = Option<bool>, Query, description = "Only ask what would come of it: nothing is recorded.")),
    request_body = CorrectInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 412, body = Problem, content_type = "application/problem+json"),
        (status = 428, body = Problem, content_type = "application/problem+json")))]
pub async fn correct_installation(
    caller: Caller,
    IfMatch(expected): IfMatch,
    DryRun(dry_run): DryRun,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, key): Body<CorrectInstallation>,
) -> Result<HttpResponse, ApiError> {
    let Reasoned { correction, reason, note } = body;
    let command = Command::Installation {
        id,
        change: InstallationChange::Correct { expected, correction: Box::new(correction), reason },
        note,
    };
    change(&caller, &state, command, Submission { dry_run, key }).await
}

/// With the day of installation. From then on it waits to be verified.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid)), request_body = CompleteInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn complete_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, key): Body<CompleteInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Complete { on: body.installed_on }, note: body.note };
    change(&caller, &state, command, Submission::recorded(key)).await
}

/// After a rejection, once what was wrong is corrected.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid)), request_body = Option<ResubmitInstallation>,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn resubmit_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    OptionalBody(body, key): OptionalBody<ResubmitInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command = Command::Installation { id, change: InstallationChange::Resubmit, note: body.note };
    change(&caller, &state, command, Submission::recorded(key)).await
}

/// It counts for nothing from then on, and stays in the register. Final.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid)), request_body = WithdrawInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn withdraw_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, key): Body<WithdrawInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Withdraw { reason: body.reason }, note: body.note };
    change(&caller, &state, command, Submission::recorded(key)).await
}

/// With its last day in operation, which counts. Final, but for corrections of that day.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid)), request_body = DecommissionInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn decommission_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, key): Body<DecommissionInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command = Command::Installation {
        id,
        change: InstallationChange::Decommission { on: body.decommissioned_on, reason: body.reason },
        note: body.note,
    };
    change(&caller, &state, command, Submission::recorded(key)).await
}

/// With the evidence that was found. A higher tier replaces a lower one.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid)), request_body = VerifyInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn verify_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, key): Body<VerifyInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Verify { tier: body.evidence_tier }, note: body.note };
    change(&caller, &state, command, Submission::recorded(key)).await
}

/// With the reason, which its partner reads in the history.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid)), request_body = RejectInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn reject_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, key): Body<RejectInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Reject { reason: body.reason }, note: body.note };
    change(&caller, &state, command, Submission::recorded(key)).await
}

async fn change(
    caller: &Caller,
    state: &AppState,
    command: Command,
    submission: Submission,
) -> Result<HttpResponse, ApiError> {
    let Caller(actor, language) = caller.clone();
    let dry_run = submission.dry_run;
    submit(state, caller, command, submission, move |done| {
        let Done::Changed { changed, record, id } = done else { return Err(ApiError::Internal) };
        let found = InstallationRecord { record: SiteRecord::clone(record), id: *id };
        let data = InstallationView::of(&found, &actor, language).ok_or(ApiError::Internal)?.without_private();
        let etag = data.etag.clone();
        let body = ChangedResponse { data, outcome: outcome(*changed), dry_run };
        Ok(Reply::json(200, &body)?.with_etag(etag))
    })
    .await
}
