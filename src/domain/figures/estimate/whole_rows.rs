//! Estimates of rows that make a total, as they are published: whole numbers that add up to the whole number of the total, and keep
//! the order that the figures of a row have.

use super::estimator::Estimate;
use super::whole_amount::{ALL, FIGURES, WholeEstimate, figures, rounded};

/// The sides of columns, in the order in which they are kept. What was sold is rounded by itself, so that rows that sold nothing
/// stay at zero; the avoided emissions make room for it. A column is moved after the column that it is held against.
const SIDES: [Side; 15] = [
    above(AVOIDED, AVOIDED + SOLD),
    above(ANNUAL + AVOIDED, ANNUAL + AVOIDED + SOLD),
    above(LIFETIME + AVOIDED, LIFETIME + AVOIDED + SOLD),
    above(LIFETIME + AVOIDED, AVOIDED),
    above(FROZEN, LIFETIME + AVOIDED),
    below(AVOIDED + LOW, AVOIDED),
    above(AVOIDED + HIGH, AVOIDED),
    below(AVOIDED + PROVISIONAL, AVOIDED),
    below(ANNUAL + AVOIDED + LOW, ANNUAL + AVOIDED),
    above(ANNUAL + AVOIDED + HIGH, ANNUAL + AVOIDED),
    below(ANNUAL + AVOIDED + PROVISIONAL, ANNUAL + AVOIDED),
    below(LIFETIME + AVOIDED + LOW, LIFETIME + AVOIDED),
    above(LIFETIME + AVOIDED + HIGH, LIFETIME + AVOIDED),
    below(LIFETIME + AVOIDED + PROVISIONAL, LIFETIME + AVOIDED),
    // Moved twice by now.
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

/// A column of rows: what it is, and as it is published.
type Column = (Vec<f64>, Vec<i64>);

impl WholeEstimate {
    /// The estimates of rows that make a total. Each figure of all rows adds up to the figure of the total.
    #[must_use]
    pub fn of_rows<'a>(rows: impl ExactSizeIterator<Item = &'a Estimate>) -> Vec<Self> {
        let count = rows.len();
        let mut exact: [Vec<f64>; ALL] = std::array::from_fn(|_| Vec::with_capacity(count));
        for row in rows {
            exact.iter_mut().zip(figures(row)).for_each(|(column, figure)| column.push(figure));
        }
        let mut columns: [Column; ALL] = exact.map(|exact| {
            let whole = largest_remainder(&exact);
            (exact, whole)
        });
        for Side { column, of, is_above } in SIDES {
            if let Ok([moved, fixed]) = columns.get_disjoint_mut([column, of]) {
                keep_side(moved, fixed, if is_above { 1 } else { -1 });
            }
        }
        let mut columns = columns.map(|(_, whole)| whole.into_iter());
        let row = |_| {
            let mut columns = columns.iter_mut();
            Self::from_figures(|| columns.next().and_then(Iterator::next).unwrap_or_default())
        };
        (0..count).map(row).collect()
    }
}

/// Moves a column to its side of another, above with the sign 1, where rounding put it across. Other rows give the units back, so
/// that its sum stays: one unit a row in turn, those first that rounding moved furthest to the same side. A zero gives only where
/// nothing else can.
fn keep_side((exact, whole): &mut Column, (fixed_exact, fixed): &Column, sign: i8) {
    let unit = i64::from(sign);
    let is_ordered = |exact: f64, fixed: f64| f64::from(sign) * (exact - fixed) >= 0.0;
    // How far the column stands on its side.
    let room = |whole: i64, fixed: i64| unit * (whole - fixed);
    let mut owed = 0;
    for ((whole, fixed), (exact, fixed_exact)) in whole.iter_mut().zip(fixed).zip(exact.iter().zip(fixed_exact)) {
        let across = -room(*whole, *fixed);
        if across > 0 && is_ordered(*exact, *fixed_exact) {
            owed += across;
            *whole = *fixed;
        }
    }
    while owed > 0 {
        let rows = whole.iter().zip(fixed).zip(exact.iter().zip(fixed_exact)).enumerate();
        let mut givers: Vec<Giver> = rows
            .filter(|(_, ((whole, fixed), (exact, other)))| room(**whole, **fixed) > 0 && is_ordered(**exact, **other))
            .map(|(place, ((whole, _), (exact, _)))| Giver {
                is_zero: *exact == 0.0,
                moved: f64::from(sign) * (float(*whole) - exact),
                place,
            })
            .collect();
        if givers.iter().any(|giver| !giver.is_zero) {
            givers.retain(|giver| !giver.is_zero);
        }
        let some = usize::try_from(owed).unwrap_or(usize::MAX).min(givers.len());
        if some == 0 {
            return;
        }
        givers.select_nth_unstable_by(some - 1, |one, other| {
            other.moved.total_cmp(&one.moved).then(one.place.cmp(&other.place))
        });
        for giver in givers.into_iter().take(some) {
            if let Some(whole) = whole.get_mut(giver.place) {
                *whole -= unit;
                owed -= 1;
            }
        }
    }
}

/// A row with room in a column.
struct Giver {
    is_zero: bool,
    /// How far rounding moved the figure to the side of the column.
    moved: f64,
    place: usize,
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

/// Rounds parts so that they add up to their rounded sum.
fn largest_remainder(parts: &[f64]) -> Vec<i64> {
    parts_of(rounded(parts.iter().sum()), parts)
}

/// Rounds parts so that they add up to a total near their sum: each is rounded down, and what is missing goes, one by one, to the
/// parts that lost most, of equal ones to the earlier. What is too much is taken from those that lost least.
#[must_use]
pub fn parts_of(total: i64, parts: &[f64]) -> Vec<i64> {
    let mut whole: Vec<i64> = parts.iter().copied().map(floor).collect();
    let missing = total.wrapping_sub(whole.iter().fold(0, |sum, part| sum.wrapping_add(*part)));
    if missing < 0 {
        let mut places: Vec<usize> = (0..parts.len()).collect();
        let lost =
            |place: &usize| parts.get(*place).zip(whole.get(*place)).map_or(0.0, |(part, whole)| part - float(*whole));
        places.sort_by(|one, other| lost(one).total_cmp(&lost(other)));
        let too_much = usize::try_from(missing.unsigned_abs()).unwrap_or_default();
        for place in places.into_iter().take(too_much) {
            if let Some(part) = whole.get_mut(place) {
                *part -= 1;
            }
        }
        return whole;
    }
    let missing = usize::try_from(missing).unwrap_or_default().min(parts.len());
    if missing == 0 {
        return whole;
    }
    let lost: Vec<f64> = parts.iter().zip(&whole).map(|(part, whole)| part - float(*whole)).collect();
    let mut most = lost.clone();
    let (more, least, _) = most.select_nth_unstable_by(missing - 1, |one, other| other.total_cmp(one));
    let mut of_equal = missing - more.iter().filter(|lost| *lost > least).count();
    for (part, lost) in whole.iter_mut().zip(&lost) {
        let is_equal = lost.total_cmp(least).is_eq() && of_equal > 0;
        of_equal -= usize::from(is_equal);
        *part += i64::from(lost > least || is_equal);
    }
    whole
}

#[expect(clippy::cast_precision_loss, reason = "the integer of a float of the same size")]
fn float(whole: i64) -> f64 {
    whole as f64
}

/// The next whole number below, without the call that [`f64::floor`] is on processors that the build does not know.
#[expect(clippy::cast_possible_truncation, reason = "nine trillion tonnes fit")]
fn floor(number: f64) -> i64 {
    let whole = number as i64;
    whole - i64::from(float(whole) > number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::figures::estimate::amount::Amount;

    #[test]
    fn largest_remainder_gives_the_rest_to_those_that_lost_most() {
        assert_eq!(largest_remainder(&[1.4, 1.4, 1.3]), [2, 1, 1]);
        assert_eq!(largest_remainder(&[0.5, 0.5, -0.2]), [1, 0, 0]);
        assert_eq!(largest_remainder(&[-0.6, -0.6]), [0, -1]);
        assert!(largest_remainder(&[]).is_empty());
        assert_eq!(
            [parts_of(3, &[1.4, 1.1]), parts_of(2, &[1.4, 1.1]), parts_of(1, &[1.4, 1.1])],
            [[2, 1], [1, 1], [1, 0]]
        );
    }

    #[test]
    fn units_that_come_back_go_to_a_row_that_has_something() {
        let mut moved = (vec![0.6, 0.0, 0.8], vec![1, 0, 1]);
        keep_side(&mut moved, &(vec![0.6, 5.0, 2.4], vec![0, 5, 3]), -1);
        assert_eq!(moved.1, [0, 0, 2]);
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
            for row in &rows {
                whole += *row;
            }
            let mut sum = WholeEstimate::default();
            for (row, exact) in WholeEstimate::of_rows(rows.iter()).into_iter().zip(&rows) {
                for (amount, exact) in [(row.to_date, exact.to_date), (row.annual, exact.annual)] {
                    let near = |whole: i64, tonnes: f64| (float(whole) - 1e3 * tonnes).abs() < 2.0;
                    prop_assert!(near(amount.avoided_kg, exact.avoided_tco2e), "{amount:?} {exact:?}");
                    prop_assert!(near(amount.sold_kg, exact.sold_tco2e), "{amount:?} {exact:?}");
                    prop_assert!(near(amount.low_kg, exact.low) && near(amount.high_kg, exact.high), "{amount:?} {exact:?}");
                    prop_assert!(exact.sold_tco2e > 0.0 || amount.sold_kg == 0, "{amount:?} {exact:?}");
                }
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
