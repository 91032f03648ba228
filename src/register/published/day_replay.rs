//! The register replayed day by day, as the close of a day and the audit of it need.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::db::DbError;
use crate::db::ledger::{Activations, CellTotals, ClosedDay};
use crate::domain::chain::GENESIS;
use crate::domain::counting::Changes;
use crate::domain::figures::{Estimator, NationalOutput, pace};
use crate::domain::reference::target;
use crate::domain::values::{Cause, Hash};
use crate::register::counted::{Figures, InOrder, PublicCounts};

use super::page_maker::PageRenderer;
use super::points::Close;

/// The register at one entry, with the changes since the last close.
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

    /// The close of the current day, as it is stored.
    pub fn close(
        &self,
        day: NaiveDate,
        activations: &Activations,
        renderer: &PageRenderer,
    ) -> Result<ClosedDay, DbError> {
        let figures = self.figures(day, activations)?;
        let verified_sites = figures.progress.sites.verified;
        let headline =
            renderer.without_host().pages(&figures).into_iter().next().map(|page| String::from_utf8(page.body));
        let Some(Ok(body)) = headline else { return Err(DbError::Unusable("the headline is no text".to_owned())) };
        Ok(ClosedDay {
            day,
            version: self.version,
            hash: self.hash,
            verified_sites,
            body,
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

    /// The public tables of a month end; none on another day.
    pub fn tables(
        &self,
        day: NaiveDate,
        activations: &Activations,
        renderer: &PageRenderer,
        cells: &InOrder<'_>,
    ) -> Result<Vec<(&'static str, String)>, DbError> {
        if !is_last_of_month(day) {
            return Ok(Vec::new());
        }
        renderer.without_host().tables(&self.figures(day, activations)?, &self.counts.national, cells)
    }

    fn figures(&self, day: NaiveDate, activations: &Activations) -> Result<Figures, DbError> {
        let methodology = activations.at(self.version)?;
        let PublicCounts { progress, national } = &self.counts;
        Ok(Figures {
            version: self.version,
            hash: self.hash,
            recorded_at: self.recorded_at,
            day,
            closed: true,
            last_closed: None,
            methodology,
            restated: false,
            output: NationalOutput::of(national, &mut Estimator::new(methodology, day)),
            pace: pace(&self.month_ends, national, progress.sites.verified, day, target()),
            progress: progress.clone(),
        })
    }
}

pub(super) fn is_last_of_month(day: NaiveDate) -> bool {
    (day + Days::new(1)).day() == 1
}
