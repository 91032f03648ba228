//! Reference data for those who build on it: measures, provinces, communes, each with sources.

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Unhurried;
use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, Query, as_page, query, send};
use crate::domain::reference::{
    CommuneId, CommuneMatch, FormerProvinceId, Measure, MeasureId, PLACE_VERSION, Province, ProvinceId, parse_province,
    search_communes as search,
};
use crate::domain::values::{Text, units};
use crate::register::ReadyPage;

const MOST_COMMUNES: i64 = 100;
const USUAL_COMMUNES: i64 = 20;

/// Every measure.
#[derive(Serialize, ToSchema)]
pub struct MeasureList {
    data: Vec<ReferenceMeasure>,
}

/// A measure that a site can take.
#[derive(Serialize, ToSchema)]
struct ReferenceMeasure {
    /// Its number, for ever.
    number: u8,
    /// Its code.
    code: &'static str,
    /// Its Vietnamese name.
    name_vi: &'static str,
    /// Its English name.
    name_en: &'static str,
    /// core, `pilot_included`, supporting or `no_credit`. The first two make a site count.
    role: &'static str,
    /// The unit of its quantity.
    unit: &'static str,
    /// Whether only whole units are taken.
    whole_units: bool,
    /// Whether it takes `inverter_kw`.
    takes_inverter: bool,
    /// Of the measures of one group at one site only the latest is credited.
    exclusive_group: Option<&'static str>,
    /// Above this a home's quantity is warned of.
    usual_max_home: f64,
    /// Above this another site's quantity is warned of.
    usual_max_other: f64,
    /// Above this a quantity is refused.
    hard_max: f64,
    /// How its saving is found.
    method: &'static str,
    /// How long it lasts.
    lifetime_years: u32,
    /// Saving per unit and year in kWh.
    deemed_kwh_per_unit_year: Option<f64>,
    /// Direct saving per unit and year in tCO2e.
    deemed_tco2e_per_unit_year: Option<f64>,
    /// The formula in words.
    formula: &'static str,
    /// What the saving assumes.
    key_assumptions: &'static str,
    /// What it must not be counted together with.
    double_counting_rule: &'static str,
    /// Where the facts come from.
    source: &'static str,
    /// confirmed or unconfirmed.
    confidence: &'static str,
}

impl From<&'static Measure> for ReferenceMeasure {
    fn from(measure: &'static Measure) -> Self {
        Self {
            number: measure.number,
            code: &measure.code,
            name_vi: &measure.name_vi,
            name_en: &measure.name_en,
            role: measure.role.as_str(),
            unit: &measure.unit,
            whole_units: measure.whole_units,
            takes_inverter: measure.is_solar,
            exclusive_group: measure.exclusive_group.as_deref(),
            usual_max_home: units(measure.usual_max_home_milli),
            usual_max_other: units(measure.usual_max_other_milli),
            hard_max: units(measure.hard_max_milli),
            method: &measure.method,
            lifetime_years: measure.lifetime_years,
            deemed_kwh_per_unit_year: measure.deemed_kwh_per_unit_year,
            deemed_tco2e_per_unit_year: measure.deemed_tco2e_per_unit_year,
            formula: &measure.formula,
            key_assumptions: &measure.key_assumptions,
            double_counting_rule: &measure.double_counting_rule,
            source: &measure.source,
            confidence: &measure.confidence,
        }
    }
}

/// The provinces.
#[derive(Serialize, ToSchema)]
pub struct ProvinceList {
    /// The edition of the place lists.
    place_version: i32,
    data: Vec<ReferenceProvince>,
}

/// One of the 34.
#[derive(Serialize, ToSchema)]
struct ReferenceProvince {
    /// Its code.
    code: &'static str,
    /// Its Vietnamese name.
    name_vi: &'static str,
    /// Its name without diacritics.
    name_en: &'static str,
    /// Its Vietnamese name with its type.
    full_name_vi: &'static str,
    /// province or city, today.
    kind: &'static str,
    /// province or city on 1 July 2025.
    kind_2025_07_01: &'static str,
    /// Since when it is a city, if it became one after that.
    city_since: Option<&'static str>,
    /// Its region's code.
    region: &'static str,
    /// Its region's Vietnamese name.
    region_vi: &'static str,
    /// Its region's English name.
    region_en: &'static str,
    /// A point inside, for labels.
    lat: f64,
    /// A point inside, for labels.
    lon: f64,
    /// The former provinces that it was made of.
    former: Vec<ReferenceFormerProvince>,
    /// Where the facts come from.
    source: &'static str,
    /// confirmed or unconfirmed.
    confidence: &'static str,
}

/// One of the 63 before July 2025.
#[derive(Serialize, ToSchema)]
struct ReferenceFormerProvince {
    /// Its code, which may be another province's now.
    code: &'static str,
    /// Its Vietnamese name.
    name_vi: &'static str,
    /// Its name without diacritics.
    name_en: &'static str,
    /// Its ISO 3166-2 code.
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

/// Communes that a search found.
#[derive(Serialize, ToSchema)]
pub struct CommuneList {
    data: Vec<ReferenceCommune>,
}

/// One of the 3,321.
#[derive(Serialize, ToSchema)]
struct ReferenceCommune {
    /// Its code.
    code: &'static str,
    /// Its Vietnamese name with its type.
    name_vi: &'static str,
    /// ward, commune or `special_zone`.
    kind: &'static str,
    /// Where it lies.
    province_code: &'static str,
    /// Where it lies, in words.
    province_vi: &'static str,
    /// The former province that it came from; null where it joined two.
    former_province_code: Option<&'static str>,
    /// The former commune whose name or code was found, if it was found by that.
    found_by_former: Option<ReferenceFormerCommune>,
}

/// A commune before July 2025.
#[derive(Serialize, ToSchema)]
struct ReferenceFormerCommune {
    /// Its code.
    code: &'static str,
    /// Its Vietnamese name with its type.
    name_vi: &'static str,
    /// Its district.
    district_vi: &'static str,
    /// Every commune that took it over, the main one first.
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

static MEASURES: LazyLock<ReadyPage> =
    LazyLock::new(|| as_page(JSON, &MeasureList { data: MeasureId::all().map(|id| id.measure().into()).collect() }));

static PROVINCES: LazyLock<ReadyPage> = LazyLock::new(|| {
    let data = ProvinceId::all().map(|id| id.province().into()).collect();
    as_page(JSON, &ProvinceList { place_version: PLACE_VERSION, data })
});

/// With its unit, its ceilings, what it saves and where that comes from.
#[utoipa::path(get, path = "", responses((status = 200, body = MeasureList)))]
pub async fn list_measures(request: HttpRequest, _: NoQuery) -> Result<HttpResponse, ApiError> {
    send(&request, &MEASURES, CacheFor::OneHour).await
}

/// The 34 since July 2025, each with those of the 63 that it was made of.
#[utoipa::path(get, path = "", responses((status = 200, body = ProvinceList)))]
pub async fn list_provinces(request: HttpRequest, _: NoQuery) -> Result<HttpResponse, ApiError> {
    send(&request, &PROVINCES, CacheFor::OneHour).await
}

/// By name or code, of today or before July 2025, with or without diacritics.
#[utoipa::path(get, path = "", params(("q" = Text<100>, Query, description = "A name or a code.", example = "phuc xa"),
        ("province" = Option<ProvinceId>, Query),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100)),
    responses((status = 200, body = CommuneList)))]
pub async fn search_communes(_: Unhurried, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let name = query.parse("q", Text::<100>::parse);
    let name = query.require("q", name);
    let province = query.parse("province", parse_province);
    let limit = query.parse("limit", |raw| query::limit(raw, MOST_COMMUNES)).unwrap_or(USUAL_COMMUNES);
    query.finish()?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let found = name.map(|name| search(name.as_str(), province, limit)).unwrap_or_default();
    let page = as_page(JSON, &CommuneList { data: found.iter().map(ReferenceCommune::from).collect() });
    send(&request, &page, CacheFor::OneHour).await
}
