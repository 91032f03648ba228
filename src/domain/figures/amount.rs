//! An estimated amount of electricity and emissions, and the factors between units.

/// Thousandths a unit: the sums of cells are in thousandths.
pub(super) const MILLI: f64 = 1000.0;
/// Kilowatt-hours a megawatt-hour.
pub(super) const KWH: f64 = 1000.0;

/// An amount of electricity and of avoided emissions.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Amount {
    /// Generated electricity, kWh.
    pub generation_kwh: f64,
    /// Saved electricity, kWh.
    pub saving_kwh: f64,
    /// Avoided emissions, tCO2e.
    pub avoided_tco2e: f64,
    /// The low end of the avoided emissions, tCO2e.
    pub low: f64,
    /// The high end of the avoided emissions, tCO2e.
    pub high: f64,
    /// The part of the avoided emissions that is made with the grid factor of another year, tCO2e.
    pub provisional_tco2e: f64,
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.generation_kwh += other.generation_kwh;
        self.saving_kwh += other.saving_kwh;
        self.avoided_tco2e += other.avoided_tco2e;
        self.low += other.low;
        self.high += other.high;
        self.provisional_tco2e += other.provisional_tco2e;
    }
}
