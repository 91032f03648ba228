//! Estimates as they are published: whole kilowatt-hours, and emissions in whole kilograms, which are tonnes with three decimals.
//! A longer number would claim to be known better than it is.

use std::ops::{Add, AddAssign, Sub};

use super::amount::Amount;
use super::estimator::Estimate;

/// Kilograms a tonne.
const KILOGRAMS: f64 = 1000.0;
/// The figures of an amount.
pub(super) const FIGURES: usize = 7;
/// The figures of an estimate: three amounts, and the lifetime with a frozen grid factor.
pub(super) const ALL: usize = 3 * FIGURES + 1;

/// An amount of electricity in whole kilowatt-hours and of avoided emissions in whole kilograms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WholeAmount {
    pub generation_kwh: i64,
    pub saving_kwh: i64,
    pub avoided_kg: i64,
    /// The low end of the avoided emissions.
    pub low_kg: i64,
    /// The high end of the avoided emissions.
    pub high_kg: i64,
    /// The part of the avoided emissions that is made with the grid factor of another year.
    pub provisional_kg: i64,
    /// The part of the avoided emissions whose environmental attributes were sold.
    pub sold_kg: i64,
}

/// The three figures of an [`Estimate`] as they are published.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WholeEstimate {
    pub to_date: WholeAmount,
    pub annual: WholeAmount,
    pub lifetime: WholeAmount,
    /// `lifetime.avoided_kg` with the newest grid factor for all years to come.
    pub frozen_grid_kg: i64,
}

impl WholeAmount {
    fn to_array(self) -> [i64; FIGURES] {
        let Self { generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg } = self;
        [generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg]
    }

    fn from_array(
        [generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg]: [i64; FIGURES],
    ) -> Self {
        Self { generation_kwh, saving_kwh, avoided_kg, low_kg, high_kg, provisional_kg, sold_kg }
    }

    fn pairwise(self, other: Self, of: fn(i64, i64) -> i64) -> Self {
        let (mut figures, others) = (self.to_array(), other.to_array());
        for (figure, other) in figures.iter_mut().zip(others) {
            *figure = of(*figure, other);
        }
        Self::from_array(figures)
    }
}

impl From<Amount> for WholeAmount {
    fn from(amount: Amount) -> Self {
        Self::from_array(unrounded(&amount).map(rounded))
    }
}

impl Add for WholeAmount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.pairwise(other, i64::wrapping_add)
    }
}

impl Sub for WholeAmount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.pairwise(other, i64::wrapping_sub)
    }
}

impl From<Estimate> for WholeEstimate {
    fn from(estimate: Estimate) -> Self {
        let mut figures = figures(&estimate).map(rounded).into_iter();
        Self::from_figures(|| figures.next().unwrap_or_default())
    }
}

impl AddAssign for WholeEstimate {
    fn add_assign(&mut self, other: Self) {
        self.to_date = self.to_date + other.to_date;
        self.annual = self.annual + other.annual;
        self.lifetime = self.lifetime + other.lifetime;
        self.frozen_grid_kg = self.frozen_grid_kg.wrapping_add(other.frozen_grid_kg);
    }
}

impl WholeEstimate {
    /// What is left of it without another.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            to_date: self.to_date - other.to_date,
            annual: self.annual - other.annual,
            lifetime: self.lifetime - other.lifetime,
            frozen_grid_kg: self.frozen_grid_kg.wrapping_sub(other.frozen_grid_kg),
        }
    }

    /// The estimate whose figures come one after the other.
    pub(super) fn from_figures(mut next: impl FnMut() -> i64) -> Self {
        let mut amount = || WholeAmount::from_array(std::array::from_fn(|_| next()));
        let (to_date, annual, lifetime) = (amount(), amount(), amount());
        Self { to_date, annual, lifetime, frozen_grid_kg: next() }
    }
}

/// The figures in the unit of which they are whole.
fn unrounded(amount: &Amount) -> [f64; FIGURES] {
    let Amount { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e, sold_tco2e } = *amount;
    let [avoided, low, high, provisional, sold] =
        [avoided_tco2e, low, high, provisional_tco2e, sold_tco2e].map(|tonnes| tonnes * KILOGRAMS);
    [generation_kwh, saving_kwh, avoided, low, high, provisional, sold]
}

pub(super) fn figures(estimate: &Estimate) -> [f64; ALL] {
    let mut columns = [0.0; ALL];
    let amounts = [estimate.to_date, estimate.annual, estimate.lifetime];
    let figures = amounts.iter().flat_map(unrounded).chain([estimate.frozen_grid_tco2e * KILOGRAMS]);
    for (slot, figure) in columns.iter_mut().zip(figures) {
        *slot = figure;
    }
    columns
}

/// The nearest whole number, of two the one further from zero.
#[expect(clippy::cast_possible_truncation, reason = "nine trillion tonnes fit, and a larger amount stays at the edge")]
pub(super) fn rounded(number: f64) -> i64 {
    number.round() as i64
}
