//! Onboarding: partners, clients, projects.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::actor::Role;
use crate::domain::administration::{NewClient, NewPartner};
use crate::register::{Command, Request};

use super::admin_bodies::{read_new_client, read_new_partner, read_new_project};
use super::auth::{hash_secret, new_client_id, new_secret};
use super::body::JsonBody;
use super::caller::Caller;
use super::error::ApiError;
use super::problem::Problem;
use super::query::NoQuery;
use super::requests::{CreateClient, CreatePartner, CreateProject};
use super::state::State;

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

/// A new client with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretView {
    /// Its id.
    client_id: String,
    /// Its secret. Only its hash is kept.
    client_secret: String,
    /// What it may do.
    #[schema(value_type = Role)]
    role: &'static str,
    /// Whom it acts for.
    partner: Option<String>,
}

/// A new client.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretResponse {
    data: ClientSecretView,
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

async fn ask(caller: &Caller, state: &State, command: Command) -> Result<(), ApiError> {
    state.register.request(Request { actor: caller.0.client_id.clone(), command }).await?;
    Ok(())
}

/// Add a partner
#[utoipa::path(post, path = "/v1/partners", tag = "administration",
    request_body = CreatePartner,
    responses((status = 201, body = PartnerResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_partner(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new: NewPartner = read_new_partner(&body.0).map_err(ApiError::Invalid)?;
    let view = PartnerView {
        code: new.code.to_string(),
        name: new.name.as_str().to_owned(),
        sandbox: new.sandbox,
        suspended: false,
    };
    ask(&caller, &state, Command::AddPartner(new)).await?;
    Ok(HttpResponse::Created().json(PartnerResponse { data: view }))
}

/// Every partner
#[utoipa::path(get, path = "/v1/partners", tag = "administration",
    responses((status = 200, body = PartnerList)))]
pub async fn list_partners(_caller: Caller, _: NoQuery, state: web::Data<State>) -> HttpResponse {
    let directory = state.register.directory();
    let view = |partner: &crate::db::administration::Partner| PartnerView {
        code: partner.code.to_string(),
        name: partner.name.clone(),
        sandbox: partner.sandbox,
        suspended: partner.suspended,
    };
    let data = directory.partners.values().map(view).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(PartnerList { data })
}

/// Add a client
///
/// The secret is shown this once. One client per person for reviewers and admins.
#[utoipa::path(post, path = "/v1/clients", tag = "administration",
    request_body = CreateClient,
    responses((status = 201, body = ClientSecretResponse)))]
pub async fn create_client(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new: NewClient = read_new_client(&body.0).map_err(ApiError::Invalid)?;
    let (client_id, secret) = (new_client_id(), new_secret().map_err(|_| ApiError::Internal)?);
    let to_hash = secret.clone();
    let hashed = web::block(move || hash_secret(&to_hash)).await?;
    let secret_hash = hashed.map_err(|_| ApiError::Internal)?;
    let view = ClientSecretView {
        client_id: client_id.clone(),
        client_secret: secret,
        role: new.role.as_str(),
        partner: new.partner.as_ref().map(ToString::to_string),
    };
    ask(&caller, &state, Command::AddClient { new, client_id, secret_hash }).await?;
    Ok(HttpResponse::Created().insert_header((CACHE_CONTROL, "no-store")).json(ClientSecretResponse { data: view }))
}

/// Add a project
#[utoipa::path(post, path = "/v1/projects", tag = "administration",
    request_body = CreateProject,
    responses((status = 201, body = ProjectResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn create_project(
    caller: Caller,
    _: NoQuery,
    state: web::Data<State>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new = read_new_project(&body.0).map_err(ApiError::Invalid)?;
    let view = ProjectView {
        code: new.code.to_string(),
        name_vi: new.name_vi.as_str().to_owned(),
        name_en: new.name_en.as_str().to_owned(),
        funder: new.funder.as_ref().map(|text| text.as_str().to_owned()),
    };
    ask(&caller, &state, Command::AddProject(new)).await?;
    Ok(HttpResponse::Created().json(ProjectResponse { data: view }))
}
