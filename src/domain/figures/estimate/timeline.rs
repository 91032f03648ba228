//! The state of the country at the end of each month, made in one pass over the national sums.
//!
//! Counts and capacity are running sums of changes. A site installed in March and ended in June adds 1 to the change of
//! March and −1 to that of June; the sum of the changes up to a month is the count at its end.
//!
//! Electricity and emissions need the days of operation in each month, because the output of a unit's day depends on
//! its age. Cells with the same yield follow each other in key order: one measure, and one province if the yield
//! depends on it. Such a run is gathered as flows before it is valued. Take two solar cells of Hà Nội: 5 kWp from 10
//! November 2025 on, and 3 kWp from 1 December 2025 to 20 February 2026. They make these flows of units installed in
//! 2025:
//!
//! ```text
//! month           Nov 2025    Dec 2025     Jan 2026   Feb 2026     Mar 2026
//! units change    0           +5           +3         −3           0            working from the first day of the month on
//! extra days      5 × 21      3 × 31       0          3 × 20       0            of units that begin or end in the month
//! units working   0           5            8          5            5            running sum of the changes
//! unit-days       105         5×31 + 93    8 × 31     5×28 + 60    5 × 31       × output of a day at that age = kWh a month
//! ```

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::counting::{ByStage, CellDims, CellKey, Evidence, NationalKey, NationalSums, Quantities, Totals};
use crate::domain::records::Stage;
use crate::domain::values::{Interval, Month};

use super::amount::{Amount, MILLI};
use super::estimator::Estimator;
use super::unit_output::SoldAmong;
use super::whole_amount::WholeAmount;
use crate::domain::figures::methodology::Methodology;

/// The state of the country at the end of a month.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MonthEnd {
    /// Sites in operation.
    pub sites: ByStage,
    /// Solar capacity in operation and within its life, in watts-peak.
    pub capacity_wp: ByStage,
    /// Electricity and emissions of verified installations up to the end of the month.
    pub to_date: WholeAmount,
}

/// A [`MonthEnd`] before it is rounded, or the change of one.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Level {
    sites: ByStage,
    capacity_wp: ByStage,
    to_date: Amount,
}

impl From<Level> for MonthEnd {
    fn from(Level { sites, capacity_wp, to_date }: Level) -> Self {
        Self { sites, capacity_wp, to_date: to_date.into() }
    }
}

impl std::ops::AddAssign for Level {
    fn add_assign(&mut self, other: Self) {
        self.sites.add_all(other.sites);
        self.capacity_wp.add_all(other.capacity_wp);
        self.to_date += other.to_date;
    }
}

/// The state of the country at the end of each month, from the first installation on. The last month ends with `day`.
/// The days of installation and of the end are taken as they are known now.
#[must_use]
pub fn timeline(national: &NationalSums, methodology: &'static Methodology, day: NaiveDate) -> Vec<(Month, MonthEnd)> {
    let mut timeline = Timeline::new(methodology, day);
    national.iter().for_each(|(key, totals)| timeline.add(key, &totals));
    timeline.finish()
}

/// A timeline while cells are added to it.
struct Timeline {
    estimator: Estimator,
    day: NaiveDate,
    /// The month of the day, which is the last of the timeline.
    last: Month,
    /// The first month in which something was installed.
    first: Option<Month>,
    /// The changes of each month, by the number of the month.
    changes: Vec<Level>,
    /// The last cell of the run that is being gathered: of one measure and, if the yield depends on it, one province.
    run: Option<CellKey>,
    /// The flows of its verified cells, by the number of the month.
    flows: BTreeMap<FlowKey, Vec<Flow>>,
}

/// What the units of one flow share, beside the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FlowKey {
    evidence: Evidence,
    /// The January of the year of installation.
    january: Month,
    is_sold: bool,
}

/// The flow of one month, in thousandths of a unit.
#[derive(Clone, Copy, Default)]
struct Flow {
    /// Units that work from the first day of the month on, less the units that no longer do.
    units: i64,
    /// Units × days of the units that begin or end in the month.
    days: i64,
}

/// The months of a cell. From the month `ended` on, the state at the end of a month leaves the cell out.
#[derive(Clone, Copy)]
struct Span {
    installed: Month,
    ended: Option<Month>,
}

impl Timeline {
    fn new(methodology: &'static Methodology, day: NaiveDate) -> Self {
        let last = Month::of(day);
        Self {
            estimator: Estimator::without_lifetime(methodology, day),
            day,
            last,
            first: None,
            changes: vec![Level::default(); usize::from(last.number()) + 1],
            run: None,
            flows: BTreeMap::new(),
        }
    }

    /// Adds a national sum. The sums come in key order.
    fn add(&mut self, key: NationalKey, totals: &Totals) {
        let key = key.as_cell();
        debug_assert!(self.run.is_none_or(|last| last <= key), "sums come in key order");
        let Some(dims) = key.dims() else { return };
        let Some(installed) = dims.installed.filter(|installed| *installed <= self.last) else { return };
        self.first = self.first.min(Some(installed)).or(Some(installed));
        let Some(measure) = dims.measure else {
            return self.change(Span { installed, ended: dims.ended }, |change, sign| {
                change.sites.add(dims.stage, totals.sites.wrapping_mul(sign));
            });
        };
        let unit = self.estimator.measure_yield(measure);
        let (end_of_life, is_solar, is_by_yield) = (unit.end_of_life(installed), unit.is_solar, unit.is_by_yield());
        let goes_on = |last: CellKey| {
            if is_by_yield { last.has_same_measure_and_province(key) } else { last.measure() == dims.measure }
        };
        if !self.run.is_some_and(goes_on) {
            self.settle();
        }
        self.run = Some(key);
        if matches!(dims.stage, Stage::Verified(_)) {
            let ended = dims.ended.filter(|ended| *ended <= end_of_life);
            let january = Interval::Year.first_month(installed);
            let shared = FlowKey { evidence: key.evidence(), january, is_sold: key.is_sold() };
            self.gather(shared, Span { installed, ended }, end_of_life, Quantities::from(totals));
        }
        if is_solar {
            let over = end_of_life.plus(1);
            let ended = dims.ended.map_or(over, |ended| ended.min(over));
            self.change(Span { installed, ended: Some(ended) }, |change, sign| {
                change.capacity_wp.add(dims.stage, totals.quantity.wrapping_mul(sign));
            });
        }
    }

    /// Calls `add` for the month of installation with the sign 1, and for the month of the end with the sign −1.
    fn change(&mut self, span: Span, mut add: impl FnMut(&mut Level, i64)) {
        if span.ended.is_some_and(|ended| ended <= span.installed) {
            return;
        }
        for (month, sign) in [(Some(span.installed), 1), (span.ended, -1)] {
            if let Some(change) = month.and_then(|month| self.changes.get_mut(usize::from(month.number()))) {
                add(change, sign);
            }
        }
    }

    /// Adds a verified cell to the flows of its run.
    fn gather(&mut self, shared: FlowKey, span: Span, end_of_life: Month, quantities: Quantities) {
        let (Span { installed, ended }, Quantities { quantity, days: first_days, end_days }) = (span, quantities);
        let flows = self.flows.entry(shared).or_insert_with(|| vec![Flow::default(); self.changes.len()]);
        let mut add = |month: Month, units: i64, days: i64| {
            if let Some(flow) = flows.get_mut(usize::from(month.number())) {
                flow.units = flow.units.wrapping_add(units);
                flow.days = flow.days.wrapping_add(days);
            }
        };
        let times = |days: u32| quantity.wrapping_mul(days.into());
        match ended {
            // A later measure replaced this measure on its first day, the first of a month: it ended before it began.
            Some(ended) if ended < installed => {}
            Some(ended) if ended == installed => {
                let to_the_end = first_days.wrapping_add(end_days);
                add(installed, 0, to_the_end.wrapping_sub(times(installed.days())));
            }
            _ => {
                // In the month of the day, the days after it are still to come.
                let to_come = if installed == self.last { times(installed.days() - self.day.day()) } else { 0 };
                add(installed, 0, first_days.wrapping_sub(to_come));
                add(installed.plus(1), quantity, 0);
                let last_days = if ended.is_some() { end_days } else { 0 };
                add(ended.unwrap_or(end_of_life.plus(1)), quantity.wrapping_neg(), last_days);
            }
        }
    }

    /// Ends the run: values its flows and adds them to the changes.
    fn settle(&mut self) {
        let dims = self.run.take().and_then(CellKey::dims);
        let Some(CellDims { measure: Some(measure), province, .. }) = dims else { return };
        let mut brought: BTreeMap<Evidence, Vec<SoldAmong>> = BTreeMap::new();
        let (methodology, day) = (self.estimator.methodology(), self.day);
        let unit = self.estimator.measure_yield(measure);
        for (FlowKey { evidence, january, is_sold }, flows) in std::mem::take(&mut self.flows) {
            let brought = brought.entry(evidence).or_insert_with(|| vec![SoldAmong::default(); self.changes.len()]);
            let Some(year) = unit.year_of(methodology, january, day) else { continue };
            let mut units = 0_i64;
            let months = (january.number()..).zip(flows.iter().zip(brought).skip(january.number().into()));
            for (number, (flow, sum)) in months {
                let Some(month) = Month::from_number(number) else { continue };
                units = units.wrapping_add(flow.units);
                let open = if month == self.last { day.day() } else { month.days() };
                #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
                let unit_days = units as f64 * f64::from(open) + flow.days as f64;
                sum.add(year.daily(month).times(unit_days), is_sold);
            }
        }
        let size = unit.size(methodology, province);
        for (evidence, brought) in brought {
            for (change, brought) in self.changes.iter_mut().zip(brought) {
                change.to_date += unit.to_date(size, evidence, brought.per(MILLI));
            }
        }
    }

    /// Adds the changes up, month by month.
    fn finish(mut self) -> Vec<(Month, MonthEnd)> {
        self.settle();
        let first = self.first.map_or(self.changes.len(), |first| first.number().into());
        let mut standing = Level::default();
        let take_over = |(place, change): (usize, &Level)| {
            standing += *change;
            Some((Month::from_number(u16::try_from(place).ok()?)?, standing.into()))
        };
        self.changes.iter().enumerate().skip(first).filter_map(take_over).collect()
    }
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
