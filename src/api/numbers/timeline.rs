//! `GET /v1/progress/timeline`: the headline at the end of each month, quarter or year. A timeline by `installed_on` is of
//! the newest publication point; one by `recorded_on` reads the headlines that were kept at the close of each month.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Audience;
use crate::api::http::{ApiError, CacheFor, Form, Query, coded, columns_of, page_of_rows, send};
use crate::api::state::{AppState, Reader};
use crate::db::ledger::closed_days;
use crate::domain::figures::{MonthEnd, timeline};
use crate::domain::values::{Basis, Fault, Interval, Month, Rule};
use crate::register::{Figures, PublicSettings, PublishedSums, ReadyPage, Snapshot};

use super::headline;
use super::methodologies::{parse_methodology, snapshot_with};
use super::point_pages::{Asked, send_published};
use super::provenance::{Provenance, address};
use super::timeline_rows::{End, PeriodView, not_yet_detailed, recorded, rows};

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
/// as the newest publication point knows them; late reports still raise recent periods. With `basis=recorded_on` it has the headline as it
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
    let audience = Audience::of(request).await?;
    let mut query = Query::of(request)?;
    let interval = query.parse("interval", coded(Interval::parse, Interval::CODES)).unwrap_or(Interval::Month);
    let basis = query.parse("basis", coded(Basis::parse, Basis::CODES)).unwrap_or(Basis::InstalledOn);
    let methodology = query.parse("methodology", parse_methodology);
    let is_restated_past = basis == Basis::RecordedOn && methodology.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowed { rule: Rule::MadeThen }));
    query.finish()?;
    if basis == Basis::InstalledOn && !audience.is_internal() {
        let (name, columns) = (of_installations(interval), columns_of(&PeriodView::default()));
        let asked = Asked { name, form, columns, as_of: None, methodology, sites_additive: None };
        return send_published(request, state, asked).await;
    }
    let snapshot = snapshot_with(state, methodology).await?;
    let make = async { Ok(make(state, &snapshot, (interval, basis), (form, &audience)).await?) };
    let page = snapshot.page_of(audience.key(&format!("{}{}", link(interval, basis), form.ending())), make).await?;
    send(request, &page, audience.lasts(CacheFor::OneSecond)).await
}

/// Makes the timeline by installation as a publication point shows it, by its name: of what stands, and of what no period has.
#[must_use]
pub fn make_published(sums: &PublishedSums<'_>, settings: &PublicSettings, name: &str) -> Option<String> {
    let intervals = [Interval::Month, Interval::Quarter, Interval::Year];
    let interval = intervals.into_iter().find(|interval| of_installations(*interval) == name)?;
    let figures = &sums.figures;
    let standing = sums.standing(if interval == Interval::Year { 1 } else { 2 });
    let months = timeline(&standing, figures.methodology, figures.day);
    let end = |(month, at): &(Month, MonthEnd)| (*month, End::of(*month, at, figures.methodology).of_verified());
    let (ends, month): (Vec<_>, _) = (months.iter().map(end).collect(), Month::of(figures.day));
    let mut data = rows(&ends, interval, Basis::InstalledOn, month);
    let headline = End::of(month, &now(figures), figures.methodology).of_verified();
    data.push(not_yet_detailed(ends.last(), &headline));
    serde_json::to_string(&TimelineResponse { data, meta: Provenance::of_newest(figures, settings, name) }).ok()
}

async fn make(
    state: &AppState,
    snapshot: &Arc<Snapshot>,
    (interval, basis): (Interval, Basis),
    (form, audience): (Form, &Audience),
) -> Result<ReadyPage, ApiError> {
    let figures = &snapshot.figures;
    let month = Month::of(figures.day);
    let ends = if basis == Basis::RecordedOn {
        let kept = state.read(Reader::Everybody, closed_days::month_ends).await?;
        // Without later days, because another process may have closed the day of this snapshot already.
        let kept = kept.iter().filter(|(day, _)| *day < figures.day).map(|(day, headline)| recorded(*day, headline));
        let of_now = if audience.is_internal() {
            Ok((month, End::of(month, &now(figures), figures.methodology)))
        } else {
            let headline = snapshot.page(headline::PATH).ok_or(ApiError::NotFound)?;
            recorded(figures.day, std::str::from_utf8(&headline.identity.body).map_err(|_| ApiError::Internal)?)
        };
        kept.chain([of_now]).collect::<Result<Vec<_>, ApiError>>()?
    } else {
        let shared = snapshot.clone();
        let ends = move || {
            let end = |(month, at): &(Month, MonthEnd)| (*month, End::of(*month, at, shared.figures.methodology));
            Ok(shared.timeline().iter().map(end).collect())
        };
        state.compute(Reader::Everybody, ends).await?
    };
    let data = rows(&ends, interval, basis, month);
    let meta = if audience.is_internal() {
        Provenance::of(figures, &state.settings, &address(figures, &link(interval, basis))).for_internal_use()
    } else {
        let mut meta = Provenance::of_counts(figures, &state.settings, &link(interval, basis));
        meta.warnings.extend(snapshot.point.is_none().then(|| "nothing_published_yet".to_owned()));
        meta
    };
    Ok(page_of_rows(form, columns_of(&PeriodView::default()), &TimelineResponse { data, meta }))
}

/// The figures of the headline as the end of a month.
fn now(figures: &Figures) -> MonthEnd {
    MonthEnd {
        sites: figures.progress.sites,
        capacity_wp: figures.output.capacity_wp,
        to_date: figures.output.verified.to_date,
    }
}

/// The path and query of a timeline by installation.
#[must_use]
pub fn of_installations(interval: Interval) -> String {
    link(interval, Basis::InstalledOn)
}

/// The path and query of a timeline.
fn link(interval: Interval, basis: Basis) -> String {
    format!("{PATH}?interval={}&basis={}", interval.as_str(), basis.as_str())
}
