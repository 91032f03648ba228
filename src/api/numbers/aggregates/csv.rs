//! `GET /v1/aggregates.csv`: the rows of `/v1/aggregates` for programs that read tables.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, CSV, CsvTable};
use crate::api::numbers::dimension_labels::{columns_of, names_of};
use crate::api::state::AppState;
use crate::register::AggregateGroup;

use super::answer::{AnsweredQuery, answer};
use super::figures::FIGURES;

/// The same question as `/v1/aggregates`; one line a group, without the total. Columns as there, then `as_of`, `version` and
/// `methodology_version`. UTF-8 with a byte order mark; numbers with a dot; what means nothing is empty.
#[utoipa::path(get, path = "", params(("group_by" = Option<String>, Query, example = "province,measure", description = "Codes of `/v1/dimensions`, at most 8, separated by commas."),
        ("province" = Option<String>, Query), ("former_province" = Option<String>, Query), ("region" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("measure" = Option<String>, Query), ("stage" = Option<String>, Query),
        ("evidence_tier" = Option<String>, Query), ("low_income" = Option<String>, Query), ("remote" = Option<String>, Query),
        ("woman_headed" = Option<String>, Query), ("from" = Option<String>, Query, example = "2025-01-01", description = "The first day of a month, inclusive."), ("to" = Option<String>, Query, example = "2026-01-01", description = "The first day of a month, exclusive."),
        ("partner" = Option<String>, Query, description = "Codes of partners: a row of each."), ("project" = Option<String>, Query, description = "Codes of projects: a row of each."), ("as_of" = Option<NaiveDate>, Query),
        ("basis" = Option<String>, Query),
        ("methodology" = Option<i32>, Query)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn get_aggregates_table(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let body = answer(&request, &caller, &state, |AnsweredQuery { group_by, owners, rows, visible, frame }| {
        let names = group_by.iter().flat_map(|dimension| columns_of(*dimension));
        let figures = FIGURES.iter().map(|figure| figure.name.to_owned());
        let columns = owners.columns().into_iter().chain(names).chain(figures).collect();
        let row = |row: &AggregateGroup| {
            let names = group_by.iter().zip(&row.group).flat_map(|(dimension, value)| names_of(*dimension, *value));
            owners.values(row.code.as_ref()).into_iter().chain(names).chain(visible.values(&row.sums)).collect()
        };
        let table = CsvTable { columns, rows: rows.iter().map(row).collect() };
        Ok(table.csv(&json!(frame.meta)))
    });
    let body = body.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_TYPE, CSV)).body(body))
}
