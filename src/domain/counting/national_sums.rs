//! The sums of the whole country, without the dimensions that few figures depend on: far fewer than
//! the cells, and kept in step posting by posting.

use chrono::NaiveDate;

use crate::domain::figures::{Amount, Estimate, EstimateSum, Estimator, Methodology, Timeline};
use crate::domain::reference::target;
use crate::domain::values::Month;

use super::cell_key::{CellDims, CellKey};
use super::cell_table::CellTable;
use super::cell_totals::Totals;
use super::headline_counts::ByStage;

/// Sums by province, measure, stage, month of installation and month of the end, of what is pledged or
/// within the programme. As cells they are of homes, verified by documents, with everything else unknown.
/// A copy costs little.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NationalSums(CellTable);

/// What was built comes to.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct VerifiedOutput {
    /// Electricity and emissions of what is verified.
    pub verified: Estimate,
    /// Solar capacity in operation and within its life, in watts-peak (thousandths of a kWp).
    pub capacity_wp: ByStage,
}

/// What stood at the end of a month.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct MonthEnd {
    /// Sites in operation.
    pub sites: ByStage,
    /// Solar capacity in operation and within its life, in watts-peak.
    pub capacity_wp: ByStage,
    /// What verified works had come to by then.
    pub to_date: Amount,
}

impl std::ops::AddAssign for MonthEnd {
    fn add_assign(&mut self, other: Self) {
        self.sites.add_all(other.sites);
        self.capacity_wp.add_all(other.capacity_wp);
        self.to_date += other.to_date;
    }
}

impl NationalSums {
    /// Adds cells, or what was posted to them.
    pub fn add_cells(&mut self, cells: impl Iterator<Item = (CellKey, Totals)>) {
        let begin = Month::of(target().counted_from);
        // Cells come in an order in which many of one combination follow each other.
        let mut run: Option<(CellKey, Totals)> = None;
        for (key, totals) in cells {
            if key.installed().is_some_and(|month| month < begin) {
                continue;
            }
            let combined = key.national();
            match &mut run {
                Some((key, sum)) if *key == combined => *sum = sum.wrapping_add(totals),
                _ => {
                    if let Some((key, sum)) = run.replace((combined, totals)) {
                        self.0.add(key, &sum);
                    }
                }
            }
        }
        if let Some((key, sum)) = run {
            self.0.add(key, &sum);
        }
    }

    /// Each combination with its sums, as cells.
    #[must_use]
    pub fn sums(&self) -> &CellTable {
        &self.0
    }

    /// The same one by one, in the order of keys: so that sums of fractions are the
    /// same however these came about.
    pub fn cells(&self) -> impl Iterator<Item = (CellKey, Totals)> {
        self.0.iter()
    }

    /// The same, unpacked.
    pub fn iter(&self) -> impl Iterator<Item = (CellDims, Totals)> {
        self.cells().filter_map(|(key, totals)| Some((key.dims()?, totals)))
    }

    /// Sites in operation, by stage.
    #[must_use]
    pub fn sites(&self) -> ByStage {
        let mut sites = ByStage::default();
        for (dims, totals) in self.iter().take_while(|(dims, _)| dims.measure.is_none()) {
            if dims.ended.is_none() {
                sites.add(dims.stage, totals.sites);
            }
        }
        sites
    }

    /// What stood at the end of each month from the first installation up to that of a day, and on the day, by
    /// days of installation and of the end as they are known now.
    #[must_use]
    pub fn timeline(&self, methodology: &'static Methodology, day: NaiveDate) -> Vec<(Month, MonthEnd)> {
        let mut timeline = Timeline::new(methodology, day);
        self.cells().for_each(|(key, totals)| timeline.add(key, &totals));
        timeline.finish()
    }

    /// What is verified comes to, and which solar capacity works at which stage.
    #[must_use]
    pub fn works(&self, estimator: &mut Estimator) -> VerifiedOutput {
        let (mut verified, mut installed) = (EstimateSum::default(), EstimateSum::default());
        self.0.each(|key, row| {
            let tally = if key.is_verified() { &mut verified } else { &mut installed };
            tally.add(key, row.quantities(), estimator);
        });
        let (estimate, capacity) = verified.settled(estimator);
        let (_, waiting) = installed.settled(estimator);
        VerifiedOutput {
            verified: estimate,
            capacity_wp: ByStage { verified: capacity, installed: waiting, pledged: 0 },
        }
    }
}
