//! Every cell in memory, kept in step with the register.

use crate::db::ledger::CellTotals;
use crate::domain::counting::{CellKey, CellTable, Totals};

/// Every cell at one version of the register. A copy shares what did not change lately.
#[derive(Clone, Default)]
pub struct Cells(CellTable);

impl Cells {
    /// Adds a cell of the checkpoint; they come in the order of their keys.
    pub fn push(&mut self, key: CellKey, totals: &Totals) {
        self.0.push(key, totals);
    }

    /// Adds what was posted.
    pub fn apply(&mut self, postings: &[CellTotals]) {
        for (key, delta) in postings {
            if self.0.add(*key, delta) {
                tracing::error!(cell = key.to_stored(), "a sum leaves 64 bits until an installation there is rejected");
            }
        }
    }

    /// The totals of a cell; zero for one that is not there.
    #[must_use]
    pub fn get(&self, key: CellKey) -> Totals {
        self.0.get(key)
    }

    /// All of them, to be added up.
    #[must_use]
    pub fn sums(&self) -> &CellTable {
        &self.0
    }

    /// Every cell, each once, in the order of keys: so that sums of fractions are the same everywhere.
    pub fn in_order(&self) -> impl Iterator<Item = CellTotals> {
        self.0.iter()
    }

    /// The same.
    pub fn iter(&self) -> impl Iterator<Item = CellTotals> {
        self.0.iter()
    }

    /// How many cells there are, for metrics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
