//! Which group a cell belongs to, as a number read off its key: each field of the key gives its
//! share by a table, so that no cell is unpacked and no filter asked twice.

use crate::domain::counting::{CellDims, CellKey, KeyField, cell_key};
use crate::domain::reference::target;
use crate::domain::values::Month;

use super::selection::{Dimension, Group, NONE, Selection, Value};

/// In place of a share: cells with this number are left out.
const LEFT_OUT: u64 = u64::MAX;

/// The numbers of the groups that a selection can have, in their order.
pub(in crate::domain) struct GroupIndex {
    /// For each field that matters, what each of its numbers adds to the group's: up to the month of
    /// installation, and after it.
    shares: [Vec<(KeyField, Vec<u64>)>; 2],
    /// For each dimension, its values in order, and by how much the group's number grows with each.
    digits: Vec<(Vec<Value>, u64)>,
    /// How many groups there can be.
    pub groups: u64,
}

impl GroupIndex {
    pub fn of(selection: &Selection) -> Self {
        let mut fields = vec![cell_key::INSTALLED, cell_key::MEASURE];
        let asked = selection.filters.iter().map(|(dimension, _)| dimension).chain(&selection.group_by);
        for field in asked.map(|dimension| dimension.field()) {
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        // What can be read off one field alone: whether a cell is taken, and its values.
        let taken = |field: KeyField, number: u64| {
            let dims = field.set(CellKey::PLAIN, number).dims();
            dims.filter(|dims| takes(selection, field, dims))
        };
        let mut groups = 1_u64;
        let mut digits: Vec<(Vec<Value>, u64)> = Vec::new();
        for dimension in selection.group_by.iter().rev() {
            let field = dimension.field();
            let found = (0..field.size()).filter_map(|number| taken(field, number));
            let mut values: Vec<Value> = found.map(|dims| dimension.value(&dims)).collect();
            values.sort_unstable();
            values.dedup();
            let count = values.len() as u64;
            digits.insert(0, (values, groups));
            groups = groups.saturating_mul(count);
        }
        let share = |field: KeyField, dims: &CellDims| {
            let own = selection.group_by.iter().zip(&digits).filter(|(dimension, _)| dimension.field() == field);
            own.map(|(dimension, (values, step))| place(values, dimension.value(dims)) * step).sum()
        };
        let shares = fields.into_iter().map(|field| {
            let numbers = 0..field.size();
            let of = |number| taken(field, number).map_or(LEFT_OUT, |dims| share(field, &dims));
            (field, numbers.map(of).collect())
        });
        let (upper, lower) = shares.partition(|(field, _)| field.is_upper());
        Self { shares: [upper, lower], digits, groups }
    }

    fn group(&self, number: u64) -> Group {
        let value = |(values, step): &(Vec<Value>, u64)| {
            let place = usize::try_from(number / step % values.len().max(1) as u64).ok();
            place.and_then(|place| values.get(place)).copied().unwrap_or(NONE)
        };
        self.digits.iter().map(value).collect()
    }
}

/// Reads numbers off keys. What comes first in a key changes from cell to cell the least.
pub(in crate::domain) struct GroupCursor {
    numbering: GroupIndex,
    /// The cell before, and what its upper fields add.
    last: Option<(CellKey, Option<u64>)>,
}

impl GroupCursor {
    pub fn of(numbering: GroupIndex) -> Self {
        Self { numbering, last: None }
    }

    /// The number of a cell's group; none when it is left out.
    #[inline]
    pub fn number(&mut self, key: CellKey) -> Option<u64> {
        let [upper, lower] = &self.numbering.shares;
        let upper = match self.last {
            Some((last, share)) if last.has_upper_of(key) => share,
            _ => share(upper, key),
        };
        self.last = Some((key, upper));
        Some(upper? + share(lower, key)?)
    }

    /// The values of the group with a number.
    pub fn group(&self, number: u64) -> Group {
        self.numbering.group(number)
    }
}

#[inline]
fn share(shares: &[(KeyField, Vec<u64>)], key: CellKey) -> Option<u64> {
    let mut sum = 0;
    for (field, shares) in shares {
        let share = usize::try_from(field.of(key)).ok().and_then(|place| shares.get(place));
        sum += *share.filter(|share| **share != LEFT_OUT)?;
    }
    Some(sum)
}

fn place(values: &[Value], value: Value) -> u64 {
    values.partition_point(|other| *other < value) as u64
}

/// Whether a selection takes cells that have this in one field.
fn takes(selection: &Selection, field: KeyField, dims: &CellDims) -> bool {
    let in_time = field != cell_key::INSTALLED || is_in_time(selection, dims.installed);
    // Estimates are of measures; counts are of sites, unless measures are asked for.
    let counts = field != cell_key::MEASURE || dims.measure.is_some() || !selection.is_by_measure();
    let applies = |dimension: Dimension| dimension.field() == field;
    let mut filters = selection.filters.iter().filter(|(dimension, _)| applies(*dimension));
    in_time && counts && filters.all(|(dimension, values)| values.contains(&dimension.value(dims)))
}

fn is_in_time(selection: &Selection, installed: Option<Month>) -> bool {
    let begin = Month::of(target().counted_from);
    match installed {
        Some(month) => {
            month >= selection.from.map_or(begin, |from| from.max(begin)) && selection.to.is_none_or(|to| month < to)
        }
        None => selection.from.is_none() && selection.to.is_none(),
    }
}
