//! For operators: is the process alive, and can it do its work.

use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

use super::state::State;

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
}

/// Is the process alive
///
/// A process that answers 503 here has to be started anew.
#[utoipa::path(get, path = "/livez", tag = "operations",
    responses((status = 200, body = Liveness), (status = 503, body = Liveness)))]
pub async fn get_liveness(state: web::Data<State>) -> HttpResponse {
    if state.register.is_alive() {
        HttpResponse::Ok().json(Liveness { status: "alive" })
    } else {
        HttpResponse::ServiceUnavailable().json(Liveness { status: "writer_stopped" })
    }
}

/// Can the service do its work
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn get_readiness(state: web::Data<State>) -> HttpResponse {
    let register = &state.register;
    let (writer, database) = (register.is_alive(), register.is_database_up());
    let version = register.snapshot().figures.version;
    if writer && database {
        HttpResponse::Ok().json(Readiness { status: "ready", writer, database, version })
    } else {
        HttpResponse::ServiceUnavailable().json(Readiness { status: "not_ready", writer, database, version })
    }
}
