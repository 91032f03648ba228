//! Installations: register, read, list. What becomes of them is in `actions.rs`.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::http::{ApiError, DryRun, NoQuery, PageInfo, PathId, Problem, Query, pagination};
use crate::api::request_body::{Body, Sent};
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, submit};
use crate::db::records::{Filter, InstallationRecord, installation_list as store};
use crate::domain::records::SiteRecord;
use crate::domain::reference::{ProvinceId, parse_province};
use crate::domain::rules::Registrant;
use crate::domain::values::{ExternalId, Fault, InstallationId, SiteId, Status};
use crate::register::{Command, Done, Outcome};

use super::body::CreateInstallation;
use super::householder_codes::HouseholderCodeView;
use super::view::{InstallationList, InstallationResponse, InstallationView, RegisteredResponse};

/// How long a list looks for installations. Then the page is what it found.
const LISTED_WITHIN: Duration = Duration::from_millis(200);

/// Records one installation with its site and its measures, and answers with its id. An installed
/// one counts as reported at once.
///
/// Sending the same body again is safe: the answer is then 200 with the outcome `unchanged`. A body with the
/// same `external_id` and other content is answered 409 with the differences; correct the installation by
/// PATCH instead.
///
/// For a new home with consent the answer holds a code for the householder. It is shown this once: pass it on
/// and do not keep it.
#[utoipa::path(get, path = "", request_body = CreateInstallation,
    params(("dry_run" = Option<bool>, Query, description = "`true` checks everything and answers what would come of it, but records nothing.")),
    responses(
        (status = 201, description = "The installation was registered.", body = RegisteredResponse,
            headers(("ETag" = String, description = "The revision of the record; send it in `If-Match` to correct the record."), ("Location" = String, description = "The URL of the installation."))),
        (status = 200, description = "The same installation was registered before, or this was a dry run: nothing was recorded.", body = RegisteredResponse,
            headers(("ETag" = String, description = "The revision of the record; send it in `If-Match` to correct the record."), ("Location" = String, description = "The URL of the installation."))),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_installation(
    caller: Caller,
    DryRun(dry_run): DryRun,
    state: web::Data<AppState>,
    Body(new, Sent { key, warnings }): Body<CreateInstallation>,
) -> Result<HttpResponse, ApiError> {
    let partner = caller.partner()?.clone();
    let sandbox = state.register.directory().partner(&partner).is_some_and(|partner| partner.sandbox);
    let command = Command::Register { by: Registrant { partner, sandbox }, new: Box::new(new) };
    let Caller(actor, language) = caller.clone();
    let settings = state.settings.clone();
    submit(&state, &caller, command, Submission { dry_run, key }, move |done| {
        let Done::Registered { outcome, record, id, remarks, code } = done else { return Err(ApiError::Internal) };
        let found = InstallationRecord { record: SiteRecord::clone(record), id: *id };
        let view = InstallationView::of(&found, &actor, language).ok_or(ApiError::Internal)?.without_private();
        let status = if *outcome == Outcome::Created && !dry_run { 201 } else { 200 };
        let (etag, location) = (view.etag.clone(), format!("{}/v1/installations/{id}", settings.public_url));
        let response = RegisteredResponse::new(*outcome, dry_run, view, remarks, language).with_warnings(&warnings);
        // The code is shown this once: what is kept of the answer is without it.
        let kept = Reply::json(status, &response)?.with_etag(etag).at(location);
        let Some(code) = code.as_ref().filter(|_| !dry_run) else { return Ok(kept) };
        kept.shown_once(&response.with_householder(Some(HouseholderCodeView::of(code, &settings))))
    })
    .await
}

/// A partner sees its own installations. A reviewer sees all but those of the partner they work for. A client
/// that is limited to a province sees the installations there. Any other id is answered 404.
#[utoipa::path(get, path = "", params(("id" = InstallationId, Path, description = "The id of the installation, from an earlier answer.")),
    responses((status = 200, body = InstallationResponse, headers(("ETag" = String, description = "The revision of the record; send it in `If-Match` to correct the record.")))))]
pub async fn get_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<InstallationId>,
) -> Result<HttpResponse, ApiError> {
    let found = state.read(&caller.0, move |connection| store::find(connection, id)).await?;
    let view = found.and_then(|found| InstallationView::of(&found, &caller.0, caller.1)).ok_or(ApiError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((ETAG, view.etag.clone()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(InstallationResponse { data: view }))
}

/// In the order of registration. A partner sees its own installations. A reviewer sees all but those of the
/// partner they work for. A client that is limited to a province sees the installations there; `province` with another is
/// answered 403.
#[utoipa::path(get, path = "", params(("external_id" = Option<ExternalId>, Query, description = "Only the installation with this number of its partner, for example `MGH-2026-0001`."), ("status" = Option<Status>, Query, description = "Only installations with this status."),
        ("province" = Option<ProvinceId>, Query, description = "Only installations in this province, for example `01`."), ("site" = Option<SiteId>, Query, description = "Only installations at the site with this id."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items of a page, 1 to 200; 50 if left out."), ("cursor" = Option<InstallationId>, Query, description = "`next_cursor` of the page before; left out for the first page.")),
    responses((status = 200, body = InstallationList)))]
pub async fn list_installations(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let filter = Filter {
        external_id: query.parse("external_id", ExternalId::parse),
        status: query.parse("status", |raw| Status::parse(raw).ok_or(Fault::UnknownValue { allowed: Status::CODES })),
        province: query.parse("province", parse_province),
        site: query.parse("site", SiteId::parse),
        ..Filter::seen_by(&caller.0)
    };
    list_found(&state, &caller, query, filter).await
}

/// A page of what a filter finds.
pub(in crate::api) async fn list_found(
    state: &AppState,
    caller: &Caller,
    mut query: Query,
    filter: Filter,
) -> Result<HttpResponse, ApiError> {
    let after = query.parse("cursor", |raw| InstallationId::parse(raw).map_err(|_| Fault::NotACursor));
    let limit = pagination::limit(&mut query);
    query.finish()?;
    caller.check_province(|own| filter.province.is_none_or(|asked| asked == own))?;
    let filter = Filter { after, ..filter };
    let most = usize::try_from(limit).unwrap_or_default();
    let found = state.read(&caller.0, move |connection| store::list(connection, &filter, most, LISTED_WITHIN)).await?;
    let page = PageInfo { limit, next_cursor: found.next.map(|next| next.to_string()) };
    let seen = found.installations.iter().filter_map(|found| InstallationView::of(found, &caller.0, caller.1));
    let data = seen.collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(InstallationList { data, page }))
}
