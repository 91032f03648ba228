//! The cells in memory: sorted columns with a small map of what came lately.

use std::collections::BTreeMap;

use crate::db::cells::CellTotals;
use crate::domain::cell::CellKey;
use crate::domain::totals::Totals;

/// Changes gathered before they are folded into the columns.
const FEW: usize = 20_000;

/// Every cell at one version of the register.
#[derive(Default)]
pub struct Cells {
    /// Rows that count sites and installations: no measure.
    counts: Columns<6>,
    /// Rows that add up one measure.
    measures: Columns<5>,
    /// Changes on top of the columns.
    recent: BTreeMap<CellKey, Totals>,
}

/// Sorted keys and, beside each, the sums that this kind of row can have.
struct Columns<const N: usize> {
    keys: Vec<CellKey>,
    sums: Vec<[i64; N]>,
}

impl<const N: usize> Default for Columns<N> {
    fn default() -> Self {
        Self { keys: Vec::new(), sums: Vec::new() }
    }
}

fn count_sums(t: &Totals) -> [i64; 6] {
    [t.sites, t.installations, t.cost_vnd, t.cost_known, t.support_vnd, t.support_known]
}

fn count_totals([sites, installations, cost_vnd, cost_known, support_vnd, support_known]: [i64; 6]) -> Totals {
    Totals { sites, installations, cost_vnd, cost_known, support_vnd, support_known, ..Totals::default() }
}

fn measure_sums(t: &Totals) -> [i64; 5] {
    [t.sites, t.quantity, t.quantity_days, t.quantity_end_days, t.inverter_w]
}

fn measure_totals([sites, quantity, quantity_days, quantity_end_days, inverter_w]: [i64; 5]) -> Totals {
    Totals { sites, quantity, quantity_days, quantity_end_days, inverter_w, ..Totals::default() }
}

/// Rows without a measure have the smallest keys, because the measure is packed first.
fn is_count(key: CellKey) -> bool {
    key.has_no_measure()
}

impl<const N: usize> Columns<N> {
    fn get(&self, key: CellKey) -> Option<[i64; N]> {
        let place = self.keys.binary_search(&key).ok()?;
        self.sums.get(place).copied()
    }

    fn reserve(&mut self, cells: usize) {
        self.keys.reserve_exact(cells);
        self.sums.reserve_exact(cells);
    }

    fn push(&mut self, key: CellKey, sums: [i64; N]) {
        self.keys.push(key);
        self.sums.push(sums);
    }

    fn iter(&self) -> impl Iterator<Item = (CellKey, [i64; N])> {
        self.keys.iter().copied().zip(self.sums.iter().copied())
    }
}

impl Cells {
    /// Makes room for so many cells, no more: growing by doubling would hold both halves for a while.
    pub fn reserve(&mut self, counts: usize, measures: usize) {
        self.counts.reserve(counts);
        self.measures.reserve(measures);
    }

    /// Adds a cell of the checkpoint; they come in the order of their keys.
    pub fn push(&mut self, key: CellKey, totals: Totals) {
        if is_count(key) {
            self.counts.push(key, count_sums(&totals));
        } else {
            self.measures.push(key, measure_sums(&totals));
        }
    }

    /// Adds what was posted.
    pub fn apply(&mut self, postings: &[CellTotals]) {
        for (key, delta) in postings {
            let before = self.get(*key);
            if before.overflows_with(*delta) {
                tracing::error!(cell = key.to_stored(), "a sum leaves 64 bits until an installation there is rejected");
            }
            self.recent.insert(*key, before.wrapping_add(*delta));
        }
        if self.recent.len() > FEW.max(self.counts.keys.len() / 8) {
            self.fold();
        }
    }

    /// The totals of a cell; zero for one that is not there.
    #[must_use]
    pub fn get(&self, key: CellKey) -> Totals {
        if let Some(totals) = self.recent.get(&key) {
            return *totals;
        }
        let kept = if is_count(key) {
            self.counts.get(key).map(count_totals)
        } else {
            self.measures.get(key).map(measure_totals)
        };
        kept.unwrap_or_default()
    }

    /// Every cell, each once; not in order.
    pub fn iter(&self) -> impl Iterator<Item = CellTotals> {
        let counts = self.counts.iter().map(|(key, sums)| (key, count_totals(sums)));
        let measures = self.measures.iter().map(|(key, sums)| (key, measure_totals(sums)));
        let untouched = counts.chain(measures).filter(|(key, _)| !self.recent.contains_key(key));
        untouched.chain(self.recent.iter().map(|(key, totals)| (*key, *totals)))
    }

    /// Every cell, each once, in the order of keys: so that sums of fractions are the same everywhere.
    pub fn in_order(&self) -> impl Iterator<Item = CellTotals> {
        let counts = self.counts.iter().map(|(key, sums)| (key, count_totals(sums)));
        let measures = self.measures.iter().map(|(key, sums)| (key, measure_totals(sums)));
        let mut kept = counts.chain(measures).peekable();
        let mut recent = self.recent.iter().map(|(key, totals)| (*key, *totals)).peekable();
        std::iter::from_fn(move || match (kept.peek(), recent.peek()) {
            (Some((old, _)), Some((new, _))) if old < new => kept.next(),
            (Some((old, _)), Some((new, _))) if old == new => {
                kept.next();
                recent.next()
            }
            (Some(_), None) => kept.next(),
            _ => recent.next(),
        })
    }

    /// How many cells there are, for metrics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.counts.keys.len() + self.measures.keys.len() + self.recent.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fold(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        let (counts, measures): (Vec<_>, Vec<_>) = recent.into_iter().partition(|(key, _)| is_count(*key));
        self.counts = merged(&self.counts, &counts, count_sums);
        self.measures = merged(&self.measures, &measures, measure_sums);
    }
}

/// Both in order of keys; of a key in both, the newer one. Cells that came to nothing go.
fn merged<const N: usize>(old: &Columns<N>, new: &[CellTotals], sums: fn(&Totals) -> [i64; N]) -> Columns<N> {
    let size = old.keys.len() + new.len();
    let mut all = Columns { keys: Vec::with_capacity(size), sums: Vec::with_capacity(size) };
    let mut newer = new.iter().peekable();
    for (key, kept) in old.iter() {
        while let Some((earlier, totals)) = newer.next_if(|(candidate, _)| *candidate < key) {
            push_unless_zero(&mut all, *earlier, sums(totals));
        }
        match newer.next_if(|(candidate, _)| *candidate == key) {
            Some((_, totals)) => push_unless_zero(&mut all, key, sums(totals)),
            None => all.push(key, kept),
        }
    }
    for (key, totals) in newer {
        push_unless_zero(&mut all, *key, sums(totals));
    }
    all
}

fn push_unless_zero<const N: usize>(columns: &mut Columns<N>, key: CellKey, sums: [i64; N]) {
    if sums != [0; N] {
        columns.push(key, sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apply_beyond_64_bits_and_back_leaves_every_sum_as_it_was() {
        let key = CellKey::from_stored(564_192_306_266_128).unwrap();
        let small = Totals { quantity: 5_400, ..Totals::default() };
        let huge = Totals { quantity: i64::MAX, ..Totals::default() };
        let mut cells = Cells::default();
        cells.apply(&[(key, small), (key, huge), (key, huge)]);
        assert_ne!(cells.get(key), small);
        cells.apply(&[(key, huge.negated()), (key, huge.negated())]);
        assert_eq!(cells.get(key), small);
    }
}
