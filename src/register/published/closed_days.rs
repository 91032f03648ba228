//! Closed days: when a day in Hà Nội is over, its headline is kept for ever, as it was then, with what
//! moved on it. What a server missed while it was down is made up from the journal, to the same bytes.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::db::engine::transaction;
use crate::db::ledger::{activations, cells_and_journal as stored, closed_days, head};
use crate::db::{Connection, DbError};
use crate::domain::values::date;
use crate::register::counted::{Counted, InOrder, SumsDifference};

use super::day_replay::{DayReplay, PublicCounts, is_last_of_month};
use super::page_maker::Render;

/// Entries whose postings are read at a time.
const STEP: i64 = 20_000;

/// The days that are kept, and the register as it stood at the end of the last of them.
pub struct ClosedDays {
    day: Option<NaiveDate>,
    course: DayReplay,
}

impl ClosedDays {
    /// Takes up where the last day was kept: `now` is the register at the version `version`.
    pub fn load(connection: &mut Connection, now: &PublicCounts, version: i64) -> Result<Self, DbError> {
        let mut course = DayReplay::begin();
        let Some(last) = closed_days::last(connection)? else { return Ok(Self { day: None, course }) };
        course.sums = now.clone();
        let mut at = last.version;
        while at < version {
            let to = version.min(at + STEP);
            let postings = stored::postings(connection, at, to)?;
            course.sums.add(postings.iter().map(|(key, totals)| (*key, totals.negated())));
            at = to;
        }
        let ends = closed_days::verified_sites(connection)?.into_iter().filter(|(day, _)| is_last_of_month(*day));
        course.month_ends = ends.map(|(_, verified)| verified).collect();
        course.recorded_at =
            closed_days::entry(connection, last.version)?.map_or(course.recorded_at, |(_, at)| at.and_utc());
        (course.version, course.hash) = (last.version, last.hash);
        Ok(Self { day: Some(last.day), course })
    }

    /// Verified sites at the end of each month before that of `day`.
    pub fn month_ends(&self) -> &[i64] {
        &self.course.month_ends
    }

    /// The last days of the months that are over and kept, in order, of those after `after`.
    pub fn month_ends_after(&self, after: Option<NaiveDate>) -> Vec<NaiveDate> {
        let next = self.day.and_then(|day| (day + Days::new(1)).with_day(1));
        let end = |back: u32| (next?.checked_sub_months(Months::new(back))?).pred_opt();
        let kept = u32::try_from(self.course.month_ends.len()).unwrap_or_default();
        (0..kept).rev().filter_map(end).filter(|end| after.is_none_or(|after| *end > after)).collect()
    }

    /// Whether every day before `today` is kept, of a register at `version`.
    pub fn are_up_to(&self, today: NaiveDate, version: i64) -> bool {
        version == 0 || self.day.is_some_and(|day| day + Days::new(1) >= today)
    }

    /// Keeps every day before `today` that is not kept yet, of a register that is counted.
    pub fn close(
        &mut self,
        connection: &mut Connection,
        today: NaiveDate,
        counted: &RwLock<Counted>,
        render: &Render,
    ) -> Result<(), DbError> {
        let version = read(counted).version;
        while !self.are_up_to(today, version) {
            let day = match self.day {
                Some(day) => day + Days::new(1),
                None => first_day(connection)?,
            };
            if day >= today {
                break;
            }
            self.close_one(connection, day, counted, render)?;
        }
        Ok(())
    }

    /// Keeps one day. Most of it is read before the head is locked; then no entry can come to this
    /// day any more, whatever the clock of another process says. What is made up for a day that was
    /// closed before keeps nobody waiting.
    fn close_one(
        &mut self,
        connection: &mut Connection,
        day: NaiveDate,
        counted: &RwLock<Counted>,
        render: &Render,
    ) -> Result<(), DbError> {
        let head = head::read(connection)?;
        let end = closed_days::version_at_end_of(connection, day, (self.course.version, head.version))?;
        self.advance(connection, end)?;
        if head.closed_day >= Some(day) {
            self.keep(connection, day, counted, render)?;
        } else {
            transaction::write(connection, |connection| {
                let head = head::lock(connection)?;
                let end = closed_days::version_at_end_of(connection, day, (self.course.version, head.version))?;
                self.advance(connection, end)?;
                self.keep(connection, day, counted, render)?;
                head::close(connection, day)
            })?;
        }
        self.course.turn(day);
        self.day = Some(day);
        Ok(())
    }

    /// Keeps a day, and the tables of the month that ended with it, unless another process did.
    fn keep(
        &self,
        connection: &mut Connection,
        day: NaiveDate,
        counted: &RwLock<Counted>,
        render: &Render,
    ) -> Result<(), DbError> {
        // Read here: one may have come into force a moment before midnight.
        let activations = activations::read(connection)?;
        closed_days::keep(connection, &self.course.kept(day, &activations, render)?)?;
        if !is_last_of_month(day) || closed_days::has_tables(connection, day)? {
            return Ok(());
        }
        // A copy shares the columns: nobody waits for whoever holds it.
        let (cells, known) = {
            let counted = read(counted);
            (counted.cells.clone(), counted.version)
        };
        let difference = SumsDifference::between(connection, known, self.course.version)?;
        let make = |cells: &InOrder<'_>| self.course.tables(day, (&activations, render), cells);
        closed_days::keep_tables(connection, day, &difference.work_on(&cells, make)?)
    }

    /// Follows the register to a version that is not after the end of the day in hand.
    fn advance(&mut self, connection: &mut Connection, version: i64) -> Result<(), DbError> {
        let course = &mut self.course;
        while course.version < version {
            let to = version.min(course.version + STEP);
            course.take(&stored::postings_by_cause(connection, course.version, to)?);
            course.version = to;
        }
        if let Some((hash, at)) = closed_days::entry(connection, version)? {
            (course.hash, course.recorded_at) = (hash, at.and_utc());
        }
        Ok(())
    }
}

fn read(counted: &RwLock<Counted>) -> RwLockReadGuard<'_, Counted> {
    counted.read().unwrap_or_else(PoisonError::into_inner)
}

/// The day of the first entry.
fn first_day(connection: &mut Connection) -> Result<NaiveDate, DbError> {
    let first = closed_days::entry(connection, 1)?;
    let (_, at) = first.ok_or_else(|| DbError::corrupt("entry 1 is gone"))?;
    Ok(date::day_of(at.and_utc()))
}
