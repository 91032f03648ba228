//! The public tables: `GET /v1/tables`, `/v1/tables/{name}` and `/v1/tables/{name}.csv`. What stands in
//! them is listed in `list.rs`; here they are made, kept for the version that they are of, and sent.

mod columns;
mod list;
mod programme;
mod rows;
mod view;

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value as Json;

use crate::domain::national::NationalSums;
use crate::register::{Figures, InOrder, PublicSettings, ReadyPage, Snapshot};

use super::aggregates;
use super::error::ApiError;
use super::grid::{CSV, Grid};
use super::meta::Meta;
use super::query::NoQuery;
use super::serving::{JSON, Lasts, as_page, send};
use super::state::State;

use list::{Content, TABLES, Table};
use view::{TableList, TableResponse};

/// How a table is sent.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Csv,
}

/// Every public table as JSON, with its name, of the numbers of one version of the register: a pure function of them.
#[must_use]
pub fn render(
    figures: &Figures,
    national: &NationalSums,
    cells: &InOrder<'_>,
    settings: &PublicSettings,
) -> Vec<(&'static str, Vec<u8>)> {
    let written = |table: &'static Table| {
        let rows = rows(table, figures, national, cells);
        (table.name, written(table, Form::Json, rows, Meta::of(figures, settings, &table.path())))
    };
    TABLES.iter().map(written).collect()
}

/// The public tables
///
/// What there is, with every column, its unit and what it is.
#[utoipa::path(get, path = "/v1/tables", tag = "tables", responses((status = 200, body = TableList)))]
pub async fn list_tables(request: HttpRequest, _: NoQuery, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let make = async { Ok(as_page(JSON, &TableList::of(&TABLES, &state.settings))) };
    let page = state.reference.get("/v1/tables", make).await?;
    send(&request, &page, Lasts::Hours).await
}

/// A public table
///
/// Flat rows, one a value, those without anything, too. Estimates, capacity and installations are of what is verified.
#[utoipa::path(get, path = "/v1/tables/{name}", tag = "tables",
    params(("name" = String, Path, example = "provinces", description = "One of `/v1/tables`.")),
    responses((status = 200, body = TableResponse)))]
pub async fn get_table(
    request: HttpRequest,
    _: NoQuery,
    name: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    send_table(&request, &name, &state, Form::Json).await
}

/// A public table as CSV
///
/// The same rows and columns, and then `as_of`, `version` and `methodology_version`. UTF-8 with a byte order mark; numbers
/// with a dot; what does not apply is empty.
#[utoipa::path(get, path = "/v1/tables/{name}.csv", tag = "tables",
    params(("name" = String, Path, example = "provinces", description = "One of `/v1/tables`.")),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn get_table_csv(
    request: HttpRequest,
    _: NoQuery,
    name: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    send_table(&request, &name, &state, Form::Csv).await
}

async fn send_table(
    request: &HttpRequest,
    name: &str,
    state: &web::Data<State>,
    form: Form,
) -> Result<HttpResponse, ApiError> {
    let table = Table::named(name).ok_or(ApiError::NotFound)?;
    let (snapshot, shared) = (state.register.snapshot(), (*state).clone());
    let of = snapshot.clone();
    let make = async { Ok(state.compute(move || make(&shared, &of, table, form)).await?) };
    let ending = match form {
        Form::Json => "",
        Form::Csv => ".csv",
    };
    let page = snapshot.page_of(format!("{}{ending}", table.path()), make).await?;
    send(request, &page, Lasts::Moment).await
}

/// Makes a table: of the snapshot, as the headline, where that has what it takes; of the cells otherwise, which may be ahead.
fn make(state: &State, snapshot: &Snapshot, table: &'static Table, form: Form) -> Result<ReadyPage, ApiError> {
    let (figures, rows) = if table.is_national() {
        let none: &InOrder<'_> = &|| Box::new(std::iter::empty());
        (snapshot.figures.clone(), rows(table, &snapshot.figures, snapshot.national(), none))
    } else {
        let counted = state.register.counted();
        let methodology = state.register.methodology_at(counted.version)?;
        let figures = aggregates::figures(&counted, methodology, state.register.today());
        let cells: &InOrder<'_> = &|| Box::new(counted.cells.in_order());
        let rows = rows(table, &figures, &NationalSums::default(), cells);
        drop(counted);
        (figures, rows)
    };
    let body = written(table, form, rows, Meta::of(&figures, &state.settings, &table.path()));
    let media_type = match form {
        Form::Json => JSON,
        Form::Csv => CSV,
    };
    Ok(ReadyPage::new(media_type, body))
}

/// The rows of a table: of the national sums, or of the cells.
fn rows(table: &Table, figures: &Figures, national: &NationalSums, cells: &InOrder<'_>) -> Vec<Vec<Json>> {
    match table.content {
        Content::ProgrammeSums => programme::rows(figures.methodology, national),
        Content::By(dimension, counts) => rows::of_cells(dimension, counts, figures, cells),
        Content::People => rows::of_people(figures, cells),
    }
}

fn written(table: &Table, form: Form, rows: Vec<Vec<Json>>, meta: Meta) -> Vec<u8> {
    let columns = table.columns().into_iter().map(|column| column.name.into_owned()).collect();
    let grid = Grid { columns, rows };
    match form {
        Form::Csv => grid.csv(&meta),
        // Only numbers, dates and texts: they always have a JSON form.
        Form::Json => serde_json::to_vec(&TableResponse::of(table, grid, meta)).unwrap_or_default(),
    }
}
