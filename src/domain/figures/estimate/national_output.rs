//! The electricity, the emissions and the solar capacity of the country.

use crate::domain::counting::{ByStage, NationalSums};

use crate::domain::reference::MeasureId;

use super::estimator::{EstimateSum, Estimator};
use super::whole_amount::WholeEstimate;

/// The output of the installations of the country.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NationalOutput {
    /// Electricity and emissions of verified installations.
    pub verified: WholeEstimate,
    /// Solar capacity in operation and within its life, in watts-peak (thousandths of a kWp).
    pub capacity_wp: ByStage,
    /// The newest measure that somebody installed: the methodology may be older.
    pub newest_measure: Option<MeasureId>,
}

impl NationalOutput {
    /// Estimates from the sums of the country.
    #[must_use]
    pub fn of(national: &NationalSums, estimator: &mut Estimator) -> Self {
        let (mut verified, mut reported) = (EstimateSum::default(), EstimateSum::default());
        let mut newest_measure = None;
        national.as_cells().each(|key, row| {
            // Keys come in the order of measures.
            newest_measure = key.measure();
            let sum = if key.is_verified() { &mut verified } else { &mut reported };
            sum.add(key, row.quantities(), estimator);
        });
        let (estimate, capacity) = verified.settled(estimator);
        let (_, waiting) = reported.settled(estimator);
        Self {
            verified: (*estimate).into(),
            capacity_wp: ByStage { verified: capacity, reported: waiting, pledged: 0 },
            newest_measure,
        }
    }
}
