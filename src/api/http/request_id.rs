//! The id of a request: in its answer, in its line in the log, and in what a partner reports.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::values::hex;

/// Sixteen digits that no other request to this service has. They tell nothing.
pub struct RequestId(String);

impl RequestId {
    /// The next one. Each process counts from a random number, so that two never meet.
    pub fn new() -> Self {
        static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(uuid::Uuid::new_v4().as_u64_pair().1));
        Self(hex(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
