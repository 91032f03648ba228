//! Disputes of householders, as reviewers list and answer them.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::householder::{
    DisputeList, DisputeResponse, DisputeView, ReviewedDispute, disputed, submit_home_command,
};
use crate::api::http::{ApiError, NoQuery, PageInfo, PathId, Problem, Query, pagination};
use crate::api::request_body::{Body, Sent};
use crate::api::state::AppState;
use crate::db::records::{DisputeWithNotes, disputes};
use crate::domain::values::Fault;
use crate::register::HomeCommand;

use super::bodies::CloseDispute;

/// Oldest first. A reviewer does not see disputes about the partner that they work for.
#[utoipa::path(get, path = "", params(("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items of a page, 1 to 200; 50 if left out."), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before; left out for the first page.")),
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
    let mut found = state.read(&caller.0, move |connection| disputes::open(connection, after, limit + 1)).await?;
    let page = PageInfo::of(&mut found, limit, |(last, _)| last.dispute.id.to_string());
    let seen = found.into_iter().filter(|(noted, record)| noted.dispute.is_for(&caller.0, record));
    let data = seen.map(|(noted, record)| ReviewedDispute::of(&noted, &record)).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DisputeList { data, page }))
}

/// The householder reads the answer. Nothing else follows by itself: reject the installation, or ask its
/// partner to correct it.
#[utoipa::path(get, path = "", params(("id" = i64, Path, description = "The number of the dispute, from the list of disputes.")), request_body = CloseDispute,
    responses((status = 200, body = DisputeResponse),
        (status = 409, body = Problem, content_type = "application/problem+json")))]
pub async fn close_dispute(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    PathId(id): PathId<i64>,
    Body(body, Sent { warnings, .. }): Body<CloseDispute>,
) -> Result<HttpResponse, ApiError> {
    let CloseDispute { outcome, note } = body;
    let answer = note.as_ref().map(|note| note.as_str().to_owned());
    let done = submit_home_command(&state, caller.0, HomeCommand::CloseDispute { id, outcome, note }).await?;
    let (_, dispute) = disputed(done)?;
    let data = DisputeView::from(&DisputeWithNotes { dispute, note: None, answer });
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DisputeResponse { data, warnings }))
}
