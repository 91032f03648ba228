//! Counters of the writer, for metrics.

use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::metrics::histogram::Histogram;

/// Seconds, from a commit on a fast disk to the longest wait for a lock.
const BATCH_BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0];

/// Counters since the start of this process.
pub struct WriterCounters {
    /// Batches carried out.
    pub batches: AtomicU64,
    /// Entries written.
    pub entries: AtomicU64,
    /// Requests that the database failed.
    pub failures: AtomicU64,
    /// Requests turned away because the queue was full.
    pub turned_away: AtomicU64,
    /// How often everything was loaded again.
    pub reloads: AtomicU64,
    /// How often everything was loaded again, because the database no longer held what this process knew.
    pub rebuilds: AtomicU64,
    /// Cells in memory.
    pub cells: AtomicU64,
    /// Requests in the queue.
    pub waiting: AtomicI64,
    /// The duration of batches, in seconds.
    pub batch_seconds: Histogram,
}

impl Default for WriterCounters {
    fn default() -> Self {
        Self {
            batches: AtomicU64::default(),
            entries: AtomicU64::default(),
            failures: AtomicU64::default(),
            turned_away: AtomicU64::default(),
            reloads: AtomicU64::default(),
            rebuilds: AtomicU64::default(),
            cells: AtomicU64::default(),
            waiting: AtomicI64::default(),
            batch_seconds: Histogram::new(BATCH_BUCKETS),
        }
    }
}
