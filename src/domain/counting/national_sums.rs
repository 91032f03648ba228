//! The sums of the whole country, without the dimensions that few figures depend on: far fewer than
//! the cells, and kept in step posting by posting.

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
}
