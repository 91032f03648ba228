//! `GET /v1/progress/provinces`: the progress of every province, on the list of 34 or of 63, as rows or as a map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::domain::aggregate::{Dimension, NONE, Selection, Value};
use crate::domain::emissions::Estimator;
use crate::domain::place::PlaceList;
use crate::domain::quantity::units;

use super::aggregates::label;
use super::error::ApiError;
use super::meta::Meta;
use super::query::{NoQuery, Query};
use super::reader::coded;
use super::state::State;

const PATH: &str = "/v1/progress/provinces";
const FRESH: &str = "public, max-age=1, stale-while-revalidate=30";
const GEO_JSON: &str = "application/geo+json";
/// How long numbers are served while newer ones could be made.
const FRESH_FOR: Duration = Duration::from_millis(250);
/// Verified and reported, as `Dimension::Stage` numbers them.
const IN_OPERATION: [Value; 2] = [1, 2];

/// The progress of every province.
#[derive(Clone, Serialize, ToSchema)]
pub struct ProvincesResponse {
    /// One row a province, those without anything, too; of the 63, one more for places that are not known there.
    data: Vec<ProvinceProgress>,
    /// What they were made from.
    meta: Meta,
}

/// The progress of a province.
#[derive(Clone, Serialize, ToSchema)]
struct ProvinceProgress {
    /// Its code on the list that was asked for.
    province_code: String,
    /// Its Vietnamese name.
    province_name_vi: String,
    /// Its English name.
    province_name_en: String,
    /// Verified sites.
    sites_verified: i64,
    /// Reported sites, waiting to be verified.
    sites_installed: i64,
    /// Verified solar capacity.
    capacity_kwp_verified: f64,
    /// Estimated avoided emissions of a full year of what is verified.
    annual_avoided_tco2e: f64,
    /// The low end of it.
    annual_low: f64,
    /// The high end of it.
    annual_high: f64,
    /// Avoided up to the day by what is verified.
    to_date_avoided_tco2e: f64,
}

/// A map in the form of RFC 7946.
#[derive(Serialize, ToSchema)]
pub struct FeatureCollection {
    /// `FeatureCollection`.
    r#type: &'static str,
    /// One a province, and the archipelagos of Hoàng Sa and Trường Sa.
    features: Vec<Feature>,
    /// What the numbers were made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
}

/// What the files of outlines hold.
#[derive(Deserialize)]
struct Outlines {
    features: Vec<Feature>,
}

/// An outline with its properties.
#[derive(Deserialize, Serialize, ToSchema)]
struct Feature {
    /// `Feature`.
    r#type: String,
    /// Code and names; of progress, the columns of the rows, too.
    properties: BTreeMap<String, Json>,
    /// In degrees (WGS 84).
    geometry: Json,
}

/// What was made last, and when.
type LastMade = Option<(Instant, Arc<ProvincesResponse>)>;

/// What was made last, for each list.
#[derive(Default)]
pub struct Made(Mutex<[LastMade; 2]>);

/// Progress by province
///
/// Of the 34 provinces, or with `list=63` of those before 1 July 2025.
#[utoipa::path(get, path = "/v1/progress/provinces", tag = "progress",
    params(("list" = Option<String>, Query, description = "34 (the default) or 63.")),
    responses((status = 200, body = ProvincesResponse)))]
pub async fn get_provinces(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let (_, made) = made(&request, &state).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, FRESH)).json(&*made))
}

/// Progress by province, as a map
///
/// The outlines with the same numbers in the properties, for the 34 or, with `list=63`, the 63.
#[utoipa::path(get, path = "/v1/progress/provinces.geojson", tag = "progress",
    params(("list" = Option<String>, Query, description = "34 (the default) or 63.")),
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_provinces_map(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let (list, made) = made(&request, &state).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, FRESH)).insert_header((CONTENT_TYPE, GEO_JSON));
    Ok(response.json(map(list, &made)?))
}

async fn made(
    request: &HttpRequest,
    state: &web::Data<State>,
) -> Result<(PlaceList, Arc<ProvincesResponse>), ApiError> {
    let mut query = Query::of(request)?;
    let list = query.parse("list", coded(PlaceList::parse, PlaceList::CODES)).unwrap_or(PlaceList::Now);
    query.finish()?;
    let place = state.reads.enter().await?;
    let shared = state.clone();
    let made = web::block(move || {
        let _place = place;
        make(&shared, list)
    });
    Ok((list, made.await??))
}

/// The outlines of the provinces
///
/// Generalised, for maps; Hoàng Sa and Trường Sa with the code of their province. Made with Natural Earth.
#[utoipa::path(get, path = "/v1/provinces.geojson", tag = "reference",
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_outlines(_: NoQuery) -> Result<HttpResponse, ApiError> {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "public, max-age=86400")).insert_header((CONTENT_TYPE, GEO_JSON));
    Ok(response.json(outlines(PlaceList::Now)?))
}

/// What is fresh enough, or made now: one asker makes it, the others wait for that.
fn make(state: &State, list: PlaceList) -> Result<Arc<ProvincesResponse>, ApiError> {
    let mut made = state.provinces.0.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = made.get_mut(usize::from(list == PlaceList::Former)).ok_or(ApiError::Internal)?;
    let (version, day) = (state.register.snapshot().figures.version, state.register.today());
    if let Some((at, kept)) = slot.as_ref()
        && kept.meta.as_of == day
        && (kept.meta.version == version || at.elapsed() < FRESH_FOR)
    {
        return Ok(kept.clone());
    }
    let response = Arc::new(add_up(state, list)?);
    *slot = Some((Instant::now(), response.clone()));
    Ok(response)
}

fn add_up(state: &State, list: PlaceList) -> Result<ProvincesResponse, ApiError> {
    let dimension = match list {
        PlaceList::Now => Dimension::Province,
        PlaceList::Former => Dimension::FormerProvince,
    };
    let selection = Selection {
        group_by: vec![dimension, Dimension::Stage],
        filters: vec![(Dimension::Stage, IN_OPERATION.to_vec())],
        ..Selection::default()
    };
    let (day, methodology) = (state.register.today(), state.register.snapshot().figures.methodology);
    let counted = state.register.counted();
    let mut estimator = Estimator::new(methodology, day);
    let groups = selection.add_up_all(counted.sums_for(&selection), &mut estimator, usize::MAX);
    let groups = groups.map_err(|_| ApiError::Internal)?;
    let meta = super::aggregates::meta(&counted, (methodology, day), (state, PATH));
    drop(counted);
    let row = |value: Value| {
        let (code, name_vi, name_en) = label(dimension, value);
        let sums = |stage: Value| {
            let found = groups.iter().find(|(group, _)| group[..] == [value, stage]);
            found.map(|(_, sums)| *sums).unwrap_or_default()
        };
        let [installed, verified] = IN_OPERATION.map(sums);
        let (annual, to_date) = (verified.estimate.annual, verified.estimate.to_date);
        ProvinceProgress {
            province_code: code.unwrap_or_default(),
            province_name_vi: name_vi,
            province_name_en: name_en,
            sites_verified: verified.totals.sites,
            sites_installed: installed.totals.sites,
            capacity_kwp_verified: units(verified.capacity_wp),
            annual_avoided_tco2e: annual.avoided_tco2e,
            annual_low: annual.low,
            annual_high: annual.high,
            to_date_avoided_tco2e: to_date.avoided_tco2e,
        }
    };
    let known = dimension.values().into_iter().filter(|value| *value != NONE || list == PlaceList::Former);
    Ok(ProvincesResponse { data: known.map(row).collect(), meta })
}

/// The outlines with the numbers of their provinces.
fn map(list: PlaceList, made: &ProvincesResponse) -> Result<FeatureCollection, ApiError> {
    let mut map = outlines(list)?;
    let name = match list {
        PlaceList::Now => "code",
        PlaceList::Former => "former_code",
    };
    for Feature { properties, .. } in &mut map.features {
        // The archipelagos are parts of provinces, whose numbers stand on the mainland once.
        if properties.contains_key("special_zone") {
            continue;
        }
        let code = properties.get(name).and_then(Json::as_str).unwrap_or_default();
        let row = made.data.iter().find(|row| row.province_code == code);
        if let Some(Json::Object(row)) = row.and_then(|row| serde_json::to_value(row).ok()) {
            properties.extend(row);
        }
    }
    map.meta = Some(made.meta.clone());
    Ok(map)
}

/// The outlines of a list. The archipelagos stand on both.
fn outlines(list: PlaceList) -> Result<FeatureCollection, ApiError> {
    let text = match list {
        PlaceList::Now => include_str!("../../reference/provinces.geojson"),
        PlaceList::Former => include_str!("../../reference/provinces_legacy.geojson"),
    };
    let read = |text: &str| serde_json::from_str::<Outlines>(text).map_err(|_| ApiError::Internal);
    let mut features = read(text)?.features;
    features.extend(read(include_str!("../../reference/archipelagos.geojson"))?.features);
    Ok(FeatureCollection { r#type: "FeatureCollection", features, meta: None })
}
