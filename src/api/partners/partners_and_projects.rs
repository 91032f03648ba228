//! Partners and projects; clients are in `clients.rs`.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::Nothing;
use crate::api::callers::Caller;
use crate::api::http::{ApiError, NoQuery, PathId, Problem, WarningView};
use crate::api::request_body::{Body, OptionalBody, Sent};
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, submit};
use crate::domain::records::{OwnQuota, Partner, Project};
use crate::domain::values::PartnerCode;
use crate::register::{Command, DirectoryChange, Failure, Request};

use super::bodies::{CreatePartner, CreateProject};

/// A partner.
#[derive(Serialize, ToSchema)]
pub struct PartnerView {
    /// The code. Example: SOLARCO.
    code: String,
    /// The name of the partner. Example: Solar Co.
    name: String,
    /// Whether the partner only tries things out; its installations are never counted.
    sandbox: bool,
    /// Whether the partner is suspended: its clients are refused, and what nobody verified of it counts for nothing.
    suspended: bool,
    /// The daily quota of its own; null if it was never given one.
    quota: Option<QuotaView>,
}

/// The daily quota of one partner.
#[derive(Serialize, ToSchema)]
struct QuotaView {
    /// The most new installations a day (Hà Nội); 0 is no limit. Example: 50000.
    daily_installations: u32,
    /// The last day on which it holds (YYYY-MM-DD, Hà Nội). Example: 2026-12-31.
    until: NaiveDate,
}

impl From<OwnQuota> for QuotaView {
    fn from(OwnQuota { daily_installations, until }: OwnQuota) -> Self {
        Self { daily_installations, until }
    }
}

impl From<&Partner> for PartnerView {
    fn from(partner: &Partner) -> Self {
        Self {
            code: partner.code.to_string(),
            name: partner.name.clone(),
            sandbox: partner.sandbox,
            suspended: partner.suspended,
            quota: partner.quota.map(QuotaView::from),
        }
    }
}

/// One partner.
#[derive(Serialize, ToSchema)]
pub struct PartnerResponse {
    /// The partner.
    data: PartnerView,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningView>,
}

/// Every partner.
#[derive(Serialize, ToSchema)]
pub struct PartnerList {
    /// The partners.
    data: Vec<PartnerView>,
}

/// A project.
#[derive(Serialize, ToSchema)]
pub struct ProjectView {
    /// The code. Example: SCHOOLS-1.
    code: String,
    /// The Vietnamese name. Example: Trường học xanh.
    name_vi: String,
    /// The English name. Example: Green schools.
    name_en: String,
    /// The organisation that funds the project; null is unknown. Example: Green Fund.
    funder: Option<String>,
}

impl From<Project> for ProjectView {
    fn from(project: Project) -> Self {
        let Project { code, name_vi, name_en, funder } = project;
        Self { code: code.to_string(), name_vi, name_en, funder }
    }
}

/// One project.
#[derive(Serialize, ToSchema)]
pub struct ProjectResponse {
    /// The project.
    data: ProjectView,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningView>,
}

/// Carries out a change of the directory, without an idempotency key. When it returns, `Register::directory` shows the change.
pub(super) async fn submit_directory_change(
    caller: &Caller,
    state: &AppState,
    change: DirectoryChange,
) -> Result<(), ApiError> {
    state.register.submit(Request::new(caller.0.clone(), Command::Directory(change))).await?;
    Ok(())
}

/// An organisation that registers installations. Add a client with the role partner next, so that it can get
/// tokens.
#[utoipa::path(get, path = "", request_body = CreatePartner,
    responses((status = 201, description = "The partner was added.", body = PartnerResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(new, Sent { key, warnings }): Body<CreatePartner>,
) -> Result<HttpResponse, ApiError> {
    let view = PartnerView {
        code: new.code.to_string(),
        name: new.name.as_str().to_owned(),
        sandbox: new.sandbox,
        suspended: false,
        quota: None,
    };
    let response = PartnerResponse { data: view, warnings };
    let submission = Submission::recorded(key);
    submit(&state, &caller, Command::Directory(DirectoryChange::AddPartner(new)), submission, move |_| {
        Reply::json(201, &response)
    })
    .await
}

/// In the order of their codes, suspended partners included.
#[utoipa::path(get, path = "", responses((status = 200, body = PartnerList)))]
pub async fn list_partners(_caller: Caller, _: NoQuery, state: web::Data<AppState>) -> HttpResponse {
    let directory = state.register.directory();
    let data = directory.partners.values().map(PartnerView::from).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(PartnerList { data })
}

/// Tokens of its clients stop working within a second, in every process. What the partner registered stays. What nobody verified
/// of it is set aside, 500 installations at a time, and counts for nothing until the partner is resumed or a reviewer verifies it. The
/// body is `{}`, or none.
#[utoipa::path(get, path = "", params(("code" = String, Path, description = "The code of the partner, for example `SOLARCO`.")),
    responses((status = 200, body = PartnerResponse)))]
pub async fn suspend_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(code): PathId<PartnerCode>,
    _: OptionalBody<Nothing>,
) -> Result<HttpResponse, ApiError> {
    change_partner(&caller, &state, code, true).await
}

/// Its clients can get and use tokens again. What was set aside counts again, 500 installations at a time. The body is `{}`, or none.
#[utoipa::path(get, path = "", params(("code" = String, Path, description = "The code of the partner, for example `SOLARCO`.")),
    responses((status = 200, body = PartnerResponse)))]
pub async fn resume_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(code): PathId<PartnerCode>,
    _: OptionalBody<Nothing>,
) -> Result<HttpResponse, ApiError> {
    change_partner(&caller, &state, code, false).await
}

async fn change_partner(
    caller: &Caller,
    state: &AppState,
    code: PartnerCode,
    suspend: bool,
) -> Result<HttpResponse, ApiError> {
    let change = if suspend { DirectoryChange::SuspendPartner } else { DirectoryChange::ResumePartner };
    submit_directory_change(caller, state, change(code.clone())).await?;
    answer_with(state, &code, |partner| partner.suspended == suspend, Vec::new())
}

/// Answers with a partner that was changed. The change is written; where the directory could not be read again, the answer is not known.
pub(super) fn answer_with(
    state: &AppState,
    code: &PartnerCode,
    is_changed: impl Fn(&Partner) -> bool,
    warnings: Vec<WarningView>,
) -> Result<HttpResponse, ApiError> {
    let directory = state.register.directory();
    let partner = directory.partner(code).filter(|partner| is_changed(partner));
    let data = partner.map(PartnerView::from).ok_or(Failure::OutcomeUnknown)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(PartnerResponse { data, warnings }))
}

/// A project or fund that installations can name in `project_code`.
#[utoipa::path(get, path = "", request_body = CreateProject,
    responses((status = 201, description = "The project was added.", body = ProjectResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_project(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(new, Sent { key, warnings }): Body<CreateProject>,
) -> Result<HttpResponse, ApiError> {
    let view = ProjectView {
        code: new.code.to_string(),
        name_vi: new.name_vi.as_str().to_owned(),
        name_en: new.name_en.as_str().to_owned(),
        funder: new.funder.as_ref().map(|text| text.as_str().to_owned()),
    };
    let response = ProjectResponse { data: view, warnings };
    let submission = Submission::recorded(key);
    submit(&state, &caller, Command::Directory(DirectoryChange::AddProject(new)), submission, move |_| {
        Reply::json(201, &response)
    })
    .await
}
