//! A publication point: which of what waits passes at the close of a day.

use std::collections::BTreeSet;

use crate::domain::counting::{Changes, NationalSums, add_to_cell};

use super::company::Rules;
use super::earlier_points::PointNumber;
use super::ledger::Ledger;
use super::making::Making;
use super::partition::{GroupId, Partition, Path};
use super::pending::Pending;
use super::settle::settle;

/// A publication point.
#[derive(Debug)]
pub struct Point {
    /// What waits now.
    pub ledger: Ledger,
    /// What the national sums moved by.
    pub national: NationalSums,
    /// The part of it that is told by cause.
    pub by_cause: Changes,
    /// Whether any figure moves. If none does, this is no point, and everything waits as it did.
    pub has_moved: bool,
}

/// Makes a point from what waited at the last one and what arrived since, all in one ledger. The answers about people are
/// gathered, and move `with_people`.
#[must_use]
pub fn make_point(ledger: Ledger, rules: &Rules, number: PointNumber, with_people: bool) -> Point {
    let mut making = Making { rules, number, groups: ledger.groups, has_moved: false };
    let (mut held, mut national) = (BTreeSet::new(), NationalSums::default());
    let (mut by_cause, mut gathered) = (Changes::default(), ledger.gathered);
    let mut pending = ledger.pending;
    // The nation comes first in the order of partitions. All is worked on where it stands, because it is much.
    pending.sort_unstable_by_key(|one| (one.partition, one.strand));
    for of_strand in pending.chunk_by_mut(|one, other| (one.partition, one.strand) == (other.partition, other.strand)) {
        let Some(&Pending { partition, strand, .. }) = of_strand.first() else { continue };
        let nation = GroupId { partition, strand, path: Path::NATION };
        match partition {
            Partition::Nation | Partition::LowIncome | Partition::Remote | Partition::WomanHeaded => {
                let passing = making.passing(nation, &of_strand.iter().collect::<Vec<_>>());
                of_strand.iter_mut().filter(|one| passing.contains(&one.site)).for_each(|one| one.descend(number));
                let passed = || of_strand.iter().filter(|one| one.is_shown());
                making.show(nation, passed());
                if partition == Partition::Nation {
                    held.extend(of_strand.iter().filter(|one| !one.is_shown()).map(|one| (strand, one.site)));
                    national.add_cells(passed().map(|one| (one.cell, one.totals.into())));
                } else {
                    passed().for_each(|one| add_to_cell(&mut gathered, one.cell, one.totals.into()));
                }
            }
            _ => {
                let is_held = |one: &Pending| one.depth == 0 && held.contains(&(strand, one.site));
                of_strand.sort_unstable_by_key(is_held);
                let settled = of_strand.partition_point(|one| !is_held(one));
                settle(&mut making, nation, of_strand.get_mut(..settled).unwrap_or_default());
                for (cause, one) in
                    of_strand.iter().filter(|one| one.is_shown()).filter_map(|one| Some((one.cause?, one)))
                {
                    by_cause.add(cause, std::iter::once((one.cell, one.totals.into())));
                }
            }
        }
    }
    pending.retain(|one| !one.is_shown());
    gathered.retain(|_, totals| !totals.is_zero());
    if with_people && !gathered.is_empty() {
        making.has_moved = true;
        gathered.clear();
    }
    let ledger = Ledger { pending, groups: making.groups, gathered };
    Point { ledger, national, by_cause, has_moved: making.has_moved }
}
