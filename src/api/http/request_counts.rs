//! Counting requests. Labels are routes and statuses, never values that somebody sent.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Bounds of the histogram in seconds: from a cached read to a commit under load.
const BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Labels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

/// Counts requests.
pub struct RequestCounts {
    requests: Family<Labels, Counter>,
    seconds: Histogram,
}

impl Default for RequestCounts {
    fn default() -> Self {
        Self { requests: Family::default(), seconds: Histogram::new(BUCKETS) }
    }
}

impl RequestCounts {
    /// Registers the metrics.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests by route, method and status", self.requests.clone());
        registry.register("http_request_seconds", "How long requests took", self.seconds.clone());
    }

    /// Counts one request.
    pub fn count(&self, route: &'static str, method: &Method, status: StatusCode, took: Duration) {
        let labels = Labels { route, method: known(method), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

/// The label of a method. Unknown methods share one label, because anybody can make up names.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
