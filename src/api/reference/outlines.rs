//! The outlines of the provinces: `GET /v1/provinces.geojson`, and the same outlines for maps with numbers.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Type};

use crate::api::http::{ApiError, CacheFor, GEO_JSON, Query, as_page, coded, send};
use crate::api::state::AppState;
use crate::domain::reference::PlaceList;
use crate::domain::values::coded_enum;

const PATH: &str = "/v1/provinces.geojson";

/// A map in the form of RFC 7946 (`GeoJSON`).
#[derive(Serialize, ToSchema)]
pub struct FeatureCollection {
    /// Always `FeatureCollection`.
    r#type: &'static str,
    /// The outline of each province, with the archipelagos Hoàng Sa and Trường Sa within it or apart.
    pub features: Vec<Feature>,
    /// The version, day and methodology of the numbers; absent where there are only outlines.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = meta_schema)]
    pub meta: Option<Json>,
}

/// An outline with its properties.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct Feature {
    /// Always `Feature`.
    pub r#type: String,
    /// The code and the names of the province, for example `"code": "01"`. A map of progress adds the columns of
    /// `/v1/progress/provinces`.
    pub properties: BTreeMap<String, Json>,
    /// The outline in degrees (WGS 84); null for places that are not known on the list.
    pub geometry: Json,
}

/// The content of a file of outlines.
#[derive(Deserialize)]
struct OutlinesFile {
    features: Vec<Feature>,
}

/// Names the schema of a provenance instead of importing its type, because numbers import outlines.
fn meta_schema() -> Schema {
    let mut meta = Ref::from_schema_name("Meta");
    "The version, day and methodology of the numbers; absent where there are only outlines."
        .clone_into(&mut meta.description);
    OneOfBuilder::new().item(RefOr::Ref(meta)).item(ObjectBuilder::new().schema_type(Type::Null)).build().into()
}

coded_enum!(
    /// Where the archipelagos Hoàng Sa and Trường Sa stand on a map.
    Archipelagos {
        /// As parts of Đà Nẵng and Khánh Hòa.
        Within = "within",
        /// As features of their own.
        Apart = "apart",
    }
);

/// Reads `archipelagos` from a query.
pub fn parse_archipelagos(query: &mut Query) -> Archipelagos {
    let parsed = query.parse("archipelagos", coded(Archipelagos::parse, Archipelagos::CODES));
    parsed.unwrap_or(Archipelagos::Within)
}

/// The outlines of the 34 provinces as `GeoJSON`, generalised for maps. Hoàng Sa and Trường Sa are parts of Đà Nẵng and Khánh Hòa;
/// with `archipelagos=apart` they are features of their own. Made with Natural Earth.
#[utoipa::path(get, path = "", params(("archipelagos" = Option<String>, Query, description = "`within` (the default): Hoàng Sa and Trường Sa are parts of their provinces. `apart`: features of their own.")),
    responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_outlines(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let archipelagos = parse_archipelagos(&mut query);
    query.finish()?;
    let make = async { Ok(as_page(GEO_JSON, &outlines(PlaceList::Now, archipelagos)?)) };
    let page = state.static_pages.get(format!("{PATH}?archipelagos={}", archipelagos.as_str()), make).await?;
    send(&request, &page, CacheFor::OneHour).await
}

/// The outlines of a list of provinces, with the archipelagos, which stand on both lists.
pub fn outlines(list: PlaceList, archipelagos: Archipelagos) -> Result<FeatureCollection, ApiError> {
    let (text, code) = match list {
        PlaceList::Now => (include_str!("../../../reference/provinces.geojson"), "code"),
        PlaceList::Former => (include_str!("../../../reference/provinces_legacy.geojson"), "former_code"),
    };
    let read = |text: &str| serde_json::from_str::<OutlinesFile>(text).map_err(|_| ApiError::Internal);
    let mut features = read(text)?.features;
    let islands = read(include_str!("../../../reference/archipelagos.geojson"))?.features;
    match archipelagos {
        Archipelagos::Apart => features.extend(islands),
        Archipelagos::Within => {
            for island in islands {
                // An archipelago has the code of its province, which is the same on both lists.
                let owner = features.iter_mut().find(|one| one.properties.get(code) == island.properties.get("code"));
                let Some(Feature { geometry, .. }) = owner else { return Err(ApiError::Internal) };
                let all = [polygons(geometry), polygons(&island.geometry)].concat();
                *geometry = json!({"type": "MultiPolygon", "coordinates": all});
            }
        }
    }
    Ok(FeatureCollection { r#type: "FeatureCollection", features, meta: None })
}

/// The polygons of an outline, which is one or several.
fn polygons(geometry: &Json) -> Vec<Json> {
    let coordinates = geometry.get("coordinates").cloned().unwrap_or_default();
    if geometry.get("type") == Some(&json!("Polygon")) {
        return vec![coordinates];
    }
    coordinates.as_array().cloned().unwrap_or_default()
}
