//! /livez, /readyz, /metrics.

pub mod health;
pub mod metrics;
mod readiness_checks;
