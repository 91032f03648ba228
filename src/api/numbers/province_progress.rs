//! `GET /v1/progress/provinces`: the progress of every province, on the list of 34 or of 63, as rows or as a map.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, GEO_JSON, JSON, NoQuery, Query, as_page, coded, send};
use crate::api::state::AppState;
use crate::domain::figures::{Dimension, Estimator, Methodology, NONE, Selection, Value, aggregate_table};
use crate::domain::reference::PlaceList;
use crate::domain::values::units;
use crate::register::{ReadyPage, Snapshot};

use super::dimension_labels::{INSTALLED, Label, VERIFIED, label};
use super::methodologies::parse_methodology;
use super::provenance::{Provenance, address, figures_of_cells};

const PATH: &str = "/v1/progress/provinces";
/// The values of `Dimension::Stage` of sites in operation: reported, verified.
const IN_OPERATION: [Value; 2] = [INSTALLED, VERIFIED];

/// The progress of every province.
#[derive(Serialize, ToSchema)]
pub struct ProvincesResponse {
    /// One row a province, those without anything, too; of the 63, one more for places that are not known there.
    data: Vec<ProvinceProgress>,
    /// What they were made from.
    meta: Provenance,
}

/// The progress of a province.
#[derive(Serialize, ToSchema)]
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
    #[schema(value_type = Option<Provenance>)]
    meta: Option<Json>,
}

/// The rows, to be put on a map.
#[derive(Deserialize)]
struct Rows {
    data: Vec<BTreeMap<String, Json>>,
    meta: Json,
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Asked {
    list: PlaceList,
    methodology: Option<&'static Methodology>,
}

impl Asked {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let mut query = Query::of(request)?;
        let list = query.parse("list", coded(PlaceList::parse, PlaceList::CODES)).unwrap_or(PlaceList::Now);
        let methodology = query.parse("methodology", parse_methodology);
        query.finish()?;
        Ok(Self { list, methodology })
    }

    fn key(self, path: &str) -> String {
        let number = self.methodology.map_or_else(String::new, |methodology| methodology.version.to_string());
        format!("{path}?list={}&methodology={number}", self.list.as_str())
    }
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
    /// In degrees (WGS 84); null for places that are not known on the list.
    geometry: Json,
}

/// Of the 34 provinces, or with `list=63` of those before 1 July 2025.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "34 (the default) or 63."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, body = ProvincesResponse)))]
pub async fn get_provinces(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let page = rows_page(&state, &state.register.snapshot(), Asked::of(&request)?).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// The outlines with the same numbers in the properties, for the 34 or, with `list=63`, the 63.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "34 (the default) or 63."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_provinces_map(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let (snapshot, asked) = (state.register.snapshot(), Asked::of(&request)?);
    let make = async {
        let rows = rows_page(&state, &snapshot, asked).await?;
        Ok(state.compute(move || Ok(as_page(GEO_JSON, &map(asked.list, &rows)?))).await?)
    };
    let page = snapshot.page_of(asked.key("/v1/progress/provinces.geojson"), make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// The rows. They are of the cells as they stand, which may be ahead of the snapshot.
async fn rows_page(state: &web::Data<AppState>, snapshot: &Snapshot, asked: Asked) -> Result<Arc<ReadyPage>, ApiError> {
    let shared = state.clone();
    let make = async { Ok(state.compute(move || Ok(as_page(JSON, &add_up(&shared, asked)?))).await?) };
    Ok(snapshot.page_of(asked.key(PATH), make).await?)
}

/// Generalised, for maps; Hoàng Sa and Trường Sa with the code of their province. Made with Natural Earth.
#[utoipa::path(get, path = "", responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_outlines(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let make = async { Ok(as_page(GEO_JSON, &outlines(PlaceList::Now)?)) };
    let page = state.static_pages.get("/v1/provinces.geojson", make).await?;
    send(&request, &page, CacheFor::OneHour).await
}

fn add_up(state: &AppState, Asked { list, methodology }: Asked) -> Result<ProvincesResponse, ApiError> {
    let dimension = match list {
        PlaceList::Now => Dimension::Province,
        PlaceList::Former => Dimension::FormerProvince,
    };
    let selection = Selection {
        group_by: vec![dimension, Dimension::Stage],
        filters: vec![(Dimension::Stage, IN_OPERATION.to_vec())],
        ..Selection::default()
    };
    let day = state.register.today();
    let counted = state.register.cells();
    let methodology = methodology.map_or_else(|| state.register.methodology_at(counted.version), Ok)?;
    let mut estimator = Estimator::new(methodology, day);
    let groups = aggregate_table(&selection, counted.sums_for(&selection), &mut estimator, usize::MAX);
    let groups = groups.map_err(|_| ApiError::Internal)?;
    let path = format!("{PATH}?list={}", list.as_str());
    let figures = figures_of_cells(state, &counted, methodology, day);
    let meta = Provenance::of(&figures, &state.settings, &address(&figures, &path));
    drop(counted);
    let row = |value: Value| {
        let Label { code, name_vi, name_en } = label(dimension, value);
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
fn map(list: PlaceList, rows: &ReadyPage) -> Result<FeatureCollection, ApiError> {
    let rows: Rows = serde_json::from_slice(&rows.identity.body).map_err(|_| ApiError::Internal)?;
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
        let row = rows.data.iter().find(|row| row.get("province_code") == properties.get(name));
        properties.extend(row.cloned().unwrap_or_default());
    }
    // Places that are not known on the list have numbers, and no outline.
    let on_map: Vec<Option<Json>> =
        map.features.iter().map(|one| one.properties.get("province_code").cloned()).collect();
    for row in rows.data.iter().filter(|row| !on_map.contains(&row.get("province_code").cloned())) {
        map.features.push(Feature { r#type: "Feature".to_owned(), properties: row.clone(), geometry: Json::Null });
    }
    map.meta = Some(rows.meta);
    Ok(map)
}

/// The outlines of a list. The archipelagos stand on both.
fn outlines(list: PlaceList) -> Result<FeatureCollection, ApiError> {
    let text = match list {
        PlaceList::Now => include_str!("../../../reference/provinces.geojson"),
        PlaceList::Former => include_str!("../../../reference/provinces_legacy.geojson"),
    };
    let read = |text: &str| serde_json::from_str::<Outlines>(text).map_err(|_| ApiError::Internal);
    let mut features = read(text)?.features;
    features.extend(read(include_str!("../../../reference/archipelagos.geojson"))?.features);
    Ok(FeatureCollection { r#type: "FeatureCollection", features, meta: None })
}
