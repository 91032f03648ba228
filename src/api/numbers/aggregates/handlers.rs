//! `GET /v1/aggregates`: sums of the register by any dimensions and under any filter, for callers with the scope
//! `aggregates:read`.

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::http::ApiError;
use crate::api::state::AppState;

use super::answer::{AnsweredQuery, answer};
use super::response::AggregatesResponse;

/// `group_by` takes any of the dimensions of `/v1/dimensions`, separated by commas; each of them but periods is a filter too, with one or more codes.
/// `from` (inclusive) and `to` (exclusive) are first days of months of installation; with `basis=recorded_on` of months of recording, and what is
/// added up is what came less what went. `as_of` is the register as it was known at the close of a day. `partner` or `project` in `group_by`, or
/// codes of them as filters, give a row of each, with what their own installations count for. Without a word on the stage, what is verified is added up.
#[utoipa::path(get, path = "", params(("group_by" = Option<String>, Query, example = "province,measure", description = "Codes of `/v1/dimensions`, at most 8, separated by commas."),
        ("province" = Option<String>, Query), ("former_province" = Option<String>, Query), ("region" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("measure" = Option<String>, Query), ("stage" = Option<String>, Query),
        ("evidence_tier" = Option<String>, Query), ("low_income" = Option<String>, Query), ("remote" = Option<String>, Query),
        ("woman_headed" = Option<String>, Query), ("from" = Option<String>, Query, example = "2025-01-01", description = "The first day of a month, inclusive."), ("to" = Option<String>, Query, example = "2026-01-01", description = "The first day of a month, exclusive."),
        ("partner" = Option<String>, Query, description = "Codes of partners: a row of each."), ("project" = Option<String>, Query, description = "Codes of projects: a row of each."),
        ("as_of" = Option<NaiveDate>, Query, description = "A day, not after today."),
        ("basis" = Option<String>, Query, description = "installed_on (the default) or recorded_on."),
        ("methodology" = Option<i32>, Query)),
    responses((status = 200, body = AggregatesResponse)))]
pub async fn get_aggregates(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let body = answer(&request, &caller, &state, |answer| {
        let AnsweredQuery { group_by, owners, rows, visible, frame } = answer;
        frame.with_rows(&group_by, &owners, visible, &rows).map_err(|_| ApiError::Internal)
    });
    let body = body.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type(ContentType::json()).body(body))
}
