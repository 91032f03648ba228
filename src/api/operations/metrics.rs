//! `GET /metrics` on the operators' listener: metrics in the OpenMetrics text format. The values are read when somebody asks,
//! from counters that the service keeps anyway. docs/operations.md explains each metric.

use std::sync::atomic::Ordering::Relaxed;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::api::http::ApiError;
use crate::api::state::{AppState, KEYS_WITHIN, block_within};
use crate::db::ledger::{Audited, BackedUp};
use crate::register::examine::disk_free_bytes;
use crate::register::{Register, Trouble};

use super::log_lines::LOG;

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Operations = (Option<Audited>, Option<BackedUp>);
/// A metric: name, help text, value.
type Sample<T> = (&'static str, &'static str, T);

/// The values read for one answer.
#[derive(Debug, Default)]
struct Samples {
    gauges: Vec<Sample<i64>>,
    seconds: Vec<Sample<f64>>,
    counters: Vec<Sample<u64>>,
}

impl Collector for Samples {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, help, value) in &self.gauges {
            let gauge = ConstGauge::new(*value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        for (name, help, value) in &self.seconds {
            let gauge = ConstGauge::new(*value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        for (name, help, value) in &self.counters {
            let counter = ConstCounter::new(*value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

impl Samples {
    /// The metrics of the register.
    fn of_register(register: &Register, free_bytes: Option<u64>, (audit, backup): Operations) -> Self {
        let stats = register.counters();
        let mut gauges = register_gauges(register);
        let bytes = free_bytes.and_then(|bytes| i64::try_from(bytes).ok());
        gauges.extend(bytes.map(|bytes| ("disk_free_bytes", "Bytes free in the data directory", bytes)));
        if let Some(last) = audit {
            gauges.push(("last_audit_timestamp_seconds", "When the last audit ended", last.at.timestamp()));
            gauges.push(("last_audit_ok", "Whether the last audit found nothing wrong", i64::from(last.ok)));
        }
        gauges.extend(
            backup.map(|last| ("last_backup_timestamp_seconds", "When the last backup ended", last.at.timestamp())),
        );
        Self {
            gauges,
            seconds: vec![
                (
                    "head_read_age_seconds",
                    "Since the register's head was last read",
                    register.followed_ago().as_secs_f64(),
                ),
                (
                    "clock_offset_seconds",
                    "The clock of this process less that of the database",
                    register.clock_offset().as_seconds_f64(),
                ),
            ],
            counters: vec![
                ("entries_written", "Entries written by this process", stats.entries.load(Relaxed)),
                ("batches", "Batches carried out by this process", stats.batches.load(Relaxed)),
                (
                    "register_rebuilds",
                    "How often the database no longer held what this process knew",
                    stats.rebuilds.load(Relaxed),
                ),
                ("write_failures", "Writes that the database failed", stats.failures.load(Relaxed)),
                (
                    "writes_turned_away",
                    "Writes turned away because the queue was full",
                    stats.turned_away.load(Relaxed),
                ),
            ],
        }
    }

    /// The metrics of the process itself, with the names that Prometheus clients agreed on.
    fn of_process(started_at: DateTime<Utc>) -> Self {
        let mut gauges = vec![("process_start_time_seconds", "When the process started", started_at.timestamp())];
        gauges.extend(resident_bytes().map(|bytes| ("process_resident_memory_bytes", "Memory in use", bytes)));
        Self { gauges, ..Self::default() }
    }

    /// What befell the log.
    fn of_log() -> Self {
        let dropped = ("log_lines_dropped", "Lines of the log that could not be written", LOG.dropped());
        Self { counters: vec![dropped], ..Self::default() }
    }
}

/// The gauges that the process knows without asking the database.
fn register_gauges(register: &Register) -> Vec<Sample<i64>> {
    let (stats, snapshot) = (register.counters(), register.snapshot());
    let (version, pool) = (snapshot.figures.version, register.database().pool_state());
    let waiting = stats.waiting.load(Relaxed).max(0);
    let trouble = register.trouble();
    let is_clock_in_doubt = matches!(trouble.as_deref(), Some(Trouble::ClockInDoubt(_)));
    vec![
        ("register_version", "Entries in the register", version),
        ("verified_sites", "Verified sites", snapshot.figures.progress.sites.verified),
        ("cells", "Cells in memory", stats.cells.load(Relaxed).cast_signed()),
        ("writer_up", "Whether the writer is at work", i64::from(register.is_alive())),
        ("database_up", "Whether the database answered when last asked", i64::from(register.is_database_up())),
        ("ready", "Whether nothing keeps the service from its work", i64::from(trouble.is_none())),
        ("clock_in_doubt", "Whether the clock is not believed", i64::from(is_clock_in_doubt)),
        ("writes_waiting", "Writes that wait for the writer", waiting),
        ("writes_waiting_max", "Writes that may wait; one more is answered 503", whole(register.queue_capacity())),
        ("checkpoint_lag_entries", "Entries after the checkpoint", version - register.checkpoint()),
        ("database_connections_in_use", "Connections for reading that are in use", i64::from(pool.in_use)),
        ("database_connections_max", "Connections for reading there may be", i64::from(pool.most)),
    ]
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Resident memory of this process in bytes; `None` where the system is not Linux.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Answers Prometheus, on the operators' listener.
pub async fn get_metrics(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let mut all = Registry::default();
    all.register_collector(Box::new(Samples::of_process(state.started_at)));
    let registry = all.sub_registry_with_prefix("green_homes");
    registry.register_collector(Box::new(Samples::of_log()));
    state.request_counts.register(registry);
    let batches = state.register.counters().batch_seconds.clone();
    registry.register("batch_seconds", "How long batches took, from the lock to the commit", batches);
    registry.register("build", "The program", Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]));
    let free_bytes = disk_free_bytes(state.examiner.data_dir());
    registry.register_collector(Box::new(Samples::of_register(
        &state.register,
        free_bytes,
        last_operations(&state).await,
    )));
    let mut text = String::new();
    encode(&mut text, &all).map_err(|_| ApiError::Internal)?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, MEDIA_TYPE)).body(text))
}

/// The last audit and backup. `None` at once while the database is down, because a scrape must not wait for it.
async fn last_operations(state: &AppState) -> Operations {
    if !state.register.is_database_up() {
        return (None, None);
    }
    let register = state.register.clone();
    match block_within(KEYS_WITHIN, move || register.last_operations()).await {
        Ok(Ok(last)) => last,
        _ => (None, None),
    }
}
