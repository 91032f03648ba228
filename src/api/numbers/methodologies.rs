//! How emissions are estimated, for those who check it: every version with every factor.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::api::state::AppState;
use crate::db::ledger::Activation;
use crate::domain::figures::{Methodology, all, methodology};
use crate::domain::values::Fault;
use crate::register::{Figures, Snapshot};

use super::provenance::instant;

const PATH: &str = "/v1/methodology";

/// Every methodology.
#[derive(Serialize, ToSchema)]
pub struct MethodologyList {
    data: Vec<MethodologyView>,
}

/// A methodology, and since when it is in force.
#[derive(Serialize, ToSchema)]
struct MethodologyView {
    /// Its number.
    version: i32,
    /// Its name in Vietnamese.
    title_vi: &'static str,
    /// Its name in English.
    title_en: &'static str,
    /// When it was made.
    issued: NaiveDate,
    /// The SHA-256 of its file, in hexadecimal digits; the entry that puts it in force seals it.
    sha256: &'static str,
    /// Whether public numbers are made with it now.
    in_force: bool,
    /// The entries that put it in force, in order; the first methodology is in force from the beginning.
    activations: Vec<ActivationView>,
}

/// An entry that put a methodology in force.
#[derive(Serialize, ToSchema)]
struct ActivationView {
    /// The version of the register that it made.
    version: i64,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded_at: String,
}

/// A methodology with all its factors.
#[derive(Serialize, ToSchema)]
pub struct MethodologyResponse {
    /// Its file: formulas, grid factors, yields, measures, uncertainty, each with unit and source.
    data: Value,
    /// Which one it is, and since which entry it is in force.
    about: MethodologyView,
}

/// The methodology that a query or a path names. "01" and "+1" would be other names of the same.
pub fn parse_methodology(raw: &str) -> Result<&'static Methodology, Fault> {
    let number = raw.parse().ok().filter(|number: &i32| number.to_string() == raw);
    number.and_then(methodology).ok_or(Fault::UnknownMethodology)
}

/// The newest numbers, made with the methodology that was asked for.
pub async fn snapshot_with(state: &AppState, asked: Option<&'static Methodology>) -> Result<Arc<Snapshot>, ApiError> {
    let snapshot = state.register.snapshot();
    Ok(match asked {
        Some(methodology) => web::block(move || snapshot.with(methodology)).await?,
        None => snapshot,
    })
}

/// Which version is in force, and since which entry of the register.
#[utoipa::path(get, path = "", responses((status = 200, body = MethodologyList)))]
pub async fn list_methodologies(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let snapshot = state.register.snapshot();
    let make = async {
        let data = all().iter().map(|one| MethodologyView::of(one, &state, &snapshot.figures)).collect();
        Ok(as_page(JSON, &MethodologyList { data }))
    };
    let page = snapshot.page_of(PATH, make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// Every formula and factor, with unit, source and whether it is confirmed. A version never changes.
#[utoipa::path(get, path = "", params(("version" = String, Path, example = "1")), responses((status = 200, body = MethodologyResponse)))]
pub async fn get_methodology(
    request: HttpRequest,
    _: NoQuery,
    version: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let found = parse_methodology(&version).map_err(|_| ApiError::NotFound)?;
    let snapshot = state.register.snapshot();
    let make = async {
        let data = serde_json::from_str(&found.text).map_err(|_| ApiError::Internal)?;
        let about = MethodologyView::of(found, &state, &snapshot.figures);
        Ok(as_page(JSON, &MethodologyResponse { data, about }))
    };
    let page = snapshot.page_of(format!("{PATH}/{}", found.version), make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

impl MethodologyView {
    /// As it was at the version of the figures; the known activations may be ahead of them.
    fn of(one: &'static Methodology, state: &AppState, figures: &Figures) -> Self {
        let known = state.register.activations();
        let activations = known.of(one.version).filter(|at| at.version <= figures.version);
        let activation = |at: &Activation| ActivationView { version: at.version, recorded_at: instant(at.recorded_at) };
        Self {
            version: one.version,
            title_vi: &one.title_vi,
            title_en: &one.title_en,
            issued: one.issued,
            sha256: &one.sha256,
            in_force: one.version == figures.methodology.version,
            activations: activations.map(activation).collect(),
        }
    }
}
