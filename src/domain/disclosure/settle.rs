//! How what the nation shows comes to the groups of a partition, level by level.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::domain::values::SiteId;

use super::earlier_points::{Member, RemainderChange};
use super::making::Making;
use super::partition::{GroupId, Path};
use super::pending::{Pending, Stay};
use super::remainder::Remainder;
use super::site_part::{SitePart, member, parts};

/// Lets what may pass into the groups of a partition, as its depth says then. What waits for the nation has come to it.
pub fn settle(making: &mut Making<'_>, nation: GroupId, pending: &mut [Pending]) {
    for one in pending.iter_mut().filter(|one| one.depth == 0) {
        let stays = one.stays.map(|stay| Stay { since: making.number, ..stay });
        (one.depth, one.stays) = (1, stays);
    }
    pending.sort_unstable_by_key(|one| one.path);
    for level in 1..=nation.partition.levels() {
        let passing = Step::of(making, nation, level, pending).decide();
        pass(making, nation, level, pending, &passing);
    }
}

/// The sites that pass into each group of a level.
type Passing = BTreeMap<Path, BTreeSet<SiteId>>;

fn goes(one: &Pending, level: u8, passing: &Passing) -> bool {
    one.depth == level && passing.get(&one.path.prefix(level)).is_some_and(|sites| sites.contains(&one.site))
}

/// Where what waits in a group and in those below it stands. `pending` is in the order of paths.
fn place_of(group: Path, pending: &[Pending]) -> Range<usize> {
    let prefix = |one: &Pending| one.path.prefix(group.length());
    let first = pending.partition_point(|one| prefix(one) < group);
    let of_group = pending.get(first..).unwrap_or_default().partition_point(|one| prefix(one) == group);
    first..first + of_group
}

fn in_group(group: Path, pending: &[Pending]) -> &[Pending] {
    pending.get(place_of(group, pending)).unwrap_or_default()
}

/// The step from one level of groups to the next.
struct Step<'m, 'r> {
    making: &'m Making<'r>,
    nation: GroupId,
    level: u8,
    pending: &'m [Pending],
    passing: Passing,
    /// The groups into which somebody passes; who moved last comes last.
    moving: Vec<Path>,
    /// How many sites of a group were held back so far.
    held: BTreeMap<Path, usize>,
    remainders: BTreeSet<Remainder>,
}

impl<'m, 'r> Step<'m, 'r> {
    /// Lets all pass that have company in their group.
    fn of(making: &'m mut Making<'r>, nation: GroupId, level: u8, pending: &'m [Pending]) -> Self {
        let mut by_group: BTreeMap<Path, Vec<&Pending>> = BTreeMap::new();
        for one in pending.iter().filter(|one| one.depth == level) {
            by_group.entry(one.path.prefix(level)).or_default().push(one);
        }
        let remainders = Remainder::above(nation, level, by_group.keys());
        let group = |path: Path| GroupId { path, ..nation };
        let passing: Passing =
            by_group.iter().map(|(path, waiting)| (*path, making.passing(group(*path), waiting))).collect();
        let mut moving: Vec<Path> =
            passing.iter().filter(|(_, sites)| !sites.is_empty()).map(|(path, _)| *path).collect();
        // Those that move most often wait first, because they move again soon.
        moving.sort_by_key(|path| (making.groups.get(&group(*path)).and_then(|state| state.moved_at), *path));
        Self { making, nation, level, pending, passing, moving, held: BTreeMap::new(), remainders }
    }

    /// Holds sites back until every remainder keeps company: of a group a few, then more, then all. That all wait has to be allowed, because
    /// what came into the remainder has.
    fn decide(mut self) -> Passing {
        let mut to_ask: Vec<Remainder> = self.remainders.iter().copied().collect();
        while let Some(remainder) = to_ask.pop() {
            if self.allows(remainder) {
                continue;
            }
            let Some(place) = self.moving.iter().rposition(|path| remainder.is_over(*path)) else { continue };
            let Some(path) = self.moving.get(place).copied() else { continue };
            if !self.hold_more(path) {
                self.moving.remove(place);
                self.wait(path);
            }
            to_ask =
                self.remainders.iter().filter(|other| other.is_over(path) || to_ask.contains(other)).copied().collect();
        }
        self.passing
    }

    fn allows(&self, remainder: Remainder) -> bool {
        let change = change_of(remainder, self.making, self.pending, &self.passing);
        change.is_none_or(|change| self.making.earlier(remainder).allow(&change, self.making.rules))
    }

    /// Holds back as many sites of a group again as wait already, the newest and largest ones; `false` if the rest has no company then.
    fn hold_more(&mut self, path: Path) -> bool {
        let (level, rules, group) = (self.level, self.making.rules, GroupId { path, ..self.nation });
        let Some(passing) = self.passing.get(&path) else { return false };
        let mut since: BTreeMap<SiteId, u32> = BTreeMap::new();
        let here = in_group(path, self.pending).iter().filter(|one| one.depth == level && passing.contains(&one.site));
        for one in here.clone() {
            let newest = since.entry(one.site).or_default();
            *newest = one.stays.iter().map(|stay| stay.since).fold(*newest, u32::max);
        }
        let (nothing, mut waiting): (Vec<_>, Vec<_>) =
            parts(here, level).into_iter().partition(|(_, part)| part.net.is_empty());
        waiting.sort_by_cached_key(|(site, part)| Reverse((since.get(site).copied(), part.moved(rules).gross, *site)));
        let held = self.held.entry(path).or_default();
        let more = rules.company.in_row.max(*held);
        let rest = waiting.into_iter().skip(more).map(|(site, part)| part.waiting(site, rules)).collect();
        let moves = self.making.moves(group, rest, rules.company.in_row);
        if moves.is_empty() {
            return false;
        }
        *held += more;
        self.passing.insert(path, nothing.into_iter().map(|(site, _)| site).chain(moves).collect());
        true
    }

    /// Lets nobody pass into a group but those whose parts come to nothing.
    fn wait(&mut self, path: Path) {
        let level = self.level;
        let here = in_group(path, self.pending).iter().filter(|one| one.depth == level);
        let nothing = parts(here, level).into_iter().filter(|(_, part)| part.net.is_empty());
        self.passing.insert(path, nothing.map(|(site, _)| site).collect());
    }
}

/// Moves what passes one level down, and notes how groups and remainders moved.
fn pass(making: &mut Making<'_>, nation: GroupId, level: u8, pending: &mut [Pending], passing: &Passing) {
    for remainder in Remainder::above(nation, level, passing.keys()) {
        if let Some(change) = change_of(remainder, making, pending, passing)
            && !change.moved.is_empty()
        {
            making.note_remainder(remainder, &change);
        }
        note_split(remainder, making.number, pending, passing);
    }
    for (path, sites) in passing {
        let group = GroupId { path: *path, ..nation };
        let here = || in_group(*path, pending).iter().filter(|one| goes(one, level, passing));
        if parts(here(), level).iter().any(|(site, part)| sites.contains(site) && !part.net.is_empty()) {
            making.note_moved(group);
        }
        // A path that ends above the level was shown at its own.
        if path.length() == level {
            making.show(group, here());
        }
    }
    let number = making.number;
    pending.iter_mut().filter(|one| goes(one, level, passing)).for_each(|one| one.descend(number));
}

/// A site of which one part leaves a remainder and another stays has come with the rest today.
fn note_split(remainder: Remainder, number: u32, pending: &mut [Pending], passing: &Passing) {
    let level = remainder.level;
    let place = place_of(remainder.group.path, pending);
    let Some(pending) = pending.get_mut(place) else { return };
    let has_left =
        |one: &&Pending| goes(one, level, passing) && remainder.stay(one).is_some_and(|stay| stay.since < number);
    let split: BTreeSet<SiteId> = pending.iter().filter(has_left).map(|one| one.site).collect();
    for one in pending.iter_mut().filter(|one| split.contains(&one.site) && !goes(one, level, passing)) {
        if remainder.stay(one).is_some()
            && let Some(stay) = one.stays.get_mut(remainder.slot())
        {
            *stay = Stay { since: number, is_new: false };
        }
    }
}

/// How a remainder changes if these sites pass into the groups of its level; `None` if nothing comes or goes.
fn change_of(
    remainder: Remainder,
    making: &Making<'_>,
    pending: &[Pending],
    passing: &Passing,
) -> Option<RemainderChange> {
    let number = making.number;
    let standing = |one| {
        let stay = remainder.stay(one)?;
        Some(Standing { one, stay, was_there: stay.since < number, goes: goes(one, remainder.level, passing) })
    };
    let mut standing: Vec<Standing<'_>> = in_group(remainder.group.path, pending).iter().filter_map(standing).collect();
    if standing.iter().all(Standing::stays) {
        return None;
    }
    standing.sort_by_key(|standing| standing.one.site);
    let mut change = RemainderChange::default();
    for of_site in standing.chunk_by(|one, other| one.one.site == other.one.site) {
        change_of_site(of_site, making, &mut change);
    }
    Some(change)
}

/// What waits of a site in a remainder.
struct Standing<'p> {
    one: &'p Pending,
    stay: Stay,
    was_there: bool,
    goes: bool,
}

impl Standing<'_> {
    fn stays(&self) -> bool {
        self.was_there && !self.goes
    }
}

fn change_of_site(standing: &[Standing<'_>], making: &Making<'_>, change: &mut RemainderChange) {
    let (number, rules) = (making.number, making.rules);
    let of = |is_of: fn(&Standing<'_>) -> bool| {
        member(
            standing.iter().filter(|one| is_of(one)).map(|Standing { stay, one, .. }| (*stay, *one)).collect(),
            rules,
        )
    };
    if standing.iter().all(Standing::stays) {
        change.stay.extend(of(|_| true));
        return;
    }
    let (before, after) = (of(|one| one.was_there), of(|one| !one.goes));
    let mut moved = SitePart::default();
    // What stays and was there has not moved.
    for Standing { one, goes, .. } in standing.iter().filter(|one| one.goes == one.was_there) {
        let totals = if *goes { one.totals.negated() } else { one.totals };
        moved.add(&Pending { totals, ..**one });
    }
    let is_split = standing.iter().any(|one| one.goes && one.was_there) && !moved.net.is_empty();
    if !moved.net.is_empty() {
        change.moved.push(moved.moved(rules));
    }
    match (before, after) {
        (Some(before), None) => change.leave.push(before),
        (Some(before), Some(after)) if is_split => {
            change.leave.push(before);
            change.stay.push(Member { came: number, changed: number, is_new: false, ..after });
        }
        (_, Some(after)) => change.stay.push(after),
        (None, None) => {}
    }
}
