//! What waits: the part of a site's contribution that a partition does not show yet.

use std::collections::BTreeMap;

use crate::domain::counting::{CellKey, Totals};
use crate::domain::values::{Cause, SiteId};

use super::partition::{Partition, Path};
use super::remainder::PointNumber;
use super::strand::Strand;

/// A change of a site that waits in a partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    pub partition: Partition,
    pub site: SiteId,
    /// The cell, projected to the partition.
    pub cell: CellKey,
    /// The cause of the change, in the partition of causes.
    pub cause: Option<Cause>,
    pub totals: Totals,
    /// How many groups show it, the nation being the first: 0 if it waits for the nation.
    pub depth: u8,
    /// The point that brought it there; of what waits for the nation, the point that first held it back.
    pub since: PointNumber,
    /// The groups in which the site never stood: bit 0 for the nation, bit 1 for the first group of the path, and so on.
    pub new_to: u8,
}

impl Pending {
    pub(super) fn strand(&self) -> Option<Strand> {
        Strand::of(self.cell)
    }

    pub(super) fn path(&self) -> Path {
        self.partition.path(self.cell, self.cause)
    }

    pub(super) fn is_new_at(&self, level: u8) -> bool {
        self.new_to >> level & 1 == 1
    }
}

/// The postings of one site since the last point.
pub struct Touched<'a> {
    pub site: SiteId,
    pub postings: &'a [(Cause, CellKey, Totals)],
    /// What the site posted up to the last point.
    pub earlier: &'a [(Cause, CellKey)],
}

/// What a touched site brings to the partitions at a point.
#[must_use]
pub fn arrivals(touched: &Touched<'_>, point: PointNumber) -> Vec<Pending> {
    Partition::ALL.iter().flat_map(|partition| arrivals_at(touched, *partition, point)).collect()
}

fn arrivals_at(touched: &Touched<'_>, partition: Partition, point: PointNumber) -> Vec<Pending> {
    let cause_of = |cause: Cause| (partition == Partition::Causes).then_some(cause);
    let mut sums: BTreeMap<(CellKey, Option<Cause>), Totals> = BTreeMap::new();
    for (cause, cell, totals) in touched.postings {
        if let Some(cell) = partition.project(*cell) {
            let sum = sums.entry((cell, cause_of(*cause))).or_default();
            *sum = sum.wrapping_add(totals.public());
        }
    }
    let earlier: Vec<(Option<Strand>, Path)> = touched
        .earlier
        .iter()
        .filter_map(|(cause, cell)| Some((partition.project(*cell)?, cause_of(*cause))))
        .map(|(cell, cause)| (Strand::of(cell), partition.path(cell, cause)))
        .collect();
    let pending = |((cell, cause), totals): ((CellKey, Option<Cause>), Totals)| {
        let (strand, path) = (Strand::of(cell), partition.path(cell, cause));
        let stood = |level: u8| earlier.iter().any(|(of, at)| *of == strand && at.prefix(level) == path.prefix(level));
        let new_to = (0..=path.length()).filter(|level| !stood(*level)).fold(0, |bits, level| bits | 1 << level);
        Pending { partition, site: touched.site, cell, cause, totals, depth: 0, since: point, new_to }
    };
    sums.into_iter().filter(|(_, totals)| !totals.is_zero()).map(pending).collect()
}
