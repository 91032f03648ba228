//! `GET /v1/progress/bridge`: why the headline changed between the closes of two days. Registers move and methodologies
//! change; a bridge splits the difference into one row for each cause, and the rows sum exactly.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::access::Slot;
use crate::api::callers::{Audience, Unhurried};
use crate::api::http::{
    ApiError, CacheFor, Edge, Form, JSON, Query, as_page, columns_of, page_of_rows, send, whole_day,
};
use crate::api::numbers::voided::refuse_void_days;
use crate::api::state::{AppState, COMPUTED_WITHIN, block_within};
use crate::db::DbError;
use crate::domain::figures::{Levels, Reason};
use crate::domain::values::{Fault, parse_closed_day, units};
use crate::register::{BridgedDays, BridgedPoints, ReadyPage, bridge_days, bridge_points};

use super::provenance::Provenance;

const PATH: &str = "/v1/progress/bridge";
/// The most years between the two days.
const LONGEST_SPAN: u16 = 50;

/// The change of the headline between the closes of two days, by cause.
#[derive(Serialize, ToSchema)]
pub struct BridgeResponse {
    /// One row for each cause. The rows sum exactly to `closing` minus `opening`: emissions to the kilogram, capacity to the watt.
    data: Vec<BridgeRow>,
    /// The numbers at the close of the first day.
    opening: BridgeEnd,
    /// The numbers at the close of the last day.
    closing: BridgeEnd,
    /// The provenance of the closing numbers.
    meta: Provenance,
}

/// The change by one cause, or the numbers at the close of one day.
#[derive(Default, Serialize, ToSchema)]
struct BridgeRow {
    /// The cause: `registered`, `verified`, `corrected`, `withdrawn`, `rejected`, `suspended`, `reinstated`, `merged`, `split`,
    /// `decommissioned`, `definition`, `not_yet_detailed`, `methodology`, `end_of_life`, `ageing` or `operation`; or `opening` and `closing`.
    cause: &'static str,
    /// The Vietnamese name. Example: Đăng ký mới.
    name_vi: &'static str,
    /// The English name. Example: Registered.
    name_en: &'static str,
    /// Verified sites in operation; a change may be negative. Example: 12.
    sites_verified: i64,
    /// Sites that wait to be verified. Example: -12.
    sites_reported: i64,
    /// Pledged sites, where nothing is installed yet. Example: 0.
    sites_pledged: i64,
    /// Verified solar capacity in operation and within its life, in kWp. Example: 64.8.
    capacity_kwp_verified: f64,
    /// Emissions that verified measures avoided up to the day, in tCO2e, estimated. Example: 18.25.
    to_date_avoided_tco2e: f64,
    /// Emissions that verified measures in operation avoid in a full year, in tCO2e, estimated. Example: 71.4.
    annual_avoided_tco2e: f64,
    /// Emissions that verified measures in operation avoid over their whole life, in tCO2e, estimated. Example: 1590.
    lifetime_avoided_tco2e: f64,
}

/// The numbers at the close of one day, with the ranges of the estimates.
#[derive(Default, Serialize, ToSchema)]
struct BridgeEnd {
    #[serde(flatten)]
    row: BridgeRow,
    /// Low end of the range of `to_date_avoided_tco2e`, in tCO2e. Example: 535.2.
    to_date_avoided_tco2e_low: f64,
    /// High end of the range of `to_date_avoided_tco2e`, in tCO2e. Example: 1003.4.
    to_date_avoided_tco2e_high: f64,
    /// Low end of the range of `annual_avoided_tco2e`, in tCO2e. Example: 1091.7.
    annual_avoided_tco2e_low: f64,
    /// High end of the range of `annual_avoided_tco2e`, in tCO2e. Example: 2046.4.
    annual_avoided_tco2e_high: f64,
    /// Low end of the range of `lifetime_avoided_tco2e`, in tCO2e. Example: 15750.
    lifetime_avoided_tco2e_low: f64,
    /// High end of the range of `lifetime_avoided_tco2e`, in tCO2e. Example: 29640.
    lifetime_avoided_tco2e_high: f64,
    /// The day of the publication point that the numbers are of (YYYY-MM-DD); null before the first one. Example: 2026-10-30.
    figures_as_of: Option<NaiveDate>,
}

impl BridgeEnd {
    fn of(named: Named, levels: &Levels) -> Self {
        Self {
            row: BridgeRow::of(named, levels),
            to_date_avoided_tco2e_low: units(levels.to_date.low_kg),
            to_date_avoided_tco2e_high: units(levels.to_date.high_kg),
            annual_avoided_tco2e_low: units(levels.annual.low_kg),
            annual_avoided_tco2e_high: units(levels.annual.high_kg),
            lifetime_avoided_tco2e_low: units(levels.lifetime.low_kg),
            lifetime_avoided_tco2e_high: units(levels.lifetime.high_kg),
            figures_as_of: None,
        }
    }
}

impl BridgeRow {
    fn of(Named { code, vi, en }: Named, levels: &Levels) -> Self {
        Self {
            cause: code,
            name_vi: vi,
            name_en: en,
            sites_verified: levels.sites.verified,
            sites_reported: levels.sites.reported,
            sites_pledged: levels.sites.pledged,
            capacity_kwp_verified: units(levels.capacity_wp),
            to_date_avoided_tco2e: units(levels.to_date.avoided_kg),
            annual_avoided_tco2e: units(levels.annual.avoided_kg),
            lifetime_avoided_tco2e: units(levels.lifetime.avoided_kg),
        }
    }
}

/// Compares what was published by the closes of two days in Hà Nội for the whole country, and splits the difference by cause. What
/// moved in too small a company for its cause to be told stands under `not_yet_detailed`. The part of a cause
/// (`registered`, `verified`, `withdrawn` and so on) is valued on the last day, by its methodology. The part `methodology` is the
/// effect of a new methodology on the measures of the first day. The parts `operation`, `ageing` and `end_of_life` are the effect
/// of time on the measures of the first day: more avoided to date, less output by wear, less credit after their lives.
#[utoipa::path(get, path = "", params(("from" = NaiveDate, Query, description = "The first day (YYYY-MM-DD, Hà Nội). It must be closed.", example = "2026-10-31"),
        ("to" = NaiveDate, Query, description = "The last day (YYYY-MM-DD, Hà Nội). It must be closed, after `from` and at most 50 years later.", example = "2026-11-24")),
    responses((status = 200, body = BridgeResponse)))]
pub async fn get_bridge(
    _: Unhurried,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    send_bridge(&request, &state, Form::Json).await
}

/// The bridge as CSV: `opening`, one row for each cause, `closing`, each followed by `as_of`, `version` and `methodology_version`.
/// Ranges stand in the first and the last row alone. The text is UTF-8 with a byte order mark; numbers have a decimal point.
#[utoipa::path(get, path = "", params(("from" = NaiveDate, Query, description = "The first day (YYYY-MM-DD, Hà Nội). It must be closed.", example = "2026-10-31"),
        ("to" = NaiveDate, Query, description = "The last day (YYYY-MM-DD, Hà Nội). It must be closed, after `from` and at most 50 years later.", example = "2026-11-24")),
    responses((status = 200, description = "The rows of the bridge as CSV.", content_type = "text/csv", body = String)))]
pub async fn get_bridge_csv(
    _: Unhurried,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    send_bridge(&request, &state, Form::Csv).await
}

async fn send_bridge(request: &HttpRequest, state: &AppState, form: Form) -> Result<HttpResponse, ApiError> {
    let audience = Audience::of(request).await?;
    refuse_void_days(state, request.query_string(), &["from", "to"])?;
    let mut query = Query::of(request)?.between_closes();
    let today = state.register.snapshot().figures.day;
    let from = query.parse("from", whole_day(Edge::First, |raw| parse_closed_day(raw, today)));
    let from = query.require("from", from);
    let to = query.parse("to", whole_day(Edge::Last, |raw| parse_closed_day(raw, today)));
    let to = query.require("to", to);
    if let (Some(from), Some(to)) = (from, to) {
        query.check("to", (to <= from).then_some(Fault::EmptySpan));
        let is_too_long = to.year() - from.year() > i32::from(LONGEST_SPAN);
        query.check("to", is_too_long.then_some(Fault::SpanTooLong { years: LONGEST_SPAN }));
    }
    query.finish()?;
    let (Some(from), Some(to)) = (from, to) else { return Err(ApiError::Internal) };
    // Kept while the process lives, because neither day changes any more, unless the register loses days.
    let key = audience.key(&format!("{}{} {}", link(from, to), form.ending(), state.register.reloads()));
    let page = if let Some(page) = state.bridge_pages.made(&key) {
        page
    } else {
        // Before others wait for the page, because a caller that asks for too much must not fail them.
        let slot = state.bridge_slot(request).await?;
        state.bridge_pages.get(key, async { Ok(make(state, slot, (from, to), (form, &audience)).await?) }).await?
    };
    send(request, &page, audience.lasts(CacheFor::OneHour)).await
}

async fn make(
    state: &AppState,
    slot: Slot,
    (from, to): (NaiveDate, NaiveDate),
    (form, audience): (Form, &Audience),
) -> Result<ReadyPage, ApiError> {
    let activations = state.register.activations();
    let (database, is_internal) = (state.register.database().clone(), audience.is_internal());
    let bridged = block_within(COMPUTED_WITHIN, move || {
        let _slot = slot;
        let connection = &mut database.connection()?;
        if is_internal {
            let BridgedDays { bridge, opening, closing } = bridge_days(connection, from, to, &activations)?;
            let days = [(opening.version > 0).then_some(from), Some(to)];
            return Ok::<_, DbError>(BridgedPoints { bridge, points: days, closing });
        }
        bridge_points(connection, from, to, &activations)
    });
    let BridgedPoints { bridge, points: [first, last], closing } = bridged.await??;
    let mut meta = Provenance::of(&closing, &state.settings, &link(from, to)).for_audience(audience);
    let warnings = [
        (state.register.is_before(from), "before_the_register"),
        (!is_internal && first.is_none(), "nothing_published_yet"),
    ];
    meta.warnings.extend(warnings.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| code.to_owned()));
    let row = |(reason, part): &(Reason, Levels)| BridgeRow::of(named(*reason), part);
    let end = |named: Named, levels: &Levels, day| BridgeEnd { figures_as_of: day, ..BridgeEnd::of(named, levels) };
    let response = BridgeResponse {
        data: bridge.parts.iter().map(row).collect(),
        opening: end(Named { code: "opening", vi: "Đầu kỳ", en: "Opening" }, &bridge.opening, first),
        closing: end(Named { code: "closing", vi: "Cuối kỳ", en: "Closing" }, &bridge.closing, last),
        meta,
    };
    Ok(match form {
        Form::Json => as_page(JSON, &response),
        Form::Csv => {
            let BridgeResponse { data, opening, closing, meta } = response;
            let parts = data.iter().map(|part| json!(part));
            let rows: Vec<Value> = [json!(opening)].into_iter().chain(parts).chain([json!(closing)]).collect();
            page_of_rows(form, columns_of(&BridgeEnd::default()), &json!({"data": rows, "meta": meta}))
        }
    })
}

/// The path and query of the bridge between two days.
#[must_use]
pub fn link(from: NaiveDate, to: NaiveDate) -> String {
    format!("{PATH}?from={from}&to={to}")
}

/// The code and the names of a row.
struct Named {
    code: &'static str,
    vi: &'static str,
    en: &'static str,
}

fn named(reason: Reason) -> Named {
    let (vi, en) = match reason {
        Reason::Registered => ("Đăng ký mới", "Registered"),
        Reason::Verified => ("Được xác minh", "Verified"),
        Reason::Corrected => ("Đính chính", "Corrected"),
        Reason::Withdrawn => ("Đối tác rút lại", "Withdrawn"),
        Reason::Rejected => ("Bị từ chối", "Rejected"),
        Reason::Suspended => ("Đối tác bị tạm ngừng", "Partner suspended"),
        Reason::Reinstated => ("Đối tác hoạt động trở lại", "Partner resumed"),
        Reason::Merged => ("Gộp công trình", "Sites merged"),
        Reason::Split => ("Tách công trình", "Sites split"),
        Reason::Decommissioned => ("Ngừng hoạt động", "Decommissioned"),
        Reason::Definition => ("Định nghĩa mới", "New definition"),
        Reason::NotYetDetailed => ("Chưa công bố chi tiết", "Not yet detailed"),
        Reason::Methodology => ("Phương pháp tính mới", "New methodology"),
        Reason::EndOfLife => ("Hết tuổi thọ", "End of life"),
        Reason::Ageing => ("Suy giảm theo thời gian", "Ageing"),
        Reason::Operation => ("Vận hành trong kỳ", "Operation in the period"),
    };
    Named { code: reason.as_str(), vi, en }
}
