//! Questions to the cells: the register added up now, as it was, by what was recorded when, or by whose it is.

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::DbError;
use crate::db::ledger::closed_days;
use crate::domain::counting::{NationalSums, OwnerKind, Progress};
use crate::domain::figures::{Estimator, Methodology, Sums, VerifiedOutput};
use crate::domain::values::{Code, Hash, Month};

use super::counted::{
    AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf, Counted, Figures, GroupsAndTotal, InOrder,
    SumsDifference, closed, periods,
};
use super::register::Register;

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
        let sums = if question.selection.is_national() { national.as_cells() } else { &cells };
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
            let (some, sums) = GroupsAndTotal::of(question, &mut estimator).take_all(cells)?;
            rows.extend(some.into_iter().map(|row| AggregateGroup { code: Some(code.clone()), ..row }));
            total = total.plus(sums);
            if rows.len() > question.most {
                return Err(AggregateError::TooManyGroups);
            }
        }
        Ok(AggregateAnswer { rows, total, figures })
    }

    /// Works on the cells as they stood at a version. Blocks; the further back, the longer.
    pub fn with_cells_at<T>(&self, version: i64, work: impl FnOnce(&InOrder<'_>) -> T) -> Result<T, DbError> {
        if version == 0 {
            return Ok(work(&|| Box::new(std::iter::empty())));
        }
        // A copy shares the columns: the writer need not wait.
        let (cells, known) = {
            let counted = self.cells();
            (counted.cells.clone(), counted.version)
        };
        let difference = SumsDifference::between(&mut self.database().connection()?, known, version)?;
        Ok(difference.work_on(&cells, work))
    }
}

/// By the methodology that was asked for.
fn asked(mut figures: Figures, question: &AggregateQuery) -> Figures {
    let in_force = figures.methodology;
    figures.methodology = question.methodology.unwrap_or(in_force);
    figures.restated = figures.methodology.version != in_force.version;
    figures
}
