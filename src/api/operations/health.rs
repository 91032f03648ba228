//! For operators: is the process alive, and can it do its work.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::http::{ApiError, Query};
use crate::api::state::AppState;
use crate::domain::values::Fault;

use super::readiness_checks::Checks;

/// What `verbose` may be given.
const YES_OR_NO: &[&str] = &["true", "false"];

/// Whether the process is alive.
#[derive(Serialize, ToSchema)]
pub struct Liveness {
    /// `alive`, or `writer_stopped`.
    status: &'static str,
}

/// Whether the service can do its work.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    /// `ready` or `not_ready`.
    status: &'static str,
    /// Whether the writer is at work.
    writer: bool,
    /// Whether the database answered when it was last asked, at most ten seconds ago.
    database: bool,
    /// The version of the newest snapshot.
    version: i64,
    /// What was looked into, with `verbose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Checks>,
}

/// A process that answers 503 here has to be started anew.
#[utoipa::path(get, path = "", responses((status = 200, body = Liveness), (status = 503, body = Liveness)))]
pub async fn get_liveness(state: web::Data<AppState>) -> HttpResponse {
    if state.register.is_alive() {
        HttpResponse::Ok().json(Liveness { status: "alive" })
    } else {
        HttpResponse::ServiceUnavailable().json(Liveness { status: "writer_stopped" })
    }
}

/// With `verbose` it looks, once a second at most, at the database, its schema, the disk, and
/// whether this process and the register agree; then each of them can make it not ready.
#[utoipa::path(get, path = "", params(("verbose" = Option<String>, Query, description = "Empty or `true`: look into everything and show it. `false`: do not.")),
    responses((status = 200, body = Readiness), (status = 503, body = Readiness),
        (status = 422, body = crate::api::http::Problem, content_type = "application/problem+json",
            description = "Values are wrong; every one is named.")))]
pub async fn get_readiness(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(&request)?;
    let verbose = query.parse("verbose", |value| match value {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Fault::UnknownValue { allowed: YES_OR_NO }),
    });
    query.finish()?;
    let register = &state.register;
    let (writer, database) = (register.is_alive(), register.is_database_up());
    let version = register.snapshot().figures.version;
    let (mut ready, mut checks) = (writer && database, None);
    if verbose == Some(true) {
        let found = state.examiner.examine(register).await;
        ready &= found.is_well();
        checks = Some(Checks::of(&found, register.database_kind(), (register.clock())()));
    }
    let status = if ready { "ready" } else { "not_ready" };
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    Ok(answer.json(Readiness { status, writer, database, version, checks }))
}
