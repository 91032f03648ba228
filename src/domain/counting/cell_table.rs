//! The sums of cells in memory: packed rows that nobody changes, under a small map of recent rows. A copy shares the packed
//! rows, so that a copy costs as much as the map does.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::cell_key::CellKey;
use super::cell_totals::Totals;
use super::packed_rows::{MergedRows, PackedRows};

/// The least number of recent rows that a table gathers before it packs them.
const FEW: usize = 8_192;

/// Cells with their totals.
#[derive(Clone, Default, Debug)]
pub struct CellTable {
    /// Cells that count sites and installations. Their keys come before all others.
    counts: Table<6>,
    /// Cells that add up one measure.
    measures: Table<5>,
}

/// Cells of one kind. Each has only the sums that its kind can have.
#[derive(Clone)]
struct Table<const N: usize> {
    packed: Arc<PackedRows<N>>,
    /// Recent rows, which replace the packed rows of their keys. A row of zeros removes the packed row.
    recent: BTreeMap<CellKey, [i64; N]>,
}

/// The sums of a cell as the table keeps them.
#[derive(Clone, Copy)]
pub enum CellRow<'a> {
    /// Of a cell that counts: sites, installations, cost, installations with a known cost, support, with a known support.
    Counts(&'a [i64; 6]),
    /// Of a cell of a measure: sites, quantity, quantity × days, quantity × end days, inverters in watts.
    Measure(&'a [i64; 5]),
}

/// The sums from which estimates are made, in thousandths of the measure's unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Quantities {
    pub quantity: i64,
    /// Quantity × days left in the month of installation, the first day included.
    pub days: i64,
    /// Quantity × day of the month of the end.
    pub end_days: i64,
}

impl Quantities {
    /// The sum of both. A sum that leaves 64 bits wraps around.
    #[must_use]
    #[inline]
    pub fn wrapping_add(self, other: Self) -> Self {
        Self {
            quantity: self.quantity.wrapping_add(other.quantity),
            days: self.days.wrapping_add(other.days),
            end_days: self.end_days.wrapping_add(other.end_days),
        }
    }
}

impl From<&Totals> for Quantities {
    fn from(totals: &Totals) -> Self {
        Self { quantity: totals.quantity, days: totals.quantity_days, end_days: totals.quantity_end_days }
    }
}

impl CellRow<'_> {
    /// Calls `take` with the totals as a row of the table.
    pub fn of(key: CellKey, totals: &Totals, take: impl FnOnce(CellRow<'_>)) {
        if key.has_no_measure() {
            take(CellRow::Counts(&count_sums(totals)));
        } else {
            take(CellRow::Measure(&measure_sums(totals)));
        }
    }

    /// The quantities of the cell; zero for a cell that counts.
    #[must_use]
    #[inline]
    pub fn quantities(self) -> Quantities {
        match self {
            Self::Counts(_) => Quantities::default(),
            Self::Measure(&[_, quantity, days, end_days, _]) => Quantities { quantity, days, end_days },
        }
    }

    /// The rated power of the inverters in watts; zero for a cell that counts.
    #[must_use]
    #[inline]
    pub fn inverter_w(self) -> i64 {
        match self {
            Self::Counts(_) => 0,
            Self::Measure(&[.., inverter_w]) => inverter_w,
        }
    }

    /// Adds the sums of the cell to the totals.
    #[inline]
    pub fn add_to(self, t: &mut Totals) {
        match self {
            Self::Counts(sums) => {
                let kept = [
                    &mut t.sites,
                    &mut t.installations,
                    &mut t.cost_vnd,
                    &mut t.cost_known,
                    &mut t.support_vnd,
                    &mut t.support_known,
                ];
                kept.into_iter().zip(sums).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
            }
            Self::Measure(sums) => {
                let kept =
                    [&mut t.sites, &mut t.quantity, &mut t.quantity_days, &mut t.quantity_end_days, &mut t.inverter_w];
                kept.into_iter().zip(sums).for_each(|(sum, more)| *sum = sum.wrapping_add(*more));
            }
        }
    }
}

fn count_sums(t: &Totals) -> [i64; 6] {
    [t.sites, t.installations, t.cost_vnd, t.cost_known, t.support_vnd, t.support_known]
}

fn count_totals(&[sites, installations, cost_vnd, cost_known, support_vnd, support_known]: &[i64; 6]) -> Totals {
    Totals { sites, installations, cost_vnd, cost_known, support_vnd, support_known, ..Totals::default() }
}

fn measure_sums(t: &Totals) -> [i64; 5] {
    [t.sites, t.quantity, t.quantity_days, t.quantity_end_days, t.inverter_w]
}

fn measure_totals(&[sites, quantity, quantity_days, quantity_end_days, inverter_w]: &[i64; 5]) -> Totals {
    Totals { sites, quantity, quantity_days, quantity_end_days, inverter_w, ..Totals::default() }
}

impl CellTable {
    /// Adds a cell after all others of its kind.
    pub fn push(&mut self, key: CellKey, totals: &Totals) {
        if key.has_no_measure() {
            self.counts.push(key, count_sums(totals));
        } else {
            self.measures.push(key, measure_sums(totals));
        }
    }

    /// Adds to a cell. Returns whether a sum left 64 bits; such a sum wraps around.
    pub fn add(&mut self, key: CellKey, delta: &Totals) -> bool {
        if key.has_no_measure() {
            self.counts.add(key, count_sums(delta))
        } else {
            self.measures.add(key, measure_sums(delta))
        }
    }

    /// The totals of a cell; zero for a cell that is not there.
    #[must_use]
    pub fn get(&self, key: CellKey) -> Totals {
        if key.has_no_measure() { count_totals(&self.counts.get(key)) } else { measure_totals(&self.measures.get(key)) }
    }

    /// Every cell that is not zero, in key order.
    pub fn iter(&self) -> impl Iterator<Item = (CellKey, Totals)> {
        let counts = self.counts.iter().map(|(key, sums)| (key, count_totals(&sums)));
        counts.chain(self.measures.iter().map(|(key, sums)| (key, measure_totals(&sums))))
    }

    /// Calls `take` with every cell in key order, without copying it; several times as fast as [`CellTable::iter`].
    pub fn each(&self, mut take: impl FnMut(CellKey, CellRow<'_>)) {
        self.counts.rows().each(|key, sums| take(key, CellRow::Counts(sums)));
        self.measures.rows().each(|key, sums| take(key, CellRow::Measure(sums)));
    }

    /// How many cells there are, for metrics alone. A recently changed cell counts twice: packed and in the map.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len() + self.measures.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// Tables are equal when they have the same cells with the same totals, however many of them are recent.
impl PartialEq for CellTable {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Self { packed: Arc::default(), recent: BTreeMap::new() }
    }
}

impl<const N: usize> std::fmt::Debug for Table<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, sums)| (key.to_stored(), sums))).finish()
    }
}

impl<const N: usize> Table<N> {
    fn push(&mut self, key: CellKey, sums: [i64; N]) {
        debug_assert!(self.recent.is_empty(), "cells are pushed before any is added to");
        Arc::make_mut(&mut self.packed).push((key, sums));
    }

    fn add(&mut self, key: CellKey, delta: [i64; N]) -> bool {
        let sums = match self.recent.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(self.packed.get(key).unwrap_or([0; N])),
        };
        let mut overflowed = false;
        for (sum, delta) in sums.iter_mut().zip(delta) {
            let (added, wraps) = sum.overflowing_add(delta);
            *sum = added;
            overflowed |= wraps;
        }
        if self.recent.len() > FEW.max(self.packed.len() / 32) {
            let packed = Arc::unwrap_or_clone(std::mem::take(&mut self.packed));
            self.packed = Arc::new(packed.merged_with(std::mem::take(&mut self.recent).into_iter()));
        }
        overflowed
    }

    fn get(&self, key: CellKey) -> [i64; N] {
        self.recent.get(&key).copied().or_else(|| self.packed.get(key)).unwrap_or([0; N])
    }

    fn iter(&self) -> impl Iterator<Item = (CellKey, [i64; N])> {
        self.rows()
    }

    fn rows(&self) -> MergedRows<'_, N, impl Iterator<Item = (CellKey, [i64; N])>> {
        self.packed.merged_iter(self.recent.iter().map(|(key, sums)| (*key, *sums)))
    }

    fn len(&self) -> usize {
        self.packed.len() + self.recent.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: i64) -> CellKey {
        // A key without a measure and one with, in turn, by month of installation.
        let stored = (1 << 36) | (1 << 40) | (63 << 6) | ((number / 2) << 24) | ((number % 2) << 49);
        CellKey::from_stored(stored).unwrap()
    }

    #[test]
    fn the_same_sums_are_equal_however_they_came_about() {
        let one = Totals { sites: 1, ..Totals::default() };
        let (mut pushed, mut added) = (CellTable::default(), CellTable::default());
        let numbers = || (0..4_000).map(|number| number * 2).chain((0..4_000).map(|number| number * 2 + 1));
        numbers().for_each(|number| pushed.push(key(number), &one));
        for round in 0..3 {
            for number in (0..8_000).rev() {
                added.add(key(number), &if round == 1 { one.negated() } else { one });
            }
        }
        assert_eq!(pushed, added);
        assert_eq!(added.get(key(77)), one);
        added.add(key(77), &one.negated());
        assert_ne!(pushed, added);
        assert_eq!(added.iter().count(), 7_999, "what came to nothing is gone");
    }

    #[test]
    fn add_beyond_64_bits_and_back_leaves_every_sum_as_it_was() {
        let small = Totals { quantity: 5_400, ..Totals::default() };
        let huge = Totals { quantity: i64::MAX, ..Totals::default() };
        let mut sums = CellTable::default();
        assert!(!sums.add(key(1), &small));
        assert!(sums.add(key(1), &huge), "it says so");
        sums.add(key(1), &huge);
        assert_ne!(sums.get(key(1)), small);
        sums.add(key(1), &huge.negated());
        sums.add(key(1), &huge.negated());
        assert_eq!(sums.get(key(1)), small);
    }
}
