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
//! A kWp yields less in Hà Nội than in Cà Mau, and the evidence behind a kWp decides its range. Cells that share both follow
//! each other in key order. [`EstimateSum`] adds the cells of such a run up per kWp first. At the end
//! of the run it multiplies the sum by the yield and the range, once:
//!
//! ```text
//! key order        solar, Hà Nội, verified: Nov 2025 | Dec 2025 | Jan 2026 | solar, Huế, verified: Nov 2025 …
//! per kWp          a + b + c                                               | d …
//! at the run's end (a + b + c) × yield of Hà Nội × range                   | …
//! ```
//!
//! How much a unit of one pair of months puts out is the same for all its cells: `unit_output` keeps it as [`Rates`], so that a cell costs
//! three products of a sum and a rate.
//!
//! [`Rates`]: super::unit_output::Rates

use chrono::NaiveDate;

use crate::domain::counting::{CellDims, CellKey, Quantities, Totals};
use crate::domain::reference::MeasureId;
use crate::domain::values::Month;

use super::amount::{Amount, MILLI};
use super::unit_output::{MeasureYield, SoldAmong};
use crate::domain::figures::methodology::{LifetimeRule, Methodology};

/// The three figures, which are never added to each other.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Estimate {
    /// Achieved up to the credit day.
    pub to_date: Amount,
    /// A full year of the installations that are in operation on the credit day.
    pub annual: Amount,
    /// Over whole lives, as the methodology projects it.
    pub lifetime: Amount,
    /// `lifetime.avoided_tco2e` with the newest grid factor for all years to come.
    pub frozen_grid_tco2e: f64,
}

impl std::ops::AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.to_date += other.to_date;
        self.annual += other.annual;
        self.lifetime += other.lifetime;
        self.frozen_grid_tco2e += other.frozen_grid_tco2e;
    }
}

/// Estimates with one methodology on one credit day.
pub struct Estimator {
    methodology: &'static Methodology,
    day: NaiveDate,
    month: Month,
    /// Whether the lifetime figure is wanted. It costs as much as the other two, and most answers do not show it.
    with_lifetime: bool,
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

/// The sum of a run: cells of one measure, one province and one kind of evidence. In thousandths of a unit.
#[derive(Clone, Copy, Default)]
struct SamePlaceRun {
    /// The last cell of the run.
    last: Option<CellKey>,
    to_date: SoldAmong,
    /// The yearly value of what is in operation, and the part of it that is sold.
    annual: f64,
    annual_sold: f64,
    /// What the lifetime figure adds.
    ahead: SoldAmong,
    /// Emissions ahead with the newest grid factor.
    frozen_ahead: f64,
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
        debug_assert!(self.run.last.is_none_or(|last| last <= key), "cells come in key order");
        let (Some(measure), Some(installed)) = (key.measure(), key.installed()) else { return };
        let goes_on = |last: CellKey| {
            last.has_same_upper_fields(key)
                || (last.has_same_measure_and_province(key) && last.evidence() == key.evidence())
        };
        if !self.run.last.is_some_and(goes_on) {
            self.settle(estimator);
        }
        self.run.last = Some(key);
        estimator.add_to_run(
            &mut self.run,
            MeasureInTime { measure, installed, ended: key.ended() },
            quantities,
            key.is_sold(),
        );
    }

    /// The estimate of the added cells, and their solar capacity in operation and within its life, in watts-peak.
    #[must_use]
    pub fn settled(&mut self, estimator: &mut Estimator) -> (&Estimate, i64) {
        self.settle(estimator);
        (&self.estimate, self.capacity_wp)
    }

    /// Ends the run: multiplies its sum by the yield and the range that its cells share.
    fn settle(&mut self, estimator: &mut Estimator) {
        let run = std::mem::take(&mut self.run);
        let Some(last) = run.last else { return };
        let Some(CellDims { measure: Some(measure), province, .. }) = last.dims() else { return };
        let (methodology, day, with_lifetime) = (estimator.methodology, estimator.day, estimator.with_lifetime);
        let unit = estimator.measure_yield(measure);
        let (size, evidence) = (unit.size(methodology, province), last.evidence());
        let annual = unit.annual(methodology, day, run.annual, run.annual_sold);
        let to_date = unit.to_date(size, evidence, run.to_date.per(MILLI));
        self.estimate.to_date += to_date;
        self.estimate.annual += unit.projected(size, evidence, annual.per(MILLI));
        if with_lifetime {
            self.estimate.lifetime += unit.projected(size, evidence, run.ahead.per(MILLI));
            self.estimate.frozen_grid_tco2e += run.frozen_ahead / MILLI * size;
            if methodology.lifetime != LifetimeRule::WholeLifeFrozenGrid {
                self.estimate.lifetime += to_date;
                self.estimate.frozen_grid_tco2e += to_date.avoided_tco2e;
            }
        }
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
        Self { methodology, day, month: Month::of(day), with_lifetime: true, yields }
    }

    /// An estimator that leaves the lifetime figure out: it is zero.
    #[must_use]
    pub fn without_lifetime(methodology: &'static Methodology, day: NaiveDate) -> Self {
        Self { with_lifetime: false, ..Self::new(methodology, day) }
    }

    /// The estimate of one cell: nothing if it is pledged or counts sites.
    pub fn estimate(&mut self, key: CellKey, totals: &Totals) -> Estimate {
        let mut sum = EstimateSum::default();
        sum.add(key, Quantities::from(totals), self);
        *sum.settled(self).0
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
        slot.get_or_insert_with(|| MeasureYield::of(self.methodology, measure, self.with_lifetime))
    }

    /// Adds a cell to a run, as the worked example at the top does.
    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    fn add_to_run(&mut self, run: &mut SamePlaceRun, cell: MeasureInTime, quantities: Quantities, is_sold: bool) {
        let MeasureInTime { measure, installed, ended } = cell;
        let (methodology, day, with_lifetime) = (self.methodology, self.day, self.with_lifetime);
        let unit = self.measure_yield(measure);
        let month = unit.month_of(methodology, installed, day);
        if ended.is_none() {
            let quantity = quantities.quantity as f64;
            let annual = quantity * month.annual;
            run.annual += annual;
            run.annual_sold += if is_sold { annual } else { 0.0 };
            if with_lifetime {
                run.ahead.add(month.ahead.projected.times(quantity), is_sold);
                run.frozen_ahead += quantity * month.ahead.frozen_avoided;
            }
            if month.is_within_life {
                run.within_life = run.within_life.wrapping_add(quantities.quantity);
            }
        }
        let brought = match ended.filter(|ended| *ended <= month.last_credited) {
            None => month.open.of(quantities),
            Some(ended) => unit.ended(methodology, installed, ended, day).of(quantities),
        };
        run.to_date.add(brought, is_sold);
    }
}

#[cfg(test)]
#[path = "estimator_tests.rs"]
pub(in crate::domain) mod tests;

#[cfg(test)]
#[path = "worked_examples_tests.rs"]
mod worked_examples_tests;
