//! What the benchmark is made of: made-up homes, servers to measure, loads to put on them, and
//! the report.

pub mod bare;
pub mod direct;
pub mod facts;
pub mod generator;
pub mod http;
pub mod pgbench;
pub mod report;
pub mod seed;
pub mod service;
pub mod steady;
pub mod wrk;

/// What goes wrong ends the benchmark, in words.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// A result of the benchmark's own steps.
pub type Result<T> = std::result::Result<T, Error>;

/// The middle one of the figures; of an even number, the lower middle.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
