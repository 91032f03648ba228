//! An estimated amount of electricity and emissions, and the factors between its units.

/// Sums are in thousandths of a unit.
pub(in crate::domain) const MILLI: f64 = 1000.0;
/// Kilowatt-hours a megawatt-hour.
pub(in crate::domain) const KWH: f64 = 1000.0;

/// An amount of electricity and of avoided emissions.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Amount {
    /// Generated, kWh.
    pub generation_kwh: f64,
    /// Saved, kWh.
    pub saving_kwh: f64,
    /// Avoided, tCO2e.
    pub avoided_tco2e: f64,
    /// The low end of what is avoided.
    pub low: f64,
    /// The high end of what is avoided.
    pub high: f64,
    /// What of the avoided uses a grid factor that is another year's.
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
