//! Estimates as they are published: whole kilowatt-hours, and emissions in whole kilograms, which are tonnes with three decimals.
//! A longer number would claim to be known better than it is.

use std::ops::{Add, AddAssign, Sub};

use super::amount::Amount;
use super::estimator::Estimate;

/// Kilograms a tonne.
const KILOGRAMS: f64 = 1000.0;
/// The figures of an amount.
const FIGURES: usize = 7;
/// The figures of an estimate: three amounts, and the lifetime with a frozen grid factor.
const ALL: usize = 3 * FIGURES + 1;

/// The sides of columns. Each column is moved once, after the column that it is held against.
const SIDES: [Side; 14] = [
    above(LIFETIME + AVOIDED, AVOIDED),
    above(FROZEN, LIFETIME + AVOIDED),
    below(AVOIDED + LOW, AVOIDED),
    above(AVOIDED + HIGH, AVOIDED),
    below(AVOIDED + PROVISIONAL, AVOIDED),
    below(AVOIDED + SOLD, AVOIDED),
    below(ANNUAL + AVOIDED + LOW, ANNUAL + AVOIDED),
    above(ANNUAL + AVOIDED + HIGH, ANNUAL + AVOIDED),
    below(ANNUAL + AVOIDED + PROVISIONAL, ANNUAL + AVOIDED),
    below(ANNUAL + AVOIDED + SOLD, ANNUAL + AVOIDED),
    below(LIFETIME + AVOIDED + LOW, LIFETIME + AVOIDED),
    above(LIFETIME + AVOIDED + HIGH, LIFETIME + AVOIDED),
    below(LIFETIME + AVOIDED + PROVISIONAL, LIFETIME + AVOIDED),
    below(LIFETIME + AVOIDED + SOLD, LIFETIME + AVOIDED),
];
/// The place of the avoided emissions in an amount, and the places of what follows them.
const AVOIDED: usize = 2;
const LOW: usize = 1;
const HIGH: usize = 2;
const PROVISIONAL: usize = 3;
const SOLD: usize = 4;
/// The places of amounts in an estimate.
const ANNUAL: usize = FIGURES;
const LIFETIME: usize = 2 * FIGURES;
const FROZEN: usize = 3 * FIGURES;

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
        Self::from_array(columns(&estimate).map(rounded))
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
    fn from_array(figures: [i64; ALL]) -> Self {
        let (amounts, _) = figures.as_chunks::<FIGURES>();
        let amount = |place: usize| amounts.get(place).copied().map_or(WholeAmount::default(), WholeAmount::from_array);
        let frozen_grid_kg = figures.last().copied().unwrap_or_default();
        Self { to_date: amount(0), annual: amount(1), lifetime: amount(2), frozen_grid_kg }
    }

    /// The estimates of rows that make a total. Each figure of all rows adds up to the figure of the total.
    #[must_use]
    pub fn of_rows(rows: &[Estimate]) -> Vec<Self> {
        let rows: Vec<[f64; ALL]> = rows.iter().map(columns).collect();
        let mut whole = vec![[0; ALL]; rows.len()];
        for column in 0..ALL {
            let parts: Vec<f64> = rows.iter().filter_map(|row| row.get(column).copied()).collect();
            // Many figures of many answers are zero in all rows.
            if parts.iter().all(|part| *part == 0.0) {
                continue;
            }
            for (slot, share) in whole.iter_mut().filter_map(|row| row.get_mut(column)).zip(largest_remainder(&parts)) {
                *slot = share;
            }
        }
        for side in SIDES {
            keep_side(&rows, &mut whole, side);
        }
        whole.into_iter().map(Self::from_array).collect()
    }
}

/// Moves a column to its side of another where rounding put it across, and gives the units back in rows with room, so that its
/// sum stays.
fn keep_side(rows: &[[f64; ALL]], whole: &mut [[i64; ALL]], Side { column, of, is_above }: Side) {
    let sign = if is_above { 1 } else { -1 };
    let is_ordered =
        |row: &[f64; ALL]| if is_above { row.get(of) <= row.get(column) } else { row.get(column) <= row.get(of) };
    // How far the column stands on its side.
    let room =
        |whole: &[i64; ALL]| whole.get(column).zip(whole.get(of)).map_or(0, |(moved, fixed)| sign * (moved - fixed));
    let mut owed = 0;
    for turn in [Turn::Mend, Turn::GiveBack] {
        for (_, whole) in rows.iter().zip(whole.iter_mut()).filter(|(row, _)| is_ordered(row)) {
            let by = match turn {
                Turn::Mend => (-room(whole)).max(0),
                Turn::GiveBack => -room(whole).min(owed).max(0),
            };
            owed += by;
            if let Some(slot) = whole.get_mut(column) {
                *slot += sign * by;
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Turn {
    Mend,
    GiveBack,
}

/// A column that stands above or below another in every row.
#[derive(Clone, Copy)]
struct Side {
    column: usize,
    of: usize,
    is_above: bool,
}

const fn above(column: usize, of: usize) -> Side {
    Side { column, of, is_above: true }
}

const fn below(column: usize, of: usize) -> Side {
    Side { column, of, is_above: false }
}

/// Rounds parts so that they add up to their rounded sum: each is rounded down, and what is missing goes, one by one, to the
/// parts that lost most, of equal ones to the earlier.
#[must_use]
pub fn largest_remainder(parts: &[f64]) -> Vec<i64> {
    let mut whole: Vec<i64> = parts.iter().map(|part| rounded(part.floor())).collect();
    let missing = rounded(parts.iter().sum()).wrapping_sub(whole.iter().fold(0, |sum, part| sum.wrapping_add(*part)));
    let missing = usize::try_from(missing).unwrap_or_default().min(parts.len());
    let mut lost: Vec<(f64, usize)> = parts.iter().map(|part| part - part.floor()).zip(0..).collect();
    if 0 < missing && missing < lost.len() {
        lost.select_nth_unstable_by(missing, |(one, at), (other, place)| other.total_cmp(one).then(at.cmp(place)));
    }
    for (_, place) in lost.into_iter().take(missing) {
        if let Some(part) = whole.get_mut(place) {
            *part += 1;
        }
    }
    whole
}

/// The figures in the unit of which they are whole.
fn unrounded(amount: &Amount) -> [f64; FIGURES] {
    let Amount { generation_kwh, saving_kwh, avoided_tco2e, low, high, provisional_tco2e, sold_tco2e } = *amount;
    let [avoided, low, high, provisional, sold] =
        [avoided_tco2e, low, high, provisional_tco2e, sold_tco2e].map(|tonnes| tonnes * KILOGRAMS);
    [generation_kwh, saving_kwh, avoided, low, high, provisional, sold]
}

fn columns(estimate: &Estimate) -> [f64; ALL] {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn largest_remainder_gives_the_rest_to_those_that_lost_most() {
        assert_eq!(largest_remainder(&[1.4, 1.4, 1.3]), [2, 1, 1]);
        assert_eq!(largest_remainder(&[0.5, 0.5, -0.2]), [1, 0, 0]);
        assert_eq!(largest_remainder(&[-0.6, -0.6]), [0, -1]);
        assert!(largest_remainder(&[]).is_empty());
    }

    fn amount() -> impl Strategy<Value = Amount> {
        let share = || prop_oneof![Just(0.0), Just(1.0), 0.0f64..1.0];
        (prop_oneof![0.0f64..0.01, 0.0f64..50.0], share(), share(), share(), share()).prop_map(
            |(avoided_tco2e, more, less, provisional, sold)| Amount {
                generation_kwh: avoided_tco2e * 1500.0,
                saving_kwh: 0.0,
                avoided_tco2e,
                low: avoided_tco2e * less,
                high: avoided_tco2e * (1.0 + more),
                provisional_tco2e: avoided_tco2e * provisional,
                sold_tco2e: avoided_tco2e * sold,
            },
        )
    }

    proptest! {
        #[test]
        fn figures_of_a_row_keep_their_order_and_add_up(
            rows in prop::collection::vec((amount(), amount(), amount(), prop_oneof![Just(0.0), 0.0f64..9.0]), 1..40)
        ) {
            let estimate = |&(to_date, annual, ahead, more): &(Amount, Amount, Amount, f64)| {
                let mut lifetime = to_date;
                lifetime += ahead;
                Estimate { to_date, annual, lifetime, frozen_grid_tco2e: lifetime.avoided_tco2e + more }
            };
            let rows: Vec<Estimate> = rows.iter().map(estimate).collect();
            let mut whole = Estimate::default();
            rows.iter().for_each(|row| whole += *row);
            let mut sum = WholeEstimate::default();
            for row in WholeEstimate::of_rows(&rows) {
                for amount in [row.to_date, row.annual, row.lifetime] {
                    prop_assert!(amount.low_kg <= amount.avoided_kg && amount.avoided_kg <= amount.high_kg, "{row:?}");
                    prop_assert!(amount.provisional_kg <= amount.avoided_kg && amount.sold_kg <= amount.avoided_kg, "{row:?}");
                }
                prop_assert!(row.to_date.avoided_kg <= row.lifetime.avoided_kg, "{row:?}");
                prop_assert!(row.lifetime.avoided_kg <= row.frozen_grid_kg, "{row:?}");
                sum += row;
            }
            prop_assert_eq!(sum, WholeEstimate::from(whole));
        }

        #[test]
        fn largest_remainder_keeps_the_sum_and_moves_no_part_by_a_whole(parts in prop::collection::vec(-1e9f64..1e9, 0..50)) {
            let whole = largest_remainder(&parts);
            prop_assert_eq!(whole.iter().sum::<i64>(), rounded(parts.iter().sum()));
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let near = whole.iter().zip(&parts).all(|(whole, part)| (*whole as f64 - part).abs() <= 1.0);
            prop_assert!(near, "{whole:?} is not {parts:?}");
        }
    }
}
