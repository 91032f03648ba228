//! `GET /livez`, whether the process lives, and `GET /readyz`, whether it can serve. Both answer from memory, unless
//! `/readyz?verbose` asks for an examination.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, NoQuery, Query};
use crate::api::state::AppState;
use crate::domain::values::Fault;
use crate::register::examine::Examination;

use super::readiness_checks::Checks;

/// The values of `verbose`, as a fault lists them.
const YES_OR_NO: &[&str] = &["true", "false"];

/// The state of the process.
#[derive(Serialize, ToSchema)]
pub struct Liveness {
    /// `alive`, or `writer_stopped` where the process has to be restarted.
    status: &'static str,
}

/// The readiness of the service.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready`, or `not_ready` where requests should go to another process.
    status: &'static str,
    /// True while the writer, which orders all changes, is running.
    writer: bool,
    /// True where the database answered when it was last asked, at most ten seconds ago.
    database: bool,
    /// The version of the newest snapshot of this process. Example: 12874.
    version: i64,
    /// What keeps the service from doing its work; null where nothing does.
    problem: Option<ReadinessProblem>,
    /// The results of the examination; only for operators, with `verbose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    checks: Option<Checks>,
}

/// What keeps the service from doing its work.
#[derive(Serialize, ToSchema)]
pub struct ReadinessProblem {
    /// The code that programs read: `writer_stopped`, `database_away`, `outdated_program`, `clock_in_doubt`, `contradiction`,
    /// `storage_full`, `writes_fail` or `methodology_missing`.
    #[schema(example = "storage_full")]
    code: &'static str,
    /// What is wrong and what to do, in English.
    detail: String,
}

/// Answers 200 while the process lives. A process that answers 503 has to be restarted.
#[utoipa::path(get, path = "", responses((status = 200, description = "The process is alive.", body = Liveness),
    (status = 503, description = "The process has to be restarted.", body = Liveness)))]
pub async fn get_liveness(state: web::Data<AppState>) -> HttpResponse {
    if state.register.is_alive() {
        HttpResponse::Ok().json(Liveness { status: "alive" })
    } else {
        HttpResponse::ServiceUnavailable().json(Liveness { status: "writer_stopped" })
    }
}

/// Answers 200 while the service can do its work, and 503 while it cannot. `problem` says in a line what is wrong.
#[utoipa::path(get, path = "", responses((status = 200, description = "The service can do its work.", body = Readiness),
        (status = 503, description = "The service cannot do its work.", body = Readiness),
        (status = 422, body = crate::api::http::Problem, content_type = "application/problem+json",
            description = "Values or parameters are wrong. `errors` names every one.")))]
pub async fn get_readiness(_: NoQuery, state: web::Data<AppState>) -> HttpResponse {
    readiness(&state, None)
}

/// The same for operators. With `verbose` it also examines the database, its schema, the disk, the clock, and whether this process and the
/// register agree, once a second at most; then each of these can make it `not_ready`.
pub async fn get_readiness_of_operators(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let verbose = query.parse("verbose", |value| match value {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Fault::UnknownValue { allowed: YES_OR_NO }),
    });
    query.finish()?;
    let found = if verbose == Some(true) { Some(state.examiner.examine(&state.register).await) } else { None };
    Ok(readiness(&state, found))
}

fn readiness(state: &AppState, found: Option<Examination>) -> HttpResponse {
    let register = &state.register;
    let trouble = register.trouble();
    let problem = trouble.map(|trouble| ReadinessProblem { code: trouble.code(), detail: trouble.to_string() });
    let is_ready = problem.is_none() && found.is_none_or(|found| found.is_well());
    let readiness = Readiness {
        status: if is_ready { "ready" } else { "not_ready" },
        writer: register.is_alive(),
        database: register.is_database_up(),
        version: register.snapshot().figures.version,
        problem,
        checks: found.map(|found| Checks::of(&found, register.database_kind(), (register.clock())())),
    };
    let mut answer = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(readiness)
}
