//! Adding cells up by groups: `group_index` gives the group of a cell, [`Aggregation`] keeps the sums of each group.

use std::collections::HashMap;

use crate::domain::counting::{CellKey, CellRow, CellTable, Totals};

use super::estimate::{Estimate, EstimateSum, Estimator, WholeEstimate};
use super::group_index::{GroupCursor, GroupIndex};
use super::selection::{Group, Selection, Sums, TooManyGroups};

/// Adds cells up by groups, in the order of groups. The cells come in the order of keys.
pub fn aggregate(
    selection: &Selection,
    cells: impl Iterator<Item = (CellKey, Totals)>,
    estimator: &mut Estimator,
    most: usize,
) -> Result<Vec<(Group, Sums)>, TooManyGroups> {
    let mut aggregation = Aggregation::of(selection, most);
    cells.for_each(|(key, totals)| CellRow::of(key, &totals, |row| aggregation.add(key, row, estimator)));
    aggregation.finish(estimator)
}

/// Calls a function with every cell, in the order of keys.
pub type EachCell<'a> = dyn Fn(&mut dyn FnMut(CellKey, CellRow<'_>)) + 'a;

/// The sums of groups, and of further ones that no value of a dimension names, such as what no row shows.
pub type WithFurther = (Vec<(Group, Sums)>, Vec<Sums>);

/// [`aggregate`] for several selections at once, with further groups. The figures of all groups of a selection together add up to those
/// of their total.
#[must_use]
pub fn aggregate_with<const N: usize>(
    selections: &[Selection; N],
    each_cell: &EachCell<'_>,
    further: &[&CellTable],
    estimator: &mut Estimator,
) -> [WithFurther; N] {
    let mut aggregations = selections.each_ref().map(|selection| Aggregation::of(selection, usize::MAX));
    each_cell(&mut |key, row| {
        for aggregation in &mut aggregations {
            aggregation.add(key, row, estimator);
        }
    });
    for (aggregation, selection) in aggregations.iter_mut().zip(selections) {
        for cells in further {
            aggregation.add_further(selection, cells, estimator);
        }
    }
    aggregations.map(|aggregation| {
        let count = aggregation.further.len();
        // Never too many groups, because the limit is the largest number.
        let mut groups = aggregation.finish(estimator).unwrap_or_default();
        let further = groups.split_off(groups.len().saturating_sub(count));
        (groups, further.into_iter().map(|(_, sums)| sums).collect())
    })
}

/// Up to this many possible groups, a vector has a place for each; above it, a map holds the groups that have cells.
const FEW: usize = 1 << 20;
/// Memory is reserved for at most this many groups. The part that stays empty is never touched.
const ROOM: usize = 10_000;

/// The sums of groups, while cells are added in key order.
pub struct Aggregation {
    cursor: GroupCursor,
    by_measure: bool,
    /// The number and the sums of each group that has a cell.
    groups: Vec<(u64, GroupSum)>,
    /// Groups that no value of a dimension names.
    further: Vec<GroupSum>,
    /// Where the group of each number stands in `groups`.
    places: Places,
    /// The number of the last cell's group, and where the group stands.
    last: Option<(u64, usize)>,
    most: usize,
    too_many: bool,
}

/// Places in `groups`, counted from 1; 0 while a group has no cell. Many possible groups are kept in a map.
enum Places {
    Few(Vec<u32>),
    Many(HashMap<u64, u32>),
}

/// The sums of a group.
#[derive(Clone, Copy, Default)]
struct GroupSum {
    totals: Totals,
    estimate: EstimateSum,
}

impl GroupSum {
    #[inline]
    fn add(&mut self, key: CellKey, row: CellRow<'_>, by_measure: bool, estimator: &mut Estimator) {
        let in_operation = key.ended().is_none();
        match row {
            CellRow::Counts(_) if in_operation => row.add_to(&mut self.totals),
            CellRow::Counts(_) => {}
            CellRow::Measure(_) => {
                self.estimate.add(key, row.quantities(), estimator);
                if in_operation && by_measure {
                    row.add_to(&mut self.totals);
                } else if in_operation {
                    self.totals.inverter_w = self.totals.inverter_w.wrapping_add(row.inverter_w());
                }
            }
        }
    }
}

impl Aggregation {
    /// An empty aggregation of at most `most` groups.
    #[must_use]
    pub fn of(selection: &Selection, most: usize) -> Self {
        let index = GroupIndex::of(selection);
        let groups = usize::try_from(index.groups).unwrap_or(usize::MAX);
        Self {
            groups: Vec::with_capacity(groups.min(most).min(ROOM)),
            places: if groups <= FEW { Places::Few(vec![0; groups]) } else { Places::Many(HashMap::new()) },
            cursor: GroupCursor::of(index),
            by_measure: selection.is_by_measure(),
            further: Vec::new(),
            last: None,
            most,
            too_many: false,
        }
    }

    /// Adds a cell, unless the selection leaves it out. Cells come in key order.
    #[inline]
    pub fn add(&mut self, key: CellKey, row: CellRow<'_>, estimator: &mut Estimator) {
        let Some(number) = self.cursor.number(key) else { return };
        let place = match self.last {
            Some((last, place)) if last == number => Some(place),
            _ => self.place(number),
        };
        let Some(place) = place else { return };
        self.last = Some((number, place));
        if let Some((_, group)) = self.groups.get_mut(place) {
            group.add(key, row, self.by_measure, estimator);
        }
    }

    /// Adds what the selection takes of some cells as a group of its own.
    fn add_further(&mut self, selection: &Selection, cells: &CellTable, estimator: &mut Estimator) {
        let whole = Selection { group_by: Vec::new(), ..selection.clone() };
        let by_measure = self.by_measure;
        let (mut cursor, mut sum) = (GroupCursor::of(GroupIndex::of(&whole)), GroupSum::default());
        cells.each(|key, row| {
            if cursor.number(key).is_some() {
                sum.add(key, row, by_measure, estimator);
            }
        });
        self.further.push(sum);
    }

    /// Where a group stands in `groups`; `None` if there are too many groups.
    fn place(&mut self, number: u64) -> Option<usize> {
        let slot = match &mut self.places {
            Places::Few(slots) => slots.get_mut(usize::try_from(number).ok()?)?,
            Places::Many(slots) => slots.entry(number).or_default(),
        };
        if *slot == 0 {
            self.too_many |= self.groups.len() == self.most;
            if self.too_many {
                return None;
            }
            self.groups.push((number, GroupSum::default()));
            *slot = u32::try_from(self.groups.len()).ok()?;
        }
        usize::try_from(*slot - 1).ok()
    }

    /// The sums, in the order of groups; those without a value come last.
    pub fn finish(mut self, estimator: &mut Estimator) -> Result<Vec<(Group, Sums)>, TooManyGroups> {
        if self.too_many {
            return Err(TooManyGroups);
        }
        let mut groups: Vec<&mut (u64, GroupSum)> = self.groups.iter_mut().collect();
        groups.sort_unstable_by_key(|(number, _)| *number);
        let named = groups.into_iter().map(|(number, sum)| (Some(*number), sum));
        let (estimates, others): (Vec<&Estimate>, Vec<_>) = named
            .chain(self.further.iter_mut().map(|sum| (None, sum)))
            .map(|(number, GroupSum { totals, estimate })| {
                let (estimate, capacity_wp) = estimate.settled(estimator);
                (estimate, (number, *totals, capacity_wp))
            })
            .unzip();
        let whole = WholeEstimate::of_rows(estimates.into_iter());
        let finished = whole.into_iter().zip(others).map(|(estimate, (number, totals, capacity_wp))| {
            let group = number.map(|number| self.cursor.group(number)).unwrap_or_default();
            (group, Sums { totals, capacity_wp, estimate })
        });
        Ok(finished.collect())
    }
}
