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
use super::parameters::AggregateParameters;

/// The rows of `/v1/aggregates` as CSV, one line for each group, without the total. The parameters are the same. The columns are
/// those of a JSON row, then `as_of`, `version` and `methodology_version`; before these, for a client that is limited to one
/// province, `limited_to_province`. The text is UTF-8 with a byte order mark; numbers have
/// a decimal point; a figure without meaning is empty.
#[utoipa::path(get, path = "", params(AggregateParameters),
    responses((status = 200, description = "Sums of the register by group, as CSV.", content_type = "text/csv", body = String)))]
pub async fn get_aggregates_table(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    // With its name, because spreadsheets read the code 01 as 1.
    let limited = caller.0.province.map(|own| format!("{} {}", own.code(), own.province().name_vi));
    let body =
        answer(&request, &caller, &state, move |AnsweredQuery { group_by, owners, sums, figures: visible, frame }| {
            let names = group_by.iter().flat_map(|dimension| columns_of(*dimension));
            let columns_of_figures = FIGURES.iter().map(|figure| figure.name.to_owned());
            let columns = owners
                .columns()
                .into_iter()
                .chain(names)
                .chain(columns_of_figures)
                .chain(limited.as_ref().map(|_| "limited_to_province".to_owned()))
                .collect();
            let row = |(place, row): (usize, &AggregateGroup)| {
                let names = group_by.iter().zip(&row.group).flat_map(|(dimension, value)| names_of(*dimension, *value));
                let figures = visible.of_row(place, row);
                let figures = figures.values(&row.sums).chain(limited.as_ref().map(|own| json!(own)));
                owners.values(row.code.as_ref()).into_iter().chain(names).chain(figures).collect()
            };
            let table = CsvTable { columns, rows: sums.rows.iter().enumerate().map(row).collect() };
            Ok(table.csv(&json!(frame.meta)))
        });
    let body = body.await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_TYPE, CSV)).body(body))
}
