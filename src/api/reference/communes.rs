//! `GET /v1/communes`: the search for a commune by its name or code.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Unhurried;
use crate::api::http::{ApiError, CacheFor, JSON, Query, as_page, query, send};
use crate::domain::reference::{
    CommuneId, CommuneMatch, FormerProvinceId, ProvinceId, parse_province, search_communes as search,
};
use crate::domain::values::Text;

/// The largest `limit`.
const LARGEST_LIMIT: i64 = 100;
/// The `limit` of a search without one.
const DEFAULT_LIMIT: i64 = 20;

/// The communes that match a search, the best match first.
#[derive(Serialize, ToSchema)]
pub struct CommuneList {
    /// The communes; empty where nothing matches.
    data: Vec<ReferenceCommune>,
}

/// One of the 3,321 communes, wards and special zones since 1 July 2025.
#[derive(Serialize, ToSchema)]
struct ReferenceCommune {
    /// The code: five digits. Example: 00004.
    code: &'static str,
    /// The Vietnamese name with its type. Example: Phường Ba Đình.
    name_vi: &'static str,
    /// The type: `ward`, `commune` or `special_zone`.
    kind: &'static str,
    /// The code of its province. Example: 01.
    province_code: &'static str,
    /// The Vietnamese name of its province. Example: Hà Nội.
    province_vi: &'static str,
    /// The code of the former province in which it lay; null where it joins communes of two. Example: 01.
    former_province_code: Option<&'static str>,
    /// The former commune that matched the search; null where the commune of today matched.
    found_by_former: Option<ReferenceFormerCommune>,
}

/// A commune before July 2025.
#[derive(Serialize, ToSchema)]
struct ReferenceFormerCommune {
    /// The former code: five digits. Example: 00001.
    code: &'static str,
    /// The Vietnamese name with its type. Example: Phường Phúc Xá.
    name_vi: &'static str,
    /// The Vietnamese name of its district. Example: Quận Ba Đình.
    district_vi: &'static str,
    /// The codes of the communes that took it over, the main one first. Example: `["00097"]`.
    now: Vec<&'static str>,
}

impl From<&CommuneMatch> for ReferenceCommune {
    fn from(found: &CommuneMatch) -> Self {
        let commune = found.commune.commune();
        Self {
            code: &commune.code,
            name_vi: &commune.name_vi,
            kind: &commune.kind,
            province_code: commune.province.code(),
            province_vi: &commune.province.province().name_vi,
            former_province_code: commune.former_province.map(FormerProvinceId::code),
            found_by_former: found.former.map(|former| ReferenceFormerCommune {
                code: &former.code,
                name_vi: &former.name_vi,
                district_vi: &former.district_vi,
                now: former.successors().map(CommuneId::code).collect(),
            }),
        }
    }
}

/// Searches by name or code, of today or before 1 July 2025, with or without diacritics. The best match comes first.
#[utoipa::path(get, path = "", params(("q" = Text<100>, Query, description = "The name or the code of a commune, up to 100 characters, for example `phuc xa`.", example = "phuc xa"),
        ("province" = Option<ProvinceId>, Query, description = "Only communes of this province: a code of `/v1/provinces`, for example `01`."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "The most communes to answer, 1 to 100; 20 where absent.")),
    responses((status = 200, body = CommuneList)))]
pub async fn search_communes(_: Unhurried, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let name = query.parse("q", Text::<100>::parse);
    let name = query.require("q", name);
    let province = query.parse("province", parse_province);
    let limit = query.parse("limit", |raw| query::limit(raw, LARGEST_LIMIT)).unwrap_or(DEFAULT_LIMIT);
    query.finish()?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let found = name.map(|name| search(name.as_str(), province, limit)).unwrap_or_default();
    let page = as_page(JSON, &CommuneList { data: found.iter().map(ReferenceCommune::from).collect() });
    send(&request, &page, CacheFor::OneHour).await
}
