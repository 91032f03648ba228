//! For reviewers: what waits for them, and many decisions at once.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, NoQuery, Problem, ProblemError, Query, StandingView, WarningView};
use crate::api::installations::{InstallationList, list_found};
use crate::api::request_body::{Body, Sent};
use crate::api::state::AppState;
use crate::api::submit::outcome;
use crate::db::records::{Filter, InstallationRecord};
use crate::domain::reference::{MeasureId, parse_province};
use crate::domain::values::{Code, Fault, InstallationId, Language, SiteKind, Status};
use crate::register::{Done, Failure, Request};

use super::bodies::DecideInstallations;

/// Installations with the status `installed`, oldest first, without those of the partner that the reviewer
/// works for. Filters can be combined.
#[utoipa::path(get, path = "", params(("partner" = Option<String>, Query, description = "Only installations of the partner with this code, for example `SOLARCO`."), ("project" = Option<String>, Query, description = "Only installations of the project with this code."),
        ("province" = Option<String>, Query, description = "Only installations in this province, for example `01`, see /v1/provinces."), ("kind" = Option<String>, Query, description = "Only installations at sites of this kind: `home`, `building`, `office` or `factory`."), ("measure" = Option<String>, Query, description = "Only installations with this measure, for example `rooftop_solar_pv`, see /v1/measures."),
        ("sandbox" = Option<bool>, Query, description = "`true` lists the installations of partners that only try things out, and no other."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Items of a page, 1 to 200; 50 if left out."), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before; left out for the first page.")),
    responses((status = 200, body = InstallationList)))]
pub async fn get_review_queue(
    request: HttpRequest,
    caller: Caller,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let kind = |raw: &str| SiteKind::parse(raw).ok_or(Fault::UnknownValue { allowed: SiteKind::CODES });
    let filter = Filter {
        status: Some(Status::Installed),
        sandbox: Some(query.flag("sandbox")),
        partner: query.parse("partner", Code::parse),
        project: query.parse("project", Code::parse),
        province: query.parse("province", parse_province),
        kind: query.parse("kind", kind),
        measure: query.parse("measure", |raw| MeasureId::parse(raw).ok_or(Fault::UnknownMeasure)),
        ..Filter::seen_by(&caller.0)
    };
    list_found(&state, &caller, query, filter).await
}

/// The outcomes of many decisions.
#[derive(Serialize, ToSchema)]
pub struct DecisionsResponse {
    /// One outcome for each decision, in the order of the request.
    data: Vec<DecisionView>,
    /// Texts of the request that held invisible characters, which were removed; left out if none did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<WarningView>,
}

/// The outcome of one decision.
#[derive(Serialize, ToSchema)]
pub struct DecisionView {
    /// The id of the installation. Example: 01930f2a-7c3e-7a41-9b52-4f0d8a6c1e73.
    installation: String,
    /// `changed`, `unchanged` if it was so already, or `refused`.
    outcome: &'static str,
    /// The status of the installation now; null if it was not found. Example: verified.
    status: Option<&'static str>,
    /// The entity tag of the installation now; null if it was not found. Example: "2.1".
    etag: Option<String>,
    /// Why the decision was refused; null if it was not.
    problem: Option<RefusedView>,
}

/// Why a decision was refused.
#[derive(Serialize, ToSchema)]
pub struct RefusedView {
    /// The code of the problem. Example: `invalid_transition`.
    code: &'static str,
    /// What is wrong and what to do, in the caller's language.
    detail: String,
    /// Every wrong value of the decision.
    errors: Vec<ProblemError>,
}

/// Up to 1,000 decisions in one request. Each is carried out by itself: a refused decision does not stop the
/// others. Sending the same request again is safe.
#[utoipa::path(get, path = "", request_body = DecideInstallations,
    responses((status = 200, body = DecisionsResponse)))]
pub async fn decide_installations(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(decisions, Sent { warnings, .. }): Body<DecideInstallations>,
) -> Result<HttpResponse, ApiError> {
    let requests = decisions.iter().map(|one| Request::new(caller.0.clone(), one.command.clone())).collect();
    let results = state.register.submit_all(requests).await?;
    let of_service = |result: &Result<_, Failure>| result.as_ref().is_err_and(Failure::is_of_service);
    if results.iter().all(of_service) {
        // One whose outcome is unknown makes the answer unknown.
        let failures = || results.iter().filter_map(|result| result.as_ref().err());
        let unknown = failures().find(|failure| **failure == Failure::OutcomeUnknown);
        if let Some(failure) = unknown.or(failures().next()) {
            return Err(failure.clone().into());
        }
    }
    let language = caller.1;
    let decided = decisions.iter().zip(results);
    let data = decided.map(|(one, result)| DecisionView::of(one.installation, result, language)).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DecisionsResponse { data, warnings }))
}

impl DecisionView {
    fn of(id: InstallationId, result: Result<Done, Failure>, language: Language) -> Self {
        let installation = id.to_string();
        match result {
            Ok(Done::Changed { changed, record, id }) => {
                let standing = InstallationRecord { record: *record, id };
                let found = standing.record.installation(id).map(|one| standing.record.current(one));
                let (status, etag) = found.map(|found| (found.status.as_str(), found.revision_tag)).unzip();
                Self { installation, outcome: outcome(changed), status, etag, problem: None }
            }
            Ok(_) => Self::refused(installation, &ApiError::Internal, language),
            Err(failure) => Self::refused(installation, &failure.into(), language),
        }
    }

    fn refused(installation: String, error: &ApiError, language: Language) -> Self {
        let Problem { code, detail, errors, installation: standing, .. } = Problem::of(error, language, false, "");
        let (status, etag) = standing.map(|StandingView { status, etag, .. }| (status, etag)).unzip();
        Self { installation, outcome: "refused", status, etag, problem: Some(RefusedView { code, detail, errors }) }
    }
}
