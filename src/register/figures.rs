//! What is published: all numbers of one version on one day, and the bytes made of them.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::date;
use crate::domain::entry::{Hash, hex, sha256};
use crate::domain::progress::Progress;

/// All numbers of one version of the register on one day.
#[derive(Clone, PartialEq, Debug)]
pub struct Figures {
    /// The version.
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// When its last entry was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The day in Hà Nội.
    pub day: NaiveDate,
    /// The headline.
    pub progress: Progress,
}

impl Figures {
    /// The later of the last entry's instant and the day's start: the same in every process.
    #[must_use]
    pub fn generated_at(&self) -> DateTime<Utc> {
        self.recorded_at.max(date::start_of(self.day))
    }
}

/// Makes the public bytes of `/v1/progress` from the figures.
pub type Render = Arc<dyn Fn(&Figures) -> Vec<u8> + Send + Sync>;

/// Figures with their ready bytes. Never changes once it is published.
pub struct Snapshot {
    /// The numbers.
    pub figures: Figures,
    /// The body of `/v1/progress`.
    pub progress_body: Bytes,
    /// Its strong `ETag`: the SHA-256 of the body.
    pub progress_etag: Bytes,
}

impl Snapshot {
    /// Makes the bytes.
    #[must_use]
    pub fn new(figures: Figures, render: &Render) -> Self {
        let body = render(&figures);
        let digest = sha256(&body);
        let short = digest.get(..16).unwrap_or_default();
        Self { figures, progress_etag: format!("\"{}\"", hex(short)).into(), progress_body: body.into() }
    }
}
