//! From numbers to the bytes of a table: made now, or kept from the end of a month.

use std::sync::Arc;

use actix_web::HttpRequest;
use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use crate::api::http::{ApiError, CSV, CsvTable, Form, JSON};
use crate::api::numbers::provenance::{Provenance, address, with_host};
use crate::api::state::AppState;
use crate::db::ledger::closed_days;
use crate::domain::counting::NationalSums;
use crate::domain::figures::Methodology;
use crate::domain::values::Fault;
use crate::register::{Figures, InOrder, PublicSettings, ReadyPage, Snapshot};

use super::catalogue::{Content, TABLES, Table};
use super::view::TableResponse;
use super::{programme_sums, rows};

/// Every public table as JSON, by its name, for the end of a month to keep: a pure function of the numbers of that day.
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

/// The page of a table that was kept at the end of a month. It never changes, unless the register loses days.
pub async fn kept(
    request: &HttpRequest,
    state: &AppState,
    (table, form): (&'static Table, Form),
    day: NaiveDate,
) -> Result<Arc<ReadyPage>, ApiError> {
    if state.register.is_before(day) {
        return Err(ApiError::invalid("as_of", Fault::BeforeTheRegister));
    }
    let key = format!("{}{}?as_of={day} {}", table.path(), form.ending(), state.register.reloads());
    if let Some(page) = state.month_pages.made(&key) {
        return Ok(page);
    }
    let slot = state.counted_slot(request).await?;
    let (database, settings) = (state.register.database().clone(), state.settings.clone());
    let work = move || {
        let connection = &mut database.connection()?;
        if let Some(body) = closed_days::table(connection, day, table.name)? {
            return page_of_kept(&settings, table, form, &body);
        }
        let is_before = closed_days::is_before_the_register(connection, day)?;
        Err(ApiError::invalid("as_of", if is_before { Fault::BeforeTheRegister } else { Fault::NotClosed }))
    };
    let page = state.compute(slot, work).await?;
    Ok(state.month_pages.get(key, async { Ok(page) }).await?)
}

/// The page of a kept text, which is JSON; its CSV is made from it.
fn page_of_kept(settings: &PublicSettings, table: &Table, form: Form, body: &str) -> Result<ReadyPage, ApiError> {
    let body = with_host(body, settings);
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

/// Makes the page of a table. A national table is made of the snapshot, as the headline is; other tables are made of the
/// cells as they stand, which may be ahead of the snapshot.
pub fn make(
    state: &AppState,
    snapshot: &Snapshot,
    table: &'static Table,
    form: Form,
    asked: Option<&'static Methodology>,
) -> Result<ReadyPage, ApiError> {
    let (figures, rows) = if table.is_national() {
        let none: &InOrder<'_> = &|| Box::new(std::iter::empty());
        (snapshot.figures.clone(), rows(table, &snapshot.figures, snapshot.national(), none))
    } else {
        let counted = state.register.cells();
        let figures = state.register.figures_of(&counted, asked)?;
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

/// The rows of a table, from the national sums or from the cells.
fn rows(table: &Table, figures: &Figures, national: &NationalSums, cells: &InOrder<'_>) -> Vec<Vec<Json>> {
    match table.content {
        Content::ProgrammeSums => programme_sums::rows(figures.methodology, national),
        Content::By(dimension, counts) => rows::of_cells(dimension, counts, figures, cells),
        Content::People => rows::of_people(figures, cells),
    }
}

/// The bytes of a table.
fn written(table: &Table, form: Form, rows: Vec<Vec<Json>>, meta: Provenance) -> Vec<u8> {
    let csv_table = CsvTable { columns: table.column_names(), rows };
    match form {
        Form::Csv => csv_table.csv(&json!(meta)),
        // Only numbers, dates and texts: they always have a JSON form.
        Form::Json => serde_json::to_vec(&TableResponse::of(table, csv_table, meta)).unwrap_or_default(),
    }
}
