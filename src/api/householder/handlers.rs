//! The person at home: their home as the register holds it, a dispute, and the withdrawal of their consent, with the code that
//! they were given.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::body::Nothing;
use crate::api::callers::Householder;
use crate::api::http::{ApiError, NoQuery, Problem};
use crate::api::request_body::{Body, OptionalBody, Sent};
use crate::api::state::AppState;
use crate::db::records::{DisputeWithNotes, householders};
use crate::domain::records::Actor;
use crate::register::{Erased, HomeCommand, HomeDone};

use super::bodies::OpenDispute;
use super::home_commands::{disputed, submit_home_command};
use super::view::{DisputeResponse, DisputeView, HomeResponse, HomeView, WithdrawnResponse};

/// The facts about the home, the personal data and the consent that are kept, every installation there, and
/// every dispute.
#[utoipa::path(get, path = "", responses((status = 200, body = HomeResponse)))]
pub async fn get_home(
    householder: Householder,
    _: NoQuery,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let found = state.read(&request, move |connection| householders::home(connection, householder.0)).await?;
    let data = HomeView::of(&found.ok_or(ApiError::NotFound)?, &state.register.directory());
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(HomeResponse { data }))
}

/// A reviewer answers the dispute. A dispute changes no number. At most ten disputes of a home are open at a
/// time.
///
/// Sending an identical dispute while it is open returns the open one (200) and does not open a second.
#[utoipa::path(get, path = "", request_body = OpenDispute,
    responses((status = 201, description = "The dispute was opened.", body = DisputeResponse), (status = 200, description = "An identical dispute was open already; this is it.", body = DisputeResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn open_dispute(
    householder: Householder,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(new, Sent { warnings, .. }): Body<OpenDispute>,
) -> Result<HttpResponse, ApiError> {
    let note = new.note.as_ref().map(|note| note.as_str().to_owned());
    let command = HomeCommand::Dispute { site: householder.0, new };
    let (opened, dispute) = disputed(submit_home_command(&state, Actor::householder(), command).await?)?;
    let data = DisputeView::from(&DisputeWithNotes { dispute, note, answer: None });
    let status = if opened { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(DisputeResponse { data, warnings }))
}

/// Erases the address, the customer code, the location and every note about the home, those of reviewers, too. The home still
/// counts, because the count holds no personal data. The body is `{}`, or none.
#[utoipa::path(get, path = "", responses((status = 200, body = WithdrawnResponse)))]
pub async fn withdraw_consent(
    householder: Householder,
    _: NoQuery,
    state: web::Data<AppState>,
    _: OptionalBody<Nothing>,
) -> Result<HttpResponse, ApiError> {
    let done = submit_home_command(&state, Actor::householder(), HomeCommand::Erase { site: householder.0 }).await?;
    let HomeDone::Erased(erased) = done else { return Err(ApiError::Internal) };
    if erased.changed {
        empty_log(&state).await;
    }
    let response = WithdrawnResponse::from(&erased);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(response))
}

/// Leaves the erased bytes in no log of SQLite, if nobody reads it just now; the log is written
/// over soon in any case.
async fn empty_log(state: &AppState) {
    let database = state.register.database().clone();
    match web::block(move || database.empty_log()).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) | Err(_) => tracing::info!("the write-ahead log is in use and was not emptied"),
        Ok(Err(error)) => tracing::warn!(%error, "the write-ahead log was not emptied"),
    }
}

impl From<&Erased> for WithdrawnResponse {
    fn from(erased: &Erased) -> Self {
        let outcome = if erased.changed { "withdrawn" } else { "unchanged" };
        Self::new(outcome, erased.consent_withdrawn_on)
    }
}
