//! `GET /v1/progress/timeline`: the headline at the end of each month, quarter or year. A timeline by `installed_on` is
//! computed from the national sums as they are known now; one by `recorded_on` reads the headlines that were kept at the
//! close of each month.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, CacheFor, Form, Query, coded, columns_of, page_of_rows, send};
use crate::api::state::{AppState, Reader};
use crate::db::ledger::closed_days;
use crate::domain::figures::MonthEnd;
use crate::domain::values::{Basis, Fault, Interval, Month, Rule};
use crate::register::{ReadyPage, Snapshot};

use super::methodologies::{parse_methodology, snapshot_with};
use super::provenance::{Provenance, address};
use super::timeline_rows::{End, PeriodView, recorded, rows};

const PATH: &str = "/v1/progress/timeline";

/// The headline over time.
#[derive(Serialize, ToSchema)]
pub struct TimelineResponse {
    /// One row for each period, the oldest first.
    data: Vec<PeriodView>,
    /// The version, day and methodology of the numbers, and how to cite them.
    meta: Provenance,
}

/// The headline at the end of each month, quarter or year. With `basis=installed_on` a period has the installations of its days,
/// as the register knows them now; late reports still raise recent periods. With `basis=recorded_on` it has the headline as it
/// was at the end of the period; that does not change once the period is over. The `…_new` columns are net: additions minus removals.
#[utoipa::path(get, path = "", params(("interval" = Option<String>, Query, description = "The length of a period: `month` (the default), `quarter` or `year`."),
        ("basis" = Option<String>, Query, description = "`installed_on` (the default): periods by the day of installation. `recorded_on`: periods by the day of recording."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Not with `basis=recorded_on`, because those numbers were made then.")),
    responses((status = 200, body = TimelineResponse)))]
pub async fn get_timeline(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_timeline(&request, &state, Form::Json).await
}

/// The rows of `/v1/progress/timeline` as CSV, then `as_of`, `version` and `methodology_version`. The text is UTF-8 with a byte
/// order mark; numbers have a decimal point.
#[utoipa::path(get, path = "", params(("interval" = Option<String>, Query, description = "The length of a period: `month` (the default), `quarter` or `year`."),
        ("basis" = Option<String>, Query, description = "`installed_on` (the default): periods by the day of installation. `recorded_on`: periods by the day of recording."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Not with `basis=recorded_on`, because those numbers were made then.")),
    responses((status = 200, description = "The rows of the timeline as CSV.", content_type = "text/csv", body = String)))]
pub async fn get_timeline_csv(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_timeline(&request, &state, Form::Csv).await
}

async fn send_timeline(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    form: Form,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request)?;
    let interval = query.parse("interval", coded(Interval::parse, Interval::CODES)).unwrap_or(Interval::Month);
    let basis = query.parse("basis", coded(Basis::parse, Basis::CODES)).unwrap_or(Basis::InstalledOn);
    let asked = query.parse("methodology", parse_methodology);
    let is_restated_past = basis == Basis::RecordedOn && asked.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowed { rule: Rule::MadeThen }));
    query.finish()?;
    let snapshot = snapshot_with(state, asked).await?;
    let make = async { Ok(make(state, &snapshot, (interval, basis), form).await?) };
    let page = snapshot.page_of(format!("{}{}", link(interval, basis), form.ending()), make).await?;
    send(request, &page, CacheFor::OneSecond).await
}

async fn make(
    state: &AppState,
    snapshot: &Arc<Snapshot>,
    (interval, basis): (Interval, Basis),
    form: Form,
) -> Result<ReadyPage, ApiError> {
    let ends = if basis == Basis::RecordedOn {
        let kept = state.read(Reader::Everybody, closed_days::month_ends).await?;
        recorded(&kept, snapshot)?
    } else {
        let shared = snapshot.clone();
        let ends = move || {
            let end = |(month, at): &(Month, MonthEnd)| (*month, End::of(*month, at, shared.figures.methodology));
            Ok(shared.timeline().iter().map(end).collect())
        };
        state.compute(Reader::Everybody, ends).await?
    };
    let data = rows(&ends, interval, basis, Month::of(snapshot.figures.day));
    let meta = Provenance::of(&snapshot.figures, &state.settings, &address(&snapshot.figures, &link(interval, basis)));
    Ok(page_of_rows(form, columns_of(&PeriodView::default()), &TimelineResponse { data, meta }))
}

/// The path and query of a timeline.
fn link(interval: Interval, basis: Basis) -> String {
    format!("{PATH}?interval={}&basis={}", interval.as_str(), basis.as_str())
}
