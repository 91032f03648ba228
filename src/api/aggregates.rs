//! `GET /v1/aggregates`: the register added up by any dimensions and under any filter, for whoever
//! holds the scope; and `GET /v1/dimensions`, what can be asked for.

pub mod csv;

use std::collections::BTreeMap;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Value as Json, json};
use utoipa::ToSchema;

use crate::domain::aggregate::{Dimension, Group, MOST_DIMENSIONS, NONE, Selection, Sums, TooManyGroups, Value};
use crate::domain::cell::CellKey;
use crate::domain::date::{Month, parse_day};
use crate::domain::emissions::Estimator;
use crate::domain::fault::Fault;
use crate::domain::methodology::Methodology;
use crate::domain::quantity::units;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId, regions};
use crate::domain::site::SiteKind;
use crate::domain::state::Tier;
use crate::domain::totals::Totals;
use crate::register::{Counted, Figures};

use super::caller::Caller;
use super::error::ApiError;
use super::meta::{Meta, address};
use super::methodology::parse_methodology;
use super::query::Query;
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

/// The sums of a group. Null where a sum means nothing: counts of installations and money belong to whole installations,
/// not to measures; quantities of different measures have different units.
#[derive(Serialize, ToSchema)]
struct AggregateRow {
    /// For each dimension, as for `province`: `province_code`, `province_name_vi`, `province_name_en`; for a period `period`
    /// (2026, 2026-Q4, 2026-11) and `period_start`.
    #[serde(flatten)]
    names: BTreeMap<String, Json>,
    /// Sites; with a measure, those that have it.
    sites: Option<i64>,
    /// Installations.
    installations: Option<i64>,
    /// In the measure's unit.
    quantity: Option<f64>,
    /// Solar capacity in operation and within its life.
    capacity_kwp: f64,
    /// Rated inverter power.
    inverter_kw: f64,
    /// What it cost, in đồng, of those that say so.
    cost_vnd: Option<i64>,
    /// How many installations say so.
    cost_known: Option<i64>,
    /// What of it was support, in đồng, of those that say so.
    support_vnd: Option<i64>,
    /// How many installations say so.
    support_known: Option<i64>,
    /// Generated up to the day.
    to_date_generation_kwh: f64,
    /// Saved up to the day.
    to_date_saving_kwh: f64,
    /// Avoided up to the day.
    to_date_avoided_tco2e: f64,
    /// The low end of it.
    to_date_low: f64,
    /// The high end of it.
    to_date_high: f64,
    /// Generated in a full year of what is in operation.
    annual_generation_kwh: f64,
    /// Saved in a full year.
    annual_saving_kwh: f64,
    /// Avoided in a full year.
    annual_avoided_tco2e: f64,
    /// The low end of it.
    annual_low: f64,
    /// The high end of it.
    annual_high: f64,
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
    let (_, response) = answer(&request, &caller, &state).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(response))
}

/// What is asked for, and the answer to it.
async fn answer(
    request: &HttpRequest,
    caller: &Caller,
    state: &web::Data<State>,
) -> Result<(Selection, AggregatesResponse), ApiError> {
    let mut query = Query::of(request)?;
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
        add_up(&shared, &selection, asked).map(|response| (selection, response))
    });
    let (selection, mut response) = added.await??;
    if only_verified {
        response.meta.warnings.push("verified_only".to_owned());
    }
    Ok((selection, response))
}

fn add_up(
    state: &State,
    selection: &Selection,
    asked: Option<&'static Methodology>,
) -> Result<AggregatesResponse, ApiError> {
    let day = state.register.today();
    let counted = state.register.counted();
    let methodology = asked.map_or_else(|| state.register.methodology_at(counted.version), Ok)?;
    let meta = meta(&counted, (methodology, day), (state, PATH));
    let mut estimator = Estimator::new(methodology, day);
    let added = if selection.is_national() {
        let national = counted.national.clone();
        drop(counted);
        groups_and_total(selection, &mut estimator, || national.cells())
    } else {
        groups_and_total(selection, &mut estimator, || counted.cells.in_order())
    };
    let (groups, total) = added.map_err(|_| ApiError::invalid("group_by", Fault::TooMany { max: MOST_GROUPS }))?;
    let whole = Selection { group_by: Vec::new(), ..selection.clone() };
    let row = |(group, sums): &(Vec<Value>, Sums)| {
        let mut names = BTreeMap::new();
        for (dimension, value) in selection.group_by.iter().zip(group) {
            names.extend(columns_of(*dimension).into_iter().zip(names_of(*dimension, *value)));
        }
        AggregateRow::of(names, sums, selection)
    };
    let mut response = AggregatesResponse {
        data: groups.iter().map(row).collect(),
        total: AggregateRow::of(BTreeMap::new(), &total, &whole),
        sites_additive: !selection.group_by.contains(&Dimension::Measure),
        meta,
    };
    if selection.mixes_measures() {
        response.meta.warnings.push("sites_not_countable".to_owned());
    }
    Ok(response)
}

/// The sums of each group, and of everything.
fn groups_and_total<I: Iterator<Item = (CellKey, Totals)>>(
    selection: &Selection,
    estimator: &mut Estimator,
    cells: impl Fn() -> I,
) -> Result<(Vec<(Group, Sums)>, Sums), TooManyGroups> {
    let groups = selection.add_up(cells(), estimator, MOST_GROUPS)?;
    let mut total = groups.iter().map(|(_, sums)| *sums).reduce(Sums::plus).unwrap_or_default();
    let whole = Selection { group_by: Vec::new(), ..selection.clone() };
    if whole.is_by_measure() != selection.is_by_measure() {
        // A site stands behind each of its measures: the whole is counted by itself then.
        let counts = cells().take_while(|(key, _)| key.has_no_measure());
        let counted = whole.add_up(counts, estimator, 1)?.first().map(|(_, sums)| sums.totals).unwrap_or_default();
        total.totals = Totals { inverter_w: total.totals.inverter_w, ..counted };
    }
    Ok((groups, total))
}

/// What sums of cells were made from.
pub fn meta(
    counted: &Counted,
    (methodology, day): (&'static Methodology, chrono::NaiveDate),
    (state, path): (&State, &str),
) -> Meta {
    let mut figures = figures(counted, methodology, day);
    let in_force = state.register.methodology_at(counted.version);
    figures.restated = in_force.is_ok_and(|in_force| in_force.version != methodology.version);
    Meta::of(&figures, &state.settings, &address(&figures, path))
}

/// Which version sums of cells are of, without the figures of the headline.
pub fn figures(counted: &Counted, methodology: &'static Methodology, day: chrono::NaiveDate) -> Figures {
    let mut figures = Figures::before_the_register(day);
    figures.version = counted.version;
    figures.hash = counted.hash;
    figures.recorded_at = counted.recorded_at;
    figures.methodology = methodology;
    figures
}

/// The columns that name a value of a dimension.
pub fn columns_of(dimension: Dimension) -> Vec<String> {
    if dimension.interval().is_some() {
        return vec!["period".to_owned(), "period_start".to_owned()];
    }
    ["code", "name_vi", "name_en"].map(|what| format!("{}_{what}", dimension.as_str())).to_vec()
}

/// What stands in these columns.
pub fn names_of(dimension: Dimension, value: Value) -> Vec<Json> {
    if let Some(interval) = dimension.interval() {
        let first = if value == NONE { None } else { Month::from_number(value) };
        return vec![json!(first.map(|first| interval.name(first))), json!(first.map(Month::first_day))];
    }
    let (code, name_vi, name_en) = label(dimension, value);
    vec![json!(code), json!(name_vi), json!(name_en)]
}

impl AggregateRow {
    fn of(names: BTreeMap<String, Json>, sums: &Sums, selection: &Selection) -> Self {
        let totals = &sums.totals;
        let (to_date, annual) = (&sums.estimate.to_date, &sums.estimate.annual);
        let is_whole = !selection.is_by_measure();
        let of_whole = |value: i64| is_whole.then_some(value);
        Self {
            names,
            sites: (!selection.mixes_measures()).then_some(totals.sites),
            installations: of_whole(totals.installations),
            quantity: selection.is_of_one_measure().then(|| units(totals.quantity)),
            capacity_kwp: units(sums.capacity_wp),
            inverter_kw: units(totals.inverter_w),
            cost_vnd: of_whole(totals.cost_vnd),
            cost_known: of_whole(totals.cost_known),
            support_vnd: of_whole(totals.support_vnd),
            support_known: of_whole(totals.support_known),
            to_date_generation_kwh: to_date.generation_kwh,
            to_date_saving_kwh: to_date.saving_kwh,
            to_date_avoided_tco2e: to_date.avoided_tco2e,
            to_date_low: to_date.low,
            to_date_high: to_date.high,
            annual_generation_kwh: annual.generation_kwh,
            annual_saving_kwh: annual.saving_kwh,
            annual_avoided_tco2e: annual.avoided_tco2e,
            annual_low: annual.low,
            annual_high: annual.high,
        }
    }
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
