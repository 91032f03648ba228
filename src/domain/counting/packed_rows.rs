//! Rows of a key and some sums, in the order of keys, packed block by block: a key takes the bytes
//! by which the keys of its block differ, a sum those that the largest of its column there needs.
//! Most sums are small and many columns are all zero, so a row takes a third of what it is.

use std::iter::Peekable;
use std::sync::Arc;

use super::cell_key::CellKey;

/// Rows of a block, at most: some kilobytes when they are unpacked.
const MOST: usize = 256;

/// A key and its sums.
pub(in crate::domain) type PackedRow<const N: usize> = (CellKey, [i64; N]);

/// Rows in the order of keys, none of them zero.
#[derive(Clone)]
pub(in crate::domain) struct PackedRows<const N: usize> {
    blocks: Vec<PackedBlock<N>>,
    /// The last rows, while they are no whole block.
    tail: Vec<PackedRow<N>>,
    len: usize,
}

/// Packed rows: the keys less the first, then the sums column by column, each in as many bytes.
#[derive(Clone)]
struct PackedBlock<const N: usize> {
    first: CellKey,
    rows: u16,
    key_width: u8,
    widths: [u8; N],
    bytes: Arc<[u8]>,
}

impl<const N: usize> Default for PackedRows<N> {
    fn default() -> Self {
        Self { blocks: Vec::new(), tail: Vec::new(), len: 0 }
    }
}

impl<const N: usize> PackedRows<N> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a row after all others.
    pub fn push(&mut self, row: PackedRow<N>) {
        self.len += 1;
        self.tail.push(row);
        if self.tail.len() == MOST {
            self.blocks.push(PackedBlock::pack(&self.tail));
            self.tail.clear();
        }
    }

    /// The sums of a key.
    pub fn get(&self, key: CellKey) -> Option<[i64; N]> {
        if self.tail.first().is_some_and(|(first, _)| *first <= key) {
            let place = self.tail.binary_search_by_key(&key, |(key, _)| *key).ok()?;
            return self.tail.get(place).map(|(_, sums)| *sums);
        }
        let after = self.blocks.partition_point(|block| block.first <= key);
        self.blocks.get(after.checked_sub(1)?)?.get(key)
    }

    /// The same with newer rows, which come in the order of keys, in place of those with their keys; zeros go.
    /// Blocks that nothing is newer in stay as they are, and the others go one by one.
    pub fn with(self, newer: impl Iterator<Item = PackedRow<N>>) -> Self {
        let mut all = Self { blocks: Vec::with_capacity(self.blocks.len()), ..Self::default() };
        let (mut newer, mut old, mut page) = (newer.peekable(), Vec::new(), Vec::new());
        let mut blocks = self.blocks.into_iter().peekable();
        while let Some(block) = blocks.next() {
            let end = blocks.peek().map(|next| next.first).or(self.tail.first().map(|(key, _)| *key));
            if newer.peek().is_none_or(|(key, _)| is_past(*key, end)) {
                all.len += usize::from(block.rows);
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

    /// All rows with newer ones on top, as [`PackedRows::with`] would have them.
    pub fn rows_with<I: Iterator<Item = PackedRow<N>>>(&self, newer: I) -> Rows<'_, N, I> {
        Rows {
            blocks: self.blocks.iter().peekable(),
            tail: Some(&self.tail),
            newer: newer.peekable(),
            old: Vec::with_capacity(MOST),
            page: Vec::with_capacity(MOST),
            at: 0,
        }
    }
}

fn is_past(key: CellKey, end: Option<CellKey>) -> bool {
    end.is_some_and(|end| end <= key)
}

/// Old rows and the newer ones before `end`, in order; of a key in both, the newer one; zeros go.
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

/// Goes through rows, a block at a time.
pub(in crate::domain) struct Rows<'a, const N: usize, I: Iterator<Item = PackedRow<N>>> {
    blocks: Peekable<std::slice::Iter<'a, PackedBlock<N>>>,
    tail: Option<&'a [PackedRow<N>]>,
    newer: Peekable<I>,
    old: Vec<PackedRow<N>>,
    page: Vec<PackedRow<N>>,
    at: usize,
}

impl<const N: usize, I: Iterator<Item = PackedRow<N>>> Rows<'_, N, I> {
    /// Hands on every row that is left, without copying it.
    pub fn each(mut self, mut take: impl FnMut(CellKey, &[i64; N])) {
        loop {
            self.page.iter().skip(self.at).for_each(|(key, sums)| take(*key, sums));
            if !self.turn() {
                return;
            }
        }
    }

    /// Unpacks the next block; false when there is none.
    fn turn(&mut self) -> bool {
        self.at = 0;
        let Some(block) = self.blocks.next() else {
            let tail = self.tail.take();
            overlay(tail.unwrap_or_default(), &mut self.newer, None, &mut self.page);
            return tail.is_some();
        };
        let tail = self.tail.and_then(<[PackedRow<N>]>::first).map(|(key, _)| *key);
        let end = self.blocks.peek().map(|next| next.first).or(tail);
        if self.newer.peek().is_none_or(|(key, _)| is_past(*key, end)) {
            block.unpack(&mut self.page);
        } else {
            block.unpack(&mut self.old);
            overlay(&self.old, &mut self.newer, end, &mut self.page);
        }
        true
    }
}

impl<const N: usize, I: Iterator<Item = PackedRow<N>>> Iterator for Rows<'_, N, I> {
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

impl<const N: usize> PackedBlock<N> {
    fn pack(rows: &[PackedRow<N>]) -> Self {
        let first = rows.first().map_or(CellKey::LEAST, |(key, _)| *key);
        let offset = |row: &PackedRow<N>| row.0.above(first);
        let largest = |column: usize| rows.iter().map(|row| folded(row, column)).fold(0, |all, number| all | number);
        let key_width = width(rows.last().map_or(0, offset));
        let mut widths = [0; N];
        for (column, slot) in widths.iter_mut().enumerate() {
            *slot = width(largest(column));
        }
        let bytes_of_row: usize = widths.iter().chain([&key_width]).map(|width| usize::from(*width)).sum();
        let mut bytes = vec![0; rows.len() * bytes_of_row];
        let (keys, mut rest) = bytes.split_at_mut(rows.len() * usize::from(key_width));
        write(keys, key_width, rows.iter().map(offset));
        for (column, width) in widths.iter().enumerate() {
            let (this, others) = rest.split_at_mut(rows.len() * usize::from(*width));
            write(this, *width, rows.iter().map(|row| folded(row, column)));
            rest = others;
        }
        // A block has no more rows than `MOST`.
        let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        Self { first, rows: count, key_width, widths, bytes: bytes.into() }
    }

    fn unpack(&self, rows: &mut Vec<PackedRow<N>>) {
        let count = usize::from(self.rows);
        rows.clear();
        rows.resize(count, (self.first, [0; N]));
        let (keys, mut rest) = self.bytes.split_at(count * usize::from(self.key_width));
        read(keys, self.key_width, rows, |row, offset| row.0 = self.first.plus(offset));
        for (column, width) in self.widths.iter().enumerate() {
            let (this, others) = rest.split_at(count * usize::from(*width));
            read(this, *width, rows, |row, number| {
                if let Some(sum) = row.1.get_mut(column) {
                    *sum = unfolded(number);
                }
            });
            rest = others;
        }
    }

    fn get(&self, key: CellKey) -> Option<[i64; N]> {
        let count = usize::from(self.rows);
        let one = |begin: usize, width: u8, place: usize| {
            let width = usize::from(width);
            let bytes = self.bytes.get(begin + place * width..)?.get(..width)?;
            let mut whole = [0; 8];
            whole.get_mut(..width)?.copy_from_slice(bytes);
            Some(u64::from_le_bytes(whole))
        };
        let wanted = key.above(self.first);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            if one(0, self.key_width, middle)? < wanted { low = middle + 1 } else { high = middle }
        }
        if low == count || one(0, self.key_width, low)? != wanted {
            return None;
        }
        let (mut sums, mut begin) = ([0; N], count * usize::from(self.key_width));
        for (sum, width) in sums.iter_mut().zip(self.widths) {
            *sum = unfolded(one(begin, width, low)?);
            begin += count * usize::from(width);
        }
        Some(sums)
    }
}

/// A sum as a number that is small when the sum is near zero: 0, −1, 1, −2 … as 0, 1, 2, 3 …
fn folded<const N: usize>(row: &PackedRow<N>, column: usize) -> u64 {
    let sum = row.1.get(column).copied().unwrap_or_default();
    ((sum << 1) ^ (sum >> 63)).cast_unsigned()
}

fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// How many bytes a number needs.
fn width(number: u64) -> u8 {
    // At most 8.
    u8::try_from((u64::BITS - number.leading_zeros()).div_ceil(8)).unwrap_or(8)
}

/// Writes numbers, each in so many bytes.
fn write(bytes: &mut [u8], width: u8, numbers: impl Iterator<Item = u64>) {
    fn of<const W: usize>(bytes: &mut [u8], numbers: impl Iterator<Item = u64>) {
        for (slot, number) in bytes.as_chunks_mut::<W>().0.iter_mut().zip(numbers) {
            if let Some(low) = number.to_le_bytes().first_chunk::<W>() {
                *slot = *low;
            }
        }
    }
    match width {
        0 => {}
        1 => of::<1>(bytes, numbers),
        2 => of::<2>(bytes, numbers),
        3 => of::<3>(bytes, numbers),
        4 => of::<4>(bytes, numbers),
        5 => of::<5>(bytes, numbers),
        6 => of::<6>(bytes, numbers),
        7 => of::<7>(bytes, numbers),
        _ => of::<8>(bytes, numbers),
    }
}

/// Reads numbers, each of so many bytes, into rows.
fn read<const N: usize>(bytes: &[u8], width: u8, rows: &mut [PackedRow<N>], put: impl Fn(&mut PackedRow<N>, u64)) {
    fn of<const W: usize, const N: usize>(
        bytes: &[u8],
        rows: &mut [PackedRow<N>],
        put: impl Fn(&mut PackedRow<N>, u64),
    ) {
        for (row, number) in rows.iter_mut().zip(bytes.as_chunks::<W>().0) {
            let mut whole = [0; 8];
            if let Some(low) = whole.first_chunk_mut::<W>() {
                *low = *number;
            }
            put(row, u64::from_le_bytes(whole));
        }
    }
    match width {
        0 => {}
        1 => of::<1, N>(bytes, rows, put),
        2 => of::<2, N>(bytes, rows, put),
        3 => of::<3, N>(bytes, rows, put),
        4 => of::<4, N>(bytes, rows, put),
        5 => of::<5, N>(bytes, rows, put),
        6 => of::<6, N>(bytes, rows, put),
        7 => of::<7, N>(bytes, rows, put),
        _ => of::<8, N>(bytes, rows, put),
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
        map.iter().map(|(key, sums)| (CellKey::LEAST.plus(*key), *sums))
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
                prop_assert!(columns.rows_with(listed(newer)).eq(listed(&expected)), "on top");
                let mut all = Vec::new();
                columns.rows_with(listed(newer)).each(|key, sums| all.push((key, *sums)));
                prop_assert!(all.into_iter().eq(listed(&expected)), "on top, all at once");
                columns = columns.with(listed(newer));
                prop_assert!(columns.rows_with(std::iter::empty()).eq(listed(&expected)), "taken in");
                prop_assert_eq!(columns.len(), expected.len());
                for key in newer.keys().chain([&0, &1999]) {
                    prop_assert_eq!(columns.get(CellKey::LEAST.plus(*key)), expected.get(key).copied());
                }
            }
        }
    }
}
