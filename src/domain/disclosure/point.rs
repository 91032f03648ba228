//! A publication point: which of what waits passes at the close of a day.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::counting::{Changes, NationalSums};
use crate::domain::reference::Company;
use crate::domain::values::SiteId;

use super::company::Waiting;
use super::ledger::{GroupId, GroupState, Ledger};
use super::partition::{Partition, Path};
use super::pending::Pending;
use super::remainder::{EarlierPoints, PointNumber, Remainder, RemainderChange};
use super::settle::settle;
use super::site_part::parts;
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

/// Makes a point from what waited at the last one and what arrived since. The answers about people move only `with_people`.
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
    let mut by_cause = Changes::default();
    // The nation comes first in the order of partitions.
    for ((partition, strand), pending) in strands {
        match partition {
            Partition::People if !with_people => waits.extend(pending),
            Partition::Nation | Partition::People => {
                let group = GroupId { partition, strand, path: Path::NATION };
                let passing = making.passing(group, &pending.iter().collect::<Vec<_>>());
                let (passed, waiting): (Vec<_>, Vec<_>) =
                    pending.into_iter().partition(|one| passing.contains(&one.site));
                making.show(group, &passed);
                if partition == Partition::Nation {
                    held.extend(waiting.iter().map(|one| (strand, one.site)));
                    national.add_cells(passed.into_iter().map(|one| (one.cell, one.totals)));
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
    let ledger = Ledger { pending: waits, groups: making.groups };
    Point { ledger, national, by_cause, has_moved: making.has_moved }
}

/// A point while it is made.
pub(super) struct Making<'r> {
    pub rules: &'r Company,
    pub number: PointNumber,
    pub groups: BTreeMap<GroupId, GroupState>,
    pub has_moved: bool,
}

impl Making<'_> {
    /// The sites of what waits for a group that may pass into it. Those whose part comes to nothing pass in any case. All may leave
    /// together, because whatever the group showed before was of enough sites.
    pub fn passing(&mut self, group: GroupId, pending: &[&Pending]) -> BTreeSet<SiteId> {
        let level = group.path.length();
        let least = if level == 0 { self.rules.in_nation } else { self.rules.in_row };
        let (mut passing, mut waiting) = (BTreeSet::new(), Vec::new());
        let shown = self.groups.get(&group).map(|state| state.shown).unwrap_or_default();
        let then = pending.iter().fold(shown, |sum, one| sum.wrapping_add(one.totals));
        for (site, part) in parts(pending.iter().copied(), level) {
            if part.net.is_empty() {
                passing.insert(site);
            } else {
                waiting.push(Waiting { site, moved: part.moved(), is_new: part.is_new });
            }
        }
        // Changes by cause may cancel each other out; all other sums are of what stands.
        let empties = group.partition != Partition::Causes
            && then.is_zero()
            && !self.rules.is_dominated(waiting.iter().map(|one| one.moved.weight));
        let moved =
            if empties { waiting.iter().map(|one| one.site).collect() } else { self.rules.moves(waiting, least) };
        if level == 0 && !moved.is_empty() {
            self.note_moved(group);
        }
        passing.extend(moved);
        passing
    }

    /// Adds what passed to what a group shows.
    pub fn show<'p>(&mut self, group: GroupId, passed: impl IntoIterator<Item = &'p Pending>) {
        for one in passed {
            let state = self.groups.entry(group).or_default();
            state.shown = state.shown.wrapping_add(one.totals);
        }
    }

    pub fn note_moved(&mut self, group: GroupId) {
        self.groups.entry(group).or_default().moved_at = Some(self.number);
        self.has_moved = true;
    }

    pub fn earlier(&self, remainder: Remainder) -> EarlierPoints {
        let state = self.groups.get(&remainder.group);
        state.and_then(|state| state.earlier.get(remainder.slot())).cloned().unwrap_or_default()
    }

    /// Notes that a remainder changes.
    pub fn note_remainder(&mut self, remainder: Remainder, change: &RemainderChange) {
        self.has_moved = true;
        let after = self.earlier(remainder).after(change, self.number, self.rules);
        let state = self.groups.entry(remainder.group).or_default();
        if let Some(earlier) = state.earlier.get_mut(remainder.slot()) {
            *earlier = after;
        }
    }
}

#[cfg(test)]
#[path = "random_homes_tests.rs"]
mod random_homes;

#[cfg(test)]
#[path = "point_tests.rs"]
mod tests;
