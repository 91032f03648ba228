//! The register added up as somebody asks: now, as it was, by what was recorded when, or by whose it is.

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::db::DbError;
use crate::db::ledger::{CellTotals, closed_days};
use crate::domain::counting::{CellKey, CellRow, CellTable, NationalSums, OwnerKind, Progress, Totals};
use crate::domain::figures::{
    Aggregation, Estimator, Group, Methodology, Selection, Sums, TooManyGroups, VerifiedOutput,
};
use crate::domain::values::{Code, Hash, Interval, Month};
use crate::register::published::Figures;
use crate::register::register::{Counted, Register};

use super::at_version::{SumsDifference, closed};

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

impl Register {
    /// Adds up. Blocks; for the past, and for partners and projects, long on a large register.
    pub fn add_up(&self, question: &AggregateQuery) -> Result<AggregateAnswer, AggregateError> {
        match (&question.scope, question.time) {
            (Some((scope, codes)), _) => self.of_scopes(question, *scope, codes),
            (None, AsOf::Now) => self.now(question),
            (None, AsOf::AsOf(day)) => self.as_of(question, day),
            (None, AsOf::Recorded(from, to)) => self.recorded(question, (from, to)),
        }
    }

    /// The headline of a past day by a methodology of choice. Blocks; the further back, the longer.
    pub fn figures_at(&self, day: NaiveDate, methodology: &'static Methodology) -> Result<Figures, DbError> {
        let then = closed(&mut self.database().connection()?, day, &self.activations())?;
        let (mut progress, mut national) = (Progress::default(), NationalSums::default());
        self.with_cells_at(then.version, |cells| {
            progress.add_cells(cells());
            national.add_cells(cells());
        })?;
        let kept = closed_days::verified_sites(&mut self.database().connection()?)?.into_iter();
        let ends = kept.filter(|(end, _)| *end < day && Month::of(*end).last_day() == *end);
        Ok(Figures {
            works: VerifiedOutput::of(&national, &mut Estimator::new(methodology, day)),
            progress,
            month_ends: ends.map(|(_, verified)| verified).collect(),
            methodology,
            restated: methodology.version != then.methodology.version,
            ..then
        })
    }

    fn now(&self, question: &AggregateQuery) -> Result<AggregateAnswer, AggregateError> {
        // A copy shares the columns: the writer need not wait.
        let (cells, national, figures) = {
            let counted = self.cells();
            (counted.cells.clone(), counted.national.clone(), self.stands(&counted))
        };
        let figures = asked(figures?, question);
        let sums = if question.selection.is_national() { national.as_cells() } else { cells.sums() };
        let mut estimator = Estimator::new(figures.methodology, figures.day);
        let (rows, total) = GroupsAndTotal::of(question, &mut estimator).take_all(sums)?;
        Ok(AggregateAnswer { rows, total, figures })
    }

    fn as_of(&self, question: &AggregateQuery, day: NaiveDate) -> Result<AggregateAnswer, AggregateError> {
        let then = closed(&mut self.database().connection()?, day, &self.activations())?;
        let figures = asked(then, question);
        let mut estimator = Estimator::new(figures.methodology, day);
        let (rows, total) =
            self.with_cells_at(figures.version, |cells| GroupsAndTotal::of(question, &mut estimator).take(cells()))??;
        Ok(AggregateAnswer { rows, total, figures })
    }

    /// What the cells are of, today; without the numbers of the headline.
    fn stands(&self, counted: &Counted) -> Result<Figures, DbError> {
        self.without_numbers(counted.version, counted.hash, counted.recorded_at)
    }

    fn without_numbers(&self, version: i64, hash: Hash, recorded_at: DateTime<Utc>) -> Result<Figures, DbError> {
        let methodology = self.methodology_at(version)?;
        Ok(Figures { version, hash, recorded_at, methodology, ..Figures::before_the_register(self.today()) })
    }

    /// What was recorded month by month, by the group that is about time; the sums as they come to today.
    fn recorded(
        &self,
        question: &AggregateQuery,
        span: (Option<Month>, Option<Month>),
    ) -> Result<AggregateAnswer, AggregateError> {
        let figures = asked(self.stands(&self.cells())?, question);
        let (version, day) = (figures.version, figures.day);
        let mut estimator = Estimator::new(figures.methodology, day);
        let mut selection = question.selection.clone();
        let place = selection.group_by.iter().position(|dimension| dimension.interval().is_some());
        let interval = place.and_then(|place| selection.group_by.remove(place).interval());
        let apart = AggregateQuery { selection, ..question.clone() };
        let mut connection = self.database().connection()?;
        let (mut rows, mut total) = (Vec::new(), Sums::default());
        for (first, from, to) in periods(&mut connection, span, (day, version), interval)? {
            let difference = SumsDifference::between(&mut connection, from, to)?;
            let (mut some, sums) = GroupsAndTotal::of(&apart, &mut estimator).take(difference.cells())?;
            if let Some(place) = place {
                for row in &mut some {
                    row.group.insert(place, first.number());
                }
            }
            rows.append(&mut some);
            total = total.plus(sums);
            if rows.len() > question.most {
                return Err(AggregateError::TooManyGroups);
            }
        }
        rows.sort_by(|one, other| one.group.cmp(&other.group));
        Ok(AggregateAnswer { rows, total, figures })
    }

    fn of_scopes(
        &self,
        question: &AggregateQuery,
        scope: OwnerKind,
        codes: &[Code],
    ) -> Result<AggregateAnswer, AggregateError> {
        let cells_by_owner = self.cells_by_owner(scope)?;
        let figures = asked(
            self.without_numbers(cells_by_owner.version, cells_by_owner.hash, cells_by_owner.recorded_at)?,
            question,
        );
        let mut estimator = Estimator::new(figures.methodology, figures.day);
        let (mut rows, mut total) = (Vec::new(), Sums::default());
        for (code, cells) in cells_by_owner.cells.iter().filter(|(code, _)| codes.is_empty() || codes.contains(code)) {
            let (some, sums) = GroupsAndTotal::of(question, &mut estimator).take_all(cells.sums())?;
            rows.extend(some.into_iter().map(|row| AggregateGroup { code: Some(code.clone()), ..row }));
            total = total.plus(sums);
            if rows.len() > question.most {
                return Err(AggregateError::TooManyGroups);
            }
        }
        Ok(AggregateAnswer { rows, total, figures })
    }
}

/// By the methodology that was asked for.
fn asked(mut figures: Figures, question: &AggregateQuery) -> Figures {
    let in_force = figures.methodology;
    figures.methodology = question.methodology.unwrap_or(in_force);
    figures.restated = figures.methodology.version != in_force.version;
    figures
}

/// Cells on the way into groups, and into the whole.
struct GroupsAndTotal<'e> {
    groups: Aggregation,
    whole: Aggregation,
    /// A site stands behind each of its measures: the whole is counted by itself then.
    is_apart: bool,
    estimator: &'e mut Estimator,
}

impl<'e> GroupsAndTotal<'e> {
    fn of(question: &AggregateQuery, estimator: &'e mut Estimator) -> Self {
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
    fn take(mut self, cells: impl Iterator<Item = CellTotals>) -> Result<(Vec<AggregateGroup>, Sums), TooManyGroups> {
        cells.for_each(|(key, totals)| CellRow::of(key, &totals, |row| self.add(key, row)));
        self.finish()
    }

    /// Takes all of them: several times as fast.
    fn take_all(mut self, sums: &CellTable) -> Result<(Vec<AggregateGroup>, Sums), TooManyGroups> {
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
fn periods(
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
