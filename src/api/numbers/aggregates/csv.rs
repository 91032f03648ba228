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

/// The rows of `/v1/aggregates` as CSV, one line for each group, without the total. The parameters are the same. The columns are
/// those of a JSON row, then `as_of`, `version` and `methodology_version`. The text is UTF-8 with a byte order mark; numbers have
/// a decimal point; a figure without meaning is empty.
#[utoipa::path(get, path = "", params(("group_by" = Option<String>, Query, example = "province,measure", description = "Dimensions by which to group: codes of `/v1/dimensions`, at most 8, separated by commas; at most one period, and at most one of `partner` and `project`. Absent: one group of everything."),
        ("province" = Option<String>, Query, description = "Only these provinces: codes of `/v1/provinces`, separated by commas, for example `01,79`."),
        ("former_province" = Option<String>, Query, description = "Only these provinces of before 1 July 2025: codes of the list of 63, separated by commas, for example `02`; `unknown` for sites without one."),
        ("region" = Option<String>, Query, description = "Only these regions: codes of `/v1/dimensions`, separated by commas, for example `red_river_delta`."),
        ("kind" = Option<String>, Query, description = "Only these kinds of site: `home`, `building`, `office`, `factory`, separated by commas."),
        ("measure" = Option<String>, Query, description = "Only these measures: codes of `/v1/measures`, separated by commas, for example `rooftop_solar_pv`."),
        ("stage" = Option<String>, Query, description = "Only these stages: `pledged`, `installed`, `verified`, separated by commas. Absent, and not in `group_by`: `verified`."),
        ("evidence_tier" = Option<String>, Query, description = "Only these kinds of evidence: `sampled`, `document`, `inspected`, `metered`, separated by commas; `none` for sites that are not verified."),
        ("low_income" = Option<String>, Query, description = "Only sites of low-income households (`true`), of others (`false`), or where it is `unknown`; separated by commas."),
        ("remote" = Option<String>, Query, description = "Only sites in remote places (`true`), elsewhere (`false`), or where it is `unknown`; separated by commas."),
        ("woman_headed" = Option<String>, Query, description = "Only sites of households headed by a woman (`true`), of others (`false`), or where it is `unknown`; separated by commas."),
        ("from" = Option<String>, Query, example = "2025-01-01", description = "The first month, inclusive: the first day of a month (YYYY-MM-DD)."),
        ("to" = Option<String>, Query, example = "2026-01-01", description = "The last month, exclusive: the first day of a month (YYYY-MM-DD), after `from` and at most 50 years later."),
        ("partner" = Option<String>, Query, description = "Codes of partners, separated by commas: each gets rows of its own. Not with `project` or `as_of`."),
        ("project" = Option<String>, Query, description = "Codes of projects, separated by commas: each gets rows of its own. Not with `partner` or `as_of`, and not for partners."),
        ("as_of" = Option<NaiveDate>, Query, description = "The register as it was known at the close of this day (YYYY-MM-DD, Hà Nội), not after today, for example 2026-10-31."),
        ("basis" = Option<String>, Query, description = "The months that `from` and `to` mean. `installed_on` (the default): months of installation. `recorded_on`: months of recording, and the sums are net changes; not with `as_of`, `partner` or `project`."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, description = "Sums of the register by group, as CSV.", content_type = "text/csv", body = String)))]
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
