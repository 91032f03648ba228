//! Questions that need the whole register: its cells, its directory, and the database for the past.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};

use crate::db::DbError;
use crate::db::engine::transaction;
use crate::db::ledger::{closed_days, point_ledger, points};
use crate::domain::counting::{CellTable, NationalSums, OwnerKind, Progress};
use crate::domain::figures::{Estimator, Group, Methodology, NationalOutput, pace};
use crate::domain::reference::target_on;
use crate::domain::values::{Code, Hash, Month};

use super::counted::{
    AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf, CellAdder, Counted, Figures, GroupsAndTotal,
    InOrder, KeptSums, RecordedSpan, SumsDifference, apply_postings, cells_of_sandbox, closing_figures,
};
use super::published::{CellsAtClose, PointClose, PublishedPoint, PublishedSums, RestatedPoint, WaitingSums};
use super::register::Register;

impl Register {
    /// Answers an aggregate query. Blocks; for the past and for owners, long on a large register.
    pub fn add_up(&self, query: &AggregateQuery) -> Result<AggregateAnswer, AggregateError> {
        if query.published {
            return self.add_up_published(query);
        }
        match (&query.scope, query.time) {
            (Some((owner, codes)), _) => self.add_up_by_owner(query, *owner, codes),
            (None, AsOf::Now) => self.add_up_now(query),
            (None, AsOf::AsOf(day)) => self.add_up_at_close(query, day),
            (None, AsOf::Recorded(from, to)) => {
                let figures = self.figures_of(&self.cells(), query.methodology)?;
                self.add_up_recorded(query, from, to, figures)
            }
        }
    }

    /// Answers a query as of the newest publication point, or as of that of a day.
    fn add_up_published(&self, query: &AggregateQuery) -> Result<AggregateAnswer, AggregateError> {
        if let AsOf::AsOf(day) = query.time {
            let point = points::shown_at(&mut self.database().connection()?, day)?;
            return self.add_up_at_close(query, point.ok_or(AggregateError::NothingPublished)?.day);
        }
        let point = self.snapshot().point.clone().ok_or(AggregateError::NothingPublished)?;
        let at_close = self.cells_at_close(&point)?;
        let figures = restated(at_close.figures.clone(), query.methodology);
        if let AsOf::Recorded(from, to) = query.time {
            return self.add_up_recorded(query, from, to, figures);
        }
        let cells = if query.selection.is_national() { at_close.national.as_cells() } else { &at_close.cells };
        let make = || {
            let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
            CellAdder::new(query, &mut estimator).add_table(cells)
        };
        Ok(AggregateAnswer { sums: at_close.kept.get(query, &figures, make)?, figures })
    }

    /// All cells at the close of a point. Blocks until they are made, once a point.
    fn cells_at_close(&self, point: &PublishedPoint) -> Result<Arc<CellsAtClose>, DbError> {
        point.at_close(|| {
            let mut connection = self.database().connection()?;
            let figures = closing_figures(&mut connection, point.day, &self.activations())?;
            // A copy shares the packed rows, but for those that moved since.
            let (mut cells, known) = {
                let counted = self.cells();
                (counted.cells.clone(), counted.version)
            };
            let difference = SumsDifference::between(&mut connection, known, figures.version)?;
            apply_postings(&mut cells, &difference.cells().collect::<Vec<_>>());
            let national = NationalSums::of_cells(cells.iter());
            Ok(CellsAtClose { figures, cells, national, kept: KeptSums::default() })
        })
    }

    /// The partners of whom something stands in each group of a query, counted at the newest publication point or later. Blocks; on a
    /// large register for long, once a point.
    pub fn partners_behind(&self, query: &AggregateQuery) -> Result<BTreeMap<Group, BTreeSet<Code>>, AggregateError> {
        let from = self.snapshot().point.as_ref().map(|point| point.version);
        let by_partner = self.cells_by_owner(OwnerKind::Partner, from)?;
        let figures = self.figures_without_numbers(by_partner.version, by_partner.hash, by_partner.recorded_at)?;
        let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
        let mut behind: BTreeMap<Group, BTreeSet<Code>> = BTreeMap::new();
        for (code, cells) in &by_partner.cells {
            for AggregateGroup { group, .. } in CellAdder::new(query, &mut estimator).add_table(cells)?.rows {
                behind.entry(group).or_default().insert(code.clone());
            }
        }
        Ok(behind)
    }

    /// The figures at the close of a day, by the methodology of then or another. Blocks; the further back, the longer.
    pub fn figures_at(&self, day: NaiveDate, asked: Option<&'static Methodology>) -> Result<Figures, DbError> {
        let then = closing_figures(&mut self.database().connection()?, day, &self.activations())?;
        let methodology = asked.unwrap_or(then.methodology);
        let (mut progress, mut national) = (Progress::default(), NationalSums::default());
        self.with_cells_at(then.version, |cells| {
            progress.add_cells(cells());
            national = NationalSums::of_cells(cells());
        })?;
        let ends = month_ends_before(closed_days::verified_sites(&mut self.database().connection()?)?, day);
        Ok(Figures {
            output: NationalOutput::of(&national, &mut Estimator::new(methodology, day)),
            pace: pace(&ends, &national, progress.sites.verified, day, target_on(day)),
            progress,
            methodology,
            restated: methodology.version != then.methodology.version,
            ..then
        })
    }

    /// Everything that is counted now, and the figures of it by the methodology in force or another.
    pub fn counted_now(&self, asked: Option<&'static Methodology>) -> Result<(Figures, CellTable), DbError> {
        // A copy shares the packed rows, so that the writer need not wait.
        let (cells, figures) = {
            let counted = self.cells();
            (counted.cells.clone(), self.figures_of(&counted, asked)?)
        };
        let mut progress = Progress::default();
        progress.add_cells(cells.iter());
        let national = NationalSums::of_cells(cells.iter());
        let output = NationalOutput::of(&national, &mut Estimator::new(figures.methodology, figures.day));
        Ok((Figures { progress, output, ..figures }, cells))
    }

    /// The newest publication point by another methodology. Blocks; long on a large register.
    pub fn restated(
        &self,
        point: &PublishedPoint,
        methodology: &'static Methodology,
    ) -> Result<Arc<RestatedPoint>, DbError> {
        point.by(methodology, || {
            let mut connection = self.database().connection()?;
            let read = transaction::read(&mut connection, |connection| {
                let newest = points::newest(connection)?.filter(|newest| newest.number == point.number);
                let Some(newest) = newest else {
                    return Err(DbError::Unavailable(format!("the point of {} is not the newest", point.day)));
                };
                let figures = closing_figures(connection, point.day, &self.activations())?;
                let at_closes = closed_days::verified_sites(connection)?;
                let waiting = WaitingSums::of(&point_ledger::read(connection)?, &points::days(connection)?);
                Ok((newest, waiting, figures, at_closes))
            });
            let (newest, waiting, figures, at_closes) = read?;
            let close = PointClose { figures, month_ends: month_ends_before(at_closes, point.day) };
            self.with_cells_at(newest.cells_version, |cells| {
                let sums = PublishedSums::of(close, cells, waiting).by(methodology);
                let pages = self.renderer.without_host().pages_of_point(&sums).into_iter();
                let pages = pages.map(|page| (page.name, page.text)).collect();
                RestatedPoint { figures: sums.figures, pages }
            })
        })
    }

    fn add_up_now(&self, query: &AggregateQuery) -> Result<AggregateAnswer, AggregateError> {
        // A copy shares the packed rows, so that the writer need not wait for the sums.
        let (cells, national, figures) = {
            let counted = self.cells();
            (counted.cells.clone(), counted.national.clone(), self.figures_of(&counted, query.methodology)?)
        };
        let cells = if query.selection.is_national() { national.as_cells() } else { &cells };
        let make = || {
            let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
            CellAdder::new(query, &mut estimator).add_table(cells)
        };
        Ok(AggregateAnswer { sums: self.kept_sums.get(query, &figures, make)?, figures })
    }

    fn add_up_at_close(&self, query: &AggregateQuery, day: NaiveDate) -> Result<AggregateAnswer, AggregateError> {
        let then = closing_figures(&mut self.database().connection()?, day, &self.activations())?;
        let figures = restated(then, query.methodology);
        let mut estimator = Estimator::without_lifetime(figures.methodology, day);
        let sums =
            self.with_cells_at(figures.version, |cells| CellAdder::new(query, &mut estimator).add_cells(cells()))??;
        Ok(AggregateAnswer { sums: Arc::new(sums), figures })
    }

    /// Adds up the net change of each period. A time dimension groups by month of recording; the others group cells.
    /// Changes are valued on the day of the figures.
    fn add_up_recorded(
        &self,
        query: &AggregateQuery,
        from: Option<Month>,
        to: Option<Month>,
        figures: Figures,
    ) -> Result<AggregateAnswer, AggregateError> {
        let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
        let mut selection = query.selection.clone();
        let place = selection.group_by.iter().position(|dimension| dimension.interval().is_some());
        let interval = place.and_then(|place| selection.group_by.remove(place).interval());
        let within_period = AggregateQuery { selection, ..query.clone() };
        let mut connection = self.database().connection()?;
        let mut all = GroupsAndTotal::default();
        for period in (RecordedSpan { from, to, interval }).periods(&mut connection, &figures)? {
            let difference = SumsDifference::between(&mut connection, period.from, period.to)?;
            let mut groups = CellAdder::new(&within_period, &mut estimator).add_cells(difference.cells())?;
            if let Some(place) = place {
                for row in &mut groups.rows {
                    row.group.insert(place, period.first.number());
                }
            }
            all.append(groups, query.most)?;
        }
        all.rows.sort_by(|one, other| one.group.cmp(&other.group));
        Ok(AggregateAnswer { sums: Arc::new(all), figures })
    }

    /// Adds up the cells of each owner apart; no codes means every owner.
    fn add_up_by_owner(
        &self,
        query: &AggregateQuery,
        owner: OwnerKind,
        codes: &[Code],
    ) -> Result<AggregateAnswer, AggregateError> {
        if let [code] = codes
            && owner == OwnerKind::Partner
            && self.directory().partner(code).is_some_and(|partner| partner.sandbox)
        {
            return self.add_up_sandbox(query, code);
        }
        let by_owner = self.cells_by_owner(owner, None)?;
        let figures = self.figures_without_numbers(by_owner.version, by_owner.hash, by_owner.recorded_at)?;
        let figures = restated(figures, query.methodology);
        let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
        let mut all = GroupsAndTotal::default();
        for (code, cells) in by_owner.cells.iter().filter(|(code, _)| codes.is_empty() || codes.contains(code)) {
            let GroupsAndTotal { rows, total } = CellAdder::new(query, &mut estimator).add_table(cells)?;
            let rows = rows.into_iter().map(|row| AggregateGroup { code: Some(code.clone()), ..row }).collect();
            all.append(GroupsAndTotal { rows, total }, query.most)?;
        }
        Ok(AggregateAnswer { sums: Arc::new(all), figures })
    }

    /// Adds up what a partner tries out, as if it counted.
    fn add_up_sandbox(&self, query: &AggregateQuery, partner: &Code) -> Result<AggregateAnswer, AggregateError> {
        let cells = cells_of_sandbox(&mut self.database().connection()?, partner)?;
        let figures = self.figures_of(&self.cells(), query.methodology)?;
        let mut estimator = Estimator::without_lifetime(figures.methodology, figures.day);
        let GroupsAndTotal { rows, total } = CellAdder::new(query, &mut estimator).add_table(&cells)?;
        let rows = rows.into_iter().map(|row| AggregateGroup { code: Some(partner.clone()), ..row }).collect();
        Ok(AggregateAnswer { sums: Arc::new(GroupsAndTotal { rows, total }), figures })
    }

    /// Calls `work` with the cells as they stood at a version. Blocks; the further back, the longer.
    pub fn with_cells_at<T>(&self, version: i64, work: impl FnOnce(&InOrder<'_>) -> T) -> Result<T, DbError> {
        if version == 0 {
            return Ok(work(&|| Box::new(std::iter::empty())));
        }
        // A copy shares the packed rows, so that the writer need not wait.
        let (cells, known) = {
            let counted = self.cells();
            (counted.cells.clone(), counted.version)
        };
        let difference = SumsDifference::between(&mut self.database().connection()?, known, version)?;
        Ok(difference.with_sum(&cells, work))
    }

    /// The version, hash and instant of the cells, with a methodology, on the day of today; the numbers are zeros. Without a
    /// methodology, the one in force.
    pub fn figures_of(&self, counted: &Counted, methodology: Option<&'static Methodology>) -> Result<Figures, DbError> {
        let figures = self.figures_without_numbers(counted.version, counted.hash, counted.recorded_at)?;
        Ok(restated(figures, methodology))
    }

    fn figures_without_numbers(
        &self,
        version: i64,
        hash: Hash,
        recorded_at: DateTime<Utc>,
    ) -> Result<Figures, DbError> {
        let methodology = self.methodology_at(version)?;
        let snapshot = self.snapshot();
        let last_closed = snapshot.figures.last_closed.clone();
        let nothing = Figures::before_the_register(self.today());
        let output = NationalOutput { newest_measure: snapshot.figures.output.newest_measure, ..nothing.output };
        Ok(Figures { version, hash, recorded_at, closed: false, last_closed, methodology, output, ..nothing })
    }
}

/// Verified sites at the ends of months before a day, of those at the closes of days.
fn month_ends_before(at_closes: Vec<(NaiveDate, i64)>, day: NaiveDate) -> Vec<i64> {
    let is_before = |end: NaiveDate| end < day && Month::of(end).last_day() == end;
    at_closes.into_iter().filter(|(end, _)| is_before(*end)).map(|(_, verified)| verified).collect()
}

/// The figures with the methodology that a caller asks for.
fn restated(mut figures: Figures, asked: Option<&'static Methodology>) -> Figures {
    let in_force = figures.methodology;
    figures.methodology = asked.unwrap_or(in_force);
    figures.restated = figures.methodology.version != in_force.version;
    figures
}
