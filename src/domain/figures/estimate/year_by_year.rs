//! The estimate of one cell year by year, as the page of one installation shows it. It counts days month by month and shares
//! no step with [`EstimateSum`](super::estimator::EstimateSum), so that the tests can hold one against the other.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::counting::{CellDims, Totals};
use crate::domain::values::Month;

use super::amount::MILLI;
use super::estimator::Estimator;
use super::one_year::{days_in_year, end_of_life, left_after, tonnes};
use crate::domain::figures::methodology::EffectKind;

/// The output of one calendar year.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Year {
    pub year: i32,
    /// Years since that of the installation.
    pub age: i32,
    /// Days of operation.
    pub days: f64,
    /// 365 or 366.
    pub days_in_year: f64,
    /// Electricity generated or saved.
    pub kwh: f64,
    /// The emission factor in tonnes a megawatt-hour; `None` for direct cuts.
    pub factor: Option<f64>,
    /// Whether the grid factor is another year's.
    pub factor_carried: bool,
    pub avoided_tco2e: f64,
}

impl Estimator {
    /// A cell year by year, up to the credit day.
    #[must_use]
    pub fn years(&self, dims: &CellDims, totals: &Totals) -> Vec<Year> {
        let methodology = self.methodology();
        let effect = dims.measure.and_then(|measure| methodology.effect(measure));
        let (Some(effect), Some(installed)) = (effect, dims.installed) else { return Vec::new() };
        let end_of_life = end_of_life(effect, installed);
        let ended = dims.ended.filter(|ended| *ended <= end_of_life);
        let size = if effect.by_yield { methodology.solar_yield(dims.province) } else { 1.0 };
        let quantity = Weights::QUANTITY.of(totals);
        let of_year = |(year, days): (i32, Weights)| {
            let age = year - installed.year();
            // The days are whole, but division leaves a rest.
            let days = (days.of(totals) / quantity).round();
            let value = quantity * size * left_after(effect, age) * days / days_in_year(year);
            let (grid, carried) = methodology.grid_factor(year);
            let is_electric = effect.kind != EffectKind::Direct;
            Year {
                year,
                age,
                days,
                days_in_year: days_in_year(year),
                kwh: if is_electric { value } else { 0.0 },
                factor: is_electric.then(|| effect.own_factor.unwrap_or(grid)),
                factor_carried: carried && effect.uses_grid(),
                avoided_tco2e: value * tonnes(effect, grid),
            }
        };
        let credited = CreditedMonths { installed, ended, end_of_life };
        // A measure that was displaced on its first day has a year without a day.
        credited.days_by_year(self.day()).into_iter().map(of_year).filter(|year| year.days > 0.0).collect()
    }
}

/// How much each sum of a cell weighs in the days of operation of one year. For a cell that began in November (30 days) and
/// goes on, November weighs quantity × days once, and each later day of the year weighs the quantity once.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Weights {
    quantity: f64,
    quantity_days: f64,
    quantity_end_days: f64,
}

impl Weights {
    /// The quantity alone.
    pub const QUANTITY: Self = Self { quantity: 1.0, quantity_days: 0.0, quantity_end_days: 0.0 };

    #[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
    /// The weighted sum, in units × days.
    pub fn of(&self, totals: &Totals) -> f64 {
        (self.quantity * totals.quantity as f64
            + self.quantity_days * totals.quantity_days as f64
            + self.quantity_end_days * totals.quantity_end_days as f64)
            / MILLI
    }
}

/// The months in which a cell may be credited.
#[derive(Clone, Copy)]
pub(super) struct CreditedMonths {
    pub installed: Month,
    /// The month of the end, if it comes before the end of life.
    pub ended: Option<Month>,
    pub end_of_life: Month,
}

impl CreditedMonths {
    /// The weights of a cell's sums, year by year, up to the credit day.
    pub fn days_by_year(self, day: NaiveDate) -> BTreeMap<i32, Weights> {
        let Self { installed, ended, end_of_life } = self;
        let month = Month::of(day);
        let mut years: BTreeMap<i32, Weights> = BTreeMap::new();
        let stop = ended.unwrap_or(end_of_life).min(month);
        if ended.is_some_and(|ended| ended < installed) {
            // A later measure replaced this measure on its first day, the first of a month: it ended before it began.
            return years;
        }
        for number in installed.number()..=stop.number() {
            let Some(current) = Month::from_number(number) else { continue };
            let weights = years.entry(current.year()).or_default();
            let whole = f64::from(current.days());
            // In the month of the credit day, its days up to then.
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
}
