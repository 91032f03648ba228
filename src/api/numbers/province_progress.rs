//! `GET /v1/progress/provinces` and `/v1/progress/provinces.geojson`: the progress of every province, on the list of 34 or
//! of 63, as rows or as a map. The map puts the rows of the first on the outlines of `reference`.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::api::callers::Audience;
use crate::api::http::{ApiError, CacheFor, Form, GEO_JSON, Query, as_page, coded, columns_of, page_of_rows, send};
use crate::api::reference::outlines::{Archipelagos, Feature, FeatureCollection, outlines, parse_archipelagos};
use crate::api::state::{AppState, Reader};
use crate::domain::counting::CellTable;
use crate::domain::figures::{Methodology, Sums};
use crate::domain::reference::PlaceList;
use crate::register::{ReadyPage, Snapshot};

use super::dimension_labels::RowOf;
use super::methodologies::parse_methodology;
use super::point_pages::{self, published};
use super::provenance::{Provenance, address};
use super::province_rows::{ProvinceProgress, ProvincesResponse, dimension_of, link, rows};
use super::tables::TableSums;

const MAP_PATH: &str = "/v1/progress/provinces.geojson";

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
    send_rows(&request, &state, Form::Json).await
}

/// The rows of `/v1/progress/provinces` as CSV, then each province once more as `01 Hà Nội`, `as_of`, `version` and
/// `methodology_version`. The text is UTF-8 with a byte order mark; numbers have a decimal point.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, description = "The rows of the provinces as CSV.", content_type = "text/csv", body = String)))]
pub async fn get_provinces_csv(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_rows(&request, &state, Form::Csv).await
}

/// `GeoJSON`: the outline of each province with the numbers of `/v1/progress/provinces` in its `properties`, for the 34 provinces
/// or, with `list=63`, for the 63 before 1 July 2025. Hoàng Sa and Trường Sa are parts of Đà Nẵng and Khánh Hòa; with
/// `archipelagos=apart` they are features of their own, without numbers.
#[utoipa::path(get, path = "", params(("list" = Option<String>, Query, description = "`34` for the provinces since 1 July 2025 (the default), `63` for those before."),
        ("archipelagos" = Option<String>, Query, description = "`within` (the default): Hoàng Sa and Trường Sa are parts of their provinces. `apart`: features of their own."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_provinces_map(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let audience = Audience::of(&request).await?;
    let (snapshot, asked) = (state.register.snapshot(), Asked::map(&request)?);
    let asked_rows = Asked { archipelagos: Archipelagos::Within, ..asked };
    // In a box, because a page within a page makes a large future.
    let rows = Box::pin(rows_page(&request, &state, &snapshot, (asked_rows, Form::Json, &audience))).await?;
    let shared = rows.clone();
    let work = move || Ok(as_page(GEO_JSON, &map(asked, &shared)?));
    let make = async { Ok(state.compute(Reader::Everybody, work).await?) };
    let key = asked.key(MAP_PATH);
    // Whoever reads for internal use gets what the cells have at this moment.
    let page = match &snapshot.point {
        _ if audience.is_internal() => Arc::new(make.await?),
        Some(point) => point.page_of(key, make).await?,
        None => snapshot.page_of(key, make).await?,
    };
    send(&request, &page, audience.lasts(CacheFor::OneSecond)).await
}

async fn send_rows(request: &HttpRequest, state: &web::Data<AppState>, form: Form) -> Result<HttpResponse, ApiError> {
    let audience = Audience::of(request).await?;
    let page = rows_page(request, state, &state.register.snapshot(), (Asked::rows(request)?, form, &audience)).await?;
    send(request, &page, audience.lasts(CacheFor::OneSecond)).await
}

/// The page of rows: of the newest publication point, or everything that the cells have, which may be ahead of the snapshot.
async fn rows_page(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    snapshot: &Snapshot,
    (asked, form, audience): (Asked, Form, &Audience),
) -> Result<Arc<ReadyPage>, ApiError> {
    let Asked { list, methodology, .. } = asked;
    let columns = columns_of(&ProvinceProgress::of(list, RowOf::NotYetDetailed, &Sums::default(), &Sums::default()));
    let Audience::Internal(actor) = audience else {
        let name = link(list);
        let page = point_pages::Asked { name, form, columns, as_of: None, methodology, sites_additive: None };
        return published(request, state, snapshot, page).await;
    };
    let shared = state.clone();
    let work = move || {
        let (figures, cells) = shared.register.counted_now(methodology)?;
        let further = [(RowOf::NotYetDetailed, CellTable::default())];
        let moved_on = |_| Some(figures.day);
        let sums = TableSums {
            dimension: dimension_of(list),
            cells: &|take| cells.each(take),
            further: &further,
            moved_on: &moved_on,
        };
        let meta = Provenance::of(&figures, &shared.settings, &address(&figures, &link(list))).for_internal_use();
        Ok(page_of_rows(form, columns, &ProvincesResponse { data: rows(list, &sums, &figures), meta }))
    };
    Ok(Arc::new(state.compute(&**actor, work).await?))
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
