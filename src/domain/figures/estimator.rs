//! Estimated generation, savings and avoided emissions, from the sums of cells: a pure function of
//! cells, methodology and day. Every figure is linear in the sums of a cell, so that what holds for
//! one installation holds for all of its cell together.
//!
//! Only + − × ÷ and square roots, in the order of keys, powers by repeated multiplication: every
//! process makes the same bytes.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::counting::{CellDims, CellKey, Totals};
use crate::domain::reference::MeasureId;
use crate::domain::values::Month;

use super::amount::{Amount, MILLI};
use super::methodology::{EffectKind, Methodology};
use super::unit_output::{MeasureYield, PerUnit, days_in_year, end_of_life, left_after, tonnes};

/// What one calendar year comes to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Year {
    /// The year.
    pub year: i32,
    /// Years since that of the installation.
    pub age: i32,
    /// Days of operation.
    pub days: f64,
    /// 365 or 366.
    pub days_in_year: f64,
    /// Electricity generated or saved.
    pub kwh: f64,
    /// The emission factor in tonnes a megawatt-hour; none for direct cuts.
    pub factor: Option<f64>,
    /// Whether the grid factor is another year's.
    pub provisional: bool,
    /// Avoided, tCO2e.
    pub avoided_tco2e: f64,
}

/// The three figures, which are never mixed.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Estimate {
    /// Achieved up to the day.
    pub to_date: Amount,
    /// A full year of what is in operation on the day.
    pub annual: Amount,
    /// Over the whole life of what is in operation, with the newest grid factor.
    pub lifetime: Amount,
}

impl std::ops::AddAssign for Estimate {
    fn add_assign(&mut self, other: Self) {
        self.to_date += other.to_date;
        self.annual += other.annual;
        self.lifetime += other.lifetime;
    }
}

/// Estimates with one methodology on one day, the credit day.
pub struct Estimator {
    methodology: &'static Methodology,
    day: NaiveDate,
    month: Month,
    /// By the measure's number; made when they are first asked for.
    units: Vec<Option<MeasureYield>>,
}

/// What cells come to, while they are added up.
#[derive(Clone, Copy, Default)]
pub struct EstimateSum {
    estimate: Estimate,
    capacity_wp: i64,
    /// Cells of one measure, one province and one kind of stage mostly follow each other: what they
    /// have in common is multiplied in once.
    run: SamePlaceRun,
}

/// Cells of the same measure and province, all verified or all not; in thousandths of a unit.
#[derive(Clone, Copy, Default)]
struct SamePlaceRun {
    /// One of them.
    like: Option<CellKey>,
    to_date: PerUnit,
    annual: PerUnit,
    /// What has not ended.
    standing: f64,
    /// What of it is within its life on the day.
    within_life: i64,
}

impl EstimateSum {
    /// Adds a cell: its quantity, quantity × days, quantity × end days. Pledged ones, and those that
    /// count sites, come to nothing.
    #[inline]
    pub fn add(&mut self, key: CellKey, quantities: [i64; 3], estimator: &mut Estimator) {
        let (Some(measure), Some(installed)) = (key.measure(), key.installed()) else { return };
        if self.run.like.is_none_or(|like| !like.is_beside(key) || like.is_verified() != key.is_verified()) {
            self.settle(estimator);
            self.run.like = Some(key);
        }
        estimator.take(&mut self.run, (measure, installed, key.ended()), quantities);
    }

    /// What was added up to now: electricity and emissions, and the solar capacity in operation and
    /// within its life in watts-peak.
    #[must_use]
    pub fn settled(mut self, estimator: &mut Estimator) -> (Estimate, i64) {
        self.settle(estimator);
        (self.estimate, self.capacity_wp)
    }

    fn settle(&mut self, estimator: &mut Estimator) {
        let run = std::mem::take(&mut self.run);
        let Some(CellDims { measure: Some(measure), province, .. }) = run.like.and_then(CellKey::dims) else { return };
        let (methodology, unit) = (estimator.methodology, estimator.unit(measure));
        let is_verified = run.like.is_some_and(CellKey::is_verified);
        let amount = |rates: PerUnit| unit.amount(methodology, province, is_verified, rates.per(MILLI));
        self.estimate.to_date += amount(run.to_date);
        self.estimate.annual += amount(run.annual);
        self.estimate.lifetime += amount(unit.life.times(run.standing));
        if unit.is_solar {
            self.capacity_wp = self.capacity_wp.wrapping_add(run.within_life);
        }
    }
}

impl Estimator {
    /// For a day.
    #[must_use]
    pub fn new(methodology: &'static Methodology, day: NaiveDate) -> Self {
        let mut units = Vec::new();
        units.resize_with(usize::from(MeasureId::COUNT) + 1, || None);
        Self { methodology, day, month: Month::of(day), units }
    }

    /// What a cell comes to: nothing where it is pledged, or counts sites.
    pub fn estimate(&mut self, dims: &CellDims, totals: &Totals) -> Estimate {
        let mut tally = EstimateSum::default();
        tally.add(dims.key(), [totals.quantity, totals.quantity_days, totals.quantity_end_days], self);
        tally.settled(self).0
    }

    /// Whether what was installed in a month is within its life on the day.
    pub fn is_within_life(&mut self, measure: MeasureId, installed: Month) -> bool {
        let month = self.month;
        month <= self.unit(measure).over(installed)
    }

    /// The methodology.
    pub(in crate::domain) fn methodology(&self) -> &'static Methodology {
        self.methodology
    }

    /// A measure as the methodology sees it.
    #[inline]
    pub(in crate::domain) fn unit(&mut self, measure: MeasureId) -> &mut MeasureYield {
        let place = usize::from(measure.number());
        let slot = crate::domain::reference::tested(self.units.get_mut(place), "a measure");
        slot.get_or_insert_with(|| MeasureYield::of(self.methodology, measure))
    }

    #[inline]
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    fn take(&mut self, run: &mut SamePlaceRun, at: (MeasureId, Month, Option<Month>), quantities: [i64; 3]) {
        let (measure, installed, ended) = at;
        let (methodology, day) = (self.methodology, self.day);
        let unit = self.unit(measure);
        let start = unit.start(methodology, installed, day);
        let [quantity, days, end_days] = quantities.map(|sum| sum as f64);
        if ended.is_none() {
            run.standing += quantity;
            run.annual = run.annual.plus(quantity, start.annual);
            if start.is_within_life {
                let [quantity, ..] = quantities;
                run.within_life = run.within_life.wrapping_add(quantity);
            }
        }
        let first = start.first;
        let brought = match ended.filter(|ended| *ended <= start.stop) {
            None => first.times(days - quantity * start.to_come).plus(quantity, start.whole),
            // Displaced on its own first day, the first of a month.
            Some(ended) if ended < installed => return,
            Some(ended) if ended == installed => first.times(days - quantity * f64::from(ended.days()) + end_days),
            Some(ended) => {
                let Some(course) = unit.course(methodology, installed, day) else { return };
                first.times(days).plus(quantity, course.between(installed, ended)).plus(end_days, course.daily(ended))
            }
        };
        run.to_date = run.to_date.plus(1.0, brought);
    }

    /// A cell year by year, up to the day.
    #[must_use]
    pub fn years(&self, dims: &CellDims, totals: &Totals) -> Vec<Year> {
        let effect = dims.measure.and_then(|measure| self.methodology.effect(measure));
        let (Some(effect), Some(installed)) = (effect, dims.installed) else { return Vec::new() };
        let over = end_of_life(effect, installed);
        let ended = dims.ended.filter(|ended| *ended <= over);
        let size = if effect.by_yield { self.methodology.solar_yield(dims.province) } else { 1.0 };
        let quantity = Weights { quantity: 1.0, ..Weights::default() }.of(totals);
        let of_year = |(year, days): (i32, Weights)| {
            let age = year - installed.year();
            // Whole days, but for what division leaves.
            let days = (days.of(totals) / quantity).round();
            let value = quantity * size * left_after(effect, age) * days / days_in_year(year);
            let (grid, carried) = self.methodology.grid_factor(year);
            let is_electric = effect.kind != EffectKind::Direct;
            Year {
                year,
                age,
                days,
                days_in_year: days_in_year(year),
                kwh: if is_electric { value } else { 0.0 },
                factor: is_electric.then(|| effect.own_factor.unwrap_or(grid)),
                provisional: carried && effect.uses_grid(),
                avoided_tco2e: value * tonnes(effect, grid),
            }
        };
        days_by_year((installed, ended), over, (self.day, self.month)).into_iter().map(of_year).collect()
    }
}

/// What each sum of a cell weighs.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Weights {
    quantity: f64,
    quantity_days: f64,
    quantity_end_days: f64,
}

impl Weights {
    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    fn of(&self, totals: &Totals) -> f64 {
        (self.quantity * totals.quantity as f64
            + self.quantity_days * totals.quantity_days as f64
            + self.quantity_end_days * totals.quantity_end_days as f64)
            / MILLI
    }
}

/// What each sum of a cell weighs in the days of operation, year by year.
fn days_by_year(
    (installed, ended): (Month, Option<Month>),
    over: Month,
    (day, month): (NaiveDate, Month),
) -> BTreeMap<i32, Weights> {
    let mut years: BTreeMap<i32, Weights> = BTreeMap::new();
    let stop = ended.unwrap_or(over).min(month);
    if ended.is_some_and(|ended| ended < installed) {
        // Displaced on its own first day, the first of a month.
        return years;
    }
    for number in installed.number()..=stop.number() {
        let Some(current) = Month::from_number(number) else { continue };
        let weights = years.entry(current.year()).or_default();
        let whole = f64::from(current.days());
        // Up to the day, where the day is in this month.
        let open = if current == month { f64::from(day.day()) } else { whole };
        match (current == installed, ended == Some(current)) {
            (true, true) => {
                weights.quantity_days += 1.0;
                weights.quantity -= whole;
                weights.quantity_end_days += 1.0;
            }
            (true, false) => {
                weights.quantity_days += 1.0;
                weights.quantity -= whole - open;
            }
            (false, true) => weights.quantity_end_days += 1.0,
            (false, false) => weights.quantity += open,
        }
    }
    years
}

#[cfg(test)]
#[path = "estimator_tests.rs"]
pub(in crate::domain) mod tests;
