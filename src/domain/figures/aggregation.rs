//! Adding cells up in groups.

use std::collections::HashMap;

use crate::domain::counting::{CellKey, CellRow, CellTable, Totals};

use super::estimator::{EstimateSum, Estimator};
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

/// [`aggregate`] over a whole table, several times as fast because no cell is copied.
pub fn aggregate_table(
    selection: &Selection,
    table: &CellTable,
    estimator: &mut Estimator,
    most: usize,
) -> Result<Vec<(Group, Sums)>, TooManyGroups> {
    let mut aggregation = Aggregation::of(selection, most);
    table.each(|key, row| aggregation.add(key, row, estimator));
    aggregation.finish(estimator)
}

/// So many groups get a place each, whether they are there or not.
const FEW: usize = 1 << 20;
/// Room for so many groups is made at once; no more of it is touched than is filled.
const ROOM: usize = 10_000;

/// Cells being added up, in the order of keys, by what a selection asks for.
pub struct Aggregation {
    reader: GroupCursor,
    by_measure: bool,
    groups: Vec<(u64, GroupSum)>,
    /// Where the group of a number is, counted from 1; 0 while there is none.
    places: Places,
    last: Option<(u64, usize)>,
    most: usize,
    too_many: bool,
}

/// By the number itself, unless too many are possible.
enum Places {
    Few(Vec<u32>),
    Many(HashMap<u64, u32>),
}

/// The sums of a group.
#[derive(Clone, Copy, Default)]
struct GroupSum {
    totals: Totals,
    tally: EstimateSum,
}

impl GroupSum {
    #[inline]
    fn add(&mut self, key: CellKey, row: CellRow<'_>, by_measure: bool, estimator: &mut Estimator) {
        let stands = key.ended().is_none();
        match row {
            CellRow::Counts(sums) if stands => self.totals.add_counts(sums),
            CellRow::Counts(_) => {}
            CellRow::Measure(sums) => {
                self.tally.add(key, row.quantities(), estimator);
                if stands && by_measure {
                    self.totals.add_measure(sums);
                } else if stands {
                    let &[.., inverter_w] = sums;
                    self.totals.inverter_w = self.totals.inverter_w.wrapping_add(inverter_w);
                }
            }
        }
    }
}

impl Aggregation {
    /// Nothing yet, of at most so many groups.
    #[must_use]
    pub fn of(selection: &Selection, most: usize) -> Self {
        let numbering = GroupIndex::of(selection);
        let groups = usize::try_from(numbering.groups).unwrap_or(usize::MAX);
        Self {
            groups: Vec::with_capacity(groups.min(most).min(ROOM)),
            places: if groups <= FEW { Places::Few(vec![0; groups]) } else { Places::Many(HashMap::new()) },
            reader: GroupCursor::of(numbering),
            by_measure: selection.is_by_measure(),
            last: None,
            most,
            too_many: false,
        }
    }

    /// Adds a cell, if it is asked for.
    #[inline]
    pub fn add(&mut self, key: CellKey, row: CellRow<'_>, estimator: &mut Estimator) {
        let Some(number) = self.reader.number(key) else { return };
        let place = match self.last {
            Some((last, place)) if last == number => Some(place),
            _ => self.place(number),
        };
        let Some(place) = place else { return };
        self.last = Some((number, place));
        if let Some((_, adder)) = self.groups.get_mut(place) {
            adder.add(key, row, self.by_measure, estimator);
        }
    }

    /// Where a group is; none when there are too many.
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

    /// The sums, in the order of groups.
    pub fn finish(self, estimator: &mut Estimator) -> Result<Vec<(Group, Sums)>, TooManyGroups> {
        if self.too_many {
            return Err(TooManyGroups);
        }
        let mut groups: Vec<&(u64, GroupSum)> = self.groups.iter().collect();
        groups.sort_by_key(|(number, _)| *number);
        let finished = groups.into_iter().map(|(number, GroupSum { totals, tally })| {
            let (estimate, capacity_wp) = tally.settled(estimator);
            (self.reader.group(*number), Sums { totals: *totals, capacity_wp, estimate })
        });
        Ok(finished.collect())
    }
}
