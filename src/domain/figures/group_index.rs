//! The group of a cell, as a number that is read off the cell's key. No cell is unpacked, and no filter is asked
//! twice for the same number of a field.
//!
//! Groups are numbered like the digits of a number: the last dimension counts ones, the dimension before it counts as many as
//! the last has values. Take the groups by region (6 values) and stage (3 values), with a filter that leaves out pledged
//! cells. The stage has 2 values left, and the 12 groups are numbered
//!
//! ```text
//!                 installed (place 0)    verified (place 1)
//! region 0               0                      1
//! region 1               2                      3              group = 2 × place of the region + 1 × place of the stage
//! …
//! region 5              10                     11
//! ```
//!
//! Each dimension depends on one field of the key. So there is one table for each field that matters: for every number of the
//! field, its share of the group's number, or [`LEFT_OUT`] if a filter leaves such cells out.
//!
//! ```text
//! province (64 numbers)   0 → 2 × region of province 0    1 → 2 × region of province 1    …    34 → left out    …
//! stage (16 numbers)      1 → left out    2 → 0    3 → 1    4 → 1    5 → 1    6 → 1    others → left out
//! ```
//!
//! The group of a cell is the sum of the shares of its fields. The cursor remembers the sum of the upper fields, because they
//! change least in key order.

use crate::domain::counting::{CellDims, CellKey, KeyField, key_field};
use crate::domain::reference::target;
use crate::domain::values::Month;

use super::selection::{Dimension, Group, NONE, Selection, Value};

/// In place of a share: cells with this number in the field are left out.
const LEFT_OUT: u64 = u64::MAX;

/// The numbers of the groups that a selection can have. They sort as the groups do.
pub(super) struct GroupIndex {
    /// The tables of the fields up to the month of installation.
    upper: Vec<FieldShares>,
    /// The tables of the other fields.
    lower: Vec<FieldShares>,
    /// The digits of a group's number, in the order of the dimensions.
    digits: Vec<Digit>,
    /// How many groups are possible.
    pub groups: u64,
}

/// The share of each number of one field.
struct FieldShares {
    field: KeyField,
    shares: Vec<u64>,
}

/// One dimension of the groups.
struct Digit {
    dimension: Dimension,
    /// The possible values, in order.
    values: Vec<Value>,
    /// By how much the group's number grows from one value to the next.
    step: u64,
}

impl GroupIndex {
    pub fn of(selection: &Selection) -> Self {
        let mut fields = vec![key_field::INSTALLED, key_field::MEASURE];
        let asked = selection.filters.iter().map(|(dimension, _)| dimension).chain(&selection.group_by);
        for field in asked.map(|dimension| dimension.field()) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        // Some dimensions of a cell with this number in the field; `None` if the selection leaves such cells out.
        let taken = |field: KeyField, number: u64| {
            let dims = CellKey::PLAIN.with(field, number).dims();
            dims.filter(|dims| takes(selection, field, dims))
        };
        let mut groups = 1_u64;
        let mut digits: Vec<Digit> = Vec::new();
        for &dimension in selection.group_by.iter().rev() {
            let field = dimension.field();
            let found = (0..field.size()).filter_map(|number| taken(field, number));
            let mut values: Vec<Value> = found.map(|dims| dimension.value(&dims)).collect();
            values.sort_unstable();
            values.dedup();
            let count = values.len() as u64;
            digits.insert(0, Digit { dimension, values, step: groups });
            groups = groups.saturating_mul(count);
        }
        let share = |field: KeyField, dims: &CellDims| -> u64 {
            let own = digits.iter().filter(|digit| digit.dimension.field() == field);
            own.map(|digit| place(&digit.values, digit.dimension.value(dims)) * digit.step).sum()
        };
        let tables = fields.into_iter().map(|field| {
            let of = |number| taken(field, number).map_or(LEFT_OUT, |dims| share(field, &dims));
            FieldShares { field, shares: (0..field.size()).map(of).collect() }
        });
        let (upper, lower) = tables.partition(|table| table.field.is_upper());
        Self { upper, lower, digits, groups }
    }

    /// The values of the group with a number.
    fn group(&self, number: u64) -> Group {
        let value = |digit: &Digit| {
            let place = usize::try_from(number / digit.step % digit.values.len().max(1) as u64).ok();
            place.and_then(|place| digit.values.get(place)).copied().unwrap_or(NONE)
        };
        self.digits.iter().map(value).collect()
    }
}

/// Reads the numbers of groups off keys, which come in key order.
pub(super) struct GroupCursor {
    index: GroupIndex,
    /// The cell before, and the share of its upper fields; `None` if they leave it out.
    last: Option<(CellKey, Option<u64>)>,
}

impl GroupCursor {
    pub fn of(index: GroupIndex) -> Self {
        Self { index, last: None }
    }

    /// The number of a cell's group; `None` if the selection leaves the cell out.
    #[inline]
    pub fn number(&mut self, key: CellKey) -> Option<u64> {
        debug_assert!(self.last.is_none_or(|(last, _)| last <= key), "cells come in key order");
        let upper = match self.last {
            Some((last, share)) if last.has_same_upper_fields(key) => share,
            _ => share(&self.index.upper, key),
        };
        self.last = Some((key, upper));
        Some(upper? + share(&self.index.lower, key)?)
    }

    /// The values of the group with a number.
    pub fn group(&self, number: u64) -> Group {
        self.index.group(number)
    }
}

/// The sum of the shares of a key's fields; `None` if one of them leaves the cell out.
#[inline]
fn share(tables: &[FieldShares], key: CellKey) -> Option<u64> {
    let mut sum = 0;
    for FieldShares { field, shares } in tables {
        let share = usize::try_from(key.number(*field)).ok().and_then(|place| shares.get(place));
        sum += *share.filter(|share| **share != LEFT_OUT)?;
    }
    Some(sum)
}

/// The place of a value among sorted values.
fn place(values: &[Value], value: Value) -> u64 {
    values.partition_point(|other| *other < value) as u64
}

/// Whether a selection takes cells that have these dimensions in one field.
fn takes(selection: &Selection, field: KeyField, dims: &CellDims) -> bool {
    let in_time = field != key_field::INSTALLED || is_in_time(selection, dims.installed);
    // Cells of measures always matter, because estimates are made from them. Cells that count sites matter unless the
    // question is about measures.
    let counts = field != key_field::MEASURE || dims.measure.is_some() || !selection.is_by_measure();
    let applies = |dimension: Dimension| dimension.field() == field;
    let mut filters = selection.filters.iter().filter(|(dimension, _)| applies(*dimension));
    in_time && counts && filters.all(|(dimension, values)| values.contains(&dimension.value(dims)))
}

/// Whether a month of installation is within the programme and within the selected months.
fn is_in_time(selection: &Selection, installed: Option<Month>) -> bool {
    let begin = Month::of(target().counted_from);
    match installed {
        Some(month) => {
            month >= selection.from.map_or(begin, |from| from.max(begin)) && selection.to.is_none_or(|to| month < to)
        }
        None => selection.from.is_none() && selection.to.is_none(),
    }
}
