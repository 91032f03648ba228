//! A publication point: which of what waits passes at the close of a day.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::counting::{CellKey, Changes, NationalKey, Totals};
use crate::domain::reference::Company;
use crate::domain::values::SiteId;

use super::company::Waiting;
use super::partition::{Partition, Path};
use super::pending::Pending;
use super::remainder::{EarlierPoints, Member, RemainderChange};
use super::strand::Strand;

/// The number of a point: 1, 2, 3 … in the order in which they are made. Before the first one stands 0.
pub type PointNumber = u32;

/// A group of a partition; without a path, the nation as the parent of the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct GroupId {
    pub partition: Partition,
    pub strand: Strand,
    pub path: Path,
}

/// What has to be known of a group from one point to the next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupState {
    /// The last point at which sites came to it or changed.
    pub moved_at: Option<PointNumber>,
    /// The earlier points of its remainder.
    pub earlier: EarlierPoints,
}

/// What waits after a point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    pub pending: Vec<Pending>,
    pub groups: BTreeMap<GroupId, GroupState>,
}

/// A publication point.
#[derive(Debug)]
pub struct Point {
    /// What waits now.
    pub ledger: Ledger,
    /// What the national sums moved by.
    pub national: BTreeMap<CellKey, Totals>,
    /// The part of it that is told by cause.
    pub by_cause: Changes,
}

/// Makes a point from what waited at the last one and what arrived since; `None` if no figure may move. The answers about people
/// move only `with_people`.
#[must_use]
pub fn make_point(
    ledger: Ledger,
    arrivals: Vec<Pending>,
    rules: &Company,
    number: PointNumber,
    with_people: bool,
) -> Option<Point> {
    let mut making = Making { rules, number, groups: ledger.groups, has_moved: false };
    let mut strands: BTreeMap<(Partition, Strand), Vec<Pending>> = BTreeMap::new();
    for pending in ledger.pending.into_iter().chain(arrivals) {
        if let Some(strand) = pending.strand() {
            strands.entry((pending.partition, strand)).or_default().push(pending);
        }
    }
    let mut waits = Vec::new();
    let (mut held, mut national) = (BTreeSet::new(), BTreeMap::<CellKey, Totals>::new());
    let mut by_cause = Changes::default();
    // The nation comes first in the order of partitions.
    for ((partition, strand), pending) in strands {
        match partition {
            Partition::People if !with_people => waits.extend(pending),
            Partition::Nation | Partition::People => {
                let passing = making.passing(GroupId { partition, strand, path: Path::NATION }, &pending);
                let (passed, waiting): (Vec<_>, Vec<_>) =
                    pending.into_iter().partition(|one| passing.contains(&one.site));
                if partition == Partition::Nation {
                    held.extend(waiting.iter().map(|one| (strand, one.site)));
                    for one in passed {
                        let sum = national.entry(one.cell).or_default();
                        *sum = sum.wrapping_add(one.totals);
                    }
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
    national.retain(|_, totals| !totals.is_zero());
    let ledger = Ledger { pending: waits, groups: making.groups };
    making.has_moved.then_some(Point { ledger, national, by_cause })
}

/// A point while it is made.
struct Making<'r> {
    rules: &'r Company,
    number: PointNumber,
    groups: BTreeMap<GroupId, GroupState>,
    has_moved: bool,
}

/// The parts of a site that wait in one group, and what a figure of the group would move by.
#[derive(Default)]
struct SitePart {
    net: BTreeMap<CellKey, Totals>,
    is_new: bool,
}

impl SitePart {
    fn add(&mut self, pending: &Pending) {
        // People are told by their answers, all other figures by the dimensions of national ones.
        let cell = match pending.partition {
            Partition::People => pending.cell,
            _ => NationalKey::of(pending.cell).as_cell(),
        };
        let sum = self.net.entry(cell).or_default();
        *sum = sum.wrapping_add(pending.totals);
        if sum.is_zero() {
            self.net.remove(&cell);
        }
    }

    /// How much moves: 1 for a site, the quantity of a measure's lines.
    fn weight(&self) -> u64 {
        let days = |days: i64| days.unsigned_abs().div_ceil(31);
        let weight = |(cell, totals): (&CellKey, &Totals)| {
            let quantities =
                [totals.quantity.unsigned_abs(), days(totals.quantity_days), days(totals.quantity_end_days)];
            if cell.has_no_measure() { 0 } else { quantities.into_iter().max().unwrap_or_default() }
        };
        self.net.iter().map(weight).fold(0, u64::saturating_add).max(1)
    }
}

/// The parts of each site, at a level of groups.
fn parts<'p>(pending: impl Iterator<Item = &'p Pending>, level: u8) -> BTreeMap<SiteId, SitePart> {
    let mut parts: BTreeMap<SiteId, SitePart> = BTreeMap::new();
    for one in pending {
        let part = parts.entry(one.site).or_default();
        part.add(one);
        part.is_new |= one.is_new_at(level);
    }
    parts
}

impl Making<'_> {
    /// The sites of what waits for a group that may pass into it. Those whose part comes to nothing pass in any case.
    fn passing(&mut self, group: GroupId, pending: &[Pending]) -> BTreeSet<SiteId> {
        let level = group.path.length();
        let least = if level == 0 { self.rules.in_nation } else { self.rules.in_row };
        let (mut passing, mut waiting) = (BTreeSet::new(), Vec::new());
        for (site, part) in parts(pending.iter(), level) {
            if part.net.is_empty() {
                passing.insert(site);
            } else {
                waiting.push(Waiting { site, weight: part.weight(), is_new: part.is_new });
            }
        }
        let moved = self.rules.moves(waiting, least);
        if level == 0 && !moved.is_empty() {
            self.note_moved(group);
        }
        passing.extend(moved);
        passing
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

/// A site of a remainder by what waits of it there; `None` if that comes to nothing.
fn member<'p>(pending: impl Iterator<Item = &'p Pending>, level: u8) -> Option<Member> {
    let mut pending: Vec<&Pending> = pending.collect();
    pending.sort_by_key(|one| one.since);
    let (mut part, mut times) = (SitePart::default(), None);
    for together in pending.chunk_by(|one, other| one.since == other.since) {
        let (before, at) = (part.net.clone(), together.first()?.since);
        for one in together {
            part.add(one);
            part.is_new |= one.is_new_at(level);
        }
        times = match times {
            _ if part.net.is_empty() => None,
            Some((came, changed)) => Some((came, if part.net == before { changed } else { at })),
            None => Some((at, at)),
        };
    }
    let (came, changed) = times?;
    Some(Member { came, changed, is_new: part.is_new, weight: part.weight() })
}

#[cfg(test)]
#[path = "point_tests.rs"]
mod tests;
