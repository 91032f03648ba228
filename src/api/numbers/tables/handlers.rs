//! `GET /v1/tables`, `/v1/tables/{name}` and `/v1/tables/{name}.csv`. `catalogue` lists the tables, `pages` makes them; here the
//! query is read and the page is sent.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;

use crate::api::callers::Audience;
use crate::api::http::{ApiError, CacheFor, Edge, Form, JSON, NoQuery, Problem, Query, as_page, send, whole_day};
use crate::api::numbers::methodologies::parse_methodology;
use crate::api::numbers::point_pages::{Asked, send_published};
use crate::api::numbers::provenance::{Provenance, address};
use crate::api::numbers::voided::refuse_void_days;
use crate::api::state::AppState;
use crate::domain::counting::CellTable;
use crate::domain::figures::Methodology;
use crate::domain::records::Actor;
use crate::domain::values::{Fault, Rule, parse_closed_day};

use super::catalogue::{TABLES, Table};
use super::pages::{all_rows, page};
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

/// Flat rows, one for each value, also where nothing is counted, and `not_yet_detailed` for what waits for company, so that a table
/// adds up. Estimates, capacity and installations count verified sites only. The table is of the newest publication point; with
/// `as_of` of the one that was the newest at the close of that day.
#[utoipa::path(get, path = "", params(("name" = String, Path, example = "provinces", description = "The name of a table of `/v1/tables`."),
        ("as_of" = Option<NaiveDate>, Query, description = "A day that is over (YYYY-MM-DD, Hà Nội), for example 2026-10-31. Absent: the newest publication point."),
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
        ("as_of" = Option<NaiveDate>, Query, description = "A day that is over (YYYY-MM-DD, Hà Nội), for example 2026-10-31. Absent: the newest publication point."),
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
    let audience = Audience::of(request).await?;
    refuse_void_days(state, request.query_string(), &["as_of"])?;
    let today = state.register.snapshot().figures.day;
    let mut query = Query::of(request)?;
    let as_of = query.parse("as_of", whole_day(Edge::Last, |raw| parse_closed_day(raw, today)));
    let methodology = query.parse("methodology", parse_methodology);
    let is_restated_past = as_of.is_some() && methodology.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowed { rule: Rule::MadeThen }));
    query.finish()?;
    let table = Table::named(name).ok_or(ApiError::NotFound)?;
    match audience {
        Audience::Internal(actor) => send_all(request, state, &actor, (table, form), (as_of, methodology)).await,
        Audience::Public => {
            let (name, columns) = (table.path(), table.column_names());
            let sites_additive = Some(table.is_additive());
            let asked = Asked { name, form, columns, as_of, methodology, sites_additive };
            send_published(request, state, asked).await
        }
    }
}

/// Sends everything that the register has, as of now or as of the close of a day.
async fn send_all(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    actor: &Actor,
    (table, form): (&'static Table, Form),
    (as_of, methodology): (Option<NaiveDate>, Option<&'static Methodology>),
) -> Result<HttpResponse, ApiError> {
    let shared = state.clone();
    let work = move || {
        let register = &shared.register;
        let (figures, cells) = match as_of {
            Some(day) => {
                let figures = register.figures_at(day, None)?;
                let mut table = CellTable::default();
                register.with_cells_at(figures.version, |cells| {
                    cells().for_each(|(key, totals)| table.push(key, &totals));
                })?;
                (figures, table)
            }
            None => register.counted_now(methodology)?,
        };
        let address =
            as_of.map_or_else(|| address(&figures, &table.path()), |day| format!("{}?as_of={day}", table.path()));
        let meta = Provenance::of(&figures, &shared.settings, &address).for_internal_use();
        Ok(page(table, form, all_rows(table, &figures, &cells), meta))
    };
    let page = if as_of.is_some() {
        state.compute(state.slow_query_slot(actor).await?, work).await?
    } else {
        state.compute(actor, work).await?
    };
    send(request, &page, CacheFor::Never).await
}
