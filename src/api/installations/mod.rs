//! Installations: register, read, list, verify, reject.

mod body;
mod decisions;
pub mod view;

pub use body::STATUSES as NEW_STATUSES;

use actix_web::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::db::installations::{self as store, Filter, Found};
use crate::domain::fault::{Fault, Language};
use crate::domain::id::{InstallationId, SiteId};
use crate::domain::place::parse_province;
use crate::domain::reference::ProvinceId;
use crate::domain::registration::Registrant;
use crate::domain::state::Status;
use crate::domain::text::ExternalId;
use crate::register::{Command, Done, Outcome, Request};

use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::middleware::language_of;
use super::problem::Problem;
use super::query::{self, NoQuery, Query};
use super::requests::{CreateInstallation, RejectInstallation, VerifyInstallation};
use super::state::State;
use view::{InstallationList, InstallationResponse, InstallationView, Page, RegisteredResponse};

const MOST_LISTED: i64 = 200;
const USUALLY_LISTED: i64 = 50;

/// Register an installation
///
/// Sending the same again is safe: it answers 200 and `unchanged`. The same `external_id` with
/// other content is refused with the differences.
#[utoipa::path(post, path = "/v1/installations", tag = "installations",
    request_body = CreateInstallation,
    responses(
        (status = 201, body = RegisteredResponse,
            headers(("ETag" = String, description = "Its state."), ("Location" = String, description = "Its URL."))),
        (status = 200, body = RegisteredResponse,
            headers(("ETag" = String, description = "Its state."), ("Location" = String, description = "Its URL."))),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_installation(
    request: HttpRequest,
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let partner = caller.partner()?.clone();
    let sandbox = state.register.directory().partner(&partner).is_some_and(|partner| partner.sandbox);
    let new = body::read_new_installation(&body.0, state.register.today()).map_err(ApiError::Invalid)?;
    let by = Registrant { partner, sandbox };
    let command = Command::Register { by, new: Box::new(new) };
    let done = state.register.request(Request { actor: caller.0.client_id.clone(), command }).await?;
    let Done::Registered { outcome, record, id, remarks } = done else { return Err(ApiError::Internal) };
    let found = Found { record: *record, id };
    let view = InstallationView::of(&found, &caller.0).ok_or(ApiError::Internal)?;
    let mut response = match outcome {
        Outcome::Created => HttpResponse::Created(),
        Outcome::Unchanged => HttpResponse::Ok(),
    };
    let location = format!("{}/v1/installations/{id}", state.settings.public_url);
    response.insert_header((LOCATION, location)).insert_header((ETAG, view.etag.clone()));
    let language = language_of(request.headers());
    Ok(response.json(RegisteredResponse::new(outcome, view, &remarks, language)))
}

/// One installation
#[utoipa::path(get, path = "/v1/installations/{id}", tag = "installations", params(("id" = InstallationId, Path)),
    responses((status = 200, body = InstallationResponse, headers(("ETag" = String, description = "Its state.")))))]
pub async fn get_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let database = state.register.database().clone();
    let found = web::block(move || store::find(&mut database.connection()?, id)).await??;
    let view = found.and_then(|found| InstallationView::of(&found, &caller.0)).ok_or(ApiError::NotFound)?;
    Ok(answer(view))
}

/// A list of installations
///
/// In the order of registration. A partner sees its own.
#[utoipa::path(get, path = "/v1/installations", tag = "installations",
    params(("external_id" = Option<ExternalId>, Query), ("status" = Option<Status>, Query),
        ("province" = Option<ProvinceId>, Query), ("site" = Option<SiteId>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<InstallationId>, Query)),
    responses((status = 200, body = InstallationList)))]
pub async fn list_installations(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let filter = Filter {
        partner: caller.sees_only().cloned(),
        external_id: query.parse("external_id", ExternalId::parse),
        status: query.parse("status", |raw| Status::parse(raw).ok_or(Fault::UnknownValue { allowed: Status::CODES })),
        province: query.parse("province", parse_province),
        site: query.parse("site", SiteId::parse),
        after: query.parse("cursor", |raw| InstallationId::parse(raw).map_err(|_| Fault::NotACursor)),
    };
    let limit = query.parse("limit", |raw| query::limit(raw, MOST_LISTED)).unwrap_or(USUALLY_LISTED);
    query.finish()?;
    let database = state.register.database().clone();
    let mut found = web::block(move || store::list(&mut database.connection()?, &filter, limit + 1)).await??;
    let more = i64::try_from(found.len()).is_ok_and(|count| count > limit);
    if more {
        found.pop();
    }
    let next_cursor = found.last().filter(|_| more).map(|last| last.id.to_string());
    let data = found.iter().filter_map(|found| InstallationView::of(found, &caller.0)).collect();
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(InstallationList { data, page: Page { limit, next_cursor } }))
}

/// Verify an installation
///
/// With the evidence that was found. A higher tier replaces a lower one.
#[utoipa::path(post, path = "/v1/installations/{id}/verify", tag = "review", params(("id" = InstallationId, Path)),
    request_body = VerifyInstallation,
    responses((status = 200, body = InstallationResponse, headers(("ETag" = String, description = "Its state."))),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn verify_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let (tier, note) = decisions::read_verify(&body.0).map_err(ApiError::Invalid)?;
    change(&caller, &state, Command::Verify { id, tier, note }).await
}

/// Reject an installation
#[utoipa::path(post, path = "/v1/installations/{id}/reject", tag = "review", params(("id" = InstallationId, Path)),
    request_body = RejectInstallation,
    responses((status = 200, body = InstallationResponse, headers(("ETag" = String, description = "Its state."))),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn reject_installation(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = path_id(&id)?;
    let (reason, note) = decisions::read_reject(&body.0).map_err(ApiError::Invalid)?;
    change(&caller, &state, Command::Reject { id, reason, note }).await
}

async fn change(caller: &Caller, state: &State, command: Command) -> Result<HttpResponse, ApiError> {
    let done = state.register.request(Request { actor: caller.0.client_id.clone(), command }).await?;
    let Done::Changed { record, id } = done else { return Err(ApiError::Internal) };
    let found = Found { record: *record, id };
    Ok(answer(InstallationView::of(&found, &caller.0).ok_or(ApiError::Internal)?))
}

fn answer(view: InstallationView) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((ETAG, view.etag.clone()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(InstallationResponse { data: view })
}

/// An id in a path that is none names nothing.
fn path_id(raw: &str) -> Result<InstallationId, ApiError> {
    InstallationId::parse(raw).map_err(|_| ApiError::NotFound)
}
