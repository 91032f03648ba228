//! A publication point: which of what waits passes at the close of a day.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::counting::{Changes, NationalSums};
use crate::domain::reference::Company;
use crate::domain::values::SiteId;

use super::company::Waiting;
use super::ledger::{GroupId, GroupState, Ledger};
use super::partition::{Partition, Path};
use super::pending::Pending;
use super::remainder::{Member, PointNumber, RemainderChange};
use super::site_part::{SitePart, member, parts};
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
                let passing = making.passing(group, &pending);
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
                let settled = making.settle(partition, strand, go);
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
struct Making<'r> {
    rules: &'r Company,
    number: PointNumber,
    groups: BTreeMap<GroupId, GroupState>,
    has_moved: bool,
}

impl Making<'_> {
    /// The sites of what waits for a group that may pass into it. Those whose part comes to nothing pass in any case. All may leave
    /// together, because whatever the group showed before was of enough sites.
    fn passing(&mut self, group: GroupId, pending: &[Pending]) -> BTreeSet<SiteId> {
        let level = group.path.length();
        let least = if level == 0 { self.rules.in_nation } else { self.rules.in_row };
        let (mut passing, mut waiting) = (BTreeSet::new(), Vec::new());
        let shown = self.groups.get(&group).map(|state| state.shown).unwrap_or_default();
        let then = pending.iter().fold(shown, |sum, one| sum.wrapping_add(one.totals));
        for (site, part) in parts(pending.iter(), level) {
            if part.net.is_empty() {
                passing.insert(site);
            } else {
                waiting.push(Waiting { site, weight: part.weight(), is_new: part.is_new });
            }
        }
        // Changes by cause may cancel each other out; all other sums are of what stands.
        let empties = group.partition != Partition::Causes
            && then.is_zero()
            && !self.rules.is_dominated(waiting.iter().map(|one| one.weight));
        let moved =
            if empties { waiting.iter().map(|one| one.site).collect() } else { self.rules.moves(waiting, least) };
        if level == 0 && !moved.is_empty() {
            self.note_moved(group);
        }
        passing.extend(moved);
        passing
    }

    /// Adds what passed to what a group shows.
    fn show<'p>(&mut self, group: GroupId, passed: impl IntoIterator<Item = &'p Pending>) {
        for one in passed {
            let state = self.groups.entry(group).or_default();
            state.shown = state.shown.wrapping_add(one.totals);
        }
    }

    fn note_moved(&mut self, group: GroupId) {
        self.groups.entry(group).or_default().moved_at = Some(self.number);
        self.has_moved = true;
    }

    /// Lets what may pass into the groups of a partition, level by level.
    fn settle(&mut self, partition: Partition, strand: Strand, mut pending: Vec<Pending>) -> Vec<Pending> {
        for one in pending.iter_mut().filter(|one| one.depth == 0) {
            (one.depth, one.since) = (1, self.number);
        }
        for level in 1..=partition.levels() {
            let (here, elsewhere): (Vec<_>, Vec<_>) = pending.into_iter().partition(|one| one.depth == level);
            pending = elsewhere;
            let mut by_parent: BTreeMap<Path, Vec<Pending>> = BTreeMap::new();
            for one in here {
                by_parent.entry(one.path().prefix(level - 1)).or_default().push(one);
            }
            for (path, waiting) in by_parent {
                pending.extend(self.pass(GroupId { partition, strand, path }, level, waiting));
            }
        }
        pending
    }

    /// Lets what may pass from the remainder of a group into its parts. What passes goes one level down.
    fn pass(&mut self, parent: GroupId, level: u8, waiting: Vec<Pending>) -> Vec<Pending> {
        let mut by_part: BTreeMap<Path, Vec<Pending>> = BTreeMap::new();
        for one in waiting {
            by_part.entry(one.path().prefix(level)).or_default().push(one);
        }
        let group = |path: Path| GroupId { path, ..parent };
        let mut passing: BTreeMap<Path, BTreeSet<SiteId>> = BTreeMap::new();
        for (path, waiting) in &by_part {
            passing.insert(*path, self.passing(group(*path), waiting));
        }
        let moved_at = |groups: &BTreeMap<GroupId, GroupState>, path: Path| {
            groups.get(&group(path)).and_then(|state| state.moved_at)
        };
        // Those that move most often wait first, because they move again soon.
        let mut moving: Vec<Path> =
            passing.iter().filter(|(_, sites)| !sites.is_empty()).map(|(path, _)| *path).collect();
        moving.sort_by_key(|path| (moved_at(&self.groups, *path), *path));
        let earlier = self.groups.get(&parent).map(|state| state.earlier.clone()).unwrap_or_default();
        let change = loop {
            let change = self.remainder_change(level, &by_part, &passing);
            if earlier.allow(&change, self.rules) {
                break change;
            }
            let Some(path) = moving.pop() else { break change };
            if let Some((waiting, sites)) = by_part.get(&path).zip(passing.get_mut(&path)) {
                let nothing = parts(waiting.iter(), level).into_iter().filter(|(_, part)| part.net.is_empty());
                *sites = nothing.map(|(site, _)| site).collect();
            }
        };
        if !change.moved.is_empty() {
            self.has_moved = true;
            let state = self.groups.entry(parent).or_default();
            state.earlier = earlier.after(&change, self.number, self.rules);
        }
        // A site of which one part leaves the remainder and another stays has come with the rest today.
        let has_left = |(path, one): (&Path, &Pending)| {
            one.since < self.number && passing.get(path).is_some_and(|sites| sites.contains(&one.site))
        };
        let split: BTreeSet<SiteId> = by_part
            .iter()
            .flat_map(|(path, waiting)| waiting.iter().map(move |one| (path, one)))
            .filter(|one| has_left(*one))
            .map(|(_, one)| one.site)
            .collect();
        let mut after = Vec::new();
        for (path, waiting) in by_part {
            let sites = passing.remove(&path).unwrap_or_default();
            let moves =
                parts(waiting.iter(), level).iter().any(|(site, part)| sites.contains(site) && !part.net.is_empty());
            if moves {
                self.note_moved(group(path));
            }
            self.show(group(path), waiting.iter().filter(|one| sites.contains(&one.site)));
            after.extend(waiting.into_iter().map(|mut one| {
                if sites.contains(&one.site) {
                    (one.depth, one.since) = (level + 1, self.number);
                } else if split.contains(&one.site) {
                    (one.since, one.new_to) = (self.number, one.new_to & !(1 << (level - 1)));
                }
                one
            }));
        }
        after
    }

    /// How the remainder of a group changes if these sites pass into its parts.
    fn remainder_change(
        &self,
        level: u8,
        by_part: &BTreeMap<Path, Vec<Pending>>,
        passing: &BTreeMap<Path, BTreeSet<SiteId>>,
    ) -> RemainderChange {
        let mut by_site: BTreeMap<SiteId, Vec<(&Pending, bool)>> = BTreeMap::new();
        for (path, waiting) in by_part {
            let passes = passing.get(path);
            for one in waiting {
                let goes = passes.is_some_and(|sites| sites.contains(&one.site));
                by_site.entry(one.site).or_default().push((one, goes));
            }
        }
        let mut change = RemainderChange::default();
        for pending in by_site.into_values() {
            self.change_of_site(level - 1, &pending, &mut change);
        }
        change
    }

    fn change_of_site(&self, level: u8, pending: &[(&Pending, bool)], change: &mut RemainderChange) {
        let was_there = |one: &Pending| one.since < self.number;
        let before = member(pending.iter().map(|(one, _)| *one).filter(|one| was_there(one)), level);
        let after = member(pending.iter().filter(|(_, goes)| !goes).map(|(one, _)| *one), level);
        let mut moved = SitePart::default();
        // What stays and was there has not moved.
        for (one, goes) in pending.iter().filter(|(one, goes)| *goes == was_there(one)) {
            let totals = if *goes { one.totals.negated() } else { one.totals };
            moved.add(&Pending { totals, ..**one });
        }
        let is_split = pending.iter().any(|(one, goes)| *goes && was_there(one)) && !moved.net.is_empty();
        if !moved.net.is_empty() {
            change.moved.push(moved.weight());
        }
        match (before, after) {
            (Some(before), None) => change.leave.push(before),
            (Some(before), Some(after)) if is_split => {
                change.leave.push(before);
                change.stay.push(Member { came: self.number, changed: self.number, is_new: false, ..after });
            }
            (_, Some(after)) => change.stay.push(after),
            (None, None) => {}
        }
    }
}

#[cfg(test)]
#[path = "random_homes_tests.rs"]
mod random_homes;

#[cfg(test)]
#[path = "point_tests.rs"]
mod tests;
