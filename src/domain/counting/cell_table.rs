//! Sums of cells in memory: packed columns that nobody changes, with a small map of what came
//! lately on top. A copy shares the columns, so that it costs what the map does.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::cell_key::CellKey;
use super::cell_totals::Totals;
use super::packed_rows::{PackedRows, Rows};

/// Changed rows that are gathered, at least, before they are packed.
const FEW: usize = 8_192;

/// Cells with their totals.
#[derive(Clone, Default, Debug)]
pub struct CellTable {
    /// Rows that count sites and installations; their keys come first.
    counts: Table<6>,
    /// Rows that add up one measure.
    measures: Table<5>,
}

/// Rows of one kind, each with the sums that it can have.
#[derive(Clone)]
struct Table<const N: usize> {
    packed: Arc<PackedRows<N>>,
    /// Changed rows, in place of the packed ones; zero for those that came to nothing.
    recent: BTreeMap<CellKey, [i64; N]>,
}

/// The sums of a cell as they are kept: those that its kind can have.
#[derive(Clone, Copy)]
pub enum CellRow<'a> {
    /// Of one that counts: sites, installations, cost, how many know it, support, how many know it.
    Counts(&'a [i64; 6]),
    /// Of one that adds up a measure: sites, quantity, quantity × days, quantity × end days, inverters.
    Measure(&'a [i64; 5]),
}

impl CellRow<'_> {
    /// Hands on the totals of a cell as they would be kept.
    pub fn of(key: CellKey, totals: &Totals, take: impl FnOnce(CellRow<'_>)) {
        if key.has_no_measure() {
            take(CellRow::Counts(&count_sums(totals)));
        } else {
            take(CellRow::Measure(&measure_sums(totals)));
        }
    }

    /// Quantity, quantity × days and quantity × end days.
    #[must_use]
    #[inline]
    pub fn quantities(self) -> [i64; 3] {
        match self {
            Self::Counts(_) => [0; 3],
            Self::Measure(&[_, quantity, days, end_days, _]) => [quantity, days, end_days],
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
    /// Adds a cell after all others.
    pub fn push(&mut self, key: CellKey, totals: &Totals) {
        if key.has_no_measure() {
            self.counts.push(key, count_sums(totals));
        } else {
            self.measures.push(key, measure_sums(totals));
        }
    }

    /// Adds to a cell; gives whether a sum leaves 64 bits, around which it wraps.
    pub fn add(&mut self, key: CellKey, delta: &Totals) -> bool {
        if key.has_no_measure() {
            self.counts.add(key, count_sums(delta))
        } else {
            self.measures.add(key, measure_sums(delta))
        }
    }

    /// The totals of a cell; zero for one that is not there.
    #[must_use]
    pub fn get(&self, key: CellKey) -> Totals {
        if key.has_no_measure() { count_totals(&self.counts.get(key)) } else { measure_totals(&self.measures.get(key)) }
    }

    /// Every cell that is not zero, in the order of keys.
    pub fn iter(&self) -> impl Iterator<Item = (CellKey, Totals)> {
        let counts = self.counts.iter().map(|(key, sums)| (key, count_totals(&sums)));
        counts.chain(self.measures.iter().map(|(key, sums)| (key, measure_totals(&sums))))
    }

    /// The same without copying: several times as fast.
    pub fn each(&self, mut take: impl FnMut(CellKey, CellRow<'_>)) {
        self.counts.rows().each(|key, sums| take(key, CellRow::Counts(sums)));
        self.measures.rows().each(|key, sums| take(key, CellRow::Measure(sums)));
    }

    /// How many cells there are, those twice that changed lately.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.len() + self.measures.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// The same cells with the same totals, whatever of them came lately.
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
        Arc::make_mut(&mut self.packed).push((key, sums));
    }

    fn add(&mut self, key: CellKey, delta: [i64; N]) -> bool {
        let sums = match self.recent.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(self.packed.get(key).unwrap_or([0; N])),
        };
        let mut leaves = false;
        for (sum, delta) in sums.iter_mut().zip(delta) {
            let (added, wraps) = sum.overflowing_add(delta);
            *sum = added;
            leaves |= wraps;
        }
        if self.recent.len() > FEW.max(self.packed.len() / 32) {
            let packed = Arc::unwrap_or_clone(std::mem::take(&mut self.packed));
            self.packed = Arc::new(packed.with(std::mem::take(&mut self.recent).into_iter()));
        }
        leaves
    }

    fn get(&self, key: CellKey) -> [i64; N] {
        self.recent.get(&key).copied().or_else(|| self.packed.get(key)).unwrap_or([0; N])
    }

    fn iter(&self) -> impl Iterator<Item = (CellKey, [i64; N])> {
        self.rows()
    }

    fn rows(&self) -> Rows<'_, N, impl Iterator<Item = (CellKey, [i64; N])>> {
        self.packed.rows_with(self.recent.iter().map(|(key, sums)| (*key, *sums)))
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
