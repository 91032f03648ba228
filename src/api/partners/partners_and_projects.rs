//! Partners and projects; clients are in `clients.rs`.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::documentation::{CreatePartner, CreateProject};
use crate::api::http::{ApiError, NoQuery, Problem, read_nothing};
use crate::api::request_body::{JsonBody, OptionalJsonBody};
use crate::api::state::AppState;
use crate::api::submit::{Reply, submit};
use crate::domain::records::{NewPartner, Partner};
use crate::domain::values::{Code, PartnerCode};
use crate::register::{Command, Done, Request};

use super::bodies::{read_new_partner, read_new_project};

/// A partner.
#[derive(Serialize, ToSchema)]
pub struct PartnerView {
    /// Its code.
    code: String,
    /// Its name.
    name: String,
    /// Whether it only tries things out.
    sandbox: bool,
    /// Whether its clients are shut out.
    suspended: bool,
}

impl From<&Partner> for PartnerView {
    fn from(partner: &Partner) -> Self {
        Self {
            code: partner.code.to_string(),
            name: partner.name.clone(),
            sandbox: partner.sandbox,
            suspended: partner.suspended,
        }
    }
}

/// One partner.
#[derive(Serialize, ToSchema)]
pub struct PartnerResponse {
    data: PartnerView,
}

/// Every partner.
#[derive(Serialize, ToSchema)]
pub struct PartnerList {
    data: Vec<PartnerView>,
}

/// A project.
#[derive(Serialize, ToSchema)]
pub struct ProjectView {
    /// Its code.
    code: String,
    /// Its Vietnamese name.
    name_vi: String,
    /// Its English name.
    name_en: String,
    /// Who funds it.
    funder: Option<String>,
}

/// One project.
#[derive(Serialize, ToSchema)]
pub struct ProjectResponse {
    data: ProjectView,
}

/// Carries out a change of the administration; when it answers, the directory knows.
pub(in crate::api) async fn ask(caller: &Caller, state: &AppState, command: Command) -> Result<Done, ApiError> {
    Ok(state.register.submit(Request::new(caller.0.clone(), command)).await?)
}

/// Add a partner
#[utoipa::path(post, path = "/v1/partners", tag = "administration",
    request_body = CreatePartner,
    responses((status = 201, body = PartnerResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new: NewPartner = read_new_partner(&body.0).map_err(ApiError::Invalid)?;
    let view = PartnerView {
        code: new.code.to_string(),
        name: new.name.as_str().to_owned(),
        sandbox: new.sandbox,
        suspended: false,
    };
    let response = PartnerResponse { data: view };
    submit(&state, &caller, Command::AddPartner(new), (false, body.1), move |_| Reply::json(201, &response)).await
}

/// Every partner
#[utoipa::path(get, path = "/v1/partners", tag = "administration",
    responses((status = 200, body = PartnerList)))]
pub async fn list_partners(_caller: Caller, _: NoQuery, state: web::Data<AppState>) -> HttpResponse {
    let directory = state.register.directory();
    let data = directory.partners.values().map(PartnerView::from).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(PartnerList { data })
}

/// Shut the clients of a partner out
///
/// Their tokens stop to work within a second, everywhere. What the partner registered stays.
#[utoipa::path(post, path = "/v1/partners/{code}/suspend", tag = "administration", params(("code" = String, Path)),
    responses((status = 200, body = PartnerResponse)))]
pub async fn suspend_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    code: web::Path<String>,
    body: OptionalJsonBody,
) -> Result<HttpResponse, ApiError> {
    read_nothing(&body.0).map_err(ApiError::Invalid)?;
    change_partner(&caller, &state, &code, true).await
}

/// Let the clients of a partner in again
#[utoipa::path(post, path = "/v1/partners/{code}/resume", tag = "administration", params(("code" = String, Path)),
    responses((status = 200, body = PartnerResponse)))]
pub async fn resume_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    code: web::Path<String>,
    body: OptionalJsonBody,
) -> Result<HttpResponse, ApiError> {
    read_nothing(&body.0).map_err(ApiError::Invalid)?;
    change_partner(&caller, &state, &code, false).await
}

async fn change_partner(
    caller: &Caller,
    state: &AppState,
    code: &str,
    suspend: bool,
) -> Result<HttpResponse, ApiError> {
    // A code in a path that is none names nothing.
    let code: PartnerCode = Code::parse(code).map_err(|_| ApiError::NotFound)?;
    let command = if suspend { Command::SuspendPartner } else { Command::ResumePartner };
    ask(caller, state, command(code.clone())).await?;
    // It is written; where the directory could not be read again, asking again is safe.
    let directory = state.register.directory();
    let partner = directory.partner(&code).filter(|partner| partner.suspended == suspend);
    let data = partner.map(PartnerView::from).ok_or(ApiError::Unavailable)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(PartnerResponse { data }))
}

/// Add a project
#[utoipa::path(post, path = "/v1/projects", tag = "administration",
    request_body = CreateProject,
    responses((status = 201, body = ProjectResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_project(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new = read_new_project(&body.0).map_err(ApiError::Invalid)?;
    let view = ProjectView {
        code: new.code.to_string(),
        name_vi: new.name_vi.as_str().to_owned(),
        name_en: new.name_en.as_str().to_owned(),
        funder: new.funder.as_ref().map(|text| text.as_str().to_owned()),
    };
    let response = ProjectResponse { data: view };
    submit(&state, &caller, Command::AddProject(new), (false, body.1), move |_| Reply::json(201, &response)).await
}
