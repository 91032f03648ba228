//! Electricity and avoided emissions as every answer shows them: whole kilowatt-hours, tonnes with three decimals.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::figures::{LifetimeRule, Methodology, WholeAmount, WholeEstimate};
use crate::domain::values::{Language, units};

/// A text in both languages.
#[derive(Clone, Serialize, ToSchema)]
pub struct TextView {
    /// The text in Vietnamese.
    pub vi: String,
    /// The text in English.
    pub en: String,
}

impl TextView {
    /// A text that is made in each language.
    pub fn by_language(text: impl Fn(Language) -> String) -> Self {
        Self { vi: text(Language::Vietnamese), en: text(Language::English) }
    }
}

impl From<(&str, &str)> for TextView {
    fn from((vi, en): (&str, &str)) -> Self {
        Self { vi: vi.to_owned(), en: en.to_owned() }
    }
}

/// A number with at most so many decimals, for numbers that are not known better.
#[must_use]
pub fn with_decimals<const PLACES: i32>(number: f64) -> f64 {
    let size = 10.0_f64.powi(PLACES);
    (number * size).round() / size
}

/// Electricity and avoided emissions, estimated.
#[derive(Serialize, ToSchema)]
#[schema(as = Amount)]
pub struct AmountView {
    /// Electricity generated, in kWh. Example: 1623000.
    pub generation_kwh: i64,
    /// Electricity saved, in kWh. Example: 540100.
    pub saving_kwh: i64,
    /// Emissions avoided, in tCO2e. Example: 1499.312.
    pub avoided_tco2e: f64,
    /// Low end of the 95 % range of `avoided_tco2e`, in tCO2e. Example: 1091.704.
    pub avoided_tco2e_low: f64,
    /// High end of the 95 % range of `avoided_tco2e`, in tCO2e. Example: 2046.431.
    pub avoided_tco2e_high: f64,
    /// Part of `avoided_tco2e` that uses the grid factor of another year, because the year has none yet, in tCO2e; it may still
    /// change. Example: 120.43.
    pub provisional_tco2e: f64,
    /// Part of `avoided_tco2e` whose environmental attributes were sold to somebody else, in tCO2e. Example: 14.2.
    pub sold_tco2e: f64,
}

/// Avoided emissions over whole lives, projected.
#[derive(Serialize, ToSchema)]
#[schema(as = Lifetime)]
pub struct LifetimeView {
    /// How the figure is projected.
    label: TextView,
    /// Electricity generated, in kWh. Example: 38120400.
    generation_kwh: i64,
    /// Electricity saved, in kWh. Example: 5401000.
    saving_kwh: i64,
    /// Emissions avoided, in tCO2e. Example: 21240.512.
    avoided_tco2e: f64,
    /// Low end of the 95 % range of `avoided_tco2e`, in tCO2e. Example: 15750.
    avoided_tco2e_low: f64,
    /// High end of the 95 % range of `avoided_tco2e`, in tCO2e. Example: 29640.25.
    avoided_tco2e_high: f64,
    /// Part of `avoided_tco2e` that uses the grid factor of another year, in tCO2e. Example: 20101.5.
    provisional_tco2e: f64,
    /// Part of `avoided_tco2e` whose environmental attributes were sold to somebody else, in tCO2e. Example: 410.7.
    sold_tco2e: f64,
    /// Emissions avoided where the newest grid factor stays as it is for all years to come, in tCO2e. Example: 31240.512.
    frozen_grid_tco2e: f64,
}

impl From<WholeAmount> for AmountView {
    fn from(amount: WholeAmount) -> Self {
        Self {
            generation_kwh: amount.generation_kwh,
            saving_kwh: amount.saving_kwh,
            avoided_tco2e: units(amount.avoided_kg),
            avoided_tco2e_low: units(amount.low_kg),
            avoided_tco2e_high: units(amount.high_kg),
            provisional_tco2e: units(amount.provisional_kg),
            sold_tco2e: units(amount.sold_kg),
        }
    }
}

impl LifetimeView {
    /// The lifetime figure of an estimate that was made by a methodology.
    #[must_use]
    pub fn of(estimate: &WholeEstimate, methodology: &Methodology) -> Self {
        let AmountView {
            generation_kwh,
            saving_kwh,
            avoided_tco2e,
            avoided_tco2e_low,
            avoided_tco2e_high,
            provisional_tco2e,
            sold_tco2e,
        } = estimate.lifetime.into();
        Self {
            label: label(methodology.lifetime),
            generation_kwh,
            saving_kwh,
            avoided_tco2e,
            avoided_tco2e_low,
            avoided_tco2e_high,
            provisional_tco2e,
            sold_tco2e,
            frozen_grid_tco2e: units(estimate.frozen_grid_kg),
        }
    }
}

fn label(rule: LifetimeRule) -> TextView {
    match rule {
        LifetimeRule::WholeLifeFrozenGrid => TextView::from((
            "Dự phóng cho cả vòng đời của các giải pháp đang hoạt động, giữ nguyên hệ số phát thải lưới điện mới nhất.",
            "Projected over the whole lives of the measures in operation, with the newest grid factor frozen.",
        )),
        LifetimeRule::ToDateAndRemaining { grid_zero_year } => TextView {
            vi: format!(
                "Lượng đã tránh được đến nay, cộng với dự phóng cho vòng đời còn lại của các giải pháp đang hoạt động, với hệ số phát \
                 thải lưới điện giảm dần về 0 vào năm {grid_zero_year}."
            ),
            en: format!(
                "Avoided to date, plus what is projected for the remaining lives of the measures in operation, with a grid factor \
                 that falls to zero in {grid_zero_year}."
            ),
        },
    }
}
