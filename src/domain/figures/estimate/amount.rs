//! Estimated amounts of electricity and emissions: of a unit of a measure, and of installations.

/// Thousandths a unit: the sums of cells are in thousandths.
pub(super) const MILLI: f64 = 1000.0;
/// Kilowatt-hours a megawatt-hour.
pub(super) const KWH: f64 = 1000.0;

/// An amount of electricity and of avoided emissions.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Amount {
    pub generation_kwh: f64,
    pub saving_kwh: f64,
    pub avoided_tco2e: f64,
    /// The low end of the avoided emissions, tCO2e.
    pub low: f64,
    /// The high end of the avoided emissions, tCO2e.
    pub high: f64,
    /// The part of the avoided emissions that is made with the grid factor of another year, tCO2e.
    pub provisional_tco2e: f64,
    /// The part of the avoided emissions whose environmental attributes were sold, tCO2e.
    pub sold_tco2e: f64,
}

impl std::ops::AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.generation_kwh += other.generation_kwh;
        self.saving_kwh += other.saving_kwh;
        self.avoided_tco2e += other.avoided_tco2e;
        self.low += other.low;
        self.high += other.high;
        self.provisional_tco2e += other.provisional_tco2e;
        self.sold_tco2e += other.sold_tco2e;
    }
}

impl std::ops::SubAssign for Amount {
    fn sub_assign(&mut self, other: Self) {
        self.generation_kwh -= other.generation_kwh;
        self.saving_kwh -= other.saving_kwh;
        self.avoided_tco2e -= other.avoided_tco2e;
        self.low -= other.low;
        self.high -= other.high;
        self.provisional_tco2e -= other.provisional_tco2e;
        self.sold_tco2e -= other.sold_tco2e;
    }
}

/// Electricity in kWh and avoided emissions in tCO2e of one unit, not yet multiplied by the yield of a province.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct PerUnit {
    pub energy: f64,
    pub avoided: f64,
    /// The part of `avoided` that is made with the grid factor of another year.
    pub provisional: f64,
}

impl PerUnit {
    /// This plus `times` the other.
    #[inline]
    pub fn plus(self, times: f64, other: Self) -> Self {
        Self {
            energy: self.energy + times * other.energy,
            avoided: self.avoided + times * other.avoided,
            provisional: self.provisional + times * other.provisional,
        }
    }

    #[inline]
    pub fn times(self, times: f64) -> Self {
        Self { energy: self.energy * times, avoided: self.avoided * times, provisional: self.provisional * times }
    }

    #[inline]
    pub fn minus(self, other: Self) -> Self {
        self.plus(-1.0, other)
    }

    pub fn per(self, divisor: f64) -> Self {
        Self { energy: self.energy / divisor, avoided: self.avoided / divisor, provisional: self.provisional / divisor }
    }
}
