//! For operators: is the process alive, and can it do its work.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use tokio::sync::Mutex;
use utoipa::ToSchema;

use crate::api::http::{ApiError, Query};
use crate::api::state::AppState;
use crate::domain::values::Fault;
use crate::register::Register;
use crate::register::examine::{DISK_FLOOR_BYTES, Examined, disk_free_bytes};

use super::readiness_checks::Checks;

/// However often somebody asks, the database is examined once in this time.
const EXAMINED_EVERY: Duration = Duration::from_secs(1);
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

/// What examines the database and the disk, for one asker at a time.
pub struct Examiner {
    data_dir: PathBuf,
    last: Mutex<Option<(Instant, Examination)>>,
}

/// What was found, `None` where nothing could be.
#[derive(Clone, Copy)]
pub(in crate::api) struct Examination {
    pub database: Option<Examined>,
    pub disk_free_bytes: Option<u64>,
}

impl Examination {
    /// Whether there is room to write. A system that does not say is not held against it.
    pub fn has_room(&self) -> bool {
        self.disk_free_bytes.is_none_or(|free| free >= DISK_FLOOR_BYTES)
    }

    /// Whether everything is there that the next write needs.
    pub fn is_well(&self) -> bool {
        self.has_room() && self.database.is_some_and(|found| found.pending == 0 && found.hash_agrees)
    }
}

impl Examiner {
    /// Of a service with its files in this directory.
    #[must_use]
    pub fn new(data_dir: PathBuf) -> Self {
        Self { data_dir, last: Mutex::new(None) }
    }

    /// Where the service has its files.
    pub(in crate::api) fn data_dir(&self) -> &std::path::Path {
        &self.data_dir
    }

    async fn examine(&self, register: &Arc<Register>) -> Examination {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = *last
            && at.elapsed() < EXAMINED_EVERY
        {
            return found;
        }
        let asked = register.clone();
        let database = match web::block(move || asked.examine()).await {
            Ok(Ok(examined)) => Some(examined),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database could not be examined");
                None
            }
            Err(_) => None,
        };
        let found = Examination { database, disk_free_bytes: disk_free_bytes(&self.data_dir) };
        *last = Some((Instant::now(), found));
        found
    }
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
