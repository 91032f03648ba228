//! What the benchmark is made of: made-up homes, servers to measure, loads to put on them, and
//! the report.

pub mod attacks;
pub mod bare;
mod direct;
mod facts;
mod generator;
mod http;
mod numbers;
pub mod overload;
mod pgbench;
pub mod points;
#[expect(dead_code, clippy::expect_used, clippy::panic, reason = "shared with the tests")]
#[path = "../../tests/support/postgres.rs"]
mod postgres;
pub mod reads;
pub mod report;
mod seed;
mod service;
mod steady;
mod storm;
#[expect(clippy::expect_used, reason = "shared with the tests")]
#[path = "../../tests/support/watchdog.rs"]
mod watchdog;
pub mod writes;
mod wrk;

use std::path::PathBuf;

/// What goes wrong ends the benchmark, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of the benchmark's own steps.
pub type Result<T> = std::result::Result<T, Error>;

/// How long everything is measured, and where files go.
pub struct Plan {
    /// Where seeded registers are kept for the next run.
    pub seeds: PathBuf,
    /// Where copies and scripts go; deleted at the end.
    pub scratch: PathBuf,
    /// The day in Hà Nội.
    pub today: chrono::NaiveDate,
    /// Seconds of load on each server that are not measured.
    pub warm_up: u64,
    /// Seconds of one measurement.
    pub seconds: u64,
    /// Measurements of each server, in turn.
    pub rounds: usize,
}

/// The middle one of the figures; of an even number, the lower middle.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// A count as a figure of the report.
#[expect(clippy::cast_precision_loss, reason = "counts here stay far below 2^53")]
pub fn figure(count: u64) -> f64 {
    count as f64
}
