//! Up to 256 rows in packed bytes.
//!
//! Every number of a column takes as many bytes as the largest number of that column in the block. A column of zeros takes
//! none. The keys are stored as offsets from the first key. A sum is folded first (0, −1, 1, −2 … become 0, 1, 2, 3 …),
//! because a small negative number would otherwise need eight bytes.
//!
//! Three rows of two sums (keys 1000, 1003, 1300; sums 5 and 0, −2 and 0, 400 and 0) pack like this:
//!
//! ```text
//! first = 1000, rows = 3, key_width = 2, widths = [2, 0]
//!
//!          offsets 0, 3, 300       folded 5→10, −2→3, 400→800     second sum: all 0, no bytes
//! bytes = [00 00 | 03 00 | 2c 01 |  0a 00 | 03 00 | 20 03 ]
//! ```
//!
//! Those rows take 12 bytes instead of 72. A register's cells take about a third, because most sums are small and many
//! columns of a block are zero.

use std::sync::Arc;

use super::cell_key::CellKey;

/// The most rows of a block: some kilobytes when they are unpacked.
pub(super) const MOST: usize = 256;

/// A key and its sums.
pub(super) type PackedRow<const N: usize> = (CellKey, [i64; N]);

/// Packed rows in key order. A copy shares the bytes.
#[derive(Clone)]
pub(super) struct PackedBlock<const N: usize> {
    first: CellKey,
    rows: u16,
    /// How many bytes an offset takes.
    key_width: u8,
    /// How many bytes a sum of each column takes.
    widths: [u8; N],
    /// The offsets of all rows, then the sums column by column; little-endian.
    bytes: Arc<[u8]>,
}

impl<const N: usize> PackedBlock<N> {
    /// The key of the first row.
    pub fn first(&self) -> CellKey {
        self.first
    }

    pub fn len(&self) -> usize {
        self.rows.into()
    }

    /// Packs at most [`MOST`] rows, which come in key order.
    pub fn pack(rows: &[PackedRow<N>]) -> Self {
        debug_assert!(rows.len() <= MOST && rows.is_sorted_by(|(one, _), (next, _)| one < next));
        let first = rows.first().map_or(CellKey::LEAST, |(key, _)| *key);
        let offset = |row: &PackedRow<N>| row.0.offset_from(first);
        let all_bits = |column: usize| rows.iter().map(|row| folded(row, column)).fold(0, |all, number| all | number);
        let key_width = width(rows.last().map_or(0, offset));
        let mut widths = [0; N];
        for (column, slot) in widths.iter_mut().enumerate() {
            *slot = width(all_bits(column));
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

    /// Puts all rows into `rows`, in place of what is there.
    pub fn unpack(&self, rows: &mut Vec<PackedRow<N>>) {
        rows.clear();
        rows.resize(self.len(), (self.first, [0; N]));
        let (keys, mut rest) = self.bytes.split_at(self.len() * usize::from(self.key_width));
        read(keys, self.key_width, rows, |row, offset| row.0 = self.first.at_offset(offset));
        for (column, width) in self.widths.iter().enumerate() {
            let (this, others) = rest.split_at(self.len() * usize::from(*width));
            read(this, *width, rows, |row, number| {
                if let Some(sum) = row.1.get_mut(column) {
                    *sum = unfolded(number);
                }
            });
            rest = others;
        }
    }

    /// The sums of a key, found by halving; the other rows stay packed.
    pub fn get(&self, key: CellKey) -> Option<[i64; N]> {
        let wanted = key.offset_from(self.first);
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.number(0, self.key_width, middle)? < wanted { low = middle + 1 } else { high = middle }
        }
        if low == self.len() || self.number(0, self.key_width, low)? != wanted {
            return None;
        }
        let (mut sums, mut begin) = ([0; N], self.len() * usize::from(self.key_width));
        for (sum, width) in sums.iter_mut().zip(self.widths) {
            *sum = unfolded(self.number(begin, width, low)?);
            begin += self.len() * usize::from(width);
        }
        Some(sums)
    }

    /// The number of one row in the column whose bytes begin at `begin`.
    fn number(&self, begin: usize, width: u8, row: usize) -> Option<u64> {
        let width = usize::from(width);
        let bytes = self.bytes.get(begin + row * width..)?.get(..width)?;
        let mut whole = [0; 8];
        whole.get_mut(..width)?.copy_from_slice(bytes);
        Some(u64::from_le_bytes(whole))
    }
}

/// A sum as a number that is small when the sum is near zero.
fn folded<const N: usize>(row: &PackedRow<N>, column: usize) -> u64 {
    let sum = row.1.get(column).copied().unwrap_or_default();
    ((sum << 1) ^ (sum >> 63)).cast_unsigned()
}

/// The sum of a folded number.
fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// How many bytes a number needs: 0 to 8.
fn width(number: u64) -> u8 {
    u8::try_from((u64::BITS - number.leading_zeros()).div_ceil(8)).unwrap_or(8)
}

/// Writes numbers of `width` bytes. One loop for each width lets the compiler copy fixed sizes, which is several times
/// as fast.
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

/// Reads numbers of `width` bytes, and puts one into each row.
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
