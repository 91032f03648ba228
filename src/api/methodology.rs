//! How emissions are estimated, for those who check it: every version with every factor.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::fault::Fault;
use crate::domain::methodology::{Methodology, all, methodology};

use super::error::ApiError;
use super::query::NoQuery;
use super::state::State;

/// Every methodology.
#[derive(Serialize, ToSchema)]
pub struct MethodologyList {
    data: Vec<MethodologyView>,
}

/// A methodology. It never changes.
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
    /// Whether public numbers are made with it now.
    in_force: bool,
    /// The entries that put it in force; the first one is in force from the beginning.
    activated_at_versions: Vec<i64>,
}

/// A methodology with all its factors.
#[derive(Serialize, ToSchema)]
pub struct MethodologyResponse {
    /// Its file: formulas, grid factors, yields, measures, uncertainty, each with unit and source.
    data: Value,
}

/// The methodology that a query names.
pub fn parse_methodology(raw: &str) -> Result<&'static Methodology, Fault> {
    raw.parse().ok().and_then(methodology).ok_or(Fault::UnknownMethodology)
}

/// Every methodology
///
/// Which version is in force, and since which entry of the register.
#[utoipa::path(get, path = "/v1/methodology", tag = "reference", responses((status = 200, body = MethodologyList)))]
pub async fn list_methodologies(_: NoQuery, state: web::Data<State>) -> HttpResponse {
    let (figures, directory) = (state.register.snapshot(), state.register.directory());
    let in_force = figures.figures.methodology.version;
    let activated = |number| directory.activations.iter().filter(move |(_, one)| *one == number).map(|(at, _)| at);
    let data = all().iter().map(|one| MethodologyView {
        version: one.version,
        title_vi: &one.title_vi,
        title_en: &one.title_en,
        issued: one.issued,
        in_force: one.version == in_force,
        activated_at_versions: activated(one.version).collect(),
    });
    let list = MethodologyList { data: data.collect() };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=60")).json(list)
}

/// One methodology
///
/// Every formula and factor, with unit, source and whether it is confirmed. A version never changes.
#[utoipa::path(get, path = "/v1/methodology/{version}", tag = "reference",
    params(("version" = String, Path, example = "1")), responses((status = 200, body = MethodologyResponse)))]
pub async fn get_methodology(_: NoQuery, version: web::Path<String>) -> Result<HttpResponse, ApiError> {
    // "01" and "+1" would be other addresses of the same file.
    let number = version.parse().ok().filter(|number: &i32| number.to_string() == *version);
    let found = number.and_then(methodology).ok_or(ApiError::NotFound)?;
    let data = serde_json::from_str(found.text).map_err(|_| ApiError::Internal)?;
    let response = MethodologyResponse { data };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=3600")).json(response))
}
