//! The sums of the whole country: cells added up over the dimensions on which no national figure depends. They are far fewer
//! than the cells, and every posting keeps them in step.

use std::collections::BTreeMap;

use crate::domain::reference::target;
use crate::domain::values::Month;

use super::cell_key::CellKey;
use super::cell_table::CellTable;
use super::cell_totals::Totals;
use super::headline_counts::ByStage;
use super::national_key::{NationalDims, NationalKey};

/// Sums by measure, province, stage, whether meters verified a declared saving, month of installation, month of the end and what was
/// sold, of all cells that are pledged or within the
/// programme. A copy costs little.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct NationalSums(CellTable);

impl NationalSums {
    /// The sums of cells that come in key order.
    ///
    /// Cells of one measure and one province follow each other, and so do their sums: as soon as the next begin, they are complete.
    pub fn of_cells(cells: impl Iterator<Item = (CellKey, Totals)>) -> Self {
        let mut sums = CellTable::default();
        let mut gathered: BTreeMap<CellKey, Totals> = BTreeMap::new();
        let mut last: Option<CellKey> = None;
        each_run(cells, |key, totals| {
            if last.replace(key).is_some_and(|last| !last.has_same_measure_and_province(key)) {
                push_all(&mut sums, std::mem::take(&mut gathered));
            }
            let sum = gathered.entry(key).or_default();
            *sum = sum.wrapping_add(totals);
        });
        push_all(&mut sums, gathered);
        Self(sums)
    }

    /// Adds cells, or postings to cells, in any order.
    pub fn add_cells(&mut self, cells: impl Iterator<Item = (CellKey, Totals)>) {
        each_run(cells, |key, totals| {
            self.0.add(key, &totals);
        });
    }

    /// Adds all sums of another.
    pub fn add_all(&mut self, other: &Self) {
        for (key, totals) in other.iter() {
            self.0.add(key.as_cell(), &totals);
        }
    }

    /// Takes all sums of another away.
    pub fn subtract_all(&mut self, other: &Self) {
        for (key, totals) in other.iter() {
            self.0.add(key.as_cell(), &totals.negated());
        }
    }

    /// The sums as a table of cells, for code that reads no dimension but those of [`NationalKey`].
    #[must_use]
    pub fn as_cells(&self) -> &CellTable {
        &self.0
    }

    /// Each sum in key order, so that sums of fractions are the same however these sums came about.
    pub fn iter(&self) -> impl Iterator<Item = (NationalKey, Totals)> {
        self.0.iter().map(|(key, totals)| (NationalKey::packed(key), totals))
    }

    /// Each sum in key order, with its dimensions.
    pub fn unpacked(&self) -> impl Iterator<Item = (NationalDims, Totals)> {
        self.iter().filter_map(|(key, totals)| Some((key.dims()?, totals)))
    }

    /// Each sum of sites in key order: its dimensions and how many sites. Sums by measure are left out.
    pub fn sums_of_sites(&self) -> impl Iterator<Item = (NationalDims, i64)> {
        let without_measure = self.unpacked().take_while(|(dims, _)| dims.measure.is_none());
        without_measure.map(|(dims, totals)| (dims, totals.sites))
    }

    /// The stored form: a line for each sum, such as `2251799813685265 [1,0,5400]`: the packed key and the totals.
    #[must_use]
    pub fn encode(&self) -> String {
        let line =
            |(key, totals): (NationalKey, Totals)| format!("{} {}\n", key.as_cell().to_stored(), totals.encode());
        self.iter().map(line).collect()
    }

    /// Reads the stored form; `None` for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut sums = Self::default();
        let cells = text.lines().map(Self::decode_line).collect::<Option<Vec<_>>>()?;
        sums.add_cells(cells.into_iter());
        Some(sums)
    }

    /// Reads one line of the stored form; `None` for any other text.
    #[must_use]
    pub fn decode_line(line: &str) -> Option<(CellKey, Totals)> {
        let (cell, totals) = line.split_once(' ')?;
        Some((CellKey::from_stored(cell.parse().ok()?)?, Totals::decode(totals)?))
    }

    /// Sites in operation and pledged sites, by stage.
    #[must_use]
    pub fn sites(&self) -> ByStage {
        let mut sites = ByStage::default();
        for (dims, count) in self.sums_of_sites().filter(|(dims, _)| dims.ended.is_none()) {
            sites.add(dims.stage, count);
        }
        sites
    }
}

/// Calls `add` with the key of a national sum and what cells that follow each other add to it.
fn each_run(cells: impl Iterator<Item = (CellKey, Totals)>, mut add: impl FnMut(CellKey, Totals)) {
    let begin = Month::of(target().counted_from);
    let mut run: Option<(NationalKey, Totals)> = None;
    for (cell, totals) in cells.filter(|(cell, _)| cell.installed().is_none_or(|month| month >= begin)) {
        let key = NationalKey::of(cell);
        match &mut run {
            Some((current, sum)) if *current == key => *sum = sum.wrapping_add(totals),
            _ => {
                if let Some((finished, sum)) = run.replace((key, totals)) {
                    add(finished.as_cell(), sum);
                }
            }
        }
    }
    if let Some((finished, sum)) = run {
        add(finished.as_cell(), sum);
    }
}

fn push_all(sums: &mut CellTable, gathered: BTreeMap<CellKey, Totals>) {
    for (key, totals) in gathered.into_iter().filter(|(_, totals)| !totals.is_zero()) {
        sums.push(key, &totals);
    }
}
