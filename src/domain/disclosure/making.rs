//! A point while it is made: what each group shows, and which sites may pass into it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::values::SiteId;

use super::company::{Rules, Waiting};
use super::earlier_points::{EarlierPoints, PointNumber, RemainderChange};
use super::ledger::GroupState;
use super::partition::{GroupId, Partition};
use super::pending::Pending;
use super::remainder::Remainder;
use super::site_part::parts;
use super::sizes::SizeChange;

/// A point while it is made.
pub struct Making<'r> {
    pub rules: &'r Rules,
    pub number: PointNumber,
    pub groups: BTreeMap<GroupId, GroupState>,
    pub has_moved: bool,
}

impl Making<'_> {
    /// The sites of what waits for a group that may pass into it. Those whose part comes to nothing pass in any case. All may leave
    /// together, because whatever the group showed before was of enough sites.
    pub fn passing(&mut self, group: GroupId, pending: &[&Pending]) -> BTreeSet<SiteId> {
        let level = group.path.length();
        let least = if level == 0 { self.rules.company.in_nation } else { self.rules.company.in_row };
        let (mut passing, mut waiting) = (BTreeSet::new(), Vec::new());
        let shown = self.groups.get(&group).map(|state| state.shown).unwrap_or_default();
        let then = pending.iter().fold(shown, |sum, one| sum.wrapping_add(one.totals));
        for (site, part) in parts(pending.iter().copied(), level) {
            if part.net.is_empty() {
                passing.insert(site);
            } else {
                waiting.push(part.waiting(site, self.rules));
            }
        }
        // Changes by cause may cancel each other out; all other sums are of what stands.
        let empties = group.partition != Partition::Causes && then.is_zero();
        let moved =
            if empties { waiting.iter().map(|one| one.site).collect() } else { self.moves(group, waiting, least) };
        // Answers that are gathered move at the end of a quarter.
        if level == 0 && !group.partition.is_of_people() && !moved.is_empty() {
            self.note_moved(group);
        }
        passing.extend(moved);
        passing
    }

    /// The sites that move into a group. If one or two would be most of what stands there then, the largest that leave wait, twice as many
    /// each time.
    pub fn moves(&self, group: GroupId, mut waiting: Vec<Waiting>, least: usize) -> BTreeSet<SiteId> {
        let leaves = |one: &Waiting| one.moved.size < 0;
        if group.partition == Partition::Causes || !waiting.iter().any(leaves) {
            return self.rules.moves(waiting, least);
        }
        waiting.sort_by_key(|one| (one.moved.size.min(0), one.site));
        let mut hold = 1;
        loop {
            let moving = self.rules.moves(waiting.clone(), least);
            let changes = waiting.iter().filter(|one| moving.contains(&one.site)).map(SizeChange::of);
            let sizes = self.groups.get(&group).map(|state| state.sizes.clone()).unwrap_or_default();
            let then = sizes.after(changes);
            let leaving = waiting.iter().take_while(|one| leaves(one)).count();
            if leaving == 0 || !self.rules.are_most(then.largest_two(), then.sum()) {
                return moving;
            }
            waiting.drain(..leaving.min(hold));
            hold *= 2;
        }
    }

    /// Adds what passed to what a group shows.
    pub fn show<'p>(&mut self, group: GroupId, passed: impl Iterator<Item = &'p Pending> + Clone) {
        let mut sum = passed.clone().peekable();
        if sum.peek().is_none() {
            return;
        }
        let state = self.groups.entry(group).or_default();
        state.shown = sum.fold(state.shown, |sum, one| sum.wrapping_add(one.totals));
        if group.strand.measure.is_some() && group.partition != Partition::Causes {
            let parts = parts(passed, group.path.length());
            let changes =
                parts.iter().map(|(site, part)| SizeChange { site: *site, by: part.size(), is_new: part.is_new });
            state.sizes = std::mem::take(&mut state.sizes).after(changes);
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
