//! Sites: read one, and correct it.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::documentation::CorrectSite;
use crate::api::http::{ApiError, IfMatch, NoQuery, Problem, Query};
use crate::api::installations::{SiteView, outcome, read_site_correction};
use crate::api::request_body::JsonBody;
use crate::api::state::AppState;
use crate::api::submit::{Reply, submit};
use crate::db::records::by_id;
use crate::domain::records::{Actor, Role, SiteRecord};
use crate::domain::values::SiteId;
use crate::register::{Command, Done};

/// One site.
#[derive(Serialize, ToSchema)]
pub struct SiteResponse {
    /// The site.
    data: SiteView,
}

/// What became of a correction.
#[derive(Serialize, ToSchema)]
pub struct SiteChangedResponse {
    /// The site as it stands, without personal data.
    data: SiteView,
    /// `changed`, or `unchanged` when it was so already.
    #[schema(example = "changed")]
    outcome: &'static str,
    /// Whether this was only asked for: nothing was recorded.
    dry_run: bool,
    /// Installations there that were verified, and wait to be verified again because of this.
    unverified: Vec<String>,
}

/// One site
///
/// For partners that recorded it or work there, and for reviewers. The id of a site that was merged into another leads there.
#[utoipa::path(get, path = "/v1/sites/{id}", tag = "installations", params(("id" = String, Path, format = Uuid)),
    responses((status = 200, body = SiteResponse)))]
pub async fn get_site(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let found = state.read(move |connection| by_id::successor(connection, id)).await?;
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

/// Correct a site
///
/// By the partner that recorded it. Flags and consent stand for themselves; whatever else changes is
/// what reviewers saw, so that verified installations there wait to be verified again.
#[utoipa::path(patch, path = "/v1/sites/{id}", tag = "installations",
    params(("id" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "The ETag of the site as it was read."),
        ("dry_run" = Option<bool>, Query, description = "Only ask what would come of it: nothing is recorded.")),
    request_body = CorrectSite,
    responses((status = 200, body = SiteChangedResponse),
        (status = 412, body = Problem, content_type = "application/problem+json"),
        (status = 428, body = Problem, content_type = "application/problem+json")))]
pub async fn correct_site(
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
    let read = read_site_correction(&body.0, state.register.today());
    let (correction, reason, note) = read.map_err(ApiError::Invalid)?;
    let command = Command::CorrectSite { id, expected, correction: Box::new(correction), reason, note };
    let actor = caller.0.clone();
    submit(&state, &caller, command, (dry_run, body.1), move |done| {
        let Done::SiteChanged { changed, record, unverified } = done else { return Err(ApiError::Internal) };
        let data = SiteView::of(record, &actor).without_private();
        let unverified = unverified.iter().map(ToString::to_string).collect();
        let body = SiteChangedResponse { data, outcome: outcome(*changed), dry_run, unverified };
        Ok(Reply::json(200, &body)?.with_etag(record.site_revision_tag()))
    })
    .await
}

fn path_id(raw: &str) -> Result<SiteId, ApiError> {
    SiteId::parse(raw).map_err(|_| ApiError::NotFound)
}
