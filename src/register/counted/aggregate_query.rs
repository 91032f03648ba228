//! The register added up as somebody asks: now, as it was, by what was recorded when, or by whose it is.

use chrono::{Days, NaiveDate};

use crate::db::DbError;
use crate::db::ledger::{CellTotals, closed_days};
use crate::domain::counting::{CellKey, CellRow, CellTable, OwnerKind, Totals};
use crate::domain::figures::{Aggregation, Estimator, Group, Methodology, Selection, Sums, TooManyGroups};
use crate::domain::values::{Code, Interval, Month};

use super::figures::Figures;

/// What is asked for.
#[derive(Clone)]
pub struct AggregateQuery {
    /// In which groups and under which filters.
    pub selection: Selection,
    /// Of each partner or project, or of these alone.
    pub scope: Option<(OwnerKind, Vec<Code>)>,
    /// With which methodology, if not that in force.
    pub methodology: Option<&'static Methodology>,
    /// Of which time.
    pub time: AsOf,
    /// Groups, at most.
    pub most: usize,
}

/// Of which time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// As it is.
    Now,
    /// As it was known at the close of a day.
    AsOf(NaiveDate),
    /// What was recorded in these months, the last one left out: what came less what went.
    Recorded(Option<Month>, Option<Month>),
}

/// A row of an answer.
pub struct AggregateGroup {
    /// Whose, where that was asked.
    pub code: Option<Code>,
    /// The values of the dimensions.
    pub group: Group,
    /// The sums.
    pub sums: Sums,
}

/// An answer.
pub struct AggregateAnswer {
    /// In the order of codes and groups.
    pub rows: Vec<AggregateGroup>,
    /// Of everything that was asked for.
    pub total: Sums,
    /// What it was made from; without the numbers of the headline.
    pub figures: Figures,
}

/// Why there is no answer.
pub enum AggregateError {
    /// More groups than asked for.
    TooManyGroups,
    /// The database.
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

/// Cells on the way into groups, and into the whole.
pub struct GroupsAndTotal<'e> {
    groups: Aggregation,
    whole: Aggregation,
    /// A site stands behind each of its measures: the whole is counted by itself then.
    is_apart: bool,
    estimator: &'e mut Estimator,
}

impl<'e> GroupsAndTotal<'e> {
    pub fn of(question: &AggregateQuery, estimator: &'e mut Estimator) -> Self {
        let selection = &question.selection;
        let whole = Selection { group_by: Vec::new(), ..selection.clone() };
        let is_apart = whole.is_by_measure() != selection.is_by_measure();
        Self {
            groups: Aggregation::of(selection, question.most),
            whole: Aggregation::of(&whole, 1),
            is_apart,
            estimator,
        }
    }

    /// Takes cells in the order of keys.
    pub fn take(
        mut self,
        cells: impl Iterator<Item = CellTotals>,
    ) -> Result<(Vec<AggregateGroup>, Sums), TooManyGroups> {
        cells.for_each(|(key, totals)| CellRow::of(key, &totals, |row| self.add(key, row)));
        self.finish()
    }

    /// Takes all of them: several times as fast.
    pub fn take_all(mut self, sums: &CellTable) -> Result<(Vec<AggregateGroup>, Sums), TooManyGroups> {
        sums.each(|key, row| self.add(key, row));
        self.finish()
    }

    #[inline]
    fn add(&mut self, key: CellKey, row: CellRow<'_>) {
        self.groups.add(key, row, self.estimator);
        if self.is_apart && key.has_no_measure() {
            self.whole.add(key, row, self.estimator);
        }
    }

    fn finish(self) -> Result<(Vec<AggregateGroup>, Sums), TooManyGroups> {
        let (groups, whole) = (self.groups.finish(self.estimator)?, self.whole.finish(self.estimator)?);
        let mut total = groups.iter().map(|(_, sums)| *sums).reduce(Sums::plus).unwrap_or_default();
        if self.is_apart {
            let counted = whole.first().map(|(_, sums)| sums.totals).unwrap_or_default();
            total.totals = Totals { inverter_w: total.totals.inverter_w, ..counted };
        }
        let row = |(group, sums)| AggregateGroup { code: None, group, sums };
        Ok((groups.into_iter().map(row).collect(), total))
    }
}

/// The periods in which something was recorded, or the whole as one: the first month of each, and the versions between
/// which it lies.
pub fn periods(
    connection: &mut crate::db::Connection,
    (from, to): (Option<Month>, Option<Month>),
    (day, version): (NaiveDate, i64),
    interval: Option<Interval>,
) -> Result<Vec<(Month, i64, i64)>, DbError> {
    let Some((_, began)) = closed_days::entry(connection, 1)? else { return Ok(Vec::new()) };
    let began = Month::of(crate::domain::values::day_of(began.and_utc()));
    let first = from.unwrap_or(began).max(began);
    let end = to.unwrap_or(Month::of(day).plus(1)).min(Month::of(day).plus(1));
    let version_before = |connection: &mut _, month: Month| {
        let last = month.first_day() - Days::new(1);
        if month > Month::of(day) {
            Ok(version)
        } else {
            closed_days::version_at_end_of(connection, last, (0, version))
        }
    };
    let mut periods = Vec::new();
    let mut at = first;
    while at < end {
        let next = interval.map_or(end, |interval| interval.next(at)).min(end);
        periods.push((
            interval.map_or(at, |interval| interval.first_month(at)),
            version_before(connection, at)?,
            version_before(connection, next)?,
        ));
        at = next;
    }
    Ok(periods)
}
