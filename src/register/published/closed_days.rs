//! Closing days: when a day in Hà Nội is over, its headline and its changes are stored for ever.
//!
//! A server that was down over midnight closes the missed days later, from the journal, and makes the same bytes.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::db::engine::transaction;
use crate::db::ledger::{cells_and_journal, closed_days, head, points, public_entries};
use crate::db::{Connection, DbError};
use crate::register::counted::{CitableDay, PublicCounts};

use super::day_maker::DayMaker;
use super::day_replay::{DayReplay, is_last_of_month};
use super::published_point::PublishedPoint;

/// Entries whose postings are read at a time.
const STEP: i64 = 2_000;

/// The closed days, with the register as it stood at the last close.
#[derive(Clone)]
pub struct ClosedDays {
    /// The last closed day.
    day: Option<NaiveDate>,
    /// The day before which nothing is left to close: the next one, or the first of the register.
    closed_before: Option<NaiveDate>,
    /// The same day, as it may be cited.
    last: Option<Arc<CitableDay>>,
    /// The register from the last close on, on its way to the next.
    replay: DayReplay,
    /// The newest publication point that is not void, with its pages.
    point: Option<Arc<PublishedPoint>>,
}

impl ClosedDays {
    /// The days of a register that is not loaded yet.
    pub fn none() -> Self {
        Self { day: None, closed_before: None, last: None, replay: DayReplay::begin(), point: None }
    }

    /// Takes up after the last stored day. `now` are the counts at the version `version`; the counts at the last close
    /// are these minus the postings since. Call it on the view of the database that `now` was read from, because another
    /// process may close a day meanwhile.
    pub fn load(connection: &mut Connection, now: &PublicCounts, version: i64) -> Result<Self, DbError> {
        let Some(last) = closed_days::last(connection)? else { return Ok(Self::none()) };
        let is_closed = head::read(connection)?.closed_day >= Some(last.day);
        let end = last_entry_of(connection, last.day, 0..=version)?;
        if !is_closed || last.version != end || !head::is_entry(connection, last.version, &last.hash)? {
            let why = format!(
                "{} is stored as closed at entry {}, and its last entry is {end}: `green-homes audit` says what else is wrong, and days \
                 can be made again from the journal (docs/operations.md, \"An audit that fails\")",
                last.day, last.version
            );
            return Err(DbError::corrupt(why));
        }
        let mut replay = DayReplay::begin();
        replay.counts = now.clone();
        let mut at = last.version;
        while at < version {
            let to = version.min(at + STEP);
            let postings = cells_and_journal::postings(connection, at, to)?;
            replay.counts.add(postings.iter().map(|(key, totals)| (*key, totals.negated())));
            at = to;
        }
        let ends = closed_days::verified_sites(connection)?.into_iter().filter(|(day, _)| is_last_of_month(*day));
        replay.month_ends = ends.map(|(_, verified)| verified).collect();
        if let Some(entry) = closed_days::entry(connection, last.version)? {
            replay.recorded_at = entry.recorded_at;
        }
        (replay.version, replay.hash) = (last.version, last.hash);
        let citable = CitableDay::of(last.day, &last.body).map(Arc::new);
        let point = PublishedPoint::load(connection, last.day)?.map(Arc::new);
        Ok(Self { day: Some(last.day), closed_before: last.day.succ_opt(), last: citable, replay, point })
    }

    /// The last closed day.
    pub fn day(&self) -> Option<NaiveDate> {
        self.day
    }

    /// The last closed day, as it may be cited.
    pub fn last(&self) -> Option<&Arc<CitableDay>> {
        self.last.as_ref()
    }

    /// The newest publication point.
    pub fn point(&self) -> Option<&Arc<PublishedPoint>> {
        self.point.as_ref()
    }

    /// Verified sites at each closed month end since the register began.
    pub fn month_ends(&self) -> &[i64] {
        &self.replay.month_ends
    }

    /// The closed month ends after the day `after`, in order.
    pub fn month_ends_after(&self, after: Option<NaiveDate>) -> Vec<NaiveDate> {
        let next = self.day.and_then(|day| (day + Days::new(1)).with_day(1));
        let end = |back: u32| (next?.checked_sub_months(Months::new(back))?).pred_opt();
        let closed = u32::try_from(self.replay.month_ends.len()).unwrap_or_default();
        (0..closed).rev().filter_map(end).filter(|end| after.is_none_or(|after| *end > after)).collect()
    }

    /// Whether every day before `today` is closed. A register without entries has no days.
    pub fn are_up_to(&self, today: NaiveDate, version: i64) -> bool {
        version == 0 || self.closed_before >= Some(today)
    }

    /// Closes every day before `today` that is still open, oldest first. Asks `maker.goes_on` after each step, because many days, or one
    /// with many entries, take long; where it fails, the close ends.
    pub fn close(
        &mut self,
        connection: &mut Connection,
        today: NaiveDate,
        maker: &DayMaker<'_>,
    ) -> Result<(), DbError> {
        let version = maker.version();
        while !self.are_up_to(today, version) {
            let day = match self.day {
                Some(day) => day + Days::new(1),
                None => closed_days::first_day(connection)?.ok_or_else(|| DbError::corrupt("entry 1 is gone"))?,
            };
            if day >= today {
                break;
            }
            self.close_one(connection, day, maker)?;
            (maker.goes_on)()?;
        }
        self.closed_before = self.closed_before.max(Some(today));
        Ok(())
    }

    /// Closes one day.
    ///
    /// The close must hold every entry of the day, though the clock of another process may lag and still record on it. So the day is
    /// noted as closed in the head, under its lock: from then on `Head::not_before` puts every new entry on the next day. For example,
    /// our clock says 00:00:01 and another's 23:59:58. If its entry comes first, we read it after the lock. If our close comes
    /// first, its entry is recorded at 00:00:00 of the new day.
    ///
    /// The entries of a closed day are final. So everything that is kept of it is made without the lock, for which all writers wait.
    fn close_one(&mut self, connection: &mut Connection, day: NaiveDate, maker: &DayMaker<'_>) -> Result<(), DbError> {
        if head::read(connection)?.closed_day < Some(day) {
            transaction::write(connection, |connection| {
                head::lock(connection)?;
                head::close(connection, day)
            })?;
        }
        let head = head::read(connection)?;
        self.advance_to_end_of(connection, day, head.version, maker)?;
        self.store(connection, day, maker)?;
        self.replay.turn(day);
        (self.day, self.closed_before) = (Some(day), day.succ_opt());
        Ok(())
    }

    /// Stores a day with its publication point, unless another process did.
    fn store(&mut self, connection: &mut Connection, day: NaiveDate, maker: &DayMaker<'_>) -> Result<(), DbError> {
        if closed_days::find(connection, day)?.is_none() {
            if self.day.is_none() {
                delete_points_without_days(connection)?;
            }
            maker.make(connection, &self.replay, day)?;
        }
        // Read back, because another process may have kept the day under another publisher.
        let kept = closed_days::find(connection, day)?.ok_or_else(|| DbError::corrupt(format!("{day} is gone")))?;
        if (kept.version, kept.hash) != (self.replay.version, self.replay.hash) {
            return Err(DbError::corrupt(format!("{day} was closed at another entry than this process knows")));
        }
        self.last = CitableDay::of(day, &kept.body).map(Arc::new);
        let known = self.point.as_ref().map(|point| point.number);
        if points::shown_at(connection, day)?.map(|point| point.number) != known {
            self.point = PublishedPoint::load(connection, day)?.map(Arc::new);
        }
        Ok(())
    }

    /// Replays the entries up to the end of a day, of a register at the version `version`.
    fn advance_to_end_of(
        &mut self,
        connection: &mut Connection,
        day: NaiveDate,
        version: i64,
        maker: &DayMaker<'_>,
    ) -> Result<(), DbError> {
        let replay = &mut self.replay;
        let end = last_entry_of(connection, day, replay.version..=version)?;
        while replay.version < end {
            let to = end.min(replay.version + STEP);
            replay.take(&cells_and_journal::postings_by_cause(connection, replay.version, to)?);
            replay.version = to;
            (maker.goes_on)()?;
        }
        if let Some(entry) = closed_days::entry(connection, end)? {
            (replay.hash, replay.recorded_at) = (entry.hash, entry.recorded_at);
        }
        Ok(())
    }
}

/// Points before the first close are of days that somebody deleted. Those of days that a wrong clock had closed are void, and stay, because
/// they were public.
fn delete_points_without_days(connection: &mut Connection) -> Result<(), DbError> {
    transaction::write(connection, |connection| {
        head::lock(connection)?;
        let are_void = points::days(connection)?.is_empty() && points::newest(connection)?.is_some();
        if closed_days::last(connection)?.is_some() || are_void { Ok(()) } else { points::delete_all(connection) }
    })
}

/// The last public entry of a day, among `versions`. Entries of sandbox partners after it post nothing.
fn last_entry_of(connection: &mut Connection, day: NaiveDate, versions: RangeInclusive<i64>) -> Result<i64, DbError> {
    let end = closed_days::version_at_end_of(connection, day, versions)?;
    public_entries::version_at(connection, end)
}
