//! Sites: read one, and correct it.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, DryRun, IfMatch, NoQuery, PathId, Problem, WarningView};
use crate::api::request_body::{Body, Sent};
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, outcome, submit};
use crate::db::records::by_id;
use crate::domain::records::{Actor, Role, SiteRecord};
use crate::domain::values::SiteId;
use crate::register::{Command, Done};

use super::bodies::{CorrectSite, Reasoned};
use super::view::SiteView;

/// One site.
#[derive(Serialize, ToSchema)]
pub struct SiteResponse {
    /// The site.
    data: SiteView,
}

/// The outcome of a correction.
#[derive(Serialize, ToSchema)]
pub struct SiteChangedResponse {
    /// The site as it is recorded now, without personal data.
    data: SiteView,
    /// `changed`, or `unchanged` if it was so already.
    #[schema(example = "changed")]
    outcome: &'static str,
    /// Whether this was a dry run, so that nothing was recorded.
    dry_run: bool,
    /// The ids of verified installations that have to be verified again because of this correction.
    unverified: Vec<String>,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningView>,
}

/// For the partner that recorded the site, for partners with an installation there, and for reviewers. The id
/// of a site that was merged into another leads to that site.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the site, from an earlier answer.")),
    responses((status = 200, body = SiteResponse)))]
pub async fn get_site(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<SiteId>,
) -> Result<HttpResponse, ApiError> {
    let found = state.read(&caller.0, move |connection| by_id::successor(connection, id)).await?;
    let record = found.filter(|record| may_see(&caller.0, record)).ok_or(ApiError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, record.site_revision_tag()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(SiteResponse { data: SiteView::of(&record, &caller.0) }))
}

/// A site is seen by whoever sees an installation there, and by the partner that recorded it.
fn may_see(actor: &Actor, record: &SiteRecord) -> bool {
    let recorded = actor.role == Role::Partner && actor.partner.as_ref() == Some(&record.site.partner);
    recorded || record.installations.iter().any(|installation| actor.may_see(record, installation))
}

/// A field that is sent replaces the fact, `null` makes the fact unknown, a field that is left out leaves the
/// fact as it is. Only the partner that recorded the site corrects it.
///
/// If anything changes but the three flags and the consent, verified installations at the site have to be
/// verified again, because reviewers saw other facts.
#[utoipa::path(get, path = "", params(("id" = String, Path, format = Uuid, description = "The id of the site, from an earlier answer."),
        ("If-Match" = String, Header, description = "The `ETag` of the site as you read it, with its quotes, so that nobody's change is overwritten; `*` takes any."),
        ("dry_run" = Option<bool>, Query, description = "`true` checks everything and answers what would come of it, but records nothing.")),
    request_body = CorrectSite,
    responses((status = 200, body = SiteChangedResponse),
        (status = 412, body = Problem, content_type = "application/problem+json"),
        (status = 428, body = Problem, content_type = "application/problem+json")))]
pub async fn correct_site(
    caller: Caller,
    IfMatch(expected): IfMatch,
    PathId(id): PathId<SiteId>,
    DryRun(dry_run): DryRun,
    state: web::Data<AppState>,
    Body(body, Sent { key, warnings }): Body<CorrectSite>,
) -> Result<HttpResponse, ApiError> {
    let Reasoned { correction, reason, note } = body;
    let command = Command::CorrectSite { id, expected, correction: Box::new(correction), reason, note };
    let actor = caller.0.clone();
    submit(&state, &caller, command, Submission { dry_run, key }, move |done| {
        let Done::SiteChanged { changed, record, unverified } = done else { return Err(ApiError::Internal) };
        let data = SiteView::of(record, &actor).without_private();
        let unverified = unverified.iter().map(ToString::to_string).collect();
        let body =
            SiteChangedResponse { data, outcome: outcome(*changed), dry_run, unverified, warnings: warnings.clone() };
        Ok(Reply::json(200, &body)?.with_etag(record.site_revision_tag()))
    })
    .await
}
