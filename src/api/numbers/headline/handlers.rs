//! `GET /v1/progress`, `/v1/progress.csv` and `/v1/progress.txt`: the headline.
//!
//! The bytes of all three are made once for each snapshot, by [`make_pages`], and never changed: a request copies a pointer.
//! The register calls `make_pages` in its writer, and keeps the JSON of the day's last snapshot when the day closes. So the
//! answer to `?as_of=2026-10-31` is that kept text, with the host before its link and one member added at its end:
//!
//! ```text
//! kept     {"data":{…},"meta":{…,"permalink":"/v1/progress?as_of=2026-10-31",…}}
//! answered {"data":{…},"meta":{…,"permalink":"https://…/v1/progress?as_of=2026-10-31",…},"today":{"as_of":"2026-11-27",…}}
//! ```
//!
//! The kept text has no host, because the service may get another address. It is served unchanged under `…/sealed`.

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::Value;

use crate::api::callers::Audience;
use crate::api::http::{ApiError, CSV, CacheFor, Edge, JSON, Problem, Query, Scope, TEXT, as_page, send, whole_day};
use crate::api::numbers::amounts::with_decimals;
use crate::api::numbers::bridge;
use crate::api::numbers::methodologies::{parse_methodology, snapshot_with};
use crate::api::numbers::provenance::{Provenance, with_host};
use crate::api::numbers::voided::refuse_void_days;
use crate::api::state::{AppState, Reader};
use crate::db::ledger::closed_days::{self, ClosedDay};
use crate::domain::figures::Methodology;
use crate::domain::records::Actor;
use crate::domain::reference::target_on;
use crate::domain::values::parse_closed_day;
use crate::register::{Figures, MadePage, PublicSettings, PublishedFigures, ReadyPage, Snapshot};

use super::forms::{csv, text};
use super::permalink::{PATH, permalink};
use super::view::{FiguresView, ProgressResponse, ProgressView, TodayView};

const CSV_PATH: &str = "/v1/progress.csv";
const TEXT_PATH: &str = "/v1/progress.txt";

/// Makes the three pages of the headline. The first is the JSON that closed days keep.
#[must_use]
pub fn make_pages(figures: &Figures, published: Option<&PublishedFigures>, settings: &PublicSettings) -> Vec<MadePage> {
    forms(&public(figures, published, settings))
}

/// The headline for everybody: the counts of now with published figures.
fn public(figures: &Figures, published: Option<&PublishedFigures>, settings: &PublicSettings) -> ProgressResponse {
    let mut meta = Provenance::of_counts(figures, settings, &permalink(figures));
    meta.methodology_version = published.map(|published| published.methodology);
    if published.is_none() {
        meta.warnings.push("nothing_published_yet".to_owned());
    }
    ProgressResponse { data: ProgressView::of(figures, published, settings), meta, today: None }
}

/// The headline for internal use: all figures as they are.
fn internal(figures: &Figures, settings: &PublicSettings) -> ProgressResponse {
    let data = ProgressView::of(figures, Some(&FiguresView::published(figures)), settings);
    let meta = Provenance::of(figures, settings, &permalink(figures)).for_internal_use();
    ProgressResponse { data, meta, today: None }
}

fn forms(body: &ProgressResponse) -> Vec<MadePage> {
    // Only numbers, dates and texts: they always have a JSON form.
    let json = serde_json::to_vec(body).unwrap_or_default();
    vec![
        MadePage { path: PATH, media_type: JSON, body: json },
        MadePage { path: CSV_PATH, media_type: CSV, body: csv(body) },
        MadePage { path: TEXT_PATH, media_type: TEXT, body: text(body).into_bytes() },
    ]
}

/// Verified sites make the headline; sites that wait to be verified stand beside it. No token is needed.
///
/// `as_of` answers the headline as it was known at the close of that day in Hà Nội, with the number of today beside it.
/// `methodology` answers the headline of today with the emissions of another methodology. With the token of a reviewer or an
/// administrator the answer has everything as it is now (`meta.scope` is `internal`), and both parameters may stand together.
#[utoipa::path(get, path = "", params(("as_of" = Option<NaiveDate>, Query, description = "A day that is over (YYYY-MM-DD, Hà Nội), for example 2026-10-31. Absent: now."),
        ("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, body = ProgressResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")))]
pub async fn get_progress(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let snapshot = state.register.snapshot();
    if request.query_string().is_empty() && !request.headers().contains_key(AUTHORIZATION) {
        return send_headline(&request, &snapshot, PATH).await;
    }
    // In a box, because the future of a bare request would otherwise carry the room that a query needs.
    Box::pin(answer_query(&request, &state, &snapshot)).await
}

async fn answer_query(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    snapshot: &Snapshot,
) -> Result<HttpResponse, ApiError> {
    let audience = Audience::of(request).await?;
    refuse_void_days(state, request.query_string(), &["as_of"])?;
    let mut query = Query::of(request)?;
    let today = snapshot.figures.day;
    let past = query.parse("as_of", whole_day(Edge::Last, |raw| parse_closed_day(raw, today)));
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    match (past, audience) {
        (Some(day), Audience::Internal(actor)) => past_in_full(request, state, &actor, (day, asked)).await,
        (Some(_), Audience::Public) if asked.is_some() => {
            let is_known = request.headers().contains_key(AUTHORIZATION);
            let needed = ApiError::Forbidden { needs: Scope::Review };
            Err(if is_known { needed } else { ApiError::Unauthorized { sent: false } })
        }
        (Some(day), Audience::Public) => {
            let page = past_day(request, state, snapshot, day).await?;
            send(request, &page, CacheFor::OneSecond).await
        }
        (None, audience) => send_now(request, state, (asked, &audience), PATH).await,
    }
}

/// A past day in full, by any methodology. It is counted from the journal, which takes seconds, so it is for reviewers only and
/// one at a time.
async fn past_in_full(
    request: &HttpRequest,
    state: &AppState,
    actor: &Actor,
    (day, asked): (NaiveDate, Option<&'static Methodology>),
) -> Result<HttpResponse, ApiError> {
    let slot = state.slow_query_slot(actor).await?;
    let (register, settings) = (state.register.clone(), state.settings.clone());
    let work = move || Ok(as_page(JSON, &internal(&register.figures_at(day, asked)?, &settings)));
    send(request, &state.compute(slot, work).await?, CacheFor::Never).await
}

/// The numbers of the headline as CSV, one a row: `figure` (for example `sites.verified`), `value`, `as_of`, `version`,
/// `methodology_version`. A value that is not known is empty.
#[utoipa::path(get, path = "", params(("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, description = "The numbers of the headline as CSV.", content_type = "text/csv", body = String)))]
pub async fn get_progress_table(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_form(&request, &state, CSV_PATH).await
}

/// The headline as a sentence in Vietnamese and in English, to quote as it is, with the limits of the numbers.
#[utoipa::path(get, path = "", params(("methodology" = Option<i32>, Query, description = "The number of a methodology of `/v1/methodology`, for example 1. Absent: the methodology in force.")),
    responses((status = 200, description = "The sentence and the limits of the numbers, in both languages.", content_type = "text/plain", body = String)))]
pub async fn get_progress_text(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_form(&request, &state, TEXT_PATH).await
}

/// Sends the headline in another form, with the methodology of the query.
async fn send_form(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    path: &'static str,
) -> Result<HttpResponse, ApiError> {
    let audience = Audience::of(request).await?;
    let mut query = Query::of(request)?;
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    send_now(request, state, (asked, &audience), path).await
}

async fn send_now(
    request: &HttpRequest,
    state: &web::Data<AppState>,
    (asked, audience): (Option<&'static Methodology>, &Audience),
    path: &'static str,
) -> Result<HttpResponse, ApiError> {
    if audience.is_internal() {
        let body = internal(&snapshot_with(state, asked).await?.figures, &state.settings);
        return send(request, &form(&body, path)?, CacheFor::Never).await;
    }
    let snapshot = state.register.snapshot();
    let other = snapshot.point.clone().zip(asked).filter(|(point, asked)| point.methodology != asked.version);
    let Some((point, methodology)) = other else {
        return send_headline(request, &snapshot, path).await;
    };
    let (shared, now) = (state.clone(), snapshot.clone());
    let work = move || {
        let by_methodology = shared.register.restated(&point, methodology)?;
        let of_point = &by_methodology.figures;
        let (restated, output) = (of_point.restated, of_point.output);
        let figures = Figures { methodology, restated, ..now.figures.clone() };
        let mut body = public(&figures, Some(&FiguresView::published(of_point)), &shared.settings);
        body.meta.warnings = Provenance::of(&Figures { output, ..figures }, &shared.settings, PATH).warnings;
        form(&body, path)
    };
    let key = format!("{path} {}", methodology.version);
    let make = async { Ok(state.compute(Reader::Everybody, work).await?) };
    send(request, &*snapshot.page_of(key, make).await?, CacheFor::OneSecond).await
}

/// One form of the headline.
fn form(body: &ProgressResponse, path: &str) -> Result<ReadyPage, ApiError> {
    let page = forms(body).into_iter().find(|page| page.path == path).ok_or(ApiError::NotFound)?;
    Ok(ReadyPage::new(page.media_type, page.body))
}

async fn send_headline(request: &HttpRequest, snapshot: &Snapshot, path: &str) -> Result<HttpResponse, ApiError> {
    send(request, snapshot.page(path).ok_or(ApiError::NotFound)?, CacheFor::OneSecond).await
}

/// The page of a day that is over, made once a snapshot.
async fn past_day(
    request: &HttpRequest,
    state: &AppState,
    snapshot: &Snapshot,
    day: NaiveDate,
) -> Result<Arc<ReadyPage>, ApiError> {
    let key = format!("{PATH}?as_of={day}");
    if let Some(page) = snapshot.made_page(&key) {
        return Ok(page);
    }
    // A day before the register asks nothing of the database, so that nobody waits for it.
    let slot = if state.register.is_before(day) { None } else { Some(state.counted_slot(request).await?) };
    let make = async {
        let kept = match slot {
            Some(slot) => state.read(slot, move |connection| closed_days::closed(connection, day)).await?,
            None => None,
        };
        Ok(closed_day(state, snapshot, day, kept)?)
    };
    Ok(snapshot.page_of(key, make).await?)
}

/// The kept headline of a closed day with the number of today; zeros for a day before the register began.
fn closed_day(
    state: &AppState,
    snapshot: &Snapshot,
    day: NaiveDate,
    kept: Option<ClosedDay>,
) -> Result<ReadyPage, ApiError> {
    let mut body: Value = if let Some(kept) = kept {
        serde_json::from_str(&with_host(&kept.body, &state.settings)).map_err(|_| ApiError::Internal)?
    } else {
        let methodology = state.register.activations().at(1)?;
        let figures = Figures { methodology, ..Figures::before_the_register(day) };
        let mut body = public(&figures, None, &state.settings);
        body.meta.warnings.push("before_the_register".to_owned());
        serde_json::to_value(&body).map_err(|_| ApiError::Internal)?
    };
    let figures = &snapshot.figures;
    let today = TodayView {
        as_of: figures.day,
        version: figures.version,
        sites_verified: figures.progress.sites.verified,
        percent_of_target: with_decimals::<4>(figures.progress.percent_of(target_on(figures.day))),
        bridge: figures
            .day
            .pred_opt()
            .filter(|last| day < *last)
            .map(|last| format!("{}{}", state.settings.public_url, bridge::link(day, last))),
    };
    if let Some(members) = body.as_object_mut() {
        members.insert("today".to_owned(), serde_json::to_value(&today).map_err(|_| ApiError::Internal)?);
    }
    Ok(as_page(JSON, &body))
}
