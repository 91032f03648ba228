//! The pages of publication points: made at the close of a day, kept as JSON, and sent as JSON or CSV. What is published of a point
//! never changes.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use crate::api::http::{ApiError, CSV, CacheFor, CsvTable, Form, JSON, send};
use crate::api::state::{AppState, Reader};
use crate::db::ledger::closed_days;
use crate::domain::figures::Methodology;
use crate::domain::values::Fault;
use crate::register::{Figures, PublicSettings, ReadyPage, Snapshot, closing_figures, page_at};

use super::provenance::{Provenance, with_host};

/// Which page of which point.
#[derive(Clone)]
pub struct Asked {
    /// The name of the stored page: its path and query.
    pub name: String,
    pub form: Form,
    /// The columns of its rows.
    pub columns: Vec<String>,
    /// The closed day at which the point was the newest; the newest one of now if there is none.
    pub as_of: Option<NaiveDate>,
    /// The methodology, where not that of the point.
    pub methodology: Option<&'static Methodology>,
    /// Whether the sites of its rows add up, where the page says so.
    pub sites_additive: Option<bool>,
}

/// Sends a page of a point.
pub async fn send_published(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    asked: Asked,
) -> Result<HttpResponse, ApiError> {
    let lasts = if asked.as_of.is_some() { CacheFor::OneHour } else { CacheFor::OneSecond };
    let snapshot = state.register.snapshot();
    send(request, &*published(request, state, &snapshot, asked).await?, lasts).await
}

/// A page of a point in its form: of the newest one of a snapshot, or of one of the past.
pub async fn published(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    snapshot: &Snapshot,
    asked: Asked,
) -> Result<Arc<ReadyPage>, ApiError> {
    if let Some(day) = asked.as_of {
        return past(request, state, asked, day).await;
    }
    let number = asked.methodology.map_or_else(String::new, |methodology| format!(" {}", methodology.version));
    let key = format!("{}{}{number}", asked.name, asked.form.ending());
    let Some(point) = snapshot.point.clone() else {
        let page = nothing_published(&asked, &snapshot.figures, &state.settings);
        return Ok(snapshot.page_of(key, async { Ok(page) }).await?);
    };
    let shared = state.clone();
    let work_point = point.clone();
    let work = move || {
        let other = asked.methodology.filter(|methodology| methodology.version != work_point.methodology);
        let text = match other {
            None => work_point.page(&asked.name).map(ToString::to_string),
            Some(methodology) => shared.register.restated(&work_point, methodology)?.pages.get(&asked.name).cloned(),
        };
        page_of(&shared.settings, &asked, &text.ok_or(ApiError::NotFound)?)
    };
    let make = async { Ok(state.compute(Reader::Everybody, work).await?) };
    Ok(point.page_of(key, make).await?)
}

/// A page of the point that was the newest at the close of a day. It never changes, unless the register loses days.
async fn past(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    asked: Asked,
    day: NaiveDate,
) -> Result<Arc<ReadyPage>, ApiError> {
    if state.register.is_before(day) {
        return Err(ApiError::invalid("as_of", Fault::BeforeTheRegister));
    }
    let key = format!("{}{} {day} {}", asked.name, asked.form.ending(), state.register.reloads());
    if let Some(page) = state.past_pages.made(&key) {
        return Ok(page);
    }
    let slot = state.counted_slot(request).await?;
    let shared = state.clone();
    let work = move || {
        let connection = &mut shared.register.database().connection()?;
        if closed_days::is_before_the_register(connection, day)? {
            return Err(ApiError::invalid("as_of", Fault::BeforeTheRegister));
        }
        let then = closing_figures(connection, day, &shared.register.activations())?;
        match page_at(connection, day, &asked.name)? {
            Some(text) => page_of(&shared.settings, &asked, &text),
            None => Ok(nothing_published(&asked, &then, &shared.settings)),
        }
    };
    let page = state.compute(slot, work).await?;
    Ok(state.past_pages.get(key, async { Ok(page) }).await?)
}

/// The page of a register that has published no figures yet: no rows.
fn nothing_published(asked: &Asked, figures: &Figures, settings: &PublicSettings) -> ReadyPage {
    let address = asked.as_of.map_or_else(String::new, |day| format!("?as_of={day}"));
    let mut meta = Provenance::of_counts(figures, settings, &format!("{}{address}", asked.name));
    meta.warnings.push("nothing_published_yet".to_owned());
    let mut body = json!({"data": [], "meta": meta});
    if let (Some(is_additive), Some(members)) = (asked.sites_additive, body.as_object_mut()) {
        members.insert("sites_additive".to_owned(), json!(is_additive));
    }
    written(asked, &body, || body.to_string())
}

/// The page of a kept text, which is JSON; its CSV is made from it.
fn page_of(settings: &PublicSettings, asked: &Asked, text: &str) -> Result<ReadyPage, ApiError> {
    let text = with_host(text, settings);
    let body =
        if asked.form == Form::Csv { serde_json::from_str(&text).map_err(|_| ApiError::Internal)? } else { Json::Null };
    Ok(written(asked, &body, || text))
}

fn written(asked: &Asked, body: &Json, text: impl FnOnce() -> String) -> ReadyPage {
    match asked.form {
        Form::Json => ReadyPage::new(JSON, text()),
        Form::Csv => {
            let rows = body.get("data").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            let table = CsvTable::of_objects(asked.columns.clone(), rows);
            ReadyPage::new(CSV, table.csv(body.get("meta").unwrap_or(&Json::Null)))
        }
    }
}
