//! The public tables: `GET /v1/tables`, `/v1/tables/{name}` and `/v1/tables/{name}.csv`. What stands in
//! them is listed in `list.rs`; here they are made, kept for the version that they are of, and sent.

mod columns;
mod list;
mod programme;
mod rows;
mod view;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::Value as Json;

use crate::domain::national::NationalSums;
use crate::register::{Figures, InOrder, Page, PublicSettings, ReadyPage};

use super::aggregates;
use super::error::ApiError;
use super::grid::{CSV, Grid};
use super::meta::Meta;
use super::progress::send;
use super::query::NoQuery;
use super::state::State;

use list::{Content, TABLES, Table};
use view::{TableList, TableResponse};

/// The pages' path, whichever table it is.
const PATH: &str = "/v1/tables/{name}";
/// How long a table is served while a newer one could be made.
const FRESH_FOR: Duration = Duration::from_millis(250);

/// How a table is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Json,
    Csv,
}

/// A table as it was made.
struct Kept {
    at: Instant,
    version: i64,
    day: NaiveDate,
    page: ReadyPage,
}

/// What was made last, of each table in each form that was asked for.
#[derive(Default)]
pub struct Made(Mutex<HashMap<(&'static str, Form), Arc<Kept>>>);

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
pub async fn list_tables(_: NoQuery, state: web::Data<State>) -> HttpResponse {
    let list = TableList::of(&TABLES, &state.settings);
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=3600")).json(list)
}

/// A public table
///
/// Flat rows, one a value, those without anything, too. Estimates, capacity and installations are of what is verified.
#[utoipa::path(get, path = "/v1/tables/{name}", tag = "tables",
    params(("name" = String, Path, example = "provinces", description = "One of `/v1/tables`.")),
    responses((status = 200, body = TableResponse, headers(("ETag" = String, description = "The state of the table."))),
        (status = 304, headers(("ETag" = String, description = "The state of the table.")))))]
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
    responses((status = 200, content_type = "text/csv", body = String, headers(("ETag" = String, description = "The state of the table."))),
        (status = 304, headers(("ETag" = String, description = "The state of the table.")))))]
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
    let place = state.reads.enter().await?;
    let shared = state.clone();
    let made = web::block(move || {
        let _place = place;
        fresh(&shared, table, form)
    });
    send(request, Some(&made.await?.page))
}

/// What is fresh enough, or made now: one asker makes it, the others wait for that.
fn fresh(state: &State, table: &'static Table, form: Form) -> Arc<Kept> {
    let mut made = state.tables.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (version, day) = (state.register.snapshot().figures.version, state.register.today());
    if let Some(kept) = made.get(&(table.name, form))
        && kept.day == day
        && (kept.version == version || kept.at.elapsed() < FRESH_FOR)
    {
        return kept.clone();
    }
    let kept = Arc::new(make(state, table, form));
    made.insert((table.name, form), kept.clone());
    kept
}

/// Makes a table: of the snapshot, as the headline, where that has what it takes; of the cells otherwise.
fn make(state: &State, table: &'static Table, form: Form) -> Kept {
    let snapshot = state.register.snapshot();
    let (figures, rows) = if table.is_national() {
        let none: &InOrder<'_> = &|| Box::new(std::iter::empty());
        (snapshot.figures.clone(), rows(table, &snapshot.figures, snapshot.national(), none))
    } else {
        let counted = state.register.counted();
        let figures = aggregates::figures(&counted, snapshot.figures.methodology, state.register.today());
        let cells: &InOrder<'_> = &|| Box::new(counted.cells.in_order());
        let rows = rows(table, &figures, &NationalSums::default(), cells);
        drop(counted);
        (figures, rows)
    };
    let body = written(table, form, rows, Meta::of(&figures, &state.settings, &table.path()));
    let media_type = match form {
        Form::Json => "application/json",
        Form::Csv => CSV,
    };
    let page = Page { path: PATH, media_type, body }.into();
    Kept { at: Instant::now(), version: figures.version, day: figures.day, page }
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
