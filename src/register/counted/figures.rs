//! The public numbers of one version on one day.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::chain::GENESIS;
use crate::domain::counting::{NationalSums, Progress};
use crate::domain::figures::{Methodology, NationalOutput, Pace, first, pace};
use crate::domain::reference::target;
use crate::domain::values::{Hash, date};

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
            methodology: first(),
            restated: false,
            progress: Progress::default(),
            output: NationalOutput::default(),
            pace: pace(&[], &NationalSums::default(), 0, day, target()),
        }
    }

    /// The later of the last entry's instant and the day's start: the same in every process.
    #[must_use]
    pub fn generated_at(&self) -> DateTime<Utc> {
        self.recorded_at.max(date::start_of(self.day))
    }
}
