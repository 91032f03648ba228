//! Rows of a key and its sums, in key order, packed in blocks of 256. `packed_block` draws the bytes of a block.
//!
//! A merge lays newer rows over packed ones. With blocks A (keys 1–9), B (10–19), a tail of unpacked rows (20, 21) and
//! newer rows for the keys 12 and 30:
//!
//! ```text
//! A  no newer row below 10   shared with the copy before, not even read
//! B  12 is newer             unpacked, 12 replaced, packed again (or dropped, if all its sums are zero)
//! tail                       20, 21 and the new 30; packed once there are 256
//! ```

use std::iter::Peekable;

use super::cell_key::CellKey;
use super::packed_block::{MOST, PackedBlock, PackedRow};

/// Rows in key order. No row has sums that are all zero.
#[derive(Clone)]
pub(super) struct PackedRows<const N: usize> {
    blocks: Vec<PackedBlock<N>>,
    /// The last rows, unpacked while they are less than a block.
    tail: Vec<PackedRow<N>>,
    len: usize,
}

impl<const N: usize> Default for PackedRows<N> {
    fn default() -> Self {
        Self { blocks: Vec::new(), tail: Vec::new(), len: 0 }
    }
}

impl<const N: usize> PackedRows<N> {
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a row after all others.
    pub fn push(&mut self, row: PackedRow<N>) {
        debug_assert!(self.tail.last().is_none_or(|(last, _)| *last < row.0), "rows come in key order");
        self.len += 1;
        self.tail.push(row);
        if self.tail.len() == MOST {
            self.blocks.push(PackedBlock::pack(&self.tail));
            self.tail.clear();
        }
    }

    pub fn get(&self, key: CellKey) -> Option<[i64; N]> {
        if self.tail.first().is_some_and(|(first, _)| *first <= key) {
            let place = self.tail.binary_search_by_key(&key, |(key, _)| *key).ok()?;
            return self.tail.get(place).map(|(_, sums)| *sums);
        }
        let after = self.blocks.partition_point(|block| block.first() <= key);
        self.blocks.get(after.checked_sub(1)?)?.get(key)
    }

    /// Merges `newer` rows, which come in key order, over these. A newer row replaces the row of its key; a row whose sums are
    /// all zero is dropped. Untouched blocks are shared. Touched blocks are repacked one at a time, so that memory grows by
    /// one block.
    pub fn merged_with(self, newer: impl Iterator<Item = PackedRow<N>>) -> Self {
        let mut all = Self { blocks: Vec::with_capacity(self.blocks.len()), ..Self::default() };
        let (mut newer, mut old, mut page) = (newer.peekable(), Vec::new(), Vec::new());
        let mut blocks = self.blocks.into_iter().peekable();
        while let Some(block) = blocks.next() {
            let end = blocks.peek().map(PackedBlock::first).or(self.tail.first().map(|(key, _)| *key));
            if newer.peek().is_none_or(|(key, _)| is_past(*key, end)) {
                all.len += block.len();
                all.blocks.push(block);
                continue;
            }
            block.unpack(&mut old);
            drop(block);
            overlay(&old, &mut newer, end, &mut page);
            let pieces = page.len().div_ceil(MOST);
            all.blocks.extend(page.chunks(page.len().div_ceil(pieces.max(1)).max(1)).map(PackedBlock::pack));
            all.len += page.len();
        }
        overlay(&self.tail, &mut newer, None, &mut page);
        page.drain(..).for_each(|row| all.push(row));
        all
    }

    /// All rows with `newer` rows over them, as [`PackedRows::merged_with`] would hold them. Packs nothing.
    pub fn merged_iter<I: Iterator<Item = PackedRow<N>>>(&self, newer: I) -> MergedRows<'_, N, I> {
        MergedRows {
            blocks: self.blocks.iter().peekable(),
            tail: Some(&self.tail),
            newer: newer.peekable(),
            old: Vec::with_capacity(MOST),
            page: Vec::with_capacity(MOST),
            at: 0,
        }
    }
}

/// Whether a key belongs to a later block than the one that ends before `end`.
fn is_past(key: CellKey, end: Option<CellKey>) -> bool {
    end.is_some_and(|end| end <= key)
}

/// Fills `page` with one block's rows: the `old` rows and the `newer` rows before `end`, in key order. A newer row
/// replaces the old row of its key; zeros are dropped.
fn overlay<const N: usize>(
    old: &[PackedRow<N>],
    newer: &mut Peekable<impl Iterator<Item = PackedRow<N>>>,
    end: Option<CellKey>,
    page: &mut Vec<PackedRow<N>>,
) {
    page.clear();
    let is_something = |(_, sums): &PackedRow<N>| *sums != [0; N];
    let mut old = old.iter().peekable();
    while let Some(row) = newer.next_if(|(key, _)| !is_past(*key, end)) {
        while let Some(earlier) = old.next_if(|(key, _)| *key < row.0) {
            page.push(*earlier);
        }
        old.next_if(|(key, _)| *key == row.0);
        page.extend(Some(row).filter(is_something));
    }
    page.extend(old);
}

/// Goes through rows in key order, one unpacked block at a time.
pub(super) struct MergedRows<'a, const N: usize, I: Iterator<Item = PackedRow<N>>> {
    blocks: Peekable<std::slice::Iter<'a, PackedBlock<N>>>,
    tail: Option<&'a [PackedRow<N>]>,
    newer: Peekable<I>,
    /// The rows of the current block before the merge; kept to use its memory again.
    old: Vec<PackedRow<N>>,
    /// The rows of the current block after the merge; `at` is the place of the next row that the reader gets.
    page: Vec<PackedRow<N>>,
    at: usize,
}

impl<const N: usize, I: Iterator<Item = PackedRow<N>>> MergedRows<'_, N, I> {
    /// Calls `take` with every row that is left, without copying it.
    pub fn each(mut self, mut take: impl FnMut(CellKey, &[i64; N])) {
        loop {
            self.page.iter().skip(self.at).for_each(|(key, sums)| take(*key, sums));
            if !self.turn() {
                return;
            }
        }
    }

    /// Unpacks the next block and merges the newer rows that belong to it; false when no block is left.
    fn turn(&mut self) -> bool {
        self.at = 0;
        let Some(block) = self.blocks.next() else {
            let tail = self.tail.take();
            overlay(tail.unwrap_or_default(), &mut self.newer, None, &mut self.page);
            return tail.is_some();
        };
        let tail = self.tail.and_then(<[PackedRow<N>]>::first).map(|(key, _)| *key);
        let end = self.blocks.peek().map(|next| next.first()).or(tail);
        if self.newer.peek().is_none_or(|(key, _)| is_past(*key, end)) {
            block.unpack(&mut self.page);
        } else {
            block.unpack(&mut self.old);
            overlay(&self.old, &mut self.newer, end, &mut self.page);
        }
        true
    }
}

impl<const N: usize, I: Iterator<Item = PackedRow<N>>> Iterator for MergedRows<'_, N, I> {
    type Item = PackedRow<N>;

    fn next(&mut self) -> Option<PackedRow<N>> {
        loop {
            if let Some(row) = self.page.get(self.at) {
                self.at += 1;
                return Some(*row);
            }
            if !self.turn() {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn rows(most: usize) -> impl Strategy<Value = BTreeMap<u64, [i64; 3]>> {
        let sum = || prop_oneof![4 => Just(0), 4 => -3i64..1000, 1 => any::<i64>()];
        let key = prop_oneof![3 => 0u64..2000, 1 => 0u64..1 << 57];
        prop::collection::btree_map(key, [sum(), sum(), sum()], 0..most)
    }

    fn listed(map: &BTreeMap<u64, [i64; 3]>) -> impl Iterator<Item = PackedRow<3>> {
        map.iter().map(|(key, sums)| (CellKey::LEAST.at_offset(*key), *sums))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn rows_come_back_as_they_were_with_newer_ones_on_top(old in rows(900), newer in rows(400), last in rows(400)) {
            let mut expected: BTreeMap<u64, [i64; 3]> = old.into_iter().filter(|(_, sums)| *sums != [0; 3]).collect();
            let mut columns = PackedRows::default();
            listed(&expected).for_each(|row| columns.push(row));
            for newer in [&newer, &last] {
                expected.extend(newer);
                expected.retain(|_, sums| *sums != [0; 3]);
                prop_assert!(columns.merged_iter(listed(newer)).eq(listed(&expected)), "on top");
                let mut all = Vec::new();
                columns.merged_iter(listed(newer)).each(|key, sums| all.push((key, *sums)));
                prop_assert!(all.into_iter().eq(listed(&expected)), "on top, all at once");
                columns = columns.merged_with(listed(newer));
                prop_assert!(columns.merged_iter(std::iter::empty()).eq(listed(&expected)), "taken in");
                prop_assert_eq!(columns.len(), expected.len());
                for key in newer.keys().chain([&0, &1999]) {
                    prop_assert_eq!(columns.get(CellKey::LEAST.at_offset(*key)), expected.get(key).copied());
                }
            }
        }
    }
}
