//! When, by whom and in which entry a rule is applied.

use chrono::{DateTime, NaiveDate, Utc};

/// The moment and number of a change, chosen under the lock of the head.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The version of the entry.
    pub version: i64,
    /// The instant of the batch.
    pub at: DateTime<Utc>,
    /// The day of the batch in Hà Nội.
    pub day: NaiveDate,
}
