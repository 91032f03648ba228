//! The headline: `GET /v1/progress`. Its bytes are made once a snapshot; a request copies a
//! pointer.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::progress::{ByStage, Progress};
use crate::domain::quantity::units;
use crate::domain::reference::target;
use crate::register::{Figures, Render};

use super::meta::Meta;
use super::query::NoQuery;
use super::state::{PublicSettings, State};

/// The path that the permalink names.
const PATH: &str = "/v1/progress";

/// The headline with what it was made from.
#[derive(Serialize, ToSchema)]
pub struct ProgressResponse {
    /// The numbers.
    data: ProgressView,
    /// What they were made from.
    meta: Meta,
}

/// The headline.
#[derive(Serialize, ToSchema)]
pub struct ProgressView {
    /// What is aimed at.
    target: TargetView,
    /// Verified sites in percent of the target.
    #[schema(example = 0.0601)]
    percent_of_target: f64,
    /// Sites by stage. A site counts once, however many measures it has.
    sites: StageView,
    /// Installations by stage.
    installations: StageView,
    /// Sites by kind and stage.
    by_kind: BTreeMap<&'static str, StageView>,
    /// Verified sites by their best evidence.
    by_evidence_tier: BTreeMap<&'static str, i64>,
    /// Solar capacity in operation.
    capacity_kwp: CapacityView,
    /// Sites in operation since before the programme: kept, not part of any number above.
    pre_programme: PreProgrammeView,
}

/// What is aimed at.
#[derive(Serialize, ToSchema)]
pub struct TargetView {
    /// How many sites.
    sites: i64,
    /// By when.
    by: NaiveDate,
    /// The number of this target's definition.
    version: i32,
}

/// A count at each stage; the stages exclude each other.
#[derive(Serialize, ToSchema)]
pub struct StageView {
    /// Verified by a reviewer.
    verified: i64,
    /// Reported by a partner, waiting to be verified.
    installed: i64,
    /// Promised.
    pledged: i64,
    /// Verified and installed.
    in_operation: i64,
}

/// Solar capacity in kWp.
#[derive(Serialize, ToSchema)]
pub struct CapacityView {
    /// Verified.
    verified: f64,
    /// Reported, waiting to be verified.
    installed: f64,
}

/// Sites in operation since before the programme.
#[derive(Serialize, ToSchema)]
pub struct PreProgrammeView {
    /// By stage.
    sites: StageView,
}

impl From<&ByStage> for StageView {
    fn from(by: &ByStage) -> Self {
        Self { verified: by.verified, installed: by.installed, pledged: by.pledged, in_operation: by.in_operation() }
    }
}

impl From<&Progress> for ProgressView {
    fn from(progress: &Progress) -> Self {
        let target = target();
        Self {
            target: TargetView { sites: target.sites, by: target.by, version: target.version },
            percent_of_target: progress.percent_of_target(),
            sites: (&progress.sites).into(),
            installations: (&progress.installations).into(),
            by_kind: progress.by_kind.iter().map(|(kind, by)| (kind.as_str(), by.into())).collect(),
            by_evidence_tier: progress.by_evidence_tier.iter().map(|(tier, n)| (tier.as_str(), *n)).collect(),
            capacity_kwp: CapacityView {
                verified: units(progress.capacity_wp.verified),
                installed: units(progress.capacity_wp.installed),
            },
            pre_programme: PreProgrammeView { sites: (&progress.pre_programme_sites).into() },
        }
    }
}

/// What makes the bytes of the headline from figures.
#[must_use]
pub fn render(settings: &PublicSettings) -> Render {
    let settings = settings.clone();
    Arc::new(move |figures: &Figures| {
        let body = ProgressResponse { data: (&figures.progress).into(), meta: Meta::of(figures, &settings, PATH) };
        // Only numbers, dates and texts: they always have a JSON form.
        serde_json::to_vec(&body).unwrap_or_default()
    })
}

/// Progress toward the million
///
/// Public. Verified sites make the headline; what waits for verification stands beside it.
#[utoipa::path(get, path = "/v1/progress", tag = "progress",
    responses((status = 200, body = ProgressResponse, headers(("ETag" = String, description = "The state of the register."))),
        (status = 304, headers(("ETag" = String, description = "The state of the register.")))))]
pub async fn get_progress(request: HttpRequest, _: NoQuery, state: web::Data<State>) -> HttpResponse {
    let snapshot = state.register.snapshot();
    let known = request.headers().get(IF_NONE_MATCH);
    let mut response = if known.is_some_and(|etags| matches_etag(etags, &snapshot.progress_etag)) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok().body(snapshot.progress_body.clone())
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_maybe_shared(snapshot.progress_etag.clone()) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=1, stale-while-revalidate=30"));
    response
}

/// `If-None-Match` compares weakly.
fn matches_etag(header: &HeaderValue, etag: &[u8]) -> bool {
    let listed = header.to_str().unwrap_or_default().split(',').map(str::trim);
    listed.map(|one| one.strip_prefix("W/").unwrap_or(one)).any(|one| one.as_bytes() == etag || one == "*")
}
