//! Clients: who they are, adding and revoking them, changing their secrets.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::access::{hash_secret, new_client_id, new_secret};
use crate::api::callers::Caller;
use crate::api::documentation::{CreateClient, ResetSecret};
use crate::api::http::{ApiError, NoQuery, PageInfo, Problem, Query, Scope, pagination, read_nothing};
use crate::api::request_body::{JsonBody, OptionalJsonBody};
use crate::api::state::AppState;
use crate::api::submit::{Reply, submit};
use crate::domain::records::{Actor, Client, NewClient};
use crate::domain::reference::ProvinceId;
use crate::domain::values::Fault;
use crate::register::{Command, Done};

use super::bodies::{read_new_client, read_reset_secret};
use super::partners_and_projects::ask;

/// A client. Its secrets are nowhere to be read.
#[derive(Serialize, ToSchema)]
pub struct ClientView {
    /// Its id.
    client_id: String,
    /// Who or what it is.
    name: String,
    /// What it may do.
    role: &'static str,
    /// Whom it acts for.
    partner: Option<String>,
    /// The partner that the person works for.
    affiliation: Option<String>,
    /// The one province that it may see.
    province_code: Option<&'static str>,
    /// When it was added.
    created_at: DateTime<Utc>,
    /// Since when it is shut out.
    revoked_at: Option<DateTime<Utc>>,
    /// How many secrets work: two while a new one takes over.
    active_secrets: usize,
}

impl ClientView {
    /// What everybody who administers may see of a client.
    #[must_use]
    pub fn of(client: &Client, now: DateTime<Utc>) -> Self {
        let actor = &client.actor;
        Self {
            client_id: actor.client_id.clone(),
            name: client.name.clone(),
            role: actor.role.as_str(),
            partner: actor.partner.as_ref().map(ToString::to_string),
            affiliation: actor.affiliation.as_ref().map(ToString::to_string),
            province_code: actor.province.map(ProvinceId::code),
            created_at: client.created_at,
            revoked_at: client.revoked_at,
            active_secrets: client.secrets_at(now).count(),
        }
    }
}

/// One client.
#[derive(Serialize, ToSchema)]
pub struct ClientResponse {
    data: ClientView,
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
pub struct ClientList {
    data: Vec<ClientView>,
    page: PageInfo,
}

/// A client with a new secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretView {
    /// Its id.
    client_id: String,
    /// Its secret. Only its hash is kept.
    client_secret: String,
    /// What it may do.
    role: &'static str,
    /// Whom it acts for.
    partner: Option<String>,
    /// Until when the secret before still works.
    old_secret_until: Option<DateTime<Utc>>,
}

/// A client with a new secret.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretResponse {
    data: ClientSecretView,
}

/// Who calls.
#[derive(Serialize, ToSchema)]
pub struct MeView {
    /// The client's id.
    client_id: String,
    /// Its role.
    role: &'static str,
    /// What it may do.
    scopes: Vec<&'static str>,
    /// Whom it acts for.
    partner: Option<String>,
    /// The partner that the person works for: nothing of it is shown.
    affiliation: Option<String>,
    /// The one province that it may see.
    province_code: Option<&'static str>,
}

/// Who calls.
#[derive(Serialize, ToSchema)]
pub struct MeResponse {
    data: MeView,
}

/// The client that calls
///
/// For every client, to see what its credentials are good for.
#[utoipa::path(get, path = "/v1/me", tag = "oauth", responses((status = 200, body = MeResponse)))]
pub async fn get_me(caller: Caller, _: NoQuery) -> HttpResponse {
    let actor = caller.0;
    let data = MeView {
        scopes: Scope::names_of(actor.role),
        role: actor.role.as_str(),
        partner: actor.partner.map(|code| code.to_string()),
        affiliation: actor.affiliation.map(|code| code.to_string()),
        province_code: actor.province.map(ProvinceId::code),
        client_id: actor.client_id,
    };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(MeResponse { data })
}

/// A list of clients
///
/// In the order of their ids, the revoked ones too.
#[utoipa::path(get, path = "/v1/clients", tag = "administration",
    params(("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ClientList)))]
pub async fn list_clients(
    request: HttpRequest,
    _caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let directory = state.register.directory();
    let after = query.parse("cursor", |raw| {
        if directory.client(raw).is_some() { Ok(raw.to_owned()) } else { Err(Fault::NotACursor) }
    });
    let limit = pagination::limit(&mut query);
    query.finish()?;
    let now = (state.register.clock())();
    let left = directory.clients.iter().skip_while(|(id, _)| after.as_ref().is_some_and(|after| *id <= after));
    let one_more = usize::try_from(limit).unwrap_or_default() + 1;
    let mut data: Vec<ClientView> = left.take(one_more).map(|(_, client)| ClientView::of(client, now)).collect();
    let page = PageInfo::of(&mut data, limit, |last| last.client_id.clone());
    let list = ClientList { data, page };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(list))
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
    state: web::Data<AppState>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let new: NewClient = read_new_client(&body.0).map_err(ApiError::Invalid)?;
    let client_id = new_client_id();
    let (client_secret, secret_hash) = secret_and_hash().await?;
    let data = ClientSecretView {
        client_id: client_id.clone(),
        client_secret,
        role: new.role.as_str(),
        partner: new.partner.as_ref().map(ToString::to_string),
        old_secret_until: None,
    };
    let (command, response) = (Command::AddClient { new, client_id, secret_hash }, ClientSecretResponse { data });
    submit(&state, &caller, command, (false, body.1), move |_| Ok(Reply::json(201, &response)?.secret())).await
}

/// Shut a client out
///
/// For ever. Its tokens stop to work within a second, everywhere. Nobody can revoke the client
/// that they act as.
#[utoipa::path(post, path = "/v1/clients/{client_id}/revoke", tag = "administration",
    params(("client_id" = String, Path)),
    responses((status = 200, body = ClientResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn revoke_client(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    client_id: web::Path<String>,
    body: OptionalJsonBody,
) -> Result<HttpResponse, ApiError> {
    read_nothing(&body.0).map_err(ApiError::Invalid)?;
    ask(&caller, &state, Command::RevokeClient { client_id: client_id.clone() }).await?;
    let directory = state.register.directory();
    // It is written; where the directory could not be read again, asking again is safe.
    let client = directory.client(&client_id).filter(|client| client.revoked_at.is_some());
    let data = ClientView::of(client.ok_or(ApiError::Unavailable)?, (state.register.clock())());
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(ClientResponse { data }))
}

/// Give a client a new secret
///
/// It is shown this once. The secret before still works for `keep_old_hours`; any older one ends
/// at once.
#[utoipa::path(post, path = "/v1/clients/{client_id}/reset-secret", tag = "administration",
    params(("client_id" = String, Path)), request_body = Option<ResetSecret>,
    responses((status = 200, body = ClientSecretResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn reset_client_secret(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    client_id: web::Path<String>,
    body: OptionalJsonBody,
) -> Result<HttpResponse, ApiError> {
    let keep_old = read_reset_secret(&body.0).map_err(ApiError::Invalid)?;
    // Hashing is dear: not for a client that is not there.
    if state.register.directory().client(&client_id).is_none() {
        // It may have been added a moment ago, by another process.
        state.register.refresh().await;
    }
    let actor = state.register.directory().client(&client_id).map(|client| client.actor.clone());
    let Actor { client_id, role, partner, .. } = actor.ok_or(ApiError::NotFound)?;
    let (client_secret, secret_hash) = secret_and_hash().await?;
    let command = Command::ResetSecret { client_id: client_id.clone(), secret_hash, keep_old };
    let (role, partner) = (role.as_str(), partner.map(|code| code.to_string()));
    submit(&state, &caller, command, (false, body.1), move |done| {
        let Done::SecretReset { old_until } = done else { return Err(ApiError::Internal) };
        let (client_id, client_secret, partner) = (client_id.clone(), client_secret.clone(), partner.clone());
        let data = ClientSecretView { client_id, client_secret, role, partner, old_secret_until: Some(*old_until) };
        Ok(Reply::json(200, &ClientSecretResponse { data })?.secret())
    })
    .await
}

async fn secret_and_hash() -> Result<(String, String), ApiError> {
    let secret = new_secret().map_err(|_| ApiError::Internal)?;
    let to_hash = secret.clone();
    let hashed = web::block(move || hash_secret(&to_hash)).await?;
    Ok((secret, hashed.map_err(|_| ApiError::Internal)?))
}
