//! For reviewers: what waits for them, and many decisions at once.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::callers::Caller;
use crate::api::documentation::DecideInstallations;
use crate::api::http::{
    ApiError, Faults, NoQuery, Node, Object, Problem, ProblemError, Query, StandingView, coded, read,
};
use crate::api::installations::{InstallationList, list_found, outcome};
use crate::api::request_body::JsonBody;
use crate::api::state::AppState;
use crate::db::records::{Filter, InstallationRecord};
use crate::domain::reference::{MeasureId, parse_province};
use crate::domain::refusals::FieldFault;
use crate::domain::values::{Code, Fault, InstallationId, Language, Note, RejectReason, SiteKind, Status, Tier};
use crate::register::{Command, Done, Failure, Request};

/// Decisions of one request, at most.
const MOST_DECISIONS: usize = 1_000;
/// A thousand decisions with the longest notes.
pub const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What waits for a reviewer
///
/// Reported installations that nobody decided on, oldest first, without those of the partner that
/// the reviewer works for.
#[utoipa::path(get, path = "/v1/review/queue", tag = "review",
    params(("partner" = Option<String>, Query), ("project" = Option<String>, Query),
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

/// Decide on many installations
///
/// Up to 1,000, each by itself: one that is refused spoils no other. Sending the same again is safe.
#[utoipa::path(post, path = "/v1/review/decisions", tag = "review", request_body = DecideInstallations,
    responses((status = 200, body = DecisionsResponse)))]
pub async fn decide_installations(
    caller: Caller,
    _: NoQuery,
    state: web::Data<AppState>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let decisions = read_decisions(&body.0).map_err(ApiError::Invalid)?;
    let requests = decisions.iter().map(|(_, command)| Request::new(caller.0.clone(), command.clone())).collect();
    let results = state.register.submit_all(requests).await?;
    if !results.is_empty() && results.iter().all(|result| matches!(result, Err(Failure::Unavailable))) {
        return Err(ApiError::Unavailable);
    }
    let language = caller.1;
    let data = decisions.iter().zip(results).map(|((id, _), result)| DecisionView::of(*id, result, language)).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(DecisionsResponse { data }))
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
        let Problem { code, detail, errors, installation: standing, .. } = Problem::of(error, language, "");
        let (status, etag) = standing.map(|StandingView { status, etag, .. }| (status, etag)).unzip();
        Self { installation, outcome: "refused", status, etag, problem: Some(RefusedView { code, detail, errors }) }
    }
}

fn read_decisions(node: &Node) -> Result<Vec<(InstallationId, Command)>, Vec<FieldFault>> {
    read(node, |body, faults| {
        let items = body.required_array("decisions", faults)?;
        match items.len() {
            0 => faults.add("/decisions", Fault::Empty),
            1..=MOST_DECISIONS => {}
            _ => {
                faults.add("/decisions", Fault::TooMany { max: MOST_DECISIONS });
                return None;
            }
        }
        let one = |(pointer, node)| read_decision(Object::of(node, pointer, faults)?, faults);
        Some(items.into_iter().filter_map(one).collect())
    })
}

fn read_decision(mut body: Object<'_>, faults: &mut Faults) -> Option<(InstallationId, Command)> {
    let id = body.required_text("installation", faults, InstallationId::parse);
    let verifies = coded(|raw| ACTIONS.iter().position(|action| *action == raw).map(|place| place == 0), ACTIONS);
    let verifies = body.required_text("action", faults, verifies);
    let tier = body.text("evidence_tier", faults, coded(Tier::parse, Tier::CODES));
    let reason = body.text("reason", faults, coded(RejectReason::parse, RejectReason::CODES));
    let note = body.text("note", faults, Note::parse);
    if let Some(verifies) = verifies {
        let (needed, other) = if verifies { ("evidence_tier", "reason") } else { ("reason", "evidence_tier") };
        if !body.has(needed) {
            body.missing(needed, faults);
        }
        if body.has(other) {
            faults.add(body.at(other), Fault::UnknownField);
        }
    }
    body.finish(faults);
    let id = id?;
    let command = if verifies? {
        Command::Verify { id, tier: tier?, note }
    } else {
        Command::Reject { id, reason: reason?, note }
    };
    Some((id, command))
}

/// What can be decided.
pub const ACTIONS: &[&str] = &["verify", "reject"];
