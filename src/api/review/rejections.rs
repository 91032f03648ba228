//! Rejecting everything that nobody verified of one partner and one span, for example after a client of it was misused.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, DryRun, WarningView};
use crate::api::request_body::{Body, Sent};
use crate::api::state::AppState;
use crate::db::records::UnverifiedSpan;
use crate::domain::values::Fault;
use crate::register::{Command, Done, ExpectedRevision, Failure, InstallationChange, Request};

use super::bodies::{RejectSpan, RejectUnverified};

/// Installations of one call, at most.
const MOST_REJECTED: usize = 2_000;
/// Installations that are decided in one batch. Between two of them other callers have their turn.
const AT_A_TIME: usize = 256;

/// The outcome of rejecting a span.
#[derive(Serialize, ToSchema)]
pub struct RejectionsResponse {
    /// The outcome.
    data: RejectionsView,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningView>,
}

/// The outcome of rejecting a span.
#[derive(Serialize, ToSchema)]
struct RejectionsView {
    /// Installations that were rejected; of a dry run, those that would be. Example: 2000.
    rejected: usize,
    /// Installations that are left; send the same again until it is 0. Example: 1001.
    remaining: usize,
    /// Whether this was a dry run, so that nothing was recorded.
    dry_run: bool,
}

/// Rejects the unverified installations, pledged or installed, that a partner first recorded in a span: at most 2,000 of one call.
/// Send the same again until `remaining` is 0. Each is rejected as a single one is, with the reason and the note. What was verified
/// stays. Whoever is limited to a province rejects there alone, and nobody rejects what the partner registered that they work for.
#[utoipa::path(get, path = "", request_body = RejectUnverified,
    params(("dry_run" = Option<bool>, Query, description = "`true` checks everything and answers what would come of it, but records nothing.")),
    responses((status = 200, body = RejectionsResponse)))]
pub async fn reject_unverified(
    caller: Caller,
    DryRun(dry_run): DryRun,
    state: web::Data<AppState>,
    Body(asked, Sent { warnings, .. }): Body<RejectUnverified>,
) -> Result<HttpResponse, ApiError> {
    let RejectSpan { partner, from, to, reason, note } = asked;
    if state.register.directory().partner(&partner).is_none() {
        return Err(ApiError::invalid("/partner", Fault::UnknownPartner));
    }
    let span = UnverifiedSpan { partner, from, to, seen_by: caller.0.clone() };
    let (found, all) = state.read(&caller.0, move |connection| span.find(connection, MOST_REJECTED)).await?;
    let (mut rejected, mut remaining) = (found.len(), all.saturating_sub(found.len()));
    if !dry_run && !found.is_empty() {
        let request = |(id, tag)| {
            // Whoever verified one meanwhile was right.
            let change = InstallationChange::Reject { expected: ExpectedRevision::OneOf(vec![tag]), reason };
            Request::new(caller.0.clone(), Command::Installation { id, change, note: note.clone() })
        };
        let requests: Vec<Request> = found.into_iter().map(request).collect();
        rejected = 0;
        for piece in requests.chunks(AT_A_TIME) {
            let results = match state.register.submit_all(piece.to_vec()).await {
                Ok(results) => results,
                Err(failure) if rejected == 0 => return Err(failure.into()),
                Err(_) => break,
            };
            let changed = |result: &Result<Done, Failure>| matches!(result, Ok(Done::Changed { changed: true, .. }));
            rejected += results.iter().filter(|result| changed(result)).count();
            let failed =
                results.iter().filter_map(|result| result.as_ref().err()).find(|failure| failure.is_of_service());
            if let Some(failure) = failed {
                if rejected == 0 {
                    return Err(failure.clone().into());
                }
                break;
            }
        }
        remaining = all.saturating_sub(rejected);
    }
    let data = RejectionsView { rejected, remaining, dry_run };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(RejectionsResponse { data, warnings }))
}
