//! Closing days, publishing snapshots and monthly releases.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::ledger::{PublicEntry, closed_days};
use crate::db::{Connection, DbError};
use crate::domain::figures::{Estimator, Methodology, NationalOutput, pace};
use crate::domain::records::Actor;
use crate::domain::reference::target_on;
use crate::domain::values::date;
use crate::register::commands::{Command, Request};
use crate::register::counted::{CitableDay, Figures, PublicCounts};
use crate::register::published::Snapshot;

use super::closing::DayClosing;
use super::writer::{TICK, Writer};

/// The actor of monthly releases, in entries.
const SCHEDULE: &str = "schedule";

impl Writer {
    /// Publishes a snapshot when the version or the day moved, and at most every 250 ms. While a day has still to be closed the last snapshot
    /// stands.
    pub(super) fn publish_when_due(&mut self) {
        self.take_closed_days();
        // Read once, because midnight may pass before the snapshot of the day is out.
        let day = self.day();
        let stale = self.published != Some(self.known.public.version) || day != self.shared.day();
        // A stale directory may name the wrong methodology.
        if !stale || self.stale_directory || self.closing.is_some() || self.published_at.elapsed() < TICK {
            return;
        }
        if self.closed.are_up_to(day, self.known.version) {
            self.unclosable = None;
            self.release_months();
            self.publish(day);
        } else {
            match DayClosing::begin(&self.database, self.closed.clone(), day, &self.shared, &self.renderer) {
                Ok(closing) => self.closing = Some(closing),
                Err(error) => self.note_unclosed(&error),
            }
        }
    }

    /// Takes over the days that were closed, if that has ended.
    fn take_closed_days(&mut self) {
        let Some(closing) = self.closing.take_if(|closing| closing.has_ended()) else { return };
        let before = self.closed.day();
        let done = closing.end().and_then(|(closed, done)| {
            self.closed = closed;
            done
        });
        self.warn_of_placeholder(before);
        if let Err(error) = done {
            self.note_unclosed(&error);
        }
    }

    fn note_unclosed(&mut self, error: &DbError) {
        // Puts the next attempt off by one tick.
        self.published_at = Instant::now();
        tracing::warn!(%error, "a day could not be closed; the numbers stay as they were");
        self.unclosable = matches!(error, DbError::Corrupt(_)).then(|| error.to_string());
        self.contradicted |= self.unclosable.is_some() && !self.was_rebuilt_lately();
    }

    fn warn_of_placeholder(&self, before: Option<NaiveDate>) {
        let settings = &self.renderer.settings;
        let closed = self.closed.last().filter(|last| before < Some(last.day) && settings.is_placeholder());
        if let Some(CitableDay { day, .. }) = closed.map(Arc::as_ref) {
            tracing::warn!(
                %day, public_url = settings.public_url,
                "a day was closed for others to cite, but links name an address that nobody else can open: set --public-url"
            );
        }
    }

    /// The instant of now, and never before the last entry: what the clock said at the last poll and the time since, or the last sign of
    /// life while the clock is not believed. The clock itself may have jumped since it was judged.
    pub(super) fn now(&self) -> DateTime<Utc> {
        let now = if self.reading.doubt.is_some() { self.last_sign } else { self.reading.now + self.read_at.elapsed() };
        now.max(self.known.recorded_at)
    }

    /// Today in Hà Nội.
    pub(super) fn day(&self) -> NaiveDate {
        date::day_of(self.now())
    }

    /// The first day that is not closed, or today: the day of a snapshot that has to be made before anything may be committed.
    pub(super) fn open_day(&self, connection: &mut Connection) -> Result<NaiveDate, DbError> {
        let open = match self.closed.day() {
            Some(day) => day.succ_opt(),
            None => closed_days::first_day(connection)?,
        };
        Ok(open.map_or(self.day(), |open| open.min(self.day())))
    }

    /// The methodology in force.
    pub(super) fn methodology(&self) -> Result<&'static Methodology, DbError> {
        self.shared.activations.load().at(self.known.version)
    }

    /// Releases the headline of each month end that is closed and not released yet.
    pub(super) fn release_months(&mut self) {
        if !self.monthly_releases {
            return;
        }
        for day in self.closed.month_ends_after(self.released) {
            let request = Request::new(Actor::operator(SCHEDULE), Command::Release(day));
            match self.write(&[&request]).pop() {
                Some(Ok(_)) => self.released = Some(day),
                other => return tracing::warn!(%day, outcome = ?other, "the release of a month has still to be made"),
            }
        }
    }

    /// Makes the snapshot of a day from the public counts, and publishes it.
    pub(super) fn publish(&mut self, day: NaiveDate) {
        let PublicEntry { version, hash, recorded_at } = self.known.public;
        self.published_at = Instant::now();
        let methodology = match self.methodology() {
            Ok(methodology) => methodology,
            Err(error) => {
                self.missing_methodology = Some(format!("the numbers stay as they were: {error}"));
                return;
            }
        };
        self.missing_methodology = None;
        let PublicCounts { progress, national } = &self.counts;
        let figures = Figures {
            version,
            hash,
            recorded_at,
            day,
            closed: false,
            last_closed: self.closed.last().cloned(),
            methodology,
            restated: false,
            output: NationalOutput::of(national, &mut Estimator::new(methodology, day)),
            pace: pace(self.closed.month_ends(), national, progress.sites.verified, day, target_on(day)),
            progress: progress.clone(),
        };
        let cells = self.shared.counted().cells.len();
        self.shared
            .publish(Snapshot::new(figures, national.clone(), self.closed.point().cloned(), &self.renderer), cells);
        self.published = Some(version);
    }
}
