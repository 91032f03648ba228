//! The register replayed day by day, as the close of a day and the audit of it need.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::db::DbError;
use crate::db::ledger::{Activations, CellTotals, ClosedDay};
use crate::domain::chain::GENESIS;
use crate::domain::counting::Changes;
use crate::domain::figures::{Estimator, NationalOutput, pace};
use crate::domain::reference::target_on;
use crate::domain::values::{Cause, Hash};
use crate::register::counted::{Figures, PublicCounts};

use super::page_maker::PageRenderer;
use super::points::Close;
use super::published_figures::PublishedFigures;
use super::published_sums::PointClose;

/// The register at one entry, with the changes since the last close.
#[derive(Clone)]
pub struct DayReplay {
    pub version: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
    pub(super) counts: PublicCounts,
    changes: Changes,
    /// Verified sites at each closed month end since the register began.
    pub(super) month_ends: Vec<i64>,
}

impl DayReplay {
    /// The register before the first entry.
    pub fn begin() -> Self {
        Self {
            version: 0,
            hash: GENESIS,
            recorded_at: DateTime::UNIX_EPOCH,
            counts: PublicCounts::default(),
            changes: Changes::default(),
            month_ends: Vec::new(),
        }
    }

    /// Adds the postings of entries of the current day.
    pub fn take(&mut self, postings: &[(Cause, CellTotals)]) {
        self.counts.add(postings.iter().map(|(_, cell)| *cell));
        self.changes.add_postings(postings);
    }

    /// The close of the current day, as it is stored, with what is published by then.
    pub fn close(
        &self,
        day: NaiveDate,
        activations: &Activations,
        published: Option<&PublishedFigures>,
        renderer: &PageRenderer,
    ) -> Result<ClosedDay, DbError> {
        let figures = self.figures(day, activations)?;
        Ok(ClosedDay {
            day,
            version: self.version,
            hash: self.hash,
            verified_sites: figures.progress.sites.verified,
            body: renderer.without_host().headline(&figures, published)?,
            publisher: renderer.settings.publisher.clone(),
        })
    }

    /// The close of the current day, as its publication point needs it.
    pub fn point_of(&self, day: NaiveDate, activations: &Activations) -> Result<Close, DbError> {
        Ok(Close {
            day,
            version: self.version,
            hash: self.hash,
            methodology: activations.at(self.version)?,
            sites_in_operation: self.counts.progress.sites.in_operation(),
        })
    }

    /// The changes of the current day, as they are stored.
    pub fn encoded_changes(&self) -> String {
        self.changes.encode()
    }

    /// Goes on to the day after `day`.
    pub fn turn(&mut self, day: NaiveDate) {
        self.changes = Changes::default();
        if is_last_of_month(day) {
            self.month_ends.push(self.counts.progress.sites.verified);
        }
    }

    /// The close of the current day, as the sums of its publication point need it.
    pub fn point_close(&self, day: NaiveDate, activations: &Activations) -> Result<PointClose, DbError> {
        let figures = self.figures_without_numbers(day, activations)?;
        Ok(PointClose { figures, month_ends: self.month_ends.clone() })
    }

    fn figures(&self, day: NaiveDate, activations: &Activations) -> Result<Figures, DbError> {
        let PublicCounts { progress, national } = &self.counts;
        let nothing = self.figures_without_numbers(day, activations)?;
        Ok(Figures {
            output: NationalOutput::of(national, &mut Estimator::new(nothing.methodology, day)),
            pace: pace(&self.month_ends, national, progress.sites.verified, day, target_on(day)),
            progress: progress.clone(),
            ..nothing
        })
    }

    fn figures_without_numbers(&self, day: NaiveDate, activations: &Activations) -> Result<Figures, DbError> {
        let (version, hash, recorded_at) = (self.version, self.hash, self.recorded_at);
        let methodology = activations.at(version)?;
        Ok(Figures { version, hash, recorded_at, methodology, ..Figures::before_the_register(day) })
    }
}

pub fn is_last_of_month(day: NaiveDate) -> bool {
    (day + Days::new(1)).day() == 1
}
