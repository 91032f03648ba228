//! The electricity, the emissions and the solar capacity of the country.

use crate::domain::counting::{ByStage, NationalSums};

use super::estimator::{Estimate, EstimateSum, Estimator};

/// The output of the installations of the country.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct NationalOutput {
    /// Electricity and emissions of verified installations.
    pub verified: Estimate,
    /// Solar capacity in operation and within its life, in watts-peak (thousandths of a kWp).
    pub capacity_wp: ByStage,
}

impl NationalOutput {
    /// Estimates from the sums of the country.
    #[must_use]
    pub fn of(national: &NationalSums, estimator: &mut Estimator) -> Self {
        let (mut verified, mut installed) = (EstimateSum::default(), EstimateSum::default());
        national.as_cells().each(|key, row| {
            let sum = if key.is_verified() { &mut verified } else { &mut installed };
            sum.add(key, row.quantities(), estimator);
        });
        let (estimate, capacity) = verified.settled(estimator);
        let (_, waiting) = installed.settled(estimator);
        Self { verified: estimate, capacity_wp: ByStage { verified: capacity, installed: waiting, pledged: 0 } }
    }
}
