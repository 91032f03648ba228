//! The sums that every public number is made of, kept in step posting by posting.

use std::sync::Arc;

use crate::domain::counting::{CellKey, NationalSums, Progress, Totals};

/// Counts for the headline, and the sums of the country.
#[derive(Clone, Default)]
pub struct PublicCounts {
    pub progress: Progress,
    /// Shared with the snapshots, and copied when it changes.
    pub national: Arc<NationalSums>,
}

impl PublicCounts {
    /// The counts of cells that come in key order.
    pub fn of(cells: impl Iterator<Item = (CellKey, Totals)>) -> Self {
        let mut progress = Progress::default();
        let national = NationalSums::of_cells(cells.inspect(|cell| progress.add_cells(std::iter::once(*cell))));
        Self { national: Arc::new(national), progress }
    }

    /// Adds cells or postings.
    pub fn add(&mut self, cells: impl Iterator<Item = (CellKey, Totals)>) {
        let progress = &mut self.progress;
        Arc::make_mut(&mut self.national).add_cells(cells.inspect(|cell| progress.add_cells(std::iter::once(*cell))));
    }
}
