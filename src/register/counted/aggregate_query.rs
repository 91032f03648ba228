//! Aggregate queries: the register grouped and added up, now, at a past close, by month of recording, or by owner.

use std::sync::Arc;

use chrono::{Days, NaiveDate};

use crate::db::ledger::{CellTotals, closed_days};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellKey, CellRow, CellTable, OwnerKind, Totals};
use crate::domain::figures::{Aggregation, Estimator, Group, Methodology, Selection, Sums, TooManyGroups};
use crate::domain::values::{Code, Interval, Month};

use super::figures::Figures;

/// An aggregate query.
#[derive(Clone)]
pub struct AggregateQuery {
    /// The dimensions that group, and the filters.
    pub selection: Selection,
    /// The owners whose cells are added up, each apart; an empty list means every owner of the kind.
    pub scope: Option<(OwnerKind, Vec<Code>)>,
    /// The methodology, if not the one in force.
    pub methodology: Option<&'static Methodology>,
    /// The time that the answer is of.
    pub time: AsOf,
    /// Whether it is answered as of the newest publication point, for callers who do not check the numbers.
    pub published: bool,
    /// The most groups that an answer may have.
    pub most: usize,
}

/// The time that an answer is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// The register as it is now.
    Now,
    /// The register as it was at the close of a day.
    AsOf(NaiveDate),
    /// The net change recorded from the first month to before the second: additions minus removals.
    Recorded(Option<Month>, Option<Month>),
}

/// A group of an answer.
#[derive(Clone)]
pub struct AggregateGroup {
    /// The code of the owner, if owners were asked for.
    pub code: Option<Code>,
    /// The values of the dimensions.
    pub group: Group,
    pub sums: Sums,
}

/// The answer to an aggregate query.
pub struct AggregateAnswer {
    pub sums: Arc<GroupsAndTotal>,
    /// The version, day and methodology of the answer; the numbers of the headline are zeros.
    pub figures: Figures,
}

/// Why a query has no answer.
pub enum AggregateError {
    /// There are more groups than the query allows.
    TooManyGroups,
    /// There is no publication point yet.
    NothingPublished,
    Database(DbError),
}

impl From<DbError> for AggregateError {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<TooManyGroups> for AggregateError {
    fn from(_: TooManyGroups) -> Self {
        Self::TooManyGroups
    }
}

/// The groups of some cells, and their total.
#[derive(Default)]
pub struct GroupsAndTotal {
    /// The groups, in the order of codes and values.
    pub rows: Vec<AggregateGroup>,
    /// The sums of all cells that pass the filters.
    pub total: Sums,
}

impl GroupsAndTotal {
    /// Takes over the groups of further cells, as long as `most` allows.
    pub fn append(&mut self, mut other: Self, most: usize) -> Result<(), AggregateError> {
        self.rows.append(&mut other.rows);
        self.total = self.total.plus(other.total);
        if self.rows.len() > most { Err(AggregateError::TooManyGroups) } else { Ok(()) }
    }
}

/// Adds cells up, into groups and into the total at once.
pub struct CellAdder<'e> {
    groups: Aggregation,
    whole: Aggregation,
    /// Whether the total has an aggregation of its own. It needs one when the groups are by measure, because a site
    /// with two measures is in two groups and counts once.
    is_apart: bool,
    estimator: &'e mut Estimator,
}

impl<'e> CellAdder<'e> {
    /// Empty sums for the query.
    pub fn new(query: &AggregateQuery, estimator: &'e mut Estimator) -> Self {
        let selection = &query.selection;
        let whole = Selection { group_by: Vec::new(), ..selection.clone() };
        let is_apart = whole.is_by_measure() != selection.is_by_measure();
        Self { groups: Aggregation::of(selection, query.most), whole: Aggregation::of(&whole, 1), is_apart, estimator }
    }

    /// Adds cells that come in the order of keys.
    pub fn add_cells(mut self, cells: impl Iterator<Item = CellTotals>) -> Result<GroupsAndTotal, TooManyGroups> {
        cells.for_each(|(key, totals)| CellRow::of(key, &totals, |row| self.add(key, row)));
        self.finish()
    }

    /// Adds a whole table, several times as fast.
    pub fn add_table(mut self, cells: &CellTable) -> Result<GroupsAndTotal, TooManyGroups> {
        cells.each(|key, row| self.add(key, row));
        self.finish()
    }

    #[inline]
    fn add(&mut self, key: CellKey, row: CellRow<'_>) {
        self.groups.add(key, row, self.estimator);
        if self.is_apart && key.has_no_measure() {
            self.whole.add(key, row, self.estimator);
        }
    }

    fn finish(self) -> Result<GroupsAndTotal, TooManyGroups> {
        let (groups, whole) = (self.groups.finish(self.estimator)?, self.whole.finish(self.estimator)?);
        let mut total = groups.iter().map(|(_, sums)| *sums).reduce(Sums::plus).unwrap_or_default();
        if self.is_apart {
            let counted = whole.first().map(|(_, sums)| sums.totals).unwrap_or_default();
            total.totals = Totals { inverter_w: total.totals.inverter_w, ..counted };
        }
        let row = |(group, sums)| AggregateGroup { code: None, group, sums };
        Ok(GroupsAndTotal { rows: groups.into_iter().map(row).collect(), total })
    }
}

/// The months that a query by month of recording asks about.
#[derive(Clone, Copy)]
pub struct RecordedSpan {
    /// The first month; without one, the month of the first entry.
    pub from: Option<Month>,
    /// The month after the last; without one, the month after the current one.
    pub to: Option<Month>,
    /// The length of one period; without one, the whole span is one period.
    pub interval: Option<Interval>,
}

/// A period in which entries were recorded.
pub struct Period {
    /// Its first month.
    pub first: Month,
    /// The version before its first entry.
    pub from: i64,
    /// The version of its last entry.
    pub to: i64,
}

impl RecordedSpan {
    /// Cuts the span into periods, of a register at the version and on the day of `now`.
    pub fn periods(self, connection: &mut Connection, now: &Figures) -> Result<Vec<Period>, DbError> {
        let Some(first) = closed_days::first_day(connection)? else { return Ok(Vec::new()) };
        let (current, began) = (Month::of(now.day), Month::of(first));
        let begin = self.from.unwrap_or(began).max(began);
        let end = self.to.unwrap_or(current.plus(1)).min(current.plus(1));
        let version_before = |connection: &mut _, month: Month| {
            let last = month.first_day() - Days::new(1);
            if month > current {
                Ok(now.version)
            } else {
                closed_days::version_at_end_of(connection, last, 0..=now.version)
            }
        };
        let mut periods = Vec::new();
        let mut at = begin;
        while at < end {
            let next = self.interval.map_or(end, |interval| interval.next(at)).min(end);
            periods.push(Period {
                first: self.interval.map_or(at, |interval| interval.first_month(at)),
                from: version_before(connection, at)?,
                to: version_before(connection, next)?,
            });
            at = next;
        }
        Ok(periods)
    }
}
