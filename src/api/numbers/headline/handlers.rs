//! The headline: `GET /v1/progress`. Its bytes are made once a snapshot; a request copies a
//! pointer.

use actix_web::dev::Payload;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::Value;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, CSV, CacheFor, JSON, Problem, Query, Scope, TEXT, as_page, send};
use crate::api::numbers::bridge;
use crate::api::numbers::methodologies::{parse_methodology, snapshot_with};
use crate::api::numbers::provenance::Provenance;
use crate::api::state::AppState;
use crate::db::ledger::closed_days;
use crate::domain::figures::Methodology;
use crate::domain::values::parse_past_day;
use crate::register::{Figures, MadePage, PublicSettings, ReadyPage, Snapshot};

use super::forms::{csv, text};
use super::view::{PATH, ProgressResponse, ProgressView, TodayView, link};

/// The path that the permalink names.
const CSV_PATH: &str = "/v1/progress.csv";
const TEXT_PATH: &str = "/v1/progress.txt";

/// Makes the public pages from figures.
#[must_use]
pub fn make_pages(figures: &Figures, settings: &PublicSettings) -> Vec<MadePage> {
    let body = ProgressResponse {
        data: ProgressView::of(figures, settings),
        meta: Provenance::of(figures, settings, &link(figures)),
        today: None,
    };
    // Only numbers, dates and texts: they always have a JSON form.
    let json = serde_json::to_vec(&body).unwrap_or_default();
    vec![
        MadePage { path: PATH, media_type: JSON, body: json },
        MadePage { path: CSV_PATH, media_type: CSV, body: csv(&body) },
        MadePage { path: TEXT_PATH, media_type: TEXT, body: text(&body.data).into_bytes() },
    ]
}

/// Public. Verified sites make the headline; what waits for verification stands beside it. With `as_of`, as it was known
/// at the close of that day in Hà Nội, with the number of today beside it. With `methodology`, as it is today by another
/// one than that in force; with both, which needs a token with `aggregates:read`, as it was known then by that one.
#[utoipa::path(get, path = "", params(("as_of" = Option<NaiveDate>, Query, description = "A day, not after today."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, body = ProgressResponse),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")))]
pub async fn get_progress(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let snapshot = state.register.snapshot();
    if request.query_string().is_empty() {
        return send_headline(&request, &snapshot, PATH).await;
    }
    // In a box, so that requests without a question carry no room for it.
    Box::pin(answer_question(&request, &state, &snapshot)).await
}

async fn answer_question(
    request: &HttpRequest,
    state: &AppState,
    snapshot: &Snapshot,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request)?;
    let today = snapshot.figures.day;
    let past = query.parse("as_of", |raw| parse_past_day(raw, today)).filter(|day| *day < today);
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    if let Some((day, methodology)) = past.zip(asked) {
        return restated_past(request, state, day, methodology).await;
    }
    if let Some(day) = past {
        let make = async { Ok(closed_day(state, snapshot, day).await?) };
        let page = snapshot.page_of(format!("{PATH}?as_of={day}"), make).await?;
        return send(request, &page, CacheFor::OneSecond).await;
    }
    send_headline(request, &*snapshot_with(state, asked).await?, PATH).await
}

/// A past day by another methodology than that which was in force: counted from the journal, for clients, one at a time.
async fn restated_past(
    request: &HttpRequest,
    state: &AppState,
    day: NaiveDate,
    methodology: &'static Methodology,
) -> Result<HttpResponse, ApiError> {
    let caller = Caller::from_request(request, &mut Payload::None).await?;
    if !Scope::ReadAggregates.is_held_by(caller.0.role) {
        return Err(ApiError::Forbidden { needs: Scope::ReadAggregates });
    }
    let alone = state.slow_query_slot.enter().await?;
    let (register, settings) = (state.register.clone(), state.settings.clone());
    let work = move || {
        let _alone = alone;
        let figures = register.figures_at(day, methodology)?;
        let data = ProgressView::of(&figures, &settings);
        Ok(ProgressResponse { data, meta: Provenance::of(&figures, &settings, &link(&figures)), today: None })
    };
    let body = state.compute(work).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body))
}

/// One number a row, with the day, the version and the methodology that it was made from.
#[utoipa::path(get, path = "", params(("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn get_progress_table(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_form(&request, &state, CSV_PATH).await
}

/// In Vietnamese and in English, to quote as it is.
#[utoipa::path(get, path = "", params(("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn get_progress_text(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    send_form(&request, &state, TEXT_PATH).await
}

/// Another form of the headline.
async fn send_form(request: &HttpRequest, state: &AppState, path: &str) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request)?;
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    send_headline(request, &*snapshot_with(state, asked).await?, path).await
}

async fn send_headline(request: &HttpRequest, snapshot: &Snapshot, path: &str) -> Result<HttpResponse, ApiError> {
    send(request, snapshot.page(path).ok_or(ApiError::NotFound)?, CacheFor::OneSecond).await
}

/// A closed day as it was kept, with what it is today; before the register began, zeros.
async fn closed_day(state: &AppState, snapshot: &Snapshot, day: NaiveDate) -> Result<ReadyPage, ApiError> {
    let kept = state.read(move |connection| closed_days::closed(connection, day)).await?;
    let mut body: Value = if let Some(kept) = kept {
        serde_json::from_str(&kept.body).map_err(|_| ApiError::Internal)?
    } else {
        let figures = Figures::before_the_register(day);
        let mut meta = Provenance::of(&figures, &state.settings, &link(&figures));
        meta.warnings.push("before_the_register".to_owned());
        let data = ProgressView::of(&figures, &state.settings);
        serde_json::to_value(&ProgressResponse { data, meta, today: None }).map_err(|_| ApiError::Internal)?
    };
    let figures = &snapshot.figures;
    let today = TodayView {
        as_of: figures.day,
        version: figures.version,
        sites_verified: figures.progress.sites.verified,
        percent_of_target: figures.progress.percent_of_target(),
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
