//! `GET /v1/progress/provinces` and `/v1/progress/provinces.geojson`: the progress of every province, on the list of 34 or
//! of 63, as rows or as a map. The map puts the rows of the first on the outlines of `reference`.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, Form, GEO_JSON, Query, as_page, coded, columns_of, page_of_rows, send};
use crate::api::reference::outlines::{Archipelagos, Feature, FeatureCollection, outlines, parse_archipelagos};
use crate::api::state::{AppState, Reader};
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
    /// The code of the province; absent from the list of 63. Example: 01.
    #[serde(skip_serializing_if = "Option::is_none")]
    province_code: Option<String>,
    /// The Vietnamese name; absent from the list of 63. Example: Hà Nội.
    #[serde(skip_serializing_if = "Option::is_none")]
    province_name_vi: Option<String>,
    /// The English name; absent from the list of 63. Example: Ha Noi.
    #[serde(skip_serializing_if = "Option::is_none")]
    province_name_en: Option<String>,
    /// The code of the province before 1 July 2025; only on the list of 63. Example: 01.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_province_code: Option<String>,
    /// The Vietnamese name; only on the list of 63. Example: Hà Nội.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_province_name_vi: Option<String>,
    /// The English name; only on the list of 63. Example: Ha Noi.
    #[serde(skip_serializing_if = "Option::is_none")]
    former_province_name_en: Option<String>,
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
    archipelagos: Archipelagos,
    methodology: Option<&'static Methodology>,
}

impl Asked {
    fn rows(request: &HttpRequest) -> Result<Self, ApiError> {
        let mut query = Query::of(request)?;
        let asked = Self::of(&mut query);
        query.finish()?;
        Ok(asked)
    }

    fn map(request: &HttpRequest) -> Result<Self, ApiError> {
        let mut query = Query::of(request)?;
        let archipelagos = parse_archipelagos(&mut query);
        let asked = Self { archipelagos, ..Self::of(&mut query) };
        query.finish()?;
        Ok(asked)
    }

    fn of(query: &mut Query) -> Self {
        let list = query.parse("list", coded(PlaceList::parse, PlaceList::CODES)).unwrap_or(PlaceList::Now);
        let methodology = query.parse("methodology", parse_methodology);
        Self { list, archipelagos: Archipelagos::Within, methodology }
    }

    fn key(self, path: &str) -> String {
        let number = self.methodology.map_or_else(String::new, |methodology| methodology.version.to_string());
        let islands = self.archipelagos.as_str();
        format!("{path}?list={}&archipelagos={islands}&methodology={number}", self.list.as_str())
    }
}

/// One row for each of the 34 provinces, or with `list=63` for each of the 63 before 1 July 2025. Emissions, capacity and
/// `sites_verified` count verified sites only.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, body = ProvincesResponse)))]
pub async fn get_provinces(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let page = rows_page(&state, &state.register.snapshot(), Asked::rows(&request)?, Form::Json).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// The rows of `/v1/progress/provinces` as CSV, then each province once more as `01 Hà Nội`, `as_of`, `version` and
/// `methodology_version`. The text is UTF-8 with a byte order mark; numbers have a decimal point.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, description = "The rows of the provinces as CSV.", content_type = "text/csv", body = String)))]
pub async fn get_provinces_csv(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let page = rows_page(&state, &state.register.snapshot(), Asked::rows(&request)?, Form::Csv).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// `GeoJSON`: the outline of each province with the numbers of `/v1/progress/provinces` in its `properties`, for the 34 provinces
/// or, with `list=63`, for the 63 before 1 July 2025. Hoàng Sa and Trường Sa are parts of Đà Nẵng and Khánh Hòa; with
/// `archipelagos=apart` they are features of their own, without numbers.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("archipelagos" = Option<String>, Query, description = "`within` (the default): Hoàng Sa and Trường Sa are parts of their provinces. `apart`: features of their own."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_provinces_map(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let (snapshot, asked) = (state.register.snapshot(), Asked::map(&request)?);
    let make = async {
        let asked_rows = Asked { archipelagos: Archipelagos::Within, ..asked };
        // In a box, because a page within a page makes a large future.
        let rows = Box::pin(rows_page(&state, &snapshot, asked_rows, Form::Json)).await?;
        Ok(state.compute(Reader::Everybody, move || Ok(as_page(GEO_JSON, &map(asked, &rows)?))).await?)
    };
    let page = snapshot.page_of(asked.key(MAP_PATH), make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

/// The page of rows, made once a snapshot. The cells are read as they stand, so the rows may be ahead of the snapshot.
async fn rows_page(
    state: &web::Data<AppState>,
    snapshot: &Snapshot,
    asked: Asked,
    form: Form,
) -> Result<Arc<ReadyPage>, ApiError> {
    let shared = state.clone();
    let work = move || {
        let response = add_up(&shared, asked)?;
        let columns = response.data.first().map(columns_of).unwrap_or_default();
        Ok(page_of_rows(form, columns, &response))
    };
    let make = async { Ok(state.compute(Reader::Everybody, work).await?) };
    Ok(snapshot.page_of(asked.key(&format!("{PATH}{}", form.ending())), make).await?)
}

fn add_up(state: &AppState, Asked { list, methodology, .. }: Asked) -> Result<ProvincesResponse, ApiError> {
    let dimension = dimension_of(list);
    // Each stage apart, so that the estimates of its rows add up to those of the stage.
    let selections = [REPORTED, VERIFIED].map(|stage| Selection {
        group_by: vec![dimension],
        filters: vec![(Dimension::Stage, vec![stage])],
        ..Selection::default()
    });
    let counted = state.register.cells();
    let figures = state.register.figures_of(&counted, methodology)?;
    let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
    let groups = selections
        .map(|selection| aggregate_table(&selection, counted.sums_for(&selection), &mut estimator, usize::MAX));
    let [reported, verified] = groups.map(Result::unwrap_or_default);
    let path = format!("{PATH}?list={}", list.as_str());
    let meta = Provenance::of(&figures, &state.settings, &address(&figures, &path));
    drop(counted);
    let sums = |groups: &[(Group, Sums)], value: Value| {
        groups.iter().find(|(group, _)| group[..] == [value]).map(|(_, sums)| *sums).unwrap_or_default()
    };
    let row = |value: Value| ProvinceProgress::of(list, value, &sums(&reported, value), &sums(&verified, value));
    let known = dimension.values().into_iter().filter(|value| *value != NONE || list == PlaceList::Former);
    Ok(ProvincesResponse { data: known.map(row).collect(), meta })
}

fn dimension_of(list: PlaceList) -> Dimension {
    match list {
        PlaceList::Now => Dimension::Province,
        PlaceList::Former => Dimension::FormerProvince,
    }
}

impl ProvinceProgress {
    fn of(list: PlaceList, value: Value, reported: &Sums, verified: &Sums) -> Self {
        let (annual, to_date) = (&verified.estimate.annual, &verified.estimate.to_date);
        let named = |of: PlaceList| (of == list).then(|| label(dimension_of(of), value));
        let (now, former) = (named(PlaceList::Now), named(PlaceList::Former));
        let name = |label: &Option<Label>, get: fn(&Label) -> String| label.as_ref().map(get);
        let [code, name_vi, name_en]: [fn(&Label) -> String; 3] = [
            |label| label.code.clone().unwrap_or_default(),
            |label| label.name_vi.clone(),
            |label| label.name_en.clone(),
        ];
        Self {
            province_code: name(&now, code),
            province_name_vi: name(&now, name_vi),
            province_name_en: name(&now, name_en),
            former_province_code: name(&former, code),
            former_province_name_vi: name(&former, name_vi),
            former_province_name_en: name(&former, name_en),
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
fn map(asked: Asked, rows: &ReadyPage) -> Result<FeatureCollection, ApiError> {
    let rows: PageOfRows = serde_json::from_slice(&rows.identity.body).map_err(|_| ApiError::Internal)?;
    let mut map = outlines(asked.list, asked.archipelagos)?;
    let (on_outline, in_row) = match asked.list {
        PlaceList::Now => ("code", "province_code"),
        PlaceList::Former => ("former_code", "former_province_code"),
    };
    for Feature { properties, .. } in &mut map.features {
        // Archipelagos that stand apart get no numbers, because those of their provinces stand on the mainland.
        if properties.contains_key("special_zone") {
            continue;
        }
        let row = rows.data.iter().find(|row| row.get(in_row) == properties.get(on_outline));
        properties.extend(row.cloned().unwrap_or_default());
    }
    // The row of unknown places gets a feature without an outline.
    let on_map: Vec<Option<Json>> = map.features.iter().map(|one| one.properties.get(in_row).cloned()).collect();
    for row in rows.data.iter().filter(|row| !on_map.contains(&row.get(in_row).cloned())) {
        map.features.push(Feature { r#type: "Feature".to_owned(), properties: row.clone(), geometry: Json::Null });
    }
    map.meta = Some(rows.meta);
    Ok(map)
}
