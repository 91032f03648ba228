//! The headline: `GET /v1/progress`. Its bytes are made once a snapshot; a request copies a
//! pointer.

mod forms;
mod view;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde_json::Value;

use crate::api::bridge;
use crate::api::error::ApiError;
use crate::api::meta::Meta;
use crate::api::methodology::{parse_methodology, snapshot_with};
use crate::api::query::Query;
use crate::api::state::State;
use crate::db::days;
use crate::domain::date::parse_past_day;
use crate::domain::fault::{Because, Fault};
use crate::register::{Figures, Page, PublicSettings, ReadyPage, Snapshot};

use forms::{csv, text};
pub use view::ProgressResponse;
use view::{ProgressView, TodayView, link};

/// The path that the permalink names.
const PATH: &str = "/v1/progress";
const CSV_PATH: &str = "/v1/progress.csv";
const TEXT_PATH: &str = "/v1/progress.txt";

/// Makes the public pages from figures.
#[must_use]
pub fn make_pages(figures: &Figures, settings: &PublicSettings) -> Vec<Page> {
    let body = ProgressResponse {
        data: ProgressView::of(figures, settings),
        meta: Meta::of(figures, settings, &link(figures)),
        today: None,
    };
    // Only numbers, dates and texts: they always have a JSON form.
    let json = serde_json::to_vec(&body).unwrap_or_default();
    vec![
        Page { path: PATH, media_type: "application/json", body: json },
        Page { path: CSV_PATH, media_type: "text/csv; charset=utf-8; header=present", body: csv(&body) },
        Page { path: TEXT_PATH, media_type: "text/plain; charset=utf-8", body: text(&body.data).into_bytes() },
    ]
}

/// Progress toward the million
///
/// Public. Verified sites make the headline; what waits for verification stands beside it. With `as_of`, as it was known
/// at the close of that day in Hà Nội, with the number of today beside it. With `methodology`, as it is today by another
/// one than that in force.
#[utoipa::path(get, path = "/v1/progress", tag = "progress",
    params(("as_of" = Option<NaiveDate>, Query, description = "A day, not after today."),
        ("methodology" = Option<i32>, Query, description = "A number of /v1/methodology, not with a past day.")),
    responses((status = 200, body = ProgressResponse, headers(("ETag" = String, description = "The state of the register."))),
        (status = 304, headers(("ETag" = String, description = "The state of the register.")))))]
pub async fn get_progress(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let snapshot = state.register.snapshot();
    if request.query_string().is_empty() {
        return send(&request, snapshot.page(PATH));
    }
    let mut query = Query::of(&request)?;
    let today = snapshot.figures.day;
    let past = query.parse("as_of", |raw| parse_past_day(raw, today)).filter(|day| *day < today);
    let asked = query.parse("methodology", parse_methodology);
    let is_restated_past = past.is_some() && asked.is_some();
    query.check("methodology", is_restated_past.then_some(Fault::NotAllowedHere { because: Because::MadeThen }));
    query.finish()?;
    if let Some(day) = past {
        return send(&request, Some(&closed_day(&state, &snapshot, day).await?));
    }
    send(&request, snapshot_with(&state, asked).await?.page(PATH))
}

/// The numbers of the headline as a table
///
/// One number a row, with the day, the version and the methodology that it was made from.
#[utoipa::path(get, path = "/v1/progress.csv", tag = "progress",
    params(("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, content_type = "text/csv", body = String, headers(("ETag" = String, description = "The state of the register."))),
        (status = 304, headers(("ETag" = String, description = "The state of the register.")))))]
pub async fn get_progress_table(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    send_form(&request, &state, CSV_PATH).await
}

/// The headline as a sentence
///
/// In Vietnamese and in English, to quote as it is.
#[utoipa::path(get, path = "/v1/progress.txt", tag = "progress",
    params(("methodology" = Option<i32>, Query, description = "A number of /v1/methodology.")),
    responses((status = 200, content_type = "text/plain", body = String, headers(("ETag" = String, description = "The state of the register."))),
        (status = 304, headers(("ETag" = String, description = "The state of the register.")))))]
pub async fn get_progress_text(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    send_form(&request, &state, TEXT_PATH).await
}

/// Another form of the headline.
async fn send_form(request: &HttpRequest, state: &State, path: &str) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request)?;
    let asked = query.parse("methodology", parse_methodology);
    query.finish()?;
    send(request, snapshot_with(state, asked).await?.page(path))
}

/// Sends a page that was made before: a request copies pointers.
pub fn send(request: &HttpRequest, page: Option<&ReadyPage>) -> Result<HttpResponse, ApiError> {
    let page = page.ok_or(ApiError::NotFound)?;
    let known = request.headers().get(IF_NONE_MATCH);
    let mut response = if known.is_some_and(|etags| matches_etag(etags, &page.etag)) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().body(page.body.clone())
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_maybe_shared(page.etag.clone()) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(page.media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=1, stale-while-revalidate=30"));
    Ok(response)
}

/// A closed day as it was kept, with what it is today; before the register began, zeros.
async fn closed_day(state: &State, snapshot: &Snapshot, day: NaiveDate) -> Result<ReadyPage, ApiError> {
    let kept = state.read(move |connection| days::find(connection, day)).await?;
    let mut body: Value = if let Some(kept) = kept {
        serde_json::from_str(&kept.body).map_err(|_| ApiError::Internal)?
    } else {
        let figures = Figures::before_the_register(day);
        let mut meta = Meta::of(&figures, &state.settings, &link(&figures));
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
    let body = serde_json::to_vec(&body).map_err(|_| ApiError::Internal)?;
    Ok(Page { path: PATH, media_type: "application/json", body }.into())
}

/// `If-None-Match` compares weakly.
fn matches_etag(header: &HeaderValue, etag: &[u8]) -> bool {
    let listed = header.to_str().unwrap_or_default().split(',').map(str::trim);
    listed.map(|one| one.strip_prefix("W/").unwrap_or(one)).any(|one| one.as_bytes() == etag || one == "*")
}
