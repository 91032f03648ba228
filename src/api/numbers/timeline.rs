//! `GET /v1/progress/timeline`: how the headline grew, month by month, quarter by quarter, year by
//! year; by the days of installation, or by when it was recorded.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, JSON, Query, as_page, coded, send};
use crate::api::state::AppState;
use crate::db::ledger::closed_days;
use crate::domain::figures::MonthEnd;
use crate::domain::values::{Basis, Fault, Interval, Month, Rule, units};
use crate::register::{ReadyPage, Snapshot};

use super::methodologies::{parse_methodology, snapshot_with};
use super::provenance::{Provenance, address};

const PATH: &str = "/v1/progress/timeline";
/// Months that late reports still raise: that of the day and those before it.
const PROVISIONAL_MONTHS: u16 = 3;

/// How the headline grew.
#[derive(Serialize, ToSchema)]
pub struct TimelineResponse {
    /// One row a period, from the oldest.
    data: Vec<PeriodView>,
    /// What they were made from.
    meta: Provenance,
}

/// What one period brought, and what stood at its end.
#[derive(Serialize, ToSchema)]
struct PeriodView {
    /// 2026-11, 2026-Q4 or 2026.
    #[schema(example = "2026-11")]
    period: String,
    /// Its first day.
    period_start: NaiveDate,
    /// Whether late reports still raise it: the current and the two months before.
    provisional: bool,
    /// Verified sites that came, less those that went.
    sites_verified_new: i64,
    /// Verified sites in operation at the end.
    sites_verified_cumulative: i64,
    /// Sites waiting to be verified that came, less those that went or were verified.
    sites_installed_new: i64,
    /// Sites waiting to be verified at the end.
    sites_installed_cumulative: i64,
    /// Verified solar capacity that came, less what went.
    capacity_kwp_verified_new: f64,
    /// Verified solar capacity at the end.
    capacity_kwp_verified_cumulative: f64,
    /// Avoided in the period, by what is verified.
    avoided_tco2e_new: f64,
    /// Avoided up to the end.
    avoided_tco2e_cumulative: f64,
}

/// What stood at the end of a month.
#[derive(Clone, Copy, Default)]
struct End {
    verified: i64,
    installed: i64,
    capacity_kwp: f64,
    avoided_tco2e: f64,
}

impl From<&MonthEnd> for End {
    fn from(standing: &MonthEnd) -> Self {
        Self {
            verified: standing.sites.verified,
            installed: standing.sites.installed,
            capacity_kwp: units(standing.capacity_wp.verified),
            avoided_tco2e: standing.to_date.avoided_tco2e,
        }
    }
}

/// By month, quarter or year; `basis=installed_on` by the days of installation as they are known now, `recorded_on` by
/// what was known at the end of each month. New is net: what ended or was withdrawn is taken off.
#[utoipa::path(get, path = "", params(("interval" = Option<String>, Query, description = "month (the default), quarter or year."),
        ("basis" = Option<String>, Query, description = "installed_on (the default) or recorded_on."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology, not with recorded_on.")),
    responses((status = 200, body = TimelineResponse)))]
pub async fn get_timeline(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let interval = query.parse("interval", coded(Interval::parse, Interval::CODES)).unwrap_or(Interval::Month);
    let basis = query.parse("basis", coded(Basis::parse, Basis::CODES)).unwrap_or(Basis::InstalledOn);
    let asked = query.parse("methodology", parse_methodology);
    let is_restated_past = basis == Basis::RecordedOn && asked.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowed { rule: Rule::MadeThen }));
    query.finish()?;
    let snapshot = snapshot_with(&state, asked).await?;
    let key = format!("{PATH}?interval={}&basis={}", interval.as_str(), basis.as_str());
    let make = async { Ok(make(&state, &snapshot, interval, basis).await?) };
    let page = snapshot.page_of(key, make).await?;
    send(&request, &page, CacheFor::OneSecond).await
}

async fn make(
    state: &AppState,
    snapshot: &Arc<Snapshot>,
    interval: Interval,
    basis: Basis,
) -> Result<ReadyPage, ApiError> {
    let ends = if basis == Basis::RecordedOn {
        let kept = state.read(closed_days::month_ends).await?;
        recorded(&kept, snapshot)?
    } else {
        let shared = snapshot.clone();
        let ends = move || Ok(shared.timeline().iter().map(|(month, at)| (*month, End::from(at))).collect());
        state.compute(ends).await?
    };
    let data = rows(&ends, (interval, basis), Month::of(snapshot.figures.day));
    let meta = Provenance::of(&snapshot.figures, &state.settings, &address(&snapshot.figures, &link(interval, basis)));
    Ok(as_page(JSON, &TimelineResponse { data, meta }))
}

/// Where the same is asked again.
fn link(interval: Interval, basis: Basis) -> String {
    format!("{PATH}?interval={}&basis={}", interval.as_str(), basis.as_str())
}

/// What the headline said at the end of each closed month, and says now.
fn recorded(kept: &[(NaiveDate, String)], snapshot: &Snapshot) -> Result<Vec<(Month, End)>, ApiError> {
    let end = |(day, body): &(NaiveDate, String)| {
        let body: Kept = serde_json::from_str(body).map_err(|_| ApiError::Internal)?;
        let Kept { data: KeptData { sites, capacity_kwp, to_date } } = body;
        let end = End {
            verified: sites.verified,
            installed: sites.installed,
            capacity_kwp: capacity_kwp.verified,
            avoided_tco2e: to_date.avoided_tco2e,
        };
        Ok((Month::of(*day), end))
    };
    let figures = &snapshot.figures;
    // Another process may have closed the snapshot's day already.
    let kept = kept.iter().filter(|(day, _)| *day < figures.day);
    let mut ends = kept.map(end).collect::<Result<Vec<_>, ApiError>>()?;
    let now = End {
        verified: figures.progress.sites.verified,
        installed: figures.progress.sites.installed,
        capacity_kwp: units(figures.works.capacity_wp.verified),
        avoided_tco2e: figures.works.verified.to_date.avoided_tco2e,
    };
    ends.push((Month::of(figures.day), now));
    Ok(ends)
}

/// What a kept headline says of these figures.
#[derive(Deserialize)]
struct Kept {
    data: KeptData,
}

#[derive(Deserialize)]
struct KeptData {
    sites: KeptSites,
    capacity_kwp: KeptCapacity,
    to_date: KeptAvoided,
}

#[derive(Deserialize)]
struct KeptSites {
    verified: i64,
    installed: i64,
}

#[derive(Deserialize)]
struct KeptCapacity {
    verified: f64,
}

#[derive(Deserialize)]
struct KeptAvoided {
    avoided_tco2e: f64,
}

/// The periods of months, each with what stood at the end of its last month.
fn rows(ends: &[(Month, End)], (interval, basis): (Interval, Basis), now: Month) -> Vec<PeriodView> {
    // What was recorded by the end of a month stays so.
    let provisional = if basis == Basis::RecordedOn { 1 } else { PROVISIONAL_MONTHS };
    let mut rows = Vec::new();
    let mut before = End::default();
    for (place, (month, end)) in ends.iter().enumerate() {
        let first = interval.first_month(*month);
        if ends.get(place + 1).is_some_and(|(next, _)| interval.first_month(*next) == first) {
            continue;
        }
        rows.push(PeriodView {
            period: interval.name(first),
            period_start: first.first_day(),
            provisional: month.plus(provisional) > now,
            sites_verified_new: end.verified - before.verified,
            sites_verified_cumulative: end.verified,
            sites_installed_new: end.installed - before.installed,
            sites_installed_cumulative: end.installed,
            capacity_kwp_verified_new: end.capacity_kwp - before.capacity_kwp,
            capacity_kwp_verified_cumulative: end.capacity_kwp,
            avoided_tco2e_new: end.avoided_tco2e - before.avoided_tco2e,
            avoided_tco2e_cumulative: end.avoided_tco2e,
        });
        before = *end;
    }
    rows
}
