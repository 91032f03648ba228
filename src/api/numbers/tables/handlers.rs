//! `GET /v1/tables`, `/v1/tables/{name}` and `/v1/tables/{name}.csv`. `catalogue` lists the tables, `pages` makes them; here the
//! query is read and the page is sent.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;

use crate::api::http::{ApiError, CacheFor, Edge, Form, JSON, NoQuery, Problem, Query, as_page, send, whole_day};
use crate::api::numbers::methodologies::{parse_methodology, snapshot_with};
use crate::api::numbers::voided::refuse_void_days;
use crate::api::state::{AppState, Reader};
use crate::domain::values::{Fault, Month, Rule, parse_closed_day};

use super::catalogue::{TABLES, Table};
use super::pages::{kept, make};
use super::view::{TableList, TableResponse};

/// Lists the public tables with every column, its unit and its meaning in both languages.
#[utoipa::path(get, path = "", responses((status = 200, body = TableList)))]
pub async fn list_tables(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let make = async { Ok(as_page(JSON, &TableList::of(&TABLES, &state.settings))) };
    let page = state.static_pages.get("/v1/tables", make).await?;
    send(&request, &page, CacheFor::OneHour).await
}

/// Flat rows, one for each value, also where nothing is counted. Estimates, capacity and installations count verified sites
/// only. With `as_of` the table is as it was kept at the end of that month.
#[utoipa::path(get, path = "", params(("name" = String, Path, example = "provinces", description = "The name of a table of `/v1/tables`."),
        ("as_of" = Option<NaiveDate>, Query, description = "The last day of a month that is over (YYYY-MM-DD), for example 2026-10-31. Absent: the newest numbers."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Not with `as_of`, because kept tables were made then.")),
    responses((status = 200, body = TableResponse), (status = 429, body = Problem, content_type = "application/problem+json")))]
pub async fn get_table(
    request: HttpRequest,
    name: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    send_table(&request, &name, &state, Form::Json).await
}

/// The rows and columns of the JSON table, then `as_of`, `version` and `methodology_version`. The text is UTF-8 with a byte order
/// mark; numbers have a decimal point; a value that does not apply is empty.
#[utoipa::path(get, path = "", params(("name" = String, Path, example = "provinces", description = "The name of a table of `/v1/tables`."),
        ("as_of" = Option<NaiveDate>, Query, description = "The last day of a month that is over (YYYY-MM-DD), for example 2026-10-31. Absent: the newest numbers."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Not with `as_of`, because kept tables were made then.")),
    responses((status = 200, description = "The rows of a public table as CSV.", content_type = "text/csv", body = String),
        (status = 429, body = Problem, content_type = "application/problem+json")))]
pub async fn get_table_csv(
    request: HttpRequest,
    name: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    send_table(&request, &name, &state, Form::Csv).await
}

async fn send_table(
    request: &HttpRequest,
    name: &str,
    state: &web::Data<AppState>,
    form: Form,
) -> Result<HttpResponse, ApiError> {
    refuse_void_days(state, request.query_string(), &["as_of"])?;
    let snapshot = state.register.snapshot();
    let mut query = Query::of(request)?;
    let as_of = query.parse("as_of", whole_day(Edge::Last, |raw| parse_month_end(raw, snapshot.figures.day)));
    let asked = query.parse("methodology", parse_methodology);
    let is_restated_past = as_of.is_some() && asked.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowed { rule: Rule::MadeThen }));
    query.finish()?;
    let table = Table::named(name).ok_or(ApiError::NotFound)?;
    if let Some(day) = as_of {
        return send(request, &*kept(request, state, (table, form), day).await?, CacheFor::OneHour).await;
    }
    let snapshot = snapshot_with(state, asked).await?;
    let (shared_snapshot, shared) = (snapshot.clone(), (*state).clone());
    let make = async {
        Ok(state.compute(Reader::Everybody, move || make(&shared, &shared_snapshot, table, form, asked)).await?)
    };
    let page = snapshot.page_of(format!("{}{}", table.path(), form.ending()), make).await?;
    send(request, &page, CacheFor::OneSecond).await
}

/// Reads the last day of a month that is over.
fn parse_month_end(raw: &str, today: NaiveDate) -> Result<NaiveDate, Fault> {
    let day = parse_closed_day(raw, today)?;
    if Month::of(day).last_day() == day { Ok(day) } else { Err(Fault::NotALastOfMonth) }
}
