//! Clients: who they are, adding and revoking them, changing their secrets.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::access::{hash_secret, new_client_id, new_secret};
use crate::api::body::Nothing;
use crate::api::callers::Caller;
use crate::api::http::{ApiError, NoQuery, PageInfo, Problem, Query, Scope, WarningView, pagination};
use crate::api::request_body::{Body, OptionalBody, Sent};
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, submit};
use crate::domain::records::{Actor, Client};
use crate::domain::reference::ProvinceId;
use crate::domain::values::Fault;
use crate::register::{Command, DirectoryChange, Done, Failure};

use super::bodies::{CreateClient, ResetSecret};
use super::partners_and_projects::submit_directory_change;

/// A client. Its secrets cannot be read.
#[derive(Serialize, ToSchema)]
pub struct ClientView {
    /// The id of the client. Example: c-5f0c6bd6b6ab4c9d8a0f4a2d9b7e1c33.
    client_id: String,
    /// The person or program behind the client. Example: Back office.
    name: String,
    /// The role of the client: `partner`, `dashboard`, `reviewer` or `admin`.
    role: &'static str,
    /// The code of the partner that the client acts for; null for other roles. Example: SOLARCO.
    partner: Option<String>,
    /// The code of the partner that the person works for; null if none.
    affiliation: Option<String>,
    /// The code of the one province that the client may see; null is all. Example: 01.
    province_code: Option<&'static str>,
    /// The instant when the client was added, UTC. Example: 2026-11-20T03:00:00Z.
    created_at: DateTime<Utc>,
    /// The instant of revocation, UTC; null while active.
    revoked_at: Option<DateTime<Utc>>,
    /// The number of secrets that work; 2 while an old one works beside a new one. Example: 1.
    active_secrets: usize,
}

impl ClientView {
    /// A client as administrators see it at an instant, which decides how many secrets still work.
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
    /// The client.
    data: ClientView,
}

/// A page of clients.
#[derive(Serialize, ToSchema)]
pub struct ClientList {
    /// The clients.
    data: Vec<ClientView>,
    /// Where the next page begins.
    page: PageInfo,
}

/// A client with a new secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretView {
    /// The id of the client. Example: c-5f0c6bd6b6ab4c9d8a0f4a2d9b7e1c33.
    client_id: String,
    /// The secret. The register keeps only its hash.
    client_secret: String,
    /// The role of the client: `partner`, `dashboard`, `reviewer` or `admin`.
    role: &'static str,
    /// The code of the partner that the client acts for; null for other roles. Example: SOLARCO.
    partner: Option<String>,
    /// The instant until which the old secret still works, UTC; null if there is none.
    old_secret_until: Option<DateTime<Utc>>,
}

/// A client with a new secret.
#[derive(Serialize, ToSchema)]
pub struct ClientSecretResponse {
    /// The client with its secret.
    data: ClientSecretView,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningView>,
}

/// The client that calls.
#[derive(Serialize, ToSchema)]
pub struct MeView {
    /// The id of the client. Example: c-5f0c6bd6b6ab4c9d8a0f4a2d9b7e1c33.
    client_id: String,
    /// The role of the client: `partner`, `dashboard`, `reviewer` or `admin`.
    role: &'static str,
    /// The scopes that tokens of the client hold.
    scopes: Vec<&'static str>,
    /// The code of the partner that the client acts for; null for other roles. Example: SOLARCO.
    partner: Option<String>,
    /// The code of the partner that the person works for; nothing of that partner is shown. Null if none.
    affiliation: Option<String>,
    /// The code of the one province that the client may see; null is all. Example: 01.
    province_code: Option<&'static str>,
}

/// The client that calls.
#[derive(Serialize, ToSchema)]
pub struct MeResponse {
    /// The client.
    data: MeView,
}

/// For every client: its role, its scopes, and whom it acts for.
#[utoipa::path(get, path = "", responses((status = 200, body = MeResponse)))]
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

/// In the order of their ids, revoked clients included.
#[utoipa::path(get, path = "", params(("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items of a page, 1 to 200; 50 if left out."), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before; left out for the first page.")),
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

/// The answer holds the client's secret. It is shown this once, because only its hash is kept. Reviewers and
/// administrators get one client for each person.
#[utoipa::path(get, path = "", request_body = CreateClient,
    responses((status = 201, description = "The client was added. Its secret is shown this once.", body = ClientSecretResponse)))]
pub async fn create_client(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(new, Sent { key, warnings }): Body<CreateClient>,
) -> Result<HttpResponse, ApiError> {
    let client_id = new_client_id();
    let (client_secret, secret_hash) = secret_and_hash()?;
    let data = ClientSecretView {
        client_id: client_id.clone(),
        client_secret,
        role: new.role.as_str(),
        partner: new.partner.as_ref().map(ToString::to_string),
        old_secret_until: None,
    };
    let (command, response) = (
        Command::Directory(DirectoryChange::AddClient { new, client_id, secret_hash }),
        ClientSecretResponse { data, warnings },
    );
    let submission = Submission::recorded(key);
    submit(&state, &caller, command, submission, move |_| Ok(Reply::json(201, &response)?.secret())).await
}

/// This is final. Its tokens stop working within a second, in every process. A client cannot revoke itself.
/// The body is `{}`, or none.
#[utoipa::path(get, path = "", params(("client_id" = String, Path, description = "The id of the client, from the answer that added it.")),
    responses((status = 200, body = ClientResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn revoke_client(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    client_id: web::Path<String>,
    _: OptionalBody<Nothing>,
) -> Result<HttpResponse, ApiError> {
    submit_directory_change(&caller, &state, DirectoryChange::RevokeClient { client_id: client_id.clone() }).await?;
    let directory = state.register.directory();
    // It is written; where the directory could not be read again, the answer is not known.
    let client = directory.client(&client_id).filter(|client| client.revoked_at.is_some());
    let data = ClientView::of(client.ok_or(Failure::OutcomeUnknown)?, (state.register.clock())());
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(ClientResponse { data }))
}

/// The answer holds the new secret. It is shown this once. The old secret still works for `keep_old_hours`;
/// any older secret stops working at once.
#[utoipa::path(get, path = "", params(("client_id" = String, Path, description = "The id of the client, from the answer that added it.")), request_body = Option<ResetSecret>,
    responses((status = 200, body = ClientSecretResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn reset_client_secret(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    client_id: web::Path<String>,
    OptionalBody(keep_old, sent): OptionalBody<ResetSecret>,
) -> Result<HttpResponse, ApiError> {
    if state.register.directory().client(&client_id).is_none() {
        // It may have been added a moment ago, by another process.
        state.register.refresh().await;
    }
    let actor = state.register.directory().client(&client_id).map(|client| client.actor.clone());
    let Actor { client_id, role, partner, .. } = actor.ok_or(ApiError::NotFound)?;
    let (client_secret, secret_hash) = secret_and_hash()?;
    let command =
        Command::Directory(DirectoryChange::ResetSecret { client_id: client_id.clone(), secret_hash, keep_old });
    let (role, partner) = (role.as_str(), partner.map(|code| code.to_string()));
    submit(&state, &caller, command, Submission::recorded(sent.key), move |done| {
        let Done::SecretReset { old_until } = done else { return Err(ApiError::Internal) };
        let (client_id, client_secret, partner) = (client_id.clone(), client_secret.clone(), partner.clone());
        let data = ClientSecretView { client_id, client_secret, role, partner, old_secret_until: Some(*old_until) };
        Ok(Reply::json(200, &ClientSecretResponse { data, warnings: Vec::new() })?.secret())
    })
    .await
}

fn secret_and_hash() -> Result<(String, String), ApiError> {
    let secret = new_secret().map_err(|_| ApiError::Internal)?;
    let hash = hash_secret(&secret);
    Ok((secret, hash))
}
