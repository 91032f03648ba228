//! The public numbers of one version on one day.

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::Value;

use crate::domain::chain::GENESIS;
use crate::domain::counting::{NationalSums, Progress};
use crate::domain::figures::{Methodology, NationalOutput, Pace, first, pace};
use crate::domain::reference::target_on;
use crate::domain::values::{Hash, date, sha256};

/// A closed day, as it may be cited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CitableDay {
    pub day: NaiveDate,
    /// The SHA-256 of its stored headline.
    pub sha256: Hash,
    /// The sentence of its headline, in Vietnamese and in English.
    pub sentence: [String; 2],
}

impl CitableDay {
    /// A closed day with its stored headline; `None` if the headline has no sentence.
    #[must_use]
    pub fn of(day: NaiveDate, headline: &str) -> Option<Self> {
        let body: Value = serde_json::from_str(headline).ok()?;
        let text =
            |language: &str| body.pointer(&format!("/data/live/sentence/{language}"))?.as_str().map(str::to_owned);
        Some(Self { day, sha256: sha256(headline.as_bytes()), sentence: [text("vi")?, text("en")?] })
    }
}

/// The public numbers of one version of the register, by one methodology, on one day.
#[derive(Clone, Debug)]
pub struct Figures {
    pub version: i64,
    /// The hash of its last entry.
    pub hash: Hash,
    /// The instant of its last entry.
    pub recorded_at: DateTime<Utc>,
    /// The day in Hà Nội.
    pub day: NaiveDate,
    /// Whether the day is over and these are its numbers for good.
    pub closed: bool,
    /// The last day that is over, for numbers of a day that is not.
    pub last_closed: Option<Arc<CitableDay>>,
    pub methodology: &'static Methodology,
    /// True if these figures use a methodology that is not in force.
    pub restated: bool,
    /// The counts of the headline.
    pub progress: Progress,
    /// Capacity by stage; electricity and avoided emissions of verified installations.
    pub output: NationalOutput,
    /// The pace of verified sites towards the target.
    pub pace: Pace,
}

impl Figures {
    /// The figures of a day before the first entry: zeros.
    #[must_use]
    pub fn before_the_register(day: NaiveDate) -> Self {
        Self {
            version: 0,
            hash: GENESIS,
            recorded_at: date::start_of(day),
            day,
            closed: true,
            last_closed: None,
            methodology: first(),
            restated: false,
            progress: Progress::default(),
            output: NationalOutput::default(),
            pace: pace(&[], &NationalSums::default(), 0, day, target_on(day)),
        }
    }

    /// The later of the last entry's instant and the day's start, or the end of a closed day: the same in every process.
    #[must_use]
    pub fn generated_at(&self) -> DateTime<Utc> {
        let day = if self.closed { self.day + Days::new(1) } else { self.day };
        self.recorded_at.max(date::start_of(day))
    }
}
