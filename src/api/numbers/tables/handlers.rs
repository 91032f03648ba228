//! The public tables: `GET /v1/tables`, `/v1/tables/{name}` and `/v1/tables/{name}.csv`. What stands in
//! them is listed in `list.rs`; here they are made, kept for the version that they are of, and sent.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use crate::api::http::{ApiError, CSV, CacheFor, CsvTable, JSON, NoQuery, Query, as_page, send};
use crate::api::numbers::bridge::parse_closed_day;
use crate::api::numbers::methodologies::{parse_methodology, snapshot_with};
use crate::api::numbers::provenance::{Provenance, address, figures_of_cells};
use crate::api::state::AppState;
use crate::db::ledger::closed_days;
use crate::domain::counting::NationalSums;
use crate::domain::figures::Methodology;
use crate::domain::values::{Fault, Month, Rule};
use crate::register::{Figures, InOrder, PublicSettings, ReadyPage, Snapshot};

use super::catalogue::{Content, TABLES, Table};
use super::view::{TableList, TableResponse};
use super::{programme_sums, rows};

/// How a table is sent.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Csv,
}

/// Every public table as JSON, with its name, as it is kept of the end of a month: a pure function of the numbers then.
#[must_use]
pub fn render(
    figures: &Figures,
    national: &NationalSums,
    cells: &InOrder<'_>,
    settings: &PublicSettings,
) -> Vec<(&'static str, Vec<u8>)> {
    let written = |table: &'static Table| {
        let rows = rows(table, figures, national, cells);
        let meta = Provenance::of(figures, settings, &format!("{}?as_of={}", table.path(), figures.day));
        (table.name, written(table, Form::Json, rows, meta))
    };
    TABLES.iter().map(written).collect()
}

/// What there is, with every column, its unit and what it is.
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

/// Flat rows, one a value, those without anything, too. Estimates, capacity and installations are of what is verified. With
/// `as_of`, as it was at the end of a month.
#[utoipa::path(get, path = "", params(("name" = String, Path, example = "provinces", description = "One of `/v1/tables`."),
        ("as_of" = Option<NaiveDate>, Query, description = "The last day of a month that is over."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology, not with `as_of`.")),
    responses((status = 200, body = TableResponse)))]
pub async fn get_table(
    request: HttpRequest,
    name: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    send_table(&request, &name, &state, Form::Json).await
}

/// The same rows and columns, and then `as_of`, `version` and `methodology_version`. UTF-8 with a byte order mark; numbers
/// with a dot; what does not apply is empty.
#[utoipa::path(get, path = "", params(("name" = String, Path, example = "provinces", description = "One of `/v1/tables`."),
        ("as_of" = Option<NaiveDate>, Query, description = "The last day of a month that is over."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology, not with `as_of`.")),
    responses((status = 200, content_type = "text/csv", body = String)))]
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
    let snapshot = state.register.snapshot();
    let mut query = Query::of(request)?;
    let as_of = query.parse("as_of", |raw| parse_month_end(raw, snapshot.figures.day));
    let asked = query.parse("methodology", parse_methodology);
    let is_restated_past = as_of.is_some() && asked.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowed { rule: Rule::MadeThen }));
    query.finish()?;
    let table = Table::named(name).ok_or(ApiError::NotFound)?;
    if let Some(day) = as_of {
        return send(request, &kept(state, table, form, day).await?, CacheFor::OneHour).await;
    }
    let snapshot = snapshot_with(state, asked).await?;
    let (of, shared) = (snapshot.clone(), (*state).clone());
    let make = async { Ok(state.compute(move || make(&shared, &of, (table, form), asked)).await?) };
    let ending = match form {
        Form::Json => "",
        Form::Csv => ".csv",
    };
    let page = snapshot.page_of(format!("{}{ending}", table.path()), make).await?;
    send(request, &page, CacheFor::OneSecond).await
}

/// Reads the last day of a month that is over.
fn parse_month_end(raw: &str, today: NaiveDate) -> Result<NaiveDate, Fault> {
    let day = parse_closed_day(raw, today)?;
    if Month::of(day).last_day() == day { Ok(day) } else { Err(Fault::NotALastOfMonth) }
}

/// A table as it was kept at the end of a month.
async fn kept(state: &AppState, table: &'static Table, form: Form, day: NaiveDate) -> Result<ReadyPage, ApiError> {
    let kept = state.read(move |connection| closed_days::table(connection, day, table.name)).await?;
    let body = kept.ok_or_else(|| ApiError::invalid("as_of", Fault::NotClosed))?;
    Ok(match form {
        Form::Json => ReadyPage::new(JSON, body),
        Form::Csv => {
            let body: Json = serde_json::from_str(&body).map_err(|_| ApiError::Internal)?;
            let (rows, meta) =
                body.get("data").and_then(Json::as_array).zip(body.get("meta")).ok_or(ApiError::Internal)?;
            ReadyPage::new(CSV, CsvTable::of_objects(table.column_names(), rows).csv(meta))
        }
    })
}

/// Makes a table: of the snapshot, as the headline, where that has what it takes; of the cells otherwise, which may be ahead.
fn make(
    state: &AppState,
    snapshot: &Snapshot,
    (table, form): (&'static Table, Form),
    asked: Option<&'static Methodology>,
) -> Result<ReadyPage, ApiError> {
    let (figures, rows) = if table.is_national() {
        let none: &InOrder<'_> = &|| Box::new(std::iter::empty());
        (snapshot.figures.clone(), rows(table, &snapshot.figures, snapshot.national(), none))
    } else {
        let counted = state.register.cells();
        let in_force = state.register.methodology_at(counted.version)?;
        let methodology = asked.unwrap_or(in_force);
        let figures = figures_of_cells(state, &counted, methodology, state.register.today());
        let cells: &InOrder<'_> = &|| Box::new(counted.cells.iter());
        let rows = rows(table, &figures, &NationalSums::default(), cells);
        drop(counted);
        (figures, rows)
    };
    let body = written(table, form, rows, Provenance::of(&figures, &state.settings, &address(&figures, &table.path())));
    let media_type = match form {
        Form::Json => JSON,
        Form::Csv => CSV,
    };
    Ok(ReadyPage::new(media_type, body))
}

/// The rows of a table: of the national sums, or of the cells.
fn rows(table: &Table, figures: &Figures, national: &NationalSums, cells: &InOrder<'_>) -> Vec<Vec<Json>> {
    match table.content {
        Content::ProgrammeSums => programme_sums::rows(figures.methodology, national),
        Content::By(dimension, counts) => rows::of_cells(dimension, counts, figures, cells),
        Content::People => rows::of_people(figures, cells),
    }
}

fn written(table: &Table, form: Form, rows: Vec<Vec<Json>>, meta: Provenance) -> Vec<u8> {
    let grid = CsvTable { columns: table.column_names(), rows };
    match form {
        Form::Csv => grid.csv(&json!(meta)),
        // Only numbers, dates and texts: they always have a JSON form.
        Form::Json => serde_json::to_vec(&TableResponse::of(table, grid, meta)).unwrap_or_default(),
    }
}
