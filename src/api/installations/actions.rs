//! What becomes of an installation: its partner corrects, completes, resubmits, withdraws and
//! decommissions it, a reviewer verifies and rejects it. One handler an action.

use actix_web::{HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::http::{ApiError, DryRun, IfMatch, NoQuery, PathId, Problem};
use crate::api::request_body::{Body, OptionalBody, Sent};
use crate::api::sites::Reasoned;
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, outcome, submit};
use crate::db::records::InstallationRecord;
use crate::domain::records::SiteRecord;
use crate::domain::values::InstallationId;
use crate::register::{Command, Done, ExpectedRevision, InstallationChange};

use super::action_bodies::{
    CompleteInstallation, DecommissionInstallation, RejectInstallation, ResubmitInstallation, VerifyInstallation,
    WithdrawInstallation,
};
use super::patch_bodies::CorrectInstallation;
use super::view::{ChangedResponse, InstallationView};

/// A field that is sent replaces the fact, `null` makes the fact unknown, a field that is left out leaves the
/// fact as it is. Only the partner that registered the installation corrects it.
///
/// If the day of installation or a measure of a verified installation changes, it has to be verified again.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer."),
        ("If-Match" = String, Header, description = "The `ETag` of the installation as you read it, with its quotes, so that nobody's change is overwritten; `*` takes any."),
        ("dry_run" = Option<bool>, Query, description = "`true` checks everything and answers what would come of it, but records nothing.")),
    request_body = CorrectInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 412, body = Problem, content_type = "application/problem+json"),
        (status = 428, body = Problem, content_type = "application/problem+json")))]
pub async fn correct_installation(
    caller: Caller,
    IfMatch(expected): IfMatch,
    PathId(id): PathId<InstallationId>,
    DryRun(dry_run): DryRun,
    state: web::Data<AppState>,
    Body(body, sent): Body<CorrectInstallation>,
) -> Result<HttpResponse, ApiError> {
    let Reasoned { correction, reason, note } = body;
    let command = Command::Installation {
        id,
        change: InstallationChange::Correct { expected, correction: Box::new(correction), reason },
        note,
    };
    change(&caller, &state, command, dry_run, sent).await
}

/// The status changes from `pledged` to `installed`, and the installation waits for verification.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), request_body = CompleteInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn complete_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, sent): Body<CompleteInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Complete { on: body.installed_on }, note: body.note };
    change(&caller, &state, command, false, sent).await
}

/// A rejected installation waits for review again. Correct what was wrong first. The body may be left out.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), request_body = Option<ResubmitInstallation>,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn resubmit_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    OptionalBody(body, sent): OptionalBody<ResubmitInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command = Command::Installation { id, change: InstallationChange::Resubmit, note: body.note };
    change(&caller, &state, command, false, sent).await
}

/// The installation no longer counts, but stays in the register. This is final. To end an installation that
/// was in operation, use `decommission`.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), request_body = WithdrawInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn withdraw_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, sent): Body<WithdrawInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Withdraw { reason: body.reason }, note: body.note };
    change(&caller, &state, command, false, sent).await
}

/// The last day in operation is still credited. Only that day can be corrected afterwards.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), request_body = DecommissionInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn decommission_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, sent): Body<DecommissionInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command = Command::Installation {
        id,
        change: InstallationChange::Decommission { on: body.decommissioned_on, reason: body.reason },
        note: body.note,
    };
    change(&caller, &state, command, false, sent).await
}

/// Records the evidence that was seen. Evidence of a higher tier replaces a lower one: `sampled`, `document`,
/// `inspected`, `metered`.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), request_body = VerifyInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn verify_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, sent): Body<VerifyInstallation>,
) -> Result<HttpResponse, ApiError> {
    let command =
        Command::Installation { id, change: InstallationChange::Verify { tier: body.evidence_tier }, note: body.note };
    change(&caller, &state, command, false, sent).await
}

/// The installation no longer counts. Its partner reads the reason in the history, corrects the installation
/// and resubmits it.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the installation, from an earlier answer.")), request_body = RejectInstallation,
    responses((status = 200, body = ChangedResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn reject_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
    Body(body, sent): Body<RejectInstallation>,
) -> Result<HttpResponse, ApiError> {
    let change_to = InstallationChange::Reject { expected: ExpectedRevision::Any, reason: body.reason };
    let command = Command::Installation { id, change: change_to, note: body.note };
    change(&caller, &state, command, false, sent).await
}

async fn change(
    caller: &Caller,
    state: &AppState,
    command: Command,
    dry_run: bool,
    Sent { key, warnings }: Sent,
) -> Result<HttpResponse, ApiError> {
    let Caller(actor, language) = caller.clone();
    submit(state, caller, command, Submission { dry_run, key }, move |done| {
        let Done::Changed { changed, record, id } = done else { return Err(ApiError::Internal) };
        let found = InstallationRecord { record: SiteRecord::clone(record), id: *id };
        let data = InstallationView::of(&found, &actor, language).ok_or(ApiError::Internal)?;
        let data = data.without_private().with_warnings(&warnings);
        let etag = data.etag.clone();
        let body = ChangedResponse { data, outcome: outcome(*changed), dry_run };
        Ok(Reply::json(200, &body)?.with_etag(etag))
    })
    .await
}
