//! `GET /v1/aggregates`: the register added up by any dimensions and under any filter, for whoever
//! holds the scope; and `GET /v1/dimensions`, what can be asked for.

use std::collections::BTreeMap;

use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::adding::Adding;
use crate::domain::aggregate::{Dimension, Group, MOST_DIMENSIONS, Selection, Sums, TooManyGroups, Value};
use crate::domain::cell_sums::CellSums;
use crate::domain::date::{Month, parse_day};
use crate::domain::emissions::Estimator;
use crate::domain::fault::Fault;
use crate::domain::methodology::Methodology;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId, regions};
use crate::domain::site::SiteKind;
use crate::domain::state::Tier;
use crate::domain::totals::Totals;
use crate::register::{Counted, Figures};

use super::aggregate_rows::{self, AggregateRow};
use super::caller::Caller;
use super::error::ApiError;
use super::meta::Meta;
use super::methodology::parse_methodology;
use super::query::{NoQuery, Query};
use super::state::State;

const PATH: &str = "/v1/aggregates";
/// Groups of one answer, at most.
const MOST_GROUPS: usize = 10_000;
/// Months between `from` and `to`, at most.
const LONGEST_SPAN: u16 = 50 * 12;
const STAGES: [(&str, &str, &str); 3] = [
    ("pledged", "Đã cam kết", "Pledged"),
    ("installed", "Đã báo cáo, chờ xác minh", "Reported, waiting to be verified"),
    ("verified", "Đã xác minh", "Verified"),
];
const KINDS: [(&str, &str); 4] =
    [("Nhà ở", "Homes"), ("Tòa nhà", "Buildings"), ("Văn phòng", "Offices"), ("Cơ sở sản xuất", "Factories")];
const TIERS: [(&str, &str); 4] =
    [("Chọn mẫu", "Sampled"), ("Hồ sơ", "Document"), ("Kiểm tra tại chỗ", "Inspected"), ("Đo đếm", "Metered")];
const UNKNOWN: (&str, &str, &str) = ("unknown", "Chưa rõ", "Unknown");

/// The register, added up.
#[derive(Serialize, ToSchema)]
pub struct AggregatesResponse {
    /// One row a group.
    data: Vec<AggregateRow>,
    /// The sums of everything that was asked for.
    total: AggregateRow,
    /// Whether the sites of all rows add up to those of the total: not where one site stands in several groups.
    sites_additive: bool,
    /// What they were made from.
    meta: Meta,
}

/// What can be asked for.
#[derive(Serialize, ToSchema)]
pub struct DimensionList {
    data: Vec<DimensionView>,
}

/// A dimension.
#[derive(Serialize, ToSchema)]
struct DimensionView {
    /// Its code, as `group_by` and filters take it.
    code: &'static str,
    /// Its values; of periods none, they follow from the calendar.
    values: Vec<LabelView>,
}

/// A value of a dimension.
#[derive(Serialize, ToSchema)]
struct LabelView {
    /// Its code, as filters take it.
    code: String,
    /// Its Vietnamese name.
    name_vi: String,
    /// Its English name.
    name_en: String,
}

/// The register, added up by what is asked for
///
/// `group_by` takes any of the dimensions of `/v1/dimensions`, separated by commas; each of them but periods is a filter too, with one or more codes.
/// `from` (inclusive) and `to` (exclusive) are first days of months of installation. Without a word on the stage, what is verified is added up.
#[utoipa::path(get, path = "/v1/aggregates", tag = "aggregates",
    params(("group_by" = Option<String>, Query, example = "province,measure"),
        ("province" = Option<String>, Query), ("former_province" = Option<String>, Query), ("region" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("measure" = Option<String>, Query), ("stage" = Option<String>, Query),
        ("evidence_tier" = Option<String>, Query), ("low_income" = Option<String>, Query), ("remote" = Option<String>, Query),
        ("woman_headed" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("methodology" = Option<i32>, Query)),
    responses((status = 200, body = AggregatesResponse)))]
pub async fn get_aggregates(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let mut selection = Selection {
        group_by: query.parse("group_by", parse_dimensions).unwrap_or_default(),
        from: query.parse("from", parse_month),
        to: query.parse("to", parse_month),
        ..Selection::default()
    };
    for dimension in Dimension::ALL.iter().filter(|dimension| dimension.interval().is_none()) {
        if let Some(values) = query.parse(dimension.as_str(), |raw| parse_values(*dimension, raw)) {
            selection.filters.push((*dimension, values));
        }
    }
    let asked = query.parse("methodology", parse_methodology);
    if let (Some(from), Some(to)) = (selection.from, selection.to) {
        query.check("to", if to <= from { Some(Fault::EmptySpan) } else { None });
        let too_long = to.number().saturating_sub(from.number()) > LONGEST_SPAN;
        query.check("to", too_long.then_some(Fault::SpanTooLong { years: 50 }));
    }
    query.finish()?;
    if let Some(province) = caller.0.province {
        selection.filters.push((Dimension::Province, vec![province.index().into()]));
    }
    let says_stage = |dimension| matches!(dimension, Dimension::Stage | Dimension::EvidenceTier);
    let named = selection.filters.iter().map(|(dimension, _)| *dimension).chain(selection.group_by.iter().copied());
    let only_verified = !named.into_iter().any(says_stage);
    if only_verified {
        selection.filters.push((Dimension::Stage, vec![2]));
    }
    let place = state.reads.enter().await?;
    let shared = state.clone();
    let added = web::block(move || {
        let _place = place;
        add_up(&shared, &selection, (asked, only_verified))
    });
    let body = added.await??;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).content_type(ContentType::json()).body(body))
}

/// What can be asked for
///
/// Every dimension with its values, in both languages.
#[utoipa::path(get, path = "/v1/dimensions", tag = "aggregates", responses((status = 200, body = DimensionList)))]
pub async fn list_dimensions(_: NoQuery) -> HttpResponse {
    let label = |dimension: Dimension, value: Value| {
        let (code, name_vi, name_en) = label(dimension, value);
        LabelView { code: code.unwrap_or_default(), name_vi, name_en }
    };
    let view = |dimension: &Dimension| DimensionView {
        code: dimension.as_str(),
        values: dimension.values().into_iter().map(|value| label(*dimension, value)).collect(),
    };
    let data = Dimension::ALL.iter().map(view).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=3600")).json(DimensionList { data })
}

/// The answer.
fn add_up(
    state: &State,
    selection: &Selection,
    (asked, only_verified): (Option<&'static Methodology>, bool),
) -> Result<Vec<u8>, ApiError> {
    let day = state.register.today();
    let in_force = state.register.snapshot().figures.methodology;
    let methodology = asked.unwrap_or(in_force);
    let counted = state.register.counted();
    let mut meta = meta(&counted, (methodology, day), (state, PATH));
    let mut estimator = Estimator::new(methodology, day);
    let added = if selection.is_national() {
        let national = counted.national.clone();
        drop(counted);
        groups_and_total(selection, &mut estimator, national.sums())
    } else {
        groups_and_total(selection, &mut estimator, counted.cells.sums())
    };
    let (groups, total) = added.map_err(|_| ApiError::invalid("group_by", Fault::TooMany { max: MOST_GROUPS }))?;
    let warnings = [(selection.mixes_measures(), "sites_not_countable"), (only_verified, "verified_only")];
    meta.warnings.extend(warnings.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| code.to_owned()));
    let whole = Selection { group_by: Vec::new(), ..selection.clone() };
    let frame = AggregatesResponse {
        data: Vec::new(),
        total: AggregateRow::of(BTreeMap::new(), &total, &whole),
        sites_additive: !selection.group_by.contains(&Dimension::Measure),
        meta,
    };
    aggregate_rows::write(&frame, selection, &groups).map_err(|_| ApiError::Internal)
}

/// The sums of each group, and of everything.
fn groups_and_total(
    selection: &Selection,
    estimator: &mut Estimator,
    sums: &CellSums,
) -> Result<(Vec<(Group, Sums)>, Sums), TooManyGroups> {
    let whole = Selection { group_by: Vec::new(), ..selection.clone() };
    let (mut groups, mut all) = (Adding::of(selection, MOST_GROUPS), Adding::of(&whole, 1));
    // A site stands behind each of its measures: the whole is counted by itself then.
    let is_apart = whole.is_by_measure() != selection.is_by_measure();
    sums.each(|key, row| {
        groups.add(key, row, estimator);
        if is_apart && key.has_no_measure() {
            all.add(key, row, estimator);
        }
    });
    let (groups, counted) = (groups.finish(estimator)?, all.finish(estimator)?);
    let total = |groups: &[(Group, Sums)]| groups.iter().map(|(_, sums)| *sums).reduce(Sums::plus).unwrap_or_default();
    let mut sum = total(&groups);
    if is_apart {
        sum.totals = Totals { inverter_w: sum.totals.inverter_w, ..total(&counted).totals };
    }
    Ok((groups, sum))
}

/// What sums of cells were made from.
pub fn meta(
    counted: &Counted,
    (methodology, day): (&'static Methodology, chrono::NaiveDate),
    (state, path): (&State, &str),
) -> Meta {
    let mut figures = Figures::before_the_register(day);
    figures.version = counted.version;
    figures.hash = counted.hash;
    figures.recorded_at = counted.recorded_at;
    figures.methodology = methodology;
    Meta::of(&figures, &state.settings, path)
}

/// Code and names of a value.
pub fn label(dimension: Dimension, value: Value) -> (Option<String>, String, String) {
    let of = |code: &str, vi: &str, en: &str| (Some(code.to_owned()), vi.to_owned(), en.to_owned());
    let (code, vi, en) = UNKNOWN;
    let unknown = || of(code, vi, en);
    let place = usize::from(value);
    let index = u8::try_from(value).ok();
    match dimension {
        Dimension::Province => index.and_then(ProvinceId::from_index).map_or_else(unknown, |id| {
            let province = id.province();
            of(&province.code, &province.name_vi, &province.name_en)
        }),
        Dimension::FormerProvince => index.and_then(FormerProvinceId::from_index).map_or_else(unknown, |id| {
            let former = id.former_province();
            of(&former.code, &former.name_vi, &former.name_en)
        }),
        Dimension::Region => regions().get(place).map_or_else(unknown, |one| of(&one.code, &one.name_vi, &one.name_en)),
        Dimension::Measure => index.and_then(MeasureId::from_number).map_or_else(unknown, |id| {
            let measure = id.measure();
            of(&measure.code, &measure.name_vi, &measure.name_en)
        }),
        Dimension::Kind => {
            SiteKind::CODES.get(place).zip(KINDS.get(place)).map_or_else(unknown, |(code, (vi, en))| of(code, vi, en))
        }
        Dimension::Stage => STAGES.get(place).map_or_else(unknown, |(code, vi, en)| of(code, vi, en)),
        Dimension::EvidenceTier => Tier::CODES
            .get(place)
            .zip(TIERS.get(place))
            .map_or_else(|| of("none", "Chưa xác minh", "Not verified"), |(code, (vi, en))| of(code, vi, en)),
        Dimension::LowIncome | Dimension::Remote | Dimension::WomanHeaded => match value {
            0 => of("false", "Không", "No"),
            1 => of("true", "Có", "Yes"),
            _ => unknown(),
        },
        Dimension::Year | Dimension::Quarter | Dimension::Month => (None, String::new(), String::new()),
    }
}

fn parse_dimensions(raw: &str) -> Result<Vec<Dimension>, Fault> {
    let unknown = Fault::UnknownValue { allowed: Dimension::CODES };
    let mut dimensions = Vec::new();
    for code in raw.split(',') {
        let dimension = Dimension::parse(code).ok_or(unknown)?;
        let again = dimensions.contains(&dimension);
        let second_period = |other: &Dimension| other.interval().is_some() && dimension.interval().is_some();
        if again || dimensions.iter().any(second_period) {
            return Err(Fault::DuplicateField);
        }
        dimensions.push(dimension);
    }
    if dimensions.len() > MOST_DIMENSIONS { Err(Fault::TooMany { max: MOST_DIMENSIONS }) } else { Ok(dimensions) }
}

fn parse_values(dimension: Dimension, raw: &str) -> Result<Vec<Value>, Fault> {
    let known: Vec<(String, Value)> =
        dimension.values().into_iter().filter_map(|value| Some((label(dimension, value).0?, value))).collect();
    let value = |code: &str| known.iter().find(|(known, _)| known == code).map(|(_, value)| *value);
    raw.split(',').map(|code| value(code).ok_or(Fault::UnknownCode)).collect()
}

/// The first day of a month.
fn parse_month(raw: &str) -> Result<Month, Fault> {
    let day = parse_day(raw)?;
    let month = Month::of(day);
    if month.first_day() == day { Ok(month) } else { Err(Fault::NotAFirstOfMonth) }
}
