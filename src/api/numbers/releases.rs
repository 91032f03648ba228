//! `/v1/progress/releases`: headlines of closed days, published for good. The SHA-256 of the sealed bytes stands in the entry that
//! published them, so that anybody can check a quoted number years later. `…/sealed` sends these bytes as they are, also of a
//! closed day that was not released; the release itself has the address of the service in its links.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::body::{AnyDay, body};
use crate::api::callers::{Caller, Unhurried};
use crate::api::http::{ApiError, CacheFor, JSON, NoQuery, Problem, answer, as_page, choose, send};
use crate::api::request_body::Body;
use crate::api::state::AppState;
use crate::api::submit::{Reply, Submission, submit};
use crate::db::ledger::{Release, closed_days, releases};
use crate::domain::values::{Fault, hex, parse_day, sha256};
use crate::register::{Command, Done, ReadyPage};

use super::provenance::{instant, with_host};
use super::voided::{refuse_void_day, refuse_void_release};

const PATH: &str = "/v1/progress/releases";
/// The digest of a whole representation, RFC 9530.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

body! {
    /// A release to publish.
    #[schema(example = json!({"as_of": "2026-10-31"}))]
    pub struct CreateRelease {
        /// The day that this release reports (YYYY-MM-DD, Hà Nội). It must be closed. Example: 2026-10-31.
        pub as_of: AnyDay as NaiveDate,
    }
}

/// All releases, the newest day first.
#[derive(Serialize, ToSchema)]
pub struct ReleaseList {
    /// The releases.
    data: Vec<ReleaseView>,
}

/// A release that was published.
#[derive(Serialize, ToSchema)]
pub struct ReleaseResponse {
    /// The release.
    data: ReleaseView,
}

/// A headline that was published for good.
#[derive(Serialize, ToSchema)]
pub struct ReleaseView {
    /// The day that this release reports (YYYY-MM-DD, Hà Nội); it names the release.
    #[schema(example = "2026-10-31")]
    id: NaiveDate,
    /// The version of the register at the close of that day. Example: 12874.
    version: i64,
    /// The number of the entry that published the release and seals its digest. Example: 12901.
    entry: i64,
    /// The instant of that entry; UTC, with microseconds. Example: 2026-11-01T01:00:00.000000Z.
    #[schema(format = DateTime)]
    published_at: String,
    /// The SHA-256 of the sealed bytes: 64 hexadecimal digits.
    sha256: String,
    /// Permanent address of the release.
    #[schema(format = "uri")]
    url: String,
    /// Permanent address of the sealed bytes.
    #[schema(format = "uri")]
    sealed_url: String,
}

impl ReleaseView {
    fn of(release: &Release, public_url: &str) -> Self {
        Self {
            id: release.day,
            version: release.version,
            entry: release.entry,
            published_at: instant(release.published_at),
            sha256: hex(&release.sha256),
            url: format!("{public_url}{PATH}/{}", release.day),
            sealed_url: format!("{public_url}{PATH}/{}/sealed", release.day),
        }
    }
}

/// Headlines that were published for good: one at the end of each month, and those that an administrator published.
#[utoipa::path(get, path = "", responses((status = 200, body = ReleaseList)))]
pub async fn list_releases(
    _: Unhurried,
    request: HttpRequest,
    _: NoQuery,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let all = state.read(&request, releases::all).await?;
    let served = all.iter().filter(|release| !release.is_of_old_form());
    let data = served.map(|release| ReleaseView::of(release, &state.settings.public_url)).collect();
    send(&request, &as_page(JSON, &ReleaseList { data }), CacheFor::OneSecond).await
}

/// The headline as it was published; its links lead to this service. `…/sealed` has the bytes of which the SHA-256 is.
#[utoipa::path(get, path = "", params(("id" = NaiveDate, Path, description = "The day that the release reports (YYYY-MM-DD), for example 2026-10-31.")),
    responses((status = 200, body = crate::api::numbers::headline::ProgressResponse),
        (status = 410, body = Problem, content_type = "application/problem+json")))]
pub async fn get_release(
    _: Unhurried,
    request: HttpRequest,
    _: NoQuery,
    id: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let sealed = released(&request, &state, &id).await?;
    send(&request, &ReadyPage::new(JSON, with_host(&sealed, &state.settings)), CacheFor::OneHour).await
}

/// The sealed bytes of a release. Their SHA-256 stands in the list of releases, in the entry that published them, and in the header
/// `Repr-Digest`. Of a compressed answer `Repr-Digest` has the digest of the compressed bytes. Links are paths without a host.
#[utoipa::path(get, path = "", params(("id" = NaiveDate, Path, description = "The day that the release reports (YYYY-MM-DD), for example 2026-10-31.")),
    responses((status = 200, body = crate::api::numbers::headline::ProgressResponse,
        headers(("Repr-Digest" = String, description = "The SHA-256 of the bytes that are sent, in the form of RFC 9530."))),
        (status = 410, body = Problem, content_type = "application/problem+json")))]
pub async fn get_sealed_release(
    _: Unhurried,
    request: HttpRequest,
    _: NoQuery,
    id: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    send_sealed(&request, released(&request, &state, &id).await?).await
}

/// The sealed bytes of the headline of a closed day, of which `meta.citable.sha256` and `Repr-Digest` have the SHA-256. Links are
/// paths without a host.
#[utoipa::path(get, path = "", params(("day" = NaiveDate, Path, description = "A day that is over (YYYY-MM-DD, Hà Nội), for example 2026-10-31.")),
    responses((status = 200, body = crate::api::numbers::headline::ProgressResponse,
        headers(("Repr-Digest" = String, description = "The SHA-256 of the bytes that are sent, in the form of RFC 9530.")))))]
pub async fn get_sealed_day(
    _: Unhurried,
    request: HttpRequest,
    _: NoQuery,
    day: web::Path<String>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let day = parse_day(&day).map_err(|_| ApiError::NotFound)?;
    refuse_void_day(&state, day)?;
    let today = state.register.snapshot().figures.day;
    if state.register.is_before(day) || day > today {
        return Err(ApiError::NotFound);
    }
    let kept = state.read(&request, move |connection| closed_days::find(connection, day)).await?;
    let is_open = day == today;
    let missing = if is_open { ApiError::invalid("day", Fault::NotClosed) } else { ApiError::NotFound };
    send_sealed(&request, kept.ok_or(missing)?.body).await
}

/// The sealed bytes of a release. 404 and not 422, because a text that is no day names no release.
async fn released(request: &HttpRequest, state: &AppState, id: &str) -> Result<String, ApiError> {
    let day = parse_day(id).map_err(|_| ApiError::NotFound)?;
    if state.register.is_before(day) {
        return Err(ApiError::NotFound);
    }
    let find = move |connection: &mut _| Ok(releases::find(connection, day)?.zip(releases::body(connection, day)?));
    let Some((release, body)) = state.read(request, find).await? else {
        refuse_void_release(state, day)?;
        return Err(ApiError::NotFound);
    };
    if release.is_of_old_form() { Err(ApiError::Gone { entry: release.entry }) } else { Ok(body) }
}

async fn send_sealed(request: &HttpRequest, sealed: String) -> Result<HttpResponse, ApiError> {
    let page = ReadyPage::new(JSON, sealed);
    let (coding, sent) = choose(request, &page).await?;
    let mut response = answer(request, &page, (coding, sent), CacheFor::Always);
    let digest = format!("sha-256=:{}:", BASE64_STANDARD.encode(sha256(&sent.body)));
    if let Ok(digest) = HeaderValue::from_str(&digest) {
        response.headers_mut().insert(REPR_DIGEST, digest);
    }
    Ok(response)
}

/// Publishes the headline of a closed day. A release never changes and is never taken back; publishing the same day again
/// answers 200 with the release that exists, and 410 where that is of the old form.
#[utoipa::path(get, path = "", request_body = CreateRelease,
    responses((status = 201, description = "The release was published.", body = ReleaseResponse, headers(("Location" = String, description = "The address of the release."))),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 200, description = "The day was released before; this is that release.", body = ReleaseResponse, headers(("Location" = String, description = "The address of the release.")))))]
pub async fn create_release(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(body, sent): Body<CreateRelease>,
) -> Result<HttpResponse, ApiError> {
    let public_url = state.settings.public_url.clone();
    let answer = move |done: &Done| {
        let Done::Released { created, release } = done else { return Err(ApiError::Internal) };
        if release.is_of_old_form() {
            return Err(ApiError::Gone { entry: release.entry });
        }
        let data = ReleaseView::of(release, &public_url);
        let location = data.url.clone();
        Ok(Reply::json(if *created { 201 } else { 200 }, &ReleaseResponse { data })?.at(location))
    };
    submit(&state, &caller, Command::Release(body.as_of), Submission::recorded(sent.key), answer).await
}
