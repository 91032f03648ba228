//! `GET /v1/provinces`: the 34 provinces with the former ones that form them.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, as_page, send};
use crate::domain::reference::{FormerProvinceId, PLACE_VERSION, Province, ProvinceId};
use crate::register::ReadyPage;

/// The 34 provinces and cities, in the order of their codes.
#[derive(Serialize, ToSchema)]
pub struct ProvinceList {
    /// The edition of the place lists; it rises when places change. Example: 1.
    place_version: i32,
    /// The provinces.
    data: Vec<ReferenceProvince>,
}

/// A province or city since 1 July 2025.
#[derive(Serialize, ToSchema)]
struct ReferenceProvince {
    /// The code: two digits, with a leading zero. Example: 01.
    code: &'static str,
    /// The Vietnamese name. Example: Hà Nội.
    name_vi: &'static str,
    /// The name without diacritics. Example: Ha Noi.
    name_en: &'static str,
    /// The Vietnamese name with its type. Example: Thành phố Hà Nội.
    full_name_vi: &'static str,
    /// The type today: `province` or `city`.
    kind: &'static str,
    /// The type on 1 July 2025: `province` or `city`.
    kind_2025_07_01: &'static str,
    /// The day from which it is a city (YYYY-MM-DD); null where its type did not change after 1 July 2025.
    city_since: Option<&'static str>,
    /// The code of the region. Example: `red_river_delta`.
    region: &'static str,
    /// The Vietnamese name of the region. Example: Đồng bằng sông Hồng.
    region_vi: &'static str,
    /// The English name of the region. Example: Red River Delta.
    region_en: &'static str,
    /// The latitude of a point inside, for labels on maps, in degrees (WGS 84). Example: 20.999.
    lat: f64,
    /// The longitude of that point, in degrees (WGS 84). Example: 105.692.
    lon: f64,
    /// The former provinces that form it today, one or more.
    former: Vec<ReferenceFormerProvince>,
    /// The source of these facts.
    source: &'static str,
    /// `confirmed` where the source states the facts, else `unconfirmed`.
    confidence: &'static str,
}

/// One of the 63 provinces before 1 July 2025.
#[derive(Serialize, ToSchema)]
struct ReferenceFormerProvince {
    /// The former code: two digits. Today another province may have it. Example: 02.
    code: &'static str,
    /// The Vietnamese name. Example: Hà Giang.
    name_vi: &'static str,
    /// The name without diacritics. Example: Ha Giang.
    name_en: &'static str,
    /// The ISO 3166-2 code. Example: VN-03.
    iso_3166_2: &'static str,
}

impl From<&'static Province> for ReferenceProvince {
    fn from(province: &'static Province) -> Self {
        let former = |code: &String| {
            let former = FormerProvinceId::parse(code)?.former_province();
            Some(ReferenceFormerProvince {
                code: &former.code,
                name_vi: &former.name_vi,
                name_en: &former.name_en,
                iso_3166_2: &former.iso_3166_2,
            })
        };
        Self {
            code: &province.code,
            name_vi: &province.name_vi,
            name_en: &province.name_en,
            full_name_vi: &province.full_name_vi,
            kind: &province.kind,
            kind_2025_07_01: &province.kind_2025_07_01,
            city_since: province.city_since.as_deref(),
            region: &province.region,
            region_vi: &province.region_vi,
            region_en: &province.region_en,
            lat: province.lat,
            lon: province.lon,
            former: province.former_codes.iter().filter_map(former).collect(),
            source: &province.source,
            confidence: &province.confidence,
        }
    }
}

static PROVINCES: LazyLock<ReadyPage> = LazyLock::new(|| {
    let data = ProvinceId::all().map(|id| id.province().into()).collect();
    as_page(JSON, &ProvinceList { place_version: PLACE_VERSION, data })
});

/// The answer has the 34 provinces and cities since 1 July 2025, each with the former provinces (of 63) that form it.
#[utoipa::path(get, path = "", responses((status = 200, body = ProvinceList)))]
pub async fn list_provinces(request: HttpRequest, _: NoQuery) -> Result<HttpResponse, ApiError> {
    send(&request, &PROVINCES, CacheFor::OneHour).await
}
