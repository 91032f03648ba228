//! `GET /v1/progress/bridge`: why the headline of one day is another than that of an earlier one.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Unhurried;
use crate::api::http::{ApiError, CacheFor, JSON, Query, as_page, send};
use crate::api::state::AppState;
use crate::domain::figures::{Levels, Reason};
use crate::domain::values::{Fault, parse_past_day, units};
use crate::register::{ReadyPage, bridge_days};

use super::provenance::Provenance;

const PATH: &str = "/v1/progress/bridge";
/// Years between the two days, at most.
const LONGEST_SPAN: u16 = 50;
/// Grams a tonne.
const GRAMS: f64 = 1e6;

/// Why the headline of a day is another than that of an earlier one.
#[derive(Serialize, ToSchema)]
pub struct BridgeResponse {
    /// One row a reason. The rows sum exactly to `closing` less `opening`: emissions to the gram, capacity to the watt.
    data: Vec<BridgeRow>,
    /// The numbers at the close of the first day.
    opening: BridgeRow,
    /// The numbers at the close of the last day.
    closing: BridgeRow,
    /// What they were made from.
    meta: Provenance,
}

/// What a reason moved, or what stood at the close of a day.
#[derive(Serialize, ToSchema)]
struct BridgeRow {
    /// registered, verified, corrected, withdrawn, rejected, merged, split, decommissioned, definition, methodology,
    /// `end_of_life`, ageing, operation; opening and closing.
    cause: &'static str,
    /// In Vietnamese.
    name_vi: &'static str,
    /// In English.
    name_en: &'static str,
    /// Verified sites in operation.
    sites_verified: i64,
    /// Sites waiting to be verified.
    sites_installed: i64,
    /// Promised sites.
    sites_pledged: i64,
    /// Verified solar capacity in operation and within its life.
    capacity_kwp_verified: f64,
    /// Avoided up to the day by what is verified.
    to_date_avoided_tco2e: f64,
    /// Avoided in a full year by what is verified.
    annual_avoided_tco2e: f64,
    /// Avoided over the whole life of what is verified.
    lifetime_avoided_tco2e: f64,
}

impl BridgeRow {
    #[expect(clippy::cast_precision_loss, reason = "grams of a few billion tonnes have an exact form")]
    fn of((cause, name_vi, name_en): (&'static str, &'static str, &'static str), levels: &Levels) -> Self {
        let tonnes = |grams: i64| grams as f64 / GRAMS;
        Self {
            cause,
            name_vi,
            name_en,
            sites_verified: levels.sites.verified,
            sites_installed: levels.sites.installed,
            sites_pledged: levels.sites.pledged,
            capacity_kwp_verified: units(levels.capacity_wp),
            to_date_avoided_tco2e: tonnes(levels.to_date_g),
            annual_avoided_tco2e: tonnes(levels.annual_g),
            lifetime_avoided_tco2e: tonnes(levels.lifetime_g),
        }
    }
}

/// From the close of one day in Hà Nội to that of a later one, both over: what each cause moved, nationally. The part of a
/// cause is what it changed, by the method of the first day, on the last day; `methodology` is what the method changed;
/// `operation` is what the same works did between the days, `ageing` and `end_of_life` what they do less.
#[utoipa::path(get, path = "", params(("from" = NaiveDate, Query, description = "A day that is over.", example = "2026-10-31"),
        ("to" = NaiveDate, Query, description = "A later day that is over.", example = "2026-11-24")),
    responses((status = 200, body = BridgeResponse)))]
pub async fn get_bridge(
    _: Unhurried,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let today = state.register.snapshot().figures.day;
    let from = query.parse("from", |raw| parse_closed_day(raw, today));
    let from = query.require("from", from);
    let to = query.parse("to", |raw| parse_closed_day(raw, today));
    let to = query.require("to", to);
    if let (Some(from), Some(to)) = (from, to) {
        query.check("to", (to <= from).then_some(Fault::EmptySpan));
        let is_too_long = to.year() - from.year() > i32::from(LONGEST_SPAN);
        query.check("to", is_too_long.then_some(Fault::SpanTooLong { years: LONGEST_SPAN }));
    }
    query.finish()?;
    let (Some(from), Some(to)) = (from, to) else { return Err(ApiError::Internal) };
    // Neither day changes any more.
    let page = state.bridge_pages.get(link(from, to), async { Ok(make(&state, from, to).await?) }).await?;
    send(&request, &page, CacheFor::OneHour).await
}

async fn make(state: &AppState, from: NaiveDate, to: NaiveDate) -> Result<ReadyPage, ApiError> {
    let activations = state.register.activations();
    // Not in a place for reads: whoever asks for many bridges keeps nobody else waiting.
    let place = state.bridge_slot.enter().await?;
    let database = state.register.database().clone();
    let bridged = web::block(move || {
        let _place = place;
        bridge_days(&mut database.connection()?, from, to, &activations)
    });
    let bridged = bridged.await??;
    let mut meta = Provenance::of(&bridged.closing, &state.settings, &link(from, to));
    if bridged.opening.version == 0 {
        meta.warnings.push("before_the_register".to_owned());
    }
    let row = |(reason, part): &(Reason, Levels)| BridgeRow::of(words(*reason), part);
    let response = BridgeResponse {
        data: bridged.bridge.parts.iter().map(row).collect(),
        opening: BridgeRow::of(("opening", "Đầu kỳ", "Opening"), &bridged.bridge.opening),
        closing: BridgeRow::of(("closing", "Cuối kỳ", "Closing"), &bridged.bridge.closing),
        meta,
    };
    Ok(as_page(JSON, &response))
}

/// Where the bridge between two days stands.
pub fn link(from: NaiveDate, to: NaiveDate) -> String {
    format!("{PATH}?from={from}&to={to}")
}

/// Reads a day that is over.
pub fn parse_closed_day(raw: &str, today: NaiveDate) -> Result<NaiveDate, Fault> {
    let day = parse_past_day(raw, today)?;
    if day < today { Ok(day) } else { Err(Fault::NotClosed) }
}

/// A reason's code and names.
fn words(reason: Reason) -> (&'static str, &'static str, &'static str) {
    let (vi, en) = match reason {
        Reason::Registered => ("Đăng ký mới", "Registered"),
        Reason::Verified => ("Được xác minh", "Verified"),
        Reason::Corrected => ("Đính chính", "Corrected"),
        Reason::Withdrawn => ("Đối tác rút lại", "Withdrawn"),
        Reason::Rejected => ("Không được chấp nhận", "Rejected"),
        Reason::Merged => ("Gộp công trình", "Sites merged"),
        Reason::Split => ("Tách công trình", "Sites split"),
        Reason::Decommissioned => ("Ngừng hoạt động", "Decommissioned"),
        Reason::Definition => ("Định nghĩa mới", "New definition"),
        Reason::Methodology => ("Phương pháp tính mới", "New methodology"),
        Reason::EndOfLife => ("Hết tuổi thọ", "End of life"),
        Reason::Ageing => ("Suy giảm theo thời gian", "Ageing"),
        Reason::Operation => ("Tiếp tục vận hành", "Continued operation"),
    };
    (reason.as_str(), vi, en)
}
