//! The outlines of the provinces: `GET /v1/provinces.geojson`, and the same outlines for maps with numbers.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;
use utoipa::openapi::schema::{OneOfBuilder, Schema};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Type};

use crate::api::http::{ApiError, CacheFor, GEO_JSON, NoQuery, as_page, send};
use crate::api::state::AppState;
use crate::domain::reference::PlaceList;

const PATH: &str = "/v1/provinces.geojson";

/// A map in the form of GeoJSON (RFC 7946).
#[derive(Serialize, ToSchema)]
pub struct FeatureCollection {
    /// Always `FeatureCollection`.
    r#type: &'static str,
    /// The outline of each province, and those of the archipelagos Hoàng Sa and Trường Sa.
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

/// The outlines of the 34 provinces as GeoJSON, generalised for maps. Hoàng Sa and Trường Sa have outlines of their own, with
/// the code of their province. Made with Natural Earth.
#[utoipa::path(get, path = "", responses((status = 200, content_type = "application/geo+json", body = FeatureCollection)))]
pub async fn get_outlines(
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let make = async { Ok(as_page(GEO_JSON, &outlines(PlaceList::Now)?)) };
    let page = state.static_pages.get(PATH, make).await?;
    send(&request, &page, CacheFor::OneHour).await
}

/// The outlines of a list of provinces. The archipelagos stand on both lists.
pub fn outlines(list: PlaceList) -> Result<FeatureCollection, ApiError> {
    let text = match list {
        PlaceList::Now => include_str!("../../../reference/provinces.geojson"),
        PlaceList::Former => include_str!("../../../reference/provinces_legacy.geojson"),
    };
    let read = |text: &str| serde_json::from_str::<OutlinesFile>(text).map_err(|_| ApiError::Internal);
    let mut features = read(text)?.features;
    features.extend(read(include_str!("../../../reference/archipelagos.geojson"))?.features);
    Ok(FeatureCollection { r#type: "FeatureCollection", features, meta: None })
}
