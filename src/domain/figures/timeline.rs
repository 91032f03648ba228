//! What stood at the end of each month, in one pass: a cell changes the months in which it begins
//! and ends, and every month takes over what the one before it had.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::counting::{ByStage, CellDims, CellKey, NationalSums, Totals};
use crate::domain::records::Stage;
use crate::domain::values::{Interval, Month};

use super::amount::{Amount, MILLI};
use super::estimator::Estimator;
use super::methodology::Methodology;
use super::unit_output::PerUnit;

/// What stood at the end of a month.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct MonthEnd {
    /// Sites in operation.
    pub sites: ByStage,
    /// Solar capacity in operation and within its life, in watts-peak.
    pub capacity_wp: ByStage,
    /// Electricity and emissions of verified installations up to the end of the month.
    pub to_date: Amount,
}

impl std::ops::AddAssign for MonthEnd {
    fn add_assign(&mut self, other: Self) {
        self.sites.add_all(other.sites);
        self.capacity_wp.add_all(other.capacity_wp);
        self.to_date += other.to_date;
    }
}

/// What stood at the end of each month from the first installation up to the month of `day`, and on `day`, by the days of
/// installation and of the end as they are known now.
#[must_use]
pub fn timeline(national: &NationalSums, methodology: &'static Methodology, day: NaiveDate) -> Vec<(Month, MonthEnd)> {
    let mut timeline = Timeline::new(methodology, day);
    national.cells().for_each(|(key, totals)| timeline.add(key, &totals));
    timeline.finish()
}

/// Adds cells up, month by month.
struct Timeline {
    estimator: Estimator,
    day: NaiveDate,
    last: Month,
    /// The first month in which something was installed.
    first: Option<Month>,
    /// What changes in each month, by its number.
    changes: Vec<MonthEnd>,
    /// A cell of those that are being gathered: of one measure and, where it matters, one province.
    like: Option<CellKey>,
    /// What is verified of them, by the January of the year of installation and the month's number.
    flows: BTreeMap<Month, Vec<Flow>>,
}

/// What changes in a month, in thousandths of a unit.
#[derive(Clone, Copy, Default)]
struct Flow {
    /// Units that work from its first day on, less those that no longer do.
    units: i64,
    /// Units × days of those that begin or end in it.
    days: i64,
}

/// From when to when something stands; the month of the end is the first at whose end it does not.
type Time = (Month, Option<Month>);

impl Timeline {
    fn new(methodology: &'static Methodology, day: NaiveDate) -> Self {
        let last = Month::of(day);
        Self {
            estimator: Estimator::new(methodology, day),
            day,
            last,
            first: None,
            changes: vec![MonthEnd::default(); usize::from(last.number()) + 1],
            like: None,
            flows: BTreeMap::new(),
        }
    }

    /// Adds a cell; they come in the order of keys.
    fn add(&mut self, key: CellKey, totals: &Totals) {
        let Some(dims) = key.dims() else { return };
        let Some(installed) = dims.installed.filter(|installed| *installed <= self.last) else { return };
        self.first = self.first.min(Some(installed)).or(Some(installed));
        let Some(measure) = dims.measure else {
            return self.change((installed, dims.ended), |standing, sign| {
                standing.sites.add(dims.stage, totals.sites.wrapping_mul(sign));
            });
        };
        let unit = self.estimator.unit(measure);
        let (over, is_solar, is_by_yield) = (unit.over(installed), unit.is_solar, unit.is_by_yield());
        let goes_on = |like: CellKey| if is_by_yield { like.is_beside(key) } else { like.measure() == dims.measure };
        if !self.like.is_some_and(goes_on) {
            self.settle();
            self.like = Some(key);
        }
        if matches!(dims.stage, Stage::Verified(_)) {
            self.gather((installed, dims.ended.filter(|ended| *ended <= over)), over, totals);
        }
        if is_solar {
            let until = dims.ended.map_or(over.plus(1), |ended| ended.min(over.plus(1)));
            self.change((installed, Some(until)), |standing, sign| {
                standing.capacity_wp.add(dims.stage, totals.quantity.wrapping_mul(sign));
            });
        }
    }

    fn change(&mut self, (from, until): Time, mut change: impl FnMut(&mut MonthEnd, i64)) {
        if until.is_some_and(|until| until <= from) {
            return;
        }
        for (month, sign) in [(Some(from), 1), (until, -1)] {
            if let Some(standing) = month.and_then(|month| self.changes.get_mut(usize::from(month.number()))) {
                change(standing, sign);
            }
        }
    }

    fn gather(&mut self, (installed, ended): Time, over: Month, totals: &Totals) {
        let &Totals { quantity, quantity_days, quantity_end_days, .. } = totals;
        let january = Interval::Year.first_month(installed);
        let flows = self.flows.entry(january).or_insert_with(|| vec![Flow::default(); self.changes.len()]);
        let mut add = |month: Month, units: i64, days: i64| {
            if let Some(flow) = flows.get_mut(usize::from(month.number())) {
                flow.units = flow.units.wrapping_add(units);
                flow.days = flow.days.wrapping_add(days);
            }
        };
        let times = |days: u32| quantity.wrapping_mul(days.into());
        match ended {
            // Displaced on its own first day, the first of a month.
            Some(ended) if ended < installed => {}
            Some(ended) if ended == installed => {
                let to_the_end = quantity_days.wrapping_add(quantity_end_days);
                add(installed, 0, to_the_end.wrapping_sub(times(installed.days())));
            }
            _ => {
                // What is left of the month of the day is still to come.
                let to_come = if installed == self.last { times(installed.days() - self.day.day()) } else { 0 };
                add(installed, 0, quantity_days.wrapping_sub(to_come));
                add(installed.plus(1), quantity, 0);
                let last_days = if ended.is_some() { quantity_end_days } else { 0 };
                add(ended.unwrap_or(over.plus(1)), quantity.wrapping_neg(), last_days);
            }
        }
    }

    /// Adds what was gathered to the changes.
    fn settle(&mut self) {
        let dims = self.like.take().and_then(CellKey::dims);
        let Some(CellDims { measure: Some(measure), province, .. }) = dims else { return };
        let mut brought = vec![PerUnit::default(); self.changes.len()];
        let (methodology, day) = (self.estimator.methodology(), self.day);
        let unit = self.estimator.unit(measure);
        for (january, flows) in std::mem::take(&mut self.flows) {
            let Some(course) = unit.course(methodology, january, day) else { continue };
            let mut units = 0_i64;
            let months = (january.number()..).zip(flows.iter().zip(&mut brought).skip(january.number().into()));
            for (number, (flow, sum)) in months {
                let Some(month) = Month::from_number(number) else { continue };
                units = units.wrapping_add(flow.units);
                let open = if month == self.last { day.day() } else { month.days() };
                #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
                let unit_days = units as f64 * f64::from(open) + flow.days as f64;
                *sum = sum.plus(unit_days, course.daily(month));
            }
        }
        for (change, brought) in self.changes.iter_mut().zip(brought) {
            change.to_date += unit.amount(methodology, province, true, brought.per(MILLI));
        }
    }

    /// What stood at the end of each month.
    fn finish(mut self) -> Vec<(Month, MonthEnd)> {
        self.settle();
        let first = self.first.map_or(self.changes.len(), |first| first.number().into());
        let mut standing = MonthEnd::default();
        let take_over = |(place, change): (usize, &MonthEnd)| {
            standing += *change;
            Some((Month::from_number(u16::try_from(place).ok()?)?, standing))
        };
        self.changes.iter().enumerate().skip(first).filter_map(take_over).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::counting::NationalSums;
    use crate::domain::figures::estimator::Estimate;
    use crate::domain::figures::estimator::tests::{are_near, cells};
    use crate::domain::figures::methodology::methodology;

    /// At the end of one month, cell by cell.
    fn patiently(national: &NationalSums, month: Month, day: NaiveDate) -> MonthEnd {
        let mut estimator = Estimator::new(methodology(1).unwrap(), month.last_day().min(day));
        let mut standing = MonthEnd::default();
        for (dims, totals) in national.iter() {
            let Some(installed) = dims.installed.filter(|installed| *installed <= month) else { continue };
            if matches!(dims.stage, Stage::Verified(_)) {
                standing.to_date += estimator.estimate(&dims, &totals).to_date;
            }
            if dims.ended.is_some_and(|ended| ended <= month) {
                continue;
            }
            match dims.measure {
                None => standing.sites.add(dims.stage, totals.sites),
                Some(measure)
                    if estimator.unit(measure).is_solar && month <= estimator.unit(measure).over(installed) =>
                {
                    standing.capacity_wp.add(dims.stage, totals.quantity);
                }
                Some(_) => {}
            }
        }
        standing
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn timeline_in_one_pass_is_what_stands_at_each_end(cells in cells(), later in 0u64..6_000) {
            let day = NaiveDate::from_ymd_opt(2019, 9, 1).unwrap() + chrono::Days::new(later);
            let mut national = NationalSums::default();
            national.add_cells(cells.into_iter());
            let timeline = timeline(&national, methodology(1).unwrap(), day);
            let first = national.iter().filter_map(|(dims, _)| dims.installed).min().map_or(u16::MAX, Month::number);
            let months: Vec<Month> = (first..=Month::of(day).number()).filter_map(Month::from_number).collect();
            prop_assert_eq!(timeline.iter().map(|(month, _)| *month).collect::<Vec<_>>(), months);
            for (month, found) in timeline {
                let expected = patiently(&national, month, day);
                let counts = |standing: &MonthEnd| (standing.sites, standing.capacity_wp);
                prop_assert_eq!(counts(&found), counts(&expected), "{:?}", month);
                let estimate = |to_date| Estimate { to_date, ..Estimate::default() };
                prop_assert!(
                    are_near(&estimate(found.to_date), &estimate(expected.to_date)),
                    "{month:?}: {found:?} is not {expected:?}"
                );
            }
        }
    }
}
