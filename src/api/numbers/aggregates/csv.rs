//! `GET /v1/aggregates.csv`: the rows of `/v1/aggregates` for programs that read tables.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value as Json, json};

use crate::api::callers::Caller;
use crate::api::http::{ApiError, CSV, CsvTable};
use crate::api::state::AppState;
use crate::register::AggregateGroup;

use super::handlers::{Answer, answer};
use super::labels::columns_of;
use super::write_rows::{AggregateRow, Shows, names_of_row};

/// The columns of every row, after those of the dimensions.
const SUMS: [&str; 19] = [
    "sites",
    "installations",
    "quantity",
    "capacity_kwp",
    "inverter_kw",
    "cost_vnd",
    "cost_known",
    "support_vnd",
    "support_known",
    "to_date_generation_kwh",
    "to_date_saving_kwh",
    "to_date_avoided_tco2e",
    "to_date_low",
    "to_date_high",
    "annual_generation_kwh",
    "annual_saving_kwh",
    "annual_avoided_tco2e",
    "annual_low",
    "annual_high",
];

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
    let body = answer(&request, &caller, &state, |Answer { selection, names, added, money, frame }| {
        let named = selection.group_by.iter().flat_map(|dimension| columns_of(*dimension));
        let columns = names.columns().into_iter().chain(named).chain(SUMS.map(str::to_owned)).collect();
        let object = |row: &AggregateGroup| {
            let named = names_of_row(&selection, &names, row);
            serde_json::to_value(AggregateRow::of(named, &row.sums, Shows { selection: &selection, money }))
                .map_err(|_| ApiError::Internal)
        };
        let rows: Vec<Json> = added.rows.iter().map(object).collect::<Result<_, _>>()?;
        Ok(CsvTable::of_objects(columns, &rows).csv(&json!(frame.meta)))
    });
    let body = body.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_TYPE, CSV)).body(body))
}
