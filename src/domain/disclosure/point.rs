//! A publication point: which of what waits passes at the close of a day.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::counting::{Changes, NationalSums, add_to_cell};
use crate::domain::reference::Company;

use super::earlier_points::PointNumber;
use super::group::GroupId;
use super::ledger::Ledger;
use super::making::Making;
use super::partition::{Partition, Path};
use super::pending::Pending;
use super::settle::settle;
use super::strand::Strand;

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

/// Makes a point from what waited at the last one and what arrived since. The answers about people are
/// gathered, and move `with_people`.
#[must_use]
pub fn make_point(
    ledger: Ledger,
    arrivals: Vec<Pending>,
    rules: &Company,
    number: PointNumber,
    with_people: bool,
) -> Point {
    let mut making = Making { rules, number, groups: ledger.groups, has_moved: false };
    let mut strands: BTreeMap<(Partition, Strand), Vec<Pending>> = BTreeMap::new();
    for pending in ledger.pending.into_iter().chain(arrivals) {
        if let Some(strand) = pending.strand() {
            strands.entry((pending.partition, strand)).or_default().push(pending);
        }
    }
    let mut waits = Vec::new();
    let (mut held, mut national) = (BTreeSet::new(), NationalSums::default());
    let (mut by_cause, mut gathered) = (Changes::default(), ledger.gathered);
    // The nation comes first in the order of partitions.
    for ((partition, strand), pending) in strands {
        match partition {
            Partition::Nation | Partition::LowIncome | Partition::Remote | Partition::WomanHeaded => {
                let group = GroupId { partition, strand, path: Path::NATION };
                let passing = making.passing(group, &pending.iter().collect::<Vec<_>>());
                let (passed, waiting): (Vec<_>, Vec<_>) =
                    pending.into_iter().partition(|one| passing.contains(&one.site));
                making.show(group, &passed);
                if partition == Partition::Nation {
                    held.extend(waiting.iter().map(|one| (strand, one.site)));
                    national.add_cells(passed.into_iter().map(|one| (one.cell, one.totals)));
                } else {
                    for one in &passed {
                        add_to_cell(&mut gathered, one.cell, one.totals);
                    }
                }
                waits.extend(waiting);
            }
            _ => {
                let (wait, go) =
                    pending.into_iter().partition(|one: &Pending| one.depth == 0 && held.contains(&(strand, one.site)));
                waits.extend(wait);
                let settled = settle(&mut making, GroupId { partition, strand, path: Path::NATION }, go);
                let (stay, shown): (Vec<_>, Vec<_>) =
                    settled.into_iter().partition(|one| one.depth <= partition.levels());
                for (cause, one) in shown.iter().filter_map(|one| Some((one.cause?, one))) {
                    by_cause.add(cause, std::iter::once((one.cell, one.totals)));
                }
                waits.extend(stay);
            }
        }
    }
    gathered.retain(|_, totals| !totals.is_zero());
    if with_people && !gathered.is_empty() {
        making.has_moved = true;
        gathered.clear();
    }
    let ledger = Ledger { pending: waits, groups: making.groups, gathered };
    Point { ledger, national, by_cause, has_moved: making.has_moved }
}
