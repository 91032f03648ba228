//! What reviewers do about the disputes of householders.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::documentation::CloseDispute;
use crate::api::householder::{DisputeList, DisputeResponse, DisputeView, ReviewedDispute, read_closing};
use crate::api::http::{ApiError, NoQuery, PageInfo, Problem, Query, pagination};
use crate::api::request_body::JsonBody;
use crate::api::state::AppState;
use crate::db::records::{Noted, disputes};
use crate::domain::values::Fault;
use crate::register::HomeCommand;

/// Disputes that wait for an answer
///
/// Oldest first. Nobody sees those about the partner that they work for.
#[utoipa::path(get, path = "/v1/review/disputes", tag = "review",
    params(("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = DisputeList)))]
pub async fn list_disputes(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let after = query.parse("cursor", |raw| raw.parse().map_err(|_| Fault::NotACursor)).unwrap_or(0);
    let limit = pagination::limit(&mut query);
    query.finish()?;
    let mut found = state.read(move |connection| disputes::open(connection, after, limit + 1)).await?;
    let page = PageInfo::of(&mut found, limit, |(last, _)| last.dispute.id.to_string());
    let seen = found.into_iter().filter(|(noted, record)| noted.dispute.is_for(&caller.0, record));
    let data = seen.map(|(noted, record)| ReviewedDispute::of(&noted, &record)).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DisputeList { data, page }))
}

/// Answer a dispute
///
/// What follows from it is a decision of its own: rejecting, or asking the partner to correct.
#[utoipa::path(post, path = "/v1/review/disputes/{id}/close", tag = "review",
    params(("id" = i64, Path)), request_body = CloseDispute,
    responses((status = 200, body = DisputeResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn close_dispute(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    id: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    let (outcome, note) = read_closing(&body.0).map_err(ApiError::Invalid)?;
    let answer = note.as_ref().map(|note| note.as_str().to_owned());
    let done = crate::api::householder::ask(&state, caller.0, HomeCommand::CloseDispute { id, outcome, note }).await?;
    let (_, dispute) = crate::api::householder::disputed(done)?;
    let data = DisputeView::from(&Noted { dispute, note: None, answer });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DisputeResponse { data }))
}
