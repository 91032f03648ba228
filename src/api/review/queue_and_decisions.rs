//! For reviewers: what waits for them, and many decisions at once.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::http::{ApiError, NoQuery, Problem, ProblemError, Query, StandingView};
use crate::api::installations::{InstallationList, list_found};
use crate::api::request_body::Body;
use crate::api::state::AppState;
use crate::api::submit::outcome;
use crate::db::records::{Filter, InstallationRecord};
use crate::domain::reference::{MeasureId, parse_province};
use crate::domain::values::{Code, Fault, InstallationId, Language, SiteKind, Status};
use crate::register::{Done, Failure, Request};

use super::bodies::DecideInstallations;

/// Reported installations that nobody decided on, oldest first, without those of the partner that
/// the reviewer works for.
#[utoipa::path(get, path = "", params(("partner" = Option<String>, Query), ("project" = Option<String>, Query),
        ("province" = Option<String>, Query), ("kind" = Option<String>, Query), ("measure" = Option<String>, Query),
        ("sandbox" = Option<bool>, Query, description = "Those of partners that try things out instead."),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200), ("cursor" = Option<String>, Query)),
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

/// What became of each decision.
#[derive(Serialize, ToSchema)]
pub struct DecisionsResponse {
    /// In the order of the request.
    data: Vec<DecisionView>,
}

/// What became of one decision.
#[derive(Serialize, ToSchema)]
pub struct DecisionView {
    /// The installation's id.
    installation: String,
    /// `changed`, `unchanged`, or `refused`.
    outcome: &'static str,
    /// Where it stands; null where it was not found.
    status: Option<&'static str>,
    /// Its `ETag`.
    etag: Option<String>,
    /// Why it was refused.
    problem: Option<RefusedView>,
}

/// Why a decision was refused.
#[derive(Serialize, ToSchema)]
pub struct RefusedView {
    /// The code of the problem.
    code: &'static str,
    /// What happened and what to do.
    detail: String,
    /// Every wrong value.
    errors: Vec<ProblemError>,
}

/// Up to 1,000, each by itself: one that is refused spoils no other. Sending the same again is safe.
#[utoipa::path(get, path = "", request_body = DecideInstallations,
    responses((status = 200, body = DecisionsResponse)))]
pub async fn decide_installations(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    Body(decisions, _): Body<DecideInstallations>,
) -> Result<HttpResponse, ApiError> {
    let requests = decisions.iter().map(|one| Request::new(caller.0.clone(), one.command.clone())).collect();
    let results = state.register.submit_all(requests).await?;
    if !results.is_empty() && results.iter().all(|result| matches!(result, Err(Failure::Unavailable))) {
        return Err(ApiError::Unavailable);
    }
    let language = caller.1;
    let decided = decisions.iter().zip(results);
    let data = decided.map(|(one, result)| DecisionView::of(one.installation, result, language)).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DecisionsResponse { data }))
}

impl DecisionView {
    fn of(id: InstallationId, result: Result<Done, Failure>, language: Language) -> Self {
        let installation = id.to_string();
        match result {
            Ok(Done::Changed { changed, record, id }) => {
                let standing = InstallationRecord { record: *record, id };
                let found = standing.record.installation(id).map(|one| standing.record.standing(one));
                let (status, etag) = found.map(|found| (found.status.as_str(), found.etag)).unzip();
                Self { installation, outcome: outcome(changed), status, etag, problem: None }
            }
            Ok(_) => Self::refused(installation, &ApiError::Internal, language),
            Err(failure) => Self::refused(installation, &failure.into(), language),
        }
    }

    fn refused(installation: String, error: &ApiError, language: Language) -> Self {
        let Problem { code, detail, errors, installation: standing, .. } = Problem::of(error, language, "");
        let (status, etag) = standing.map(|StandingView { status, etag, .. }| (status, etag)).unzip();
        Self { installation, outcome: "refused", status, etag, problem: Some(RefusedView { code, detail, errors }) }
    }
}
