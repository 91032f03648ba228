//! Metrics in the OpenMetrics text format.

use std::sync::atomic::Ordering;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::error::ApiError;
use super::state::State;

/// What the register counts, read when somebody asks.
#[derive(Debug)]
struct Now {
    version: i64,
    verified_sites: i64,
    cells: u64,
    entries: u64,
    batches: u64,
    failures: u64,
    turned_away: u64,
    database_up: bool,
}

impl Collector for Now {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let gauges = [
            ("register_version", "Entries in the register", self.version),
            ("verified_sites", "Verified sites", self.verified_sites),
            ("cells", "Cells in memory", self.cells.cast_signed()),
            ("database_up", "Whether the database answered when it was last asked", i64::from(self.database_up)),
        ];
        for (name, help, value) in gauges {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let counters = [
            ("entries_written", "Entries written by this process", self.entries),
            ("batches", "Batches carried out by this process", self.batches),
            ("write_failures", "Requests that the database failed", self.failures),
            ("writes_turned_away", "Requests turned away because the queue was full", self.turned_away),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

/// Metrics for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub async fn get_metrics(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let (counts, snapshot) = (state.register.stats(), state.register.snapshot());
    let mut registry = Registry::with_prefix("green_homes");
    state.meter.register(&mut registry);
    registry.register_collector(Box::new(Now {
        version: snapshot.figures.version,
        verified_sites: snapshot.figures.progress.sites.verified,
        cells: counts.cells.load(Ordering::Relaxed),
        entries: counts.entries.load(Ordering::Relaxed),
        batches: counts.batches.load(Ordering::Relaxed),
        failures: counts.failures.load(Ordering::Relaxed),
        turned_away: counts.turned_away.load(Ordering::Relaxed),
        database_up: state.register.is_database_up(),
    }));
    let mut text = String::new();
    encode(&mut text, &registry).map_err(|_| ApiError::Internal)?;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, content_type)).body(text))
}
