//! The bounds of every factor of a methodology. A value outside is a slip (of the unit, of the point, of the sign), and would
//! move each public number before anybody notices. They are wide: what is possible passes.

use std::fmt::Display;

/// The highest emission factor of electricity, in tonnes a megawatt-hour. The oldest coal plant emits 1.5.
const HIGHEST_FACTOR: f64 = 2.0;
/// The solar yields of a year that there are on earth, in kWh a kWp.
const YIELDS: (f64, f64) = (500.0, 2500.0);
/// The largest share of its effect that a measure loses each year.
const FASTEST_DEGRADATION: f64 = 0.1;
/// The longest life of a measure, in years.
const LONGEST_LIFE: u16 = 50;
/// The years of which a file may speak.
const YEARS: (i32, i32) = (1990, 2100);

/// A year of a grid factor, or of the end of emissions.
pub(super) fn year(what: impl Display, value: i32) -> Result<i32, String> {
    within(what, value, YEARS)
}

/// An emission factor of electricity, in tonnes a megawatt-hour.
pub(super) fn electricity_factor(what: impl Display, value: f64) -> Result<f64, String> {
    above_zero(what, value, HIGHEST_FACTOR)
}

/// The solar yield of a province.
pub(super) fn solar_yield(what: impl Display, value: f64) -> Result<f64, String> {
    within(what, value, YIELDS)
}

pub(super) fn degradation(what: impl Display, value: f64) -> Result<f64, String> {
    within(what, value, (0.0, FASTEST_DEGRADATION))
}

pub(super) fn lifetime(what: impl Display, value: u16) -> Result<u16, String> {
    within(what, value, (1, LONGEST_LIFE))
}

/// A share or a half-width: 0 to 1.
pub(super) fn share(what: impl Display, value: f64) -> Result<f64, String> {
    within(what, value, (0.0, 1.0))
}

/// What a unit saves or generates in a year, in kWh. A unit of energy cannot do more than twice itself.
pub(super) fn kwh(what: impl Display, value: f64, unit: &str) -> Result<f64, String> {
    let most = match unit.split(' ').next() {
        Some("kWh") => 2.0,
        Some("GJ") => 2.0 * 1000.0 / 3.6,
        Some("MWh") => 2.0 * 1000.0,
        _ => 10_000.0,
    };
    above_zero(what, value, most)
}

/// What a unit cuts in a year, in tonnes. No fuel emits a fifth of a tonne a gigajoule.
pub(super) fn tonnes(what: impl Display, value: f64, unit: &str) -> Result<f64, String> {
    let most = match unit.split(' ').next() {
        Some("kWh") => 0.0036 * 0.2,
        Some("GJ") => 0.2,
        Some("MWh") => 3.6 * 0.2,
        _ => 20.0,
    };
    above_zero(what, value, most)
}

fn above_zero(what: impl Display, value: f64, most: f64) -> Result<f64, String> {
    let fits = value > 0.0 && value <= most;
    if fits { Ok(value) } else { Err(format!("{what} must be above 0 and at most {most}, not {value}")) }
}

fn within<T: PartialOrd + Copy + Display>(what: impl Display, value: T, (least, most): (T, T)) -> Result<T, String> {
    let fits = (least..=most).contains(&value);
    if fits { Ok(value) } else { Err(format!("{what} must be from {least} to {most}, not {value}")) }
}
