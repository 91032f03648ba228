//! What one unit of a measure does in one calendar year, by one methodology.

use chrono::NaiveDate;

use crate::domain::values::Month;

use super::amount::{KWH, PerUnit};
use crate::domain::figures::methodology::{Effect, EffectKind, Methodology};

/// The output of `value` (kWh, or tCO2e of direct cuts) in a year, with the grid factor of that year.
pub(super) fn brought(methodology: &Methodology, effect: &Effect, value: f64, year: i32) -> PerUnit {
    let (grid, provisional) = methodology.grid_factor(year);
    let avoided = value * tonnes(effect, grid);
    PerUnit {
        energy: if effect.kind == EffectKind::Direct { 0.0 } else { value },
        avoided,
        provisional: if provisional && effect.uses_grid() { avoided } else { 0.0 },
    }
}

/// The output of `value` in a year that is valued with the newest grid factor.
pub(super) fn at_newest(methodology: &Methodology, effect: &Effect, value: f64, year: i32) -> PerUnit {
    let newest = methodology.newest_factor();
    let avoided = value * tonnes(effect, newest.tco2_per_mwh);
    PerUnit {
        energy: if effect.kind == EffectKind::Direct { 0.0 } else { value },
        avoided,
        provisional: if effect.uses_grid() && year != newest.year { avoided } else { 0.0 },
    }
}

pub(super) fn months_of_life(effect: &Effect) -> u16 {
    effect.lifetime_years.saturating_mul(12).max(1)
}

/// The last month that is credited.
pub(super) fn end_of_life(effect: &Effect, installed: Month) -> Month {
    installed.plus(months_of_life(effect) - 1)
}

/// The yearly value of a unit after some years.
pub(super) fn left_after(effect: &Effect, years: i32) -> f64 {
    (0..years).fold(effect.per_unit, |left, _| left * (1.0 - effect.degradation))
}

/// Tonnes a kWh; 1 for direct cuts, because their value is in tonnes already.
pub(super) fn tonnes(effect: &Effect, grid: f64) -> f64 {
    match effect.kind {
        EffectKind::Direct => 1.0,
        EffectKind::Generation | EffectKind::Saving => effect.own_factor.unwrap_or(grid) / KWH,
    }
}

pub(super) fn days_in_year(year: i32) -> f64 {
    if NaiveDate::from_ymd_opt(year, 2, 29).is_some() { 366.0 } else { 365.0 }
}
