//! `GET /v1/aggregates`: sums of the register by any dimensions and under any filter, for callers with the scope
//! `aggregates:read`.

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::callers::Caller;
use crate::api::http::ApiError;
use crate::api::state::AppState;

use super::answer::{AnsweredQuery, answer};
use super::parameters::AggregateParameters;
use super::response::AggregatesResponse;

/// Sums of the register by any dimensions and under any filter. Without `stage` only verified sites are added up.
///
/// Every dimension of `/v1/dimensions` that is no period is also a filter, with one or more codes separated by commas. `from`
/// (inclusive) and `to` (exclusive) select months of installation. With `basis=recorded_on` they select months of recording,
/// and the sums are net changes in these months: additions minus removals. `partner` or `project`, in `group_by` or as a
/// filter, gives each of them rows of its own, which count its own installations alone.
///
/// A query of the past or by partner or project takes longer than others, and such queries run one at a time.
///
/// Reviewers and administrators are answered as of now, dashboards and partners as of the newest publication point, with rows of
/// few sites in one row `other` and money of several partners alone, as `/v1/disclosure` states. Sums by partner or project are for
/// reviewers, administrators and each partner's own. Warnings in `meta.warnings`: `nothing_published_yet`, `too_few_sites`, `sandbox`.
#[utoipa::path(get, path = "", params(AggregateParameters),
    responses((status = 200, body = AggregatesResponse)))]
pub async fn get_aggregates(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let body = answer(&request, &caller, &state, |answer| {
        let AnsweredQuery { group_by, owners, sums, figures, frame } = answer;
        frame.with_rows(&group_by, &owners, &figures, &sums.rows).map_err(|_| ApiError::Internal)
    });
    let body = body.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type(ContentType::json()).body(body))
}
