//! Metrics in the OpenMetrics text format. Labels are routes and statuses, never values that
//! somebody sent.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::error::ApiError;
use super::state::State;

/// Seconds: from a cached read to a commit under load.
const BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Labels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

/// Counts requests.
pub struct Meter {
    requests: Family<Labels, Counter>,
    seconds: Histogram,
}

impl Default for Meter {
    fn default() -> Self {
        Self { requests: Family::default(), seconds: Histogram::new(BUCKETS) }
    }
}

impl Meter {
    /// Counts one request.
    pub fn count(&self, request: &HttpRequest, status: StatusCode, took: Duration) {
        let route = super::matched_path(request).unwrap_or("(none)");
        let labels = Labels { route, method: known(request.method()), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

/// A method of a known name; anybody may make up others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

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
    registry.register("http_requests", "Requests by route, method and status", state.meter.requests.clone());
    registry.register("http_request_seconds", "How long requests took", state.meter.seconds.clone());
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
