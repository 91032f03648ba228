//! Estimated generation, savings and avoided emissions, from the sums of cells: a pure function of cells, methodology
//! and credit day. Every figure is linear in the sums of a cell, so one calculation serves all installations of the
//! cell.
//!
//! It uses only + − × ÷, square roots and repeated multiplication, in key order, because every process must make the
//! same bytes.
//!
//! # One cell
//!
//! A home installs 5.4 kWp on 10 November 2025; the credit day is 15 January 2026. Its cell has the quantity 5400 and
//! the quantity × days 5400 × 21, because 21 days of November are left. Let `d25` be the output of one kWp on a day of
//! 2025, and `d26` on a day of 2026, when it is one year older. The methodology gives both; `unit_output` keeps them.
//!
//! ```text
//! November    5.4 × 21 × d25     the first month, from quantity × days
//! December    5.4 × 31 × d25  \  the whole months after it, up to the credit day:
//! January     5.4 × 15 × d26  /  quantity × `months_after`, the same for every cell of November 2025
//! ```
//!
//! If the installation had ended on 5 January, January would bring 5.4 × 5 × d26, from quantity × end days.
//!
//! If it had ended on 20 November, both sums would speak of one month: quantity × days of the 21 days from the 10th on, and
//! quantity × end days of the 20 days up to the 20th. Together, less the 30 days of the month, they are its 11 days.
//!
//! # A run of cells
//!
//! A kWp yields less in Hà Nội than in Cà Mau, and a verified kWp has a narrower range than another one. Cells that
//! share both follow each other in key order. [`EstimateSum`] adds the cells of such a run up per kWp first. At the end
//! of the run it multiplies the sum by the yield and the range, once:
//!
//! ```text
//! key order        solar, Hà Nội, verified: Nov 2025 | Dec 2025 | Jan 2026 | solar, Huế, verified: Nov 2025 …
//! per kWp          a + b + c                                               | d …
//! at the run's end (a + b + c) × yield of Hà Nội × range                   | …
//! ```

use chrono::NaiveDate;

use crate::domain::counting::{CellDims, CellKey, Quantities, Totals};
use crate::domain::reference::MeasureId;
use crate::domain::values::Month;

use super::amount::{Amount, MILLI, PerUnit};
use super::methodology::Methodology;
use super::unit_output::MeasureYield;

/// The three figures, which are never added to each other.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Estimate {
    /// Achieved up to the credit day.
    pub to_date: Amount,
    /// A full year of the installations that are in operation on the credit day.
    pub annual: Amount,
    /// The whole life of the installations that have not ended, with the newest grid factor.
    pub lifetime: Amount,
}

impl std::ops::AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.to_date += other.to_date;
        self.annual += other.annual;
        self.lifetime += other.lifetime;
    }
}

/// Estimates with one methodology on one credit day.
pub struct Estimator {
    methodology: &'static Methodology,
    day: NaiveDate,
    month: Month,
    /// Outputs, indexed by measure number; each is computed on first use.
    yields: Vec<Option<MeasureYield>>,
}

/// The estimate of cells, while they are added up in key order.
#[derive(Clone, Copy, Default)]
pub struct EstimateSum {
    estimate: Estimate,
    capacity_wp: i64,
    run: SamePlaceRun,
}

/// The sum of a run: cells of one measure and one province, all verified or none. In thousandths of a unit.
#[derive(Clone, Copy, Default)]
struct SamePlaceRun {
    /// The last cell of the run.
    last: Option<CellKey>,
    to_date: PerUnit,
    annual: PerUnit,
    /// The quantity that has not ended.
    in_operation: f64,
    /// The quantity that has not ended and is within its life on the credit day.
    within_life: i64,
}

/// The measure and the months of a cell.
#[derive(Clone, Copy)]
struct MeasureInTime {
    measure: MeasureId,
    installed: Month,
    ended: Option<Month>,
}

impl EstimateSum {
    /// Adds a cell. Pledged cells and cells that count sites add nothing.
    #[inline]
    pub fn add(&mut self, key: CellKey, quantities: Quantities, estimator: &mut Estimator) {
        let (Some(measure), Some(installed)) = (key.measure(), key.installed()) else { return };
        debug_assert!(self.run.last.is_none_or(|last| last <= key), "cells come in key order");
        let goes_on =
            |last: CellKey| last.has_same_measure_and_province(key) && last.is_verified() == key.is_verified();
        if !self.run.last.is_some_and(goes_on) {
            self.settle(estimator);
        }
        self.run.last = Some(key);
        estimator.add_to_run(&mut self.run, MeasureInTime { measure, installed, ended: key.ended() }, quantities);
    }

    /// The estimate of the added cells, and their solar capacity in operation and within its life, in watts-peak.
    #[must_use]
    pub fn settled(mut self, estimator: &mut Estimator) -> (Estimate, i64) {
        self.settle(estimator);
        (self.estimate, self.capacity_wp)
    }

    /// Ends the run: multiplies its sum by the yield and the range that its cells share.
    fn settle(&mut self, estimator: &mut Estimator) {
        let run = std::mem::take(&mut self.run);
        let Some(CellDims { measure: Some(measure), province, .. }) = run.last.and_then(CellKey::dims) else { return };
        let (methodology, unit) = (estimator.methodology, estimator.measure_yield(measure));
        let is_verified = run.last.is_some_and(CellKey::is_verified);
        let amount = |per_unit: PerUnit| unit.amount(methodology, province, is_verified, per_unit.per(MILLI));
        self.estimate.to_date += amount(run.to_date);
        self.estimate.annual += amount(run.annual);
        self.estimate.lifetime += amount(unit.life.times(run.in_operation));
        if unit.is_solar {
            self.capacity_wp = self.capacity_wp.wrapping_add(run.within_life);
        }
    }
}

impl Estimator {
    /// An estimator for one credit day.
    #[must_use]
    pub fn new(methodology: &'static Methodology, day: NaiveDate) -> Self {
        let mut yields = Vec::new();
        yields.resize_with(usize::from(MeasureId::COUNT) + 1, || None);
        Self { methodology, day, month: Month::of(day), yields }
    }

    /// The estimate of one cell: nothing if it is pledged or counts sites.
    pub fn estimate(&mut self, key: CellKey, totals: &Totals) -> Estimate {
        let mut sum = EstimateSum::default();
        sum.add(key, Quantities::from(totals), self);
        sum.settled(self).0
    }

    /// Whether an installation of this month is within its life on the credit day.
    pub fn is_within_life(&mut self, measure: MeasureId, installed: Month) -> bool {
        let month = self.month;
        month <= self.measure_yield(measure).end_of_life(installed)
    }

    pub(super) fn methodology(&self) -> &'static Methodology {
        self.methodology
    }

    /// The credit day.
    pub(super) fn day(&self) -> NaiveDate {
        self.day
    }

    /// The output of a unit of a measure by the methodology.
    #[inline]
    pub(super) fn measure_yield(&mut self, measure: MeasureId) -> &mut MeasureYield {
        let place = usize::from(measure.number());
        let slot = crate::domain::reference::tested(self.yields.get_mut(place), "a measure");
        slot.get_or_insert_with(|| MeasureYield::of(self.methodology, measure))
    }

    /// Adds one cell to a run, as the worked example at the top does.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    fn add_to_run(&mut self, run: &mut SamePlaceRun, cell: MeasureInTime, quantities: Quantities) {
        let MeasureInTime { measure, installed, ended } = cell;
        let (methodology, day) = (self.methodology, self.day);
        let unit = self.measure_yield(measure);
        let month = unit.month_of(methodology, installed, day);
        let [quantity, days, end_days] =
            [quantities.quantity, quantities.days, quantities.end_days].map(|sum| sum as f64);
        if ended.is_none() {
            run.in_operation += quantity;
            run.annual = run.annual.plus(quantity, month.annual);
            if month.is_within_life {
                run.within_life = run.within_life.wrapping_add(quantities.quantity);
            }
        }
        let daily = month.daily;
        let brought = match ended.filter(|ended| *ended <= month.last_credited) {
            None => daily.times(days - quantity * month.days_to_come).plus(quantity, month.months_after),
            // A later measure replaced this measure on its first day, the first of a month: it ended before it began.
            Some(ended) if ended < installed => return,
            Some(ended) if ended == installed => daily.times(days - quantity * f64::from(ended.days()) + end_days),
            Some(ended) => {
                let Some(year) = unit.year_of(methodology, installed, day) else { return };
                daily.times(days).plus(quantity, year.between(installed, ended)).plus(end_days, year.daily(ended))
            }
        };
        run.to_date = run.to_date.plus(1.0, brought);
    }
}

#[cfg(test)]
#[path = "estimator_tests.rs"]
pub(in crate::domain) mod tests;
