//! Methodologies: numbered, immutable sets of factors, one file each. The files of `reference/methodology/` are built
//! in; a process may add further ones at its start. The file is published as it is; a [`Methodology`] holds the factors
//! that estimates need.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::reference::{MeasureId, ProvinceId};

/// A numbered set of factors.
#[derive(Debug)]
pub struct Methodology {
    pub version: i32,
    pub title_vi: String,
    pub title_en: String,
    /// The day on which it was made.
    pub issued: NaiveDate,
    /// The file as it is published.
    pub text: String,
    /// The SHA-256 of the file in hexadecimal digits. The entry that puts the methodology in force seals it.
    pub sha256: String,
    pub uncertainty: Uncertainty,
    pub lifetime: LifetimeRule,
    pub(super) grid: Vec<GridFactor>,
    /// kWh a kWp and year, by the index of the province.
    pub(super) yields: Vec<f64>,
    /// By the number of the measure, from 0, up to the last measure that the file knows; `None` if the measure does nothing to
    /// emissions.
    pub(super) effects: Vec<Option<Effect>>,
}

/// The official grid factor of a year.
#[derive(Clone, Copy, PartialEq, Deserialize, Debug)]
pub struct GridFactor {
    pub year: i32,
    pub tco2_per_mwh: f64,
}

/// Half-widths of 95 % ranges that all measures share, as shares.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uncertainty {
    pub grid_factor: GridUncertainty,
    pub size_verified: f64,
    pub size_reported: f64,
}

/// The half-width of the range of a grid factor.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GridUncertainty {
    /// Of the official factor of the year.
    pub official: f64,
    /// Of a factor that is carried from another year.
    pub carried: f64,
}

/// How avoided emissions are projected over lives.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum LifetimeRule {
    /// Whole lives of what is in operation, with the newest grid factor.
    #[default]
    WholeLifeFrozenGrid,
    /// What was avoided to date, and what remains, with a grid factor that falls to zero in a year.
    ToDateAndRemaining { grid_zero_year: i32 },
}

/// The effect of a measure on emissions.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Effect {
    pub kind: EffectKind,
    /// kWh (direct cuts: tCO2e) a unit and year. If `by_yield`, the share of the province's yield.
    pub per_unit: f64,
    /// Whether the solar yield of the province is multiplied in.
    pub by_yield: bool,
    /// An emission factor of its own in tonnes a megawatt-hour, in place of the grid's.
    pub own_factor: Option<f64>,
    /// The share of its effect that it loses each year.
    pub degradation: f64,
    /// Years for which it is credited.
    pub lifetime_years: u16,
    /// Half-widths of the 95 % range of a unit's output, as shares of the output.
    pub spread: HalfWidths,
    /// The same of what meters verified.
    pub spread_metered: HalfWidths,
}

/// How far a range reaches below and above a value, as shares of the value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HalfWidths {
    pub low: f64,
    pub high: f64,
}

/// The way in which a measure cuts emissions.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    Generation,
    Saving,
    /// It cuts emissions without electricity.
    Direct,
}

impl Effect {
    /// Whether the estimate uses the grid factor.
    #[must_use]
    pub fn uses_grid(&self) -> bool {
        self.kind != EffectKind::Direct && self.own_factor.is_none()
    }
}

impl Methodology {
    /// The effect of a measure; `None` if it does nothing to emissions.
    #[must_use]
    pub fn effect(&self, measure: MeasureId) -> Option<&Effect> {
        self.effects.get(usize::from(measure.number()))?.as_ref()
    }

    /// Whether the methodology says what a measure does. It does not know a measure that is younger than itself.
    #[must_use]
    pub fn knows(&self, measure: MeasureId) -> bool {
        usize::from(measure.number()) < self.effects.len()
    }

    /// The share of the newest grid factor that a later year is projected to have: 1 without a fall.
    #[must_use]
    pub fn projected_share(&self, year: i32) -> f64 {
        let LifetimeRule::ToDateAndRemaining { grid_zero_year } = self.lifetime else { return 1.0 };
        let newest = self.newest_factor().year;
        (f64::from(grid_zero_year - year) / f64::from(grid_zero_year - newest)).max(0.0)
    }

    /// The solar yields of all provinces, by their index.
    #[must_use]
    pub fn solar_yields(&self) -> &[f64] {
        &self.yields
    }

    /// The share of its output that each solar measure loses a year.
    #[must_use]
    pub fn solar_wear(&self) -> Vec<f64> {
        self.effects.iter().flatten().filter(|effect| effect.by_yield).map(|effect| effect.degradation).collect()
    }

    /// The solar yield of a province, in kWh a kWp and year.
    #[must_use]
    pub fn solar_yield(&self, province: ProvinceId) -> f64 {
        self.yields.get(usize::from(province.index())).copied().unwrap_or_default()
    }

    /// The grid factor of a year in tonnes a megawatt-hour, and whether it is another year's: a year without one takes the newest
    /// earlier factor, and a year before all of them the first.
    #[must_use]
    pub fn grid_factor(&self, year: i32) -> (f64, bool) {
        let earlier = self.grid.iter().rev().find(|factor| factor.year <= year);
        let taken = earlier.or(self.grid.first()).copied().unwrap_or(NO_FACTOR);
        (taken.tco2_per_mwh, taken.year != year)
    }

    /// The newest official grid factor.
    #[must_use]
    pub fn newest_factor(&self) -> GridFactor {
        self.grid.last().copied().unwrap_or(NO_FACTOR)
    }
}

const NO_FACTOR: GridFactor = GridFactor { year: 0, tco2_per_mwh: 0.0 };

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::figures::methodology::methodology;

    fn table(text: &'static str) -> Vec<BTreeMap<String, String>> {
        csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(Result::unwrap).collect()
    }

    #[test]
    fn methodology_2_has_the_factors_of_the_reference_tables() {
        let newest = methodology(2).unwrap();
        for row in table(include_str!("../../../../reference/grid_emission_factors.csv")) {
            let (year, factor): (i32, f64) = (row["year"].parse().unwrap(), row["ef_tco2_per_mwh"].parse().unwrap());
            let expected = if row["use_as_default"] == "yes" { (factor, false) } else { (0.6592, true) };
            assert_eq!(newest.grid_factor(year), expected, "{year}");
        }
        assert_eq!((newest.grid_factor(2013), newest.grid_factor(2030)), ((0.6612, true), (0.6592, true)));
        for row in table(include_str!("../../../../reference/solar_yield.csv")) {
            let province = ProvinceId::parse(&row["code"]).unwrap();
            let expected: f64 = row["pvout_kwh_per_kwp_year"].parse().unwrap();
            assert!((newest.solar_yield(province) - expected).abs() < 1e-9, "{}", row["code"]);
        }
        for row in table(include_str!("../../../../reference/measures.csv")) {
            let effect = newest.effect(MeasureId::parse(&row["code"]).unwrap());
            let [kwh, direct] = ["deemed_kwh_per_unit_year", "deemed_tco2e_per_unit_year"].map(|name| &row[name]);
            let deemed: f64 = [kwh, direct].into_iter().filter_map(|text| text.parse::<f64>().ok()).sum();
            let Some(effect) = effect else {
                assert_eq!((row["programme_role"].as_str(), deemed), ("no_credit", 0.0), "{row:?}");
                continue;
            };
            if row["method"] == "yield_table" {
                assert!(effect.by_yield, "{row:?}");
            } else {
                assert!((effect.per_unit - deemed).abs() < 1e-12, "{row:?}");
                assert_eq!(effect.kind == EffectKind::Direct, kwh.is_empty(), "{row:?}");
            }
            assert_eq!(effect.lifetime_years.to_string(), row["lifetime_years"], "{row:?}");
            assert!((effect.degradation - row["degradation_per_year"].parse::<f64>().unwrap()).abs() < 1e-12);
        }
    }
}
