//! The register on its way through the days, entry by entry.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::db::DbError;
use crate::db::ledger::{Activations, CellTotals, Day};
use crate::domain::chain::GENESIS;
use crate::domain::counting::{CellKey, Changes, NationalSums, Progress, Totals};
use crate::domain::figures::{Estimator, VerifiedOutput};
use crate::domain::values::{Cause, Hash};
use crate::register::counted::{Figures, InOrder};

use super::page_maker::Render;

/// What every public number is made from, kept in step posting by posting.
#[derive(Clone, Default)]
pub struct PublicCounts {
    pub progress: Progress,
    /// Shared with the snapshots: copied when it changes.
    pub national: Arc<NationalSums>,
}

impl PublicCounts {
    pub fn add(&mut self, cells: impl Iterator<Item = (CellKey, Totals)>) {
        let progress = &mut self.progress;
        Arc::make_mut(&mut self.national).add_cells(cells.inspect(|cell| progress.add_cells(std::iter::once(*cell))));
    }
}

/// The register on its way through the days, and what moved since the last of them was over.
pub struct DayReplay {
    pub version: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
    pub(super) sums: PublicCounts,
    changes: Changes,
    /// Verified sites at the end of each closed month since the register began.
    pub(super) month_ends: Vec<i64>,
}

impl DayReplay {
    /// Before the first entry.
    pub fn begin() -> Self {
        Self {
            version: 0,
            hash: GENESIS,
            recorded_at: DateTime::UNIX_EPOCH,
            sums: PublicCounts::default(),
            changes: Changes::default(),
            month_ends: Vec::new(),
        }
    }

    /// Goes on by what entries of the day in hand posted.
    pub fn take(&mut self, postings: &[(Cause, CellTotals)]) {
        self.sums.add(postings.iter().map(|(_, cell)| *cell));
        self.changes.add_postings(postings);
    }

    /// What is kept of the day in hand when it is over.
    pub fn kept(&self, day: NaiveDate, activations: &Activations, render: &Render) -> Result<Day, DbError> {
        let figures = self.figures(day, activations)?;
        let verified_sites = figures.progress.sites.verified;
        let headline = render.pages(&figures).into_iter().next().map(|page| String::from_utf8(page.body));
        let Some(Ok(body)) = headline else { return Err(DbError::Unusable("the headline is no text".to_owned())) };
        let settings = &render.settings;
        Ok(Day {
            day,
            version: self.version,
            hash: self.hash,
            verified_sites,
            body,
            public_url: settings.public_url.clone(),
            publisher: settings.publisher.clone(),
            changes: self.changes.encode(),
        })
    }

    /// Goes on to the day after `day`.
    pub fn turn(&mut self, day: NaiveDate) {
        self.changes = Changes::default();
        if is_last_of_month(day) {
            self.month_ends.push(self.sums.progress.sites.verified);
        }
    }

    /// The public tables at the end of a month, on its last day.
    pub fn tables(
        &self,
        day: NaiveDate,
        (activations, render): (&Activations, &Render),
        cells: &InOrder<'_>,
    ) -> Result<Vec<(&'static str, String)>, DbError> {
        if !is_last_of_month(day) {
            return Ok(Vec::new());
        }
        render.tables(&self.figures(day, activations)?, &self.sums.national, cells)
    }

    fn figures(&self, day: NaiveDate, activations: &Activations) -> Result<Figures, DbError> {
        let methodology = activations.at(self.version)?;
        Ok(Figures {
            version: self.version,
            hash: self.hash,
            recorded_at: self.recorded_at,
            day,
            methodology,
            restated: false,
            progress: self.sums.progress.clone(),
            works: VerifiedOutput::of(&self.sums.national, &mut Estimator::new(methodology, day)),
            month_ends: self.month_ends.clone(),
        })
    }
}

pub(super) fn is_last_of_month(day: NaiveDate) -> bool {
    (day + Days::new(1)).day() == 1
}
