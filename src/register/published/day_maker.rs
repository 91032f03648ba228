//! Making a day that is over: its headline, its publication point, and the pages of that.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use chrono::NaiveDate;

use crate::db::engine::transaction;
use crate::db::ledger::{Activations, LedgerChange, StoredPoint, activations, closed_days, head, points};
use crate::db::{Connection, DbError};
use crate::register::counted::{Counted, SumsDifference};

use super::day_replay::DayReplay;
use super::page_maker::{PageRenderer, PointPage};
use super::points::{MadePoint, Points};
use super::published_figures::{FIGURES, PublishedFigures};
use super::published_point::{figures_at, stored_pages};
use super::published_sums::{PublishedSums, WaitingSums};

/// What days are made with.
pub struct DayMaker<'m> {
    /// The cells of now. They are asked for briefly.
    pub counted: &'m RwLock<Counted>,
    pub renderer: &'m PageRenderer,
    /// Called after each step. Where it fails, no more is made.
    pub goes_on: &'m dyn Fn() -> Result<(), DbError>,
}

impl DayMaker<'_> {
    /// The version of the cells of now.
    pub fn version(&self) -> i64 {
        self.counted().version
    }

    fn counted(&self) -> RwLockReadGuard<'_, Counted> {
        self.counted.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a day and its publication point, and stores them in one transaction.
    pub fn make(&self, connection: &mut Connection, replay: &DayReplay, day: NaiveDate) -> Result<(), DbError> {
        // Read here, because a methodology may have come into force a moment before midnight.
        let activations = activations::read(connection)?;
        let mut days = points::days(connection)?;
        let made = if days.last().is_some_and(|(_, of)| *of >= day) {
            // Of a day that somebody deleted the points still stand.
            None
        } else {
            // Read for each close, because what waits is much, and nobody else needs it.
            Points::load(connection)?.make(connection, &replay.point_of(day, &activations)?, self.goes_on)?
        };
        let (point, pages) = match made {
            Some(MadePoint { point, movement, ledger }) => {
                days.push((point.number, day));
                let (change, waiting) = (LedgerChange::to(connection, &ledger)?, WaitingSums::of(&ledger, &days));
                // Before the tables, because both are large.
                drop(ledger);
                (self.goes_on)()?;
                let pages = self.pages_of(connection, (day, &activations), (&point, waiting), replay)?;
                (Some((point, movement, change)), pages)
            }
            None => (None, Vec::new()),
        };
        (self.goes_on)()?;
        let published = match pages.iter().find(|page| page.name == FIGURES) {
            Some(page) => {
                let methodology = activations.at(replay.version)?.version;
                Some(PublishedFigures { day, methodology, json: page.text.as_str().into() })
            }
            None => figures_at(connection, day)?,
        };
        let closed = replay.close(day, &activations, published.as_ref(), self.renderer)?;
        let (pages, changes) = (stored_pages(pages), replay.encoded_changes());
        (self.goes_on)()?;
        transaction::write(connection, |connection| {
            if head::lock(connection)?.closed_day < Some(day) {
                return Err(DbError::Unavailable(format!("{day} was declared void while it was closed")));
            }
            if !closed_days::keep(connection, &closed, &changes)? {
                return Ok(());
            }
            if let Some((point, movement, waits)) = &point {
                points::keep(connection, point, movement)?;
                waits.store(connection)?;
                points::keep_pages(connection, point.number, &pages)?;
            }
            Ok(())
        })
    }

    /// The pages of a point that is being made.
    fn pages_of(
        &self,
        connection: &mut Connection,
        (day, activations): (NaiveDate, &Activations),
        (point, waiting): (&StoredPoint, WaitingSums),
        replay: &DayReplay,
    ) -> Result<Vec<PointPage>, DbError> {
        // A copy shares the packed rows, so that nobody waits for the pages.
        let (cells, known) = {
            let counted = self.counted();
            (counted.cells.clone(), counted.version)
        };
        let difference = SumsDifference::between(connection, known, point.cells_version)?;
        let close = replay.point_close(day, activations)?;
        let renderer = self.renderer.without_host();
        Ok(difference.with_sum(&cells, |cells| renderer.pages_of_point(&PublishedSums::of(close, cells, waiting))))
    }
}
