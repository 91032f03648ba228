//! `GET /v1/progress/provinces` and `/v1/progress/provinces.geojson`: the progress of every province, on the list of 34 or
//! of 63, as rows or as a map. The map puts the rows of the first on the outlines of `reference`.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, GEO_JSON, JSON, Query, as_page, coded, send};
use crate::api::reference::outlines::{Feature, FeatureCollection, outlines};
use crate::api::state::AppState;
use crate::domain::figures::{Dimension, Estimator, Group, Methodology, NONE, Selection, Sums, Value, aggregate_table};
use crate::domain::reference::PlaceList;
use crate::domain::values::units;
use crate::register::{ReadyPage, Snapshot};

use super::dimension_labels::{Label, REPORTED, VERIFIED, label};
use super::methodologies::parse_methodology;
use super::provenance::{Provenance, address};

const PATH: &str = "/v1/progress/provinces";
const MAP_PATH: &str = "/v1/progress/provinces.geojson";

/// The progress of every province.
#[derive(Serialize, ToSchema)]
pub struct ProvincesResponse {
    /// One row for each province, also for a province without sites. The list of 63 has one more row, for sites whose former
    /// province is unknown.
    data: Vec<ProvinceProgress>,
    /// The version, day and methodology of the numbers, and how to cite them.
    meta: Provenance,
}

/// The progress of a province.
#[derive(Serialize, ToSchema)]
struct ProvinceProgress {
    /// The code of the province on the list that the query names. Example: 01.
    province_code: String,
    /// The Vietnamese name. Example: Hà Nội.
    province_name_vi: String,
    /// The English name. Example: Ha Noi.
    province_name_en: String,
    /// Verified sites in operation, 0 or more. Example: 566.
    sites_verified: i64,
    /// Reported sites that wait to be verified, 0 or more. Example: 46.
    sites_reported: i64,
    /// Verified solar capacity in operation and within its life, in kWp. Example: 1284.3.
    capacity_kwp_verified: f64,
    /// Emissions that the verified measures in operation avoid in a full year, in tCO2e, estimated. Example: 1499.3.
    annual_avoided_tco2e: f64,
    /// Low end of the range of `annual_avoided_tco2e`, in tCO2e. Example: 1091.7.
    annual_avoided_tco2e_low: f64,
    /// High end of the range of `annual_avoided_tco2e`, in tCO2e. Example: 2046.4.
    annual_avoided_tco2e_high: f64,
    /// Part of `annual_avoided_tco2e` whose environmental attributes were sold, in tCO2e. Example: 31.5.
    annual_sold_tco2e: f64,
    /// Emissions that the verified measures avoided up to `meta.as_of`, in tCO2e, estimated. Example: 734.9.
    to_date_avoided_tco2e: f64,
    /// Low end of the range of `to_date_avoided_tco2e`, in tCO2e. Example: 535.2.
    to_date_avoided_tco2e_low: f64,
    /// High end of the range of `to_date_avoided_tco2e`, in tCO2e. Example: 1003.4.
    to_date_avoided_tco2e_high: f64,
    /// Part of `to_date_avoided_tco2e` whose environmental attributes were sold, in tCO2e. Example: 14.2.
    to_date_sold_tco2e: f64,
}

/// The rows, read back from their page to be put on a map.
#[derive(Deserialize)]
struct PageOfRows {
    data: Vec<BTreeMap<String, Json>>,
    meta: Json,
}

/// The query: which list of provinces, and which methodology where not the one in force.
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

/// One row for each of the 34 provinces, or with `list=63` for each of the 63 before 1 July 2025. Emissions, capacity and
/// `sites_verified` count verified sites only.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, body = ProvincesResponse)))]
pub async fn get_provinces(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let page = rows_page(&state, &state.register.snapshot(), Asked::of(&request)?).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// `GeoJSON`: the outline of each province with the numbers of `/v1/progress/provinces` in its `properties`, for the 34 provinces
/// or, with `list=63`, for the 63 before 1 July 2025.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_provinces_map(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let (snapshot, asked) = (state.register.snapshot(), Asked::of(&request)?);
    let make = async {
        let rows = rows_page(&state, &snapshot, asked).await?;
        Ok(state.compute(move || Ok(as_page(GEO_JSON, &map(asked.list, &rows)?))).await?)
    };
    let page = snapshot.page_of(asked.key(MAP_PATH), make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// The page of rows, made once a snapshot. The cells are read as they stand, so the rows may be ahead of the snapshot.
async fn rows_page(state: &web::Data<AppState>, snapshot: &Snapshot, asked: Asked) -> Result<Arc<ReadyPage>, ApiError> {
    let shared = state.clone();
    let make = async { Ok(state.compute(move || Ok(as_page(JSON, &add_up(&shared, asked)?))).await?) };
    Ok(snapshot.page_of(asked.key(PATH), make).await?)
}

fn add_up(state: &AppState, Asked { list, methodology }: Asked) -> Result<ProvincesResponse, ApiError> {
    let dimension = match list {
        PlaceList::Now => Dimension::Province,
        PlaceList::Former => Dimension::FormerProvince,
    };
    // Each stage apart, so that the estimates of its rows add up to those of the stage.
    let selections = [REPORTED, VERIFIED].map(|stage| Selection {
        group_by: vec![dimension],
        filters: vec![(Dimension::Stage, vec![stage])],
        ..Selection::default()
    });
    let counted = state.register.cells();
    let figures = state.register.figures_of(&counted, methodology)?;
    let mut estimator = Estimator::new(figures.methodology, figures.day);
    let groups = selections
        .map(|selection| aggregate_table(&selection, counted.sums_for(&selection), &mut estimator, usize::MAX));
    let [reported, verified] = groups.map(Result::unwrap_or_default);
    let path = format!("{PATH}?list={}", list.as_str());
    let meta = Provenance::of(&figures, &state.settings, &address(&figures, &path));
    drop(counted);
    let sums = |groups: &[(Group, Sums)], value: Value| {
        groups.iter().find(|(group, _)| group[..] == [value]).map(|(_, sums)| *sums).unwrap_or_default()
    };
    let row =
        |value: Value| ProvinceProgress::of(label(dimension, value), &sums(&reported, value), &sums(&verified, value));
    let known = dimension.values().into_iter().filter(|value| *value != NONE || list == PlaceList::Former);
    Ok(ProvincesResponse { data: known.map(row).collect(), meta })
}

impl ProvinceProgress {
    fn of(Label { code, name_vi, name_en }: Label, reported: &Sums, verified: &Sums) -> Self {
        let (annual, to_date) = (&verified.estimate.annual, &verified.estimate.to_date);
        Self {
            province_code: code.unwrap_or_default(),
            province_name_vi: name_vi,
            province_name_en: name_en,
            sites_verified: verified.totals.sites,
            sites_reported: reported.totals.sites,
            capacity_kwp_verified: units(verified.capacity_wp),
            annual_avoided_tco2e: units(annual.avoided_kg),
            annual_avoided_tco2e_low: units(annual.low_kg),
            annual_avoided_tco2e_high: units(annual.high_kg),
            annual_sold_tco2e: units(annual.sold_kg),
            to_date_avoided_tco2e: units(to_date.avoided_kg),
            to_date_avoided_tco2e_low: units(to_date.low_kg),
            to_date_avoided_tco2e_high: units(to_date.high_kg),
            to_date_sold_tco2e: units(to_date.sold_kg),
        }
    }
}

/// The outlines of a list with the rows of their provinces.
fn map(list: PlaceList, rows: &ReadyPage) -> Result<FeatureCollection, ApiError> {
    let rows: PageOfRows = serde_json::from_slice(&rows.identity.body).map_err(|_| ApiError::Internal)?;
    let mut map = outlines(list)?;
    let name = match list {
        PlaceList::Now => "code",
        PlaceList::Former => "former_code",
    };
    for Feature { properties, .. } in &mut map.features {
        // The archipelagos get no numbers, because those of their provinces stand on the mainland.
        if properties.contains_key("special_zone") {
            continue;
        }
        let row = rows.data.iter().find(|row| row.get("province_code") == properties.get(name));
        properties.extend(row.cloned().unwrap_or_default());
    }
    // The row of unknown places gets a feature without an outline.
    let on_map: Vec<Option<Json>> =
        map.features.iter().map(|one| one.properties.get("province_code").cloned()).collect();
    for row in rows.data.iter().filter(|row| !on_map.contains(&row.get("province_code").cloned())) {
        map.features.push(Feature { r#type: "Feature".to_owned(), properties: row.clone(), geometry: Json::Null });
    }
    map.meta = Some(rows.meta);
    Ok(map)
}
