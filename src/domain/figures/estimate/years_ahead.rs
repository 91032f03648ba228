//! What the lifetime figure adds for a unit in operation. The methodology says which years: the whole life, or what remains of it.
//!
//! A kWp in Hà Nội was installed in July 2026, lives 25 years, and the credit day is 15 November 2026. What remains is
//!
//! ```text
//! 2026            46 days, from 16 November on      age 0    newest grid factor × share of 2026
//! 2027 … 2050     whole years                       age 1 …  × share of the year, 0 in 2050
//! 2051            181 days, up to 30 June           age 25   × 0
//! ```

use chrono::{Datelike, NaiveDate};

use crate::domain::values::Month;

use super::amount::PerUnit;
use super::one_year::{at_newest, days_in_year, end_of_life, left_after};
use crate::domain::figures::methodology::{Effect, LifetimeRule, Methodology};

/// The output to come of a unit.
#[derive(Clone, Copy, Default)]
pub(super) struct Ahead {
    /// With the grid factor that the methodology projects.
    pub projected: PerUnit,
    /// Emissions avoided with the newest grid factor.
    pub frozen_avoided: f64,
}

/// No year has this number, so that the newest grid factor is carried into it.
const NO_YEAR: i32 = 0;

impl Ahead {
    /// Of a unit that was installed in a month.
    pub fn of(methodology: &Methodology, effect: &Effect, installed: Month, day: NaiveDate) -> Self {
        match methodology.lifetime {
            LifetimeRule::WholeLifeFrozenGrid => {
                let life = (0..i32::from(effect.lifetime_years)).map(|age| left_after(effect, age)).sum();
                let projected = at_newest(methodology, effect, life, NO_YEAR);
                Self { frozen_avoided: projected.avoided, projected }
            }
            LifetimeRule::ToDateAndRemaining { .. } => Self::remaining(methodology, effect, installed, day),
        }
    }

    fn remaining(methodology: &Methodology, effect: &Effect, installed: Month, day: NaiveDate) -> Self {
        let first = day.succ_opt().unwrap_or(day).max(installed.first_day());
        let last = end_of_life(effect, installed).last_day();
        let mut left = left_after(effect, first.year() - installed.year());
        let mut ahead = Self::default();
        for year in first.year()..=last.year() {
            let value = left * days_within(year, first, last) / days_in_year(year);
            let frozen = at_newest(methodology, effect, value, NO_YEAR);
            let share = if effect.uses_grid() { methodology.projected_share(year) } else { 1.0 };
            let projected =
                PerUnit { avoided: frozen.avoided * share, provisional: frozen.provisional * share, ..frozen };
            ahead.frozen_avoided += frozen.avoided;
            ahead.projected = ahead.projected.plus(1.0, projected);
            left *= 1.0 - effect.degradation;
        }
        ahead
    }
}

/// The days of a year from `first` to `last`, both included.
fn days_within(year: i32, first: NaiveDate, last: NaiveDate) -> f64 {
    let of_year = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(first);
    let (first, last) = (first.max(of_year(1, 1)), last.min(of_year(12, 31)));
    f64::from(i32::try_from((last - first).num_days() + 1).unwrap_or_default().max(0))
}
