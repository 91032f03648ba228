//! A register changes at random for some months, from nothing or one change after the other in a register that has grown. No two points
//! may tell fewer sites apart than keep company.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::domain::counting::{
    CellDims, CellKey, Changes, Contribution, NationalSums, PublicTotals, Totals, add_to_cell, difference,
};
use crate::domain::disclosure::{
    GroupId, Ledger, Partition, Path, Point, PointNumber, Strand, Touched, arrivals, make_point,
};
use crate::domain::records::Stage;
use crate::domain::reference::MeasureId;
use crate::domain::values::{Cause, SiteId, SiteKind, Tier};

use super::observer::{Observer, RULES, SitePosting};
use super::random_homes::{Dice, RandomHome, sample_cell};

/// The histories that are watched. Without the rule for the nation less a deeper level the last one tells two sites apart.
const SEEDS: [u64; 3] = [1, 2, 46];

/// A register with its points.
struct Register {
    dice: Dice,
    homes: BTreeMap<SiteId, RandomHome>,
    posted: BTreeMap<SiteId, Vec<SitePosting>>,
    /// What was posted since the last point.
    since: BTreeMap<SiteId, Vec<SitePosting>>,
    ledger: Ledger,
    points: PointNumber,
    national: NationalSums,
    told: Changes,
}

impl Register {
    fn of(seed: u64) -> Self {
        let dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1);
        let (homes, posted, since) = Default::default();
        let (ledger, national, told) = Default::default();
        Self { dice, homes, posted, since, ledger, points: 0, national, told }
    }

    fn add_home(&mut self) {
        let site = SiteId::new(Uuid::from_u128(self.homes.len() as u128));
        let home = RandomHome::rolled(&mut self.dice);
        self.post(site, &Contribution::new(), &home, Cause::Registered);
        self.homes.insert(site, home);
    }

    /// A home is added, or another one changes.
    fn change(&mut self) {
        if self.homes.len() < 10 || self.dice.roll(3) == 0 {
            return self.add_home();
        }
        let site = SiteId::new(Uuid::from_u128(self.dice.roll(self.homes.len()) as u128));
        let mut home = self.homes[&site].clone();
        let before = home.contribution();
        let cause = home.change(&mut self.dice);
        self.post(site, &before, &home, cause);
        self.homes.insert(site, home);
    }

    fn post(&mut self, site: SiteId, before: &Contribution, home: &RandomHome, cause: Cause) {
        let moved = difference(&home.contribution(), before).into_iter();
        self.since.entry(site).or_default().extend(moved.map(|(cell, totals)| (cause, cell, totals)));
    }

    /// Closes a day. The sites that were touched since the last point, if this is one.
    fn close(&mut self, with_people: bool) -> Option<BTreeSet<SiteId>> {
        let mut ledger = self.ledger.clone();
        for (site, postings) in &self.since {
            let earlier: Vec<_> =
                self.posted.get(site).into_iter().flatten().map(|(cause, cell, _)| (*cause, *cell)).collect();
            ledger.pending.extend(arrivals(&Touched { site: *site, postings, earlier: &earlier }, self.points + 1));
        }
        let point = make_point(ledger, &RULES, self.points + 1, with_people);
        if !point.has_moved {
            return None;
        }
        let touched: BTreeSet<SiteId> = self.since.keys().copied().collect();
        for (site, postings) in std::mem::take(&mut self.since) {
            self.posted.entry(site).or_default().extend(postings);
        }
        self.points += 1;
        self.ledger = point.ledger;
        self.national.add_all(&point.national);
        self.told.add_all(&point.by_cause);
        Some(touched)
    }

    fn waiting(&self) -> impl Iterator<Item = SiteId> {
        self.ledger.pending.iter().map(|one| one.site)
    }

    fn posted(&self, site: SiteId) -> &[SitePosting] {
        self.posted.get(&site).map(Vec::as_slice).unwrap_or_default()
    }

    fn look(&self, observer: &mut Observer, with_people: bool, sites: impl Iterator<Item = SiteId>) {
        observer.look((self.points, with_people), sites.map(|site| (site, self.posted(site))), &self.ledger.pending);
    }
}

/// Lets a register change for some days; returns how many points it made.
fn watch(seed: u64, days: u64, changes: usize) -> PointNumber {
    let (mut register, mut observer) = (Register::of(seed), Observer::default());
    for day in 0..days {
        (0..changes).for_each(|_| register.change());
        let with_people = day % 9 == 0;
        if register.close(with_people).is_some() {
            register.look(&mut observer, with_people, register.posted.keys().copied());
            observer.look_at_what_stands();
        }
    }
    let Register { posted, ledger, national, told, .. } = &register;
    let national: Contribution = national.iter().map(|(key, totals)| (key.as_cell(), totals)).collect();
    assert_eq!(national, shown_sums(posted, ledger, Partition::Nation, None), "the nation moves by what is told");
    for cause in Cause::ALL {
        let told = told.iter().find(|(of, _)| of == cause).map(|(_, sums)| sums.clone()).unwrap_or_default();
        let told: Contribution = told.iter().map(|(key, totals)| (key.as_cell(), totals)).collect();
        assert_eq!(told, shown_sums(posted, ledger, Partition::Causes, Some(*cause)), "{cause:?}");
    }
    for (group, state) in &ledger.groups {
        if group.path.length() > 0 || group.partition.levels() == 0 {
            assert_eq!(state.shown, shown_by(posted, ledger, *group), "{group:?}");
        }
    }
    register.points
}

/// The sum of what a group shows: of what was posted in it, less what waits for it.
fn shown_by(posted: &BTreeMap<SiteId, Vec<SitePosting>>, ledger: &Ledger, group: GroupId) -> PublicTotals {
    let GroupId { partition, strand, path } = group;
    let is_in = |of: Strand, at: Path| of == strand && at.prefix(path.length()) == path;
    let mut shown = PublicTotals::default();
    for (cause, cell, totals) in posted.values().flatten() {
        let cause = (partition == Partition::Causes).then_some(*cause);
        let cell =
            partition.project(*cell).filter(|cell| is_in(Strand::of(*cell).unwrap(), partition.path(*cell, cause)));
        shown = shown.wrapping_add(if cell.is_some() { totals.public() } else { PublicTotals::default() });
    }
    for one in ledger.pending.iter().filter(|one| one.partition == partition && is_in(one.strand, one.path)) {
        let waits = one.depth <= path.length();
        shown = shown.wrapping_add(if waits { one.totals.negated() } else { PublicTotals::default() });
    }
    shown
}

/// Lets a thousand changes trickle into a register of so many homes, five a day; returns how many points they made.
fn trickle(homes: usize) -> PointNumber {
    let (mut register, mut observer) = (Register::of(7), Observer::default());
    (0..homes).for_each(|_| register.add_home());
    register.close(true);
    let mut watched: BTreeSet<SiteId> = register.waiting().collect();
    for site in &watched {
        observer.take(*site, register.posted(*site), &register.ledger.pending);
    }
    for day in 0..200 {
        (0..5).for_each(|_| register.change());
        // Whoever is touched for the first time was shown as a whole so far.
        for site in register.since.keys() {
            if watched.insert(*site) {
                observer.take(*site, register.posted(*site), &[]);
            }
        }
        let waited: Vec<SiteId> = register.waiting().collect();
        let with_people = day % 90 == 0;
        if let Some(touched) = register.close(with_people) {
            // Of nobody else anything moves, but answers that were gathered before.
            let gathered = watched.iter().copied().filter(|_| with_people);
            let may_move: BTreeSet<SiteId> =
                touched.into_iter().chain(waited).chain(register.waiting()).chain(gathered).collect();
            register.look(&mut observer, with_people, may_move.into_iter());
        }
    }
    register.points
}

/// What a partition shows, of one cause or of all.
fn shown_sums(
    posted: &BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>>,
    ledger: &Ledger,
    partition: Partition,
    cause: Option<Cause>,
) -> Contribution {
    let mut sums = Contribution::new();
    for (of, cell, totals) in posted.values().flatten() {
        if let Some(cell) = partition.project(*cell).filter(|_| cause.is_none_or(|cause| cause == *of)) {
            add_to_cell(&mut sums, cell, totals.public().into());
        }
    }
    for one in ledger.pending.iter().filter(|one| one.partition == partition && one.cause == cause) {
        add_to_cell(&mut sums, one.cell, one.totals.negated().into());
    }
    sums
}

#[test]
fn no_two_points_tell_fewer_sites_apart_than_keep_company() {
    for seed in SEEDS {
        let points = watch(seed, 60, 7);
        assert!(points > 5, "seed {seed} made {points} points");
    }
}

#[test]
fn no_two_points_tell_one_change_of_a_trickle_into_fifty_homes() {
    assert!(trickle(50) > 20);
}

#[test]
fn no_two_points_tell_one_change_of_a_trickle_into_five_thousand_homes() {
    assert!(trickle(5_000) > 20);
}

#[test]
fn no_two_points_tell_one_change_of_a_trickle_into_a_hundred_thousand_homes() {
    assert!(trickle(100_000) > 20);
}

/// What a home posts in Places of a stage: it stands there, or it does not any more.
fn posting(stage: Stage, stands: bool) -> (Cause, CellKey, Totals) {
    let cell = sample_cell(Strand { measure: None, stage, is_sold: false, is_pre_programme: false });
    let site = Totals { sites: 1, installations: 1, ..Totals::default() };
    (Cause::Verified, cell, if stands { site } else { site.negated() })
}

/// Twelve homes are reported, and some of them verified at the next point; how many parts of the reported ones wait then, but for what
/// is told by cause.
fn left_of_twelve(verified: u128) -> usize {
    let reported = posting(Stage::Reported, true);
    let moves = [posting(Stage::Reported, false), posting(Stage::Verified(Tier::Document), true)];
    let site = |number: u128| SiteId::new(Uuid::from_u128(number));
    let reports = [reported];
    let first = |number| arrivals(&Touched { site: site(number), postings: &reports, earlier: &[] }, 1);
    let pending = (0..12).flat_map(first).collect();
    let Point { mut ledger, .. } = make_point(Ledger { pending, ..Ledger::default() }, &RULES, 1, false);
    assert_eq!(ledger.pending.len(), 0, "twelve are company");
    let earlier = [(reported.0, reported.1)];
    let then = |number| arrivals(&Touched { site: site(number), postings: &moves, earlier: &earlier }, 2);
    ledger.pending.extend((0..verified).flat_map(then));
    let second = make_point(ledger, &RULES, 2, false);
    let stands = second.ledger.pending.iter().filter(|one| one.partition != Partition::Causes);
    stands.filter(|one| !one.strand.is_verified()).count()
}

#[test]
fn a_group_that_all_sites_leave_becomes_empty_and_one_that_some_leave_waits() {
    assert_eq!(left_of_twelve(12), 0);
    assert!(left_of_twelve(11) > 11, "one would be left alone");
}

#[test]
fn nobody_leaves_while_one_site_would_be_most_of_what_stands() {
    let strand = Strand {
        measure: MeasureId::parse("rooftop_solar_pv"),
        stage: Stage::Verified(Tier::Document),
        is_sold: false,
        is_pre_programme: false,
    };
    let cell = sample_cell(strand);
    let posting =
        |quantity| [(Cause::Verified, cell, Totals { quantity, quantity_days: quantity, ..Totals::default() })];
    let at = |point, number: u128, quantity, earlier: &[(Cause, CellKey)]| {
        arrivals(&Touched { site: SiteId::new(Uuid::from_u128(number)), postings: &posting(quantity), earlier }, point)
    };
    // One of 1,100 stands beside eleven of 100. Then these leave, and ten of 10 come.
    let first = (0..12).flat_map(|number| at(1, number, if number == 0 { 1_100 } else { 100 }, &[])).collect();
    let Point { mut ledger, .. } = make_point(Ledger { pending: first, ..Ledger::default() }, &RULES, 1, false);
    let nation = GroupId { partition: Partition::Nation, strand, path: Path::NATION };
    let shown = |ledger: &Ledger| ledger.groups.get(&nation).map(|state| state.sizes.sum());
    assert_eq!(shown(&ledger), Some(2_200));
    ledger.pending.extend((1..12).flat_map(|number| at(2, number, -100, &[(Cause::Verified, cell)])));
    ledger.pending.extend((12..22).flat_map(|number| at(2, number, 10, &[])));
    let Point { mut ledger, .. } = make_point(ledger, &RULES, 2, false);
    assert_eq!(shown(&ledger), Some(2_300), "the ten come, and nobody leaves");
    ledger.pending.extend((22..32).flat_map(|number| at(3, number, 150, &[])));
    let third = make_point(ledger, &RULES, 3, false);
    assert_eq!(shown(&third.ledger), Some(2_700), "now they leave: 1,100 of 2,700 is less than half");
}

#[test]
fn a_few_wait_for_who_has_no_company_and_not_their_whole_group() {
    let at = |number: u128, kind: SiteKind| {
        let (cause, cell, totals) = posting(Stage::Reported, true);
        let cell = CellDims { kind, ..cell.dims().unwrap() }.key();
        let site = SiteId::new(Uuid::from_u128(number));
        arrivals(&Touched { site, postings: &[(cause, cell, totals)], earlier: &[] }, 1)
    };
    let homes = (0..40).flat_map(|number| at(number, SiteKind::Home));
    let pending = homes.chain((40..42).flat_map(|number| at(number, SiteKind::Office))).collect();
    let point = make_point(Ledger { pending, ..Ledger::default() }, &RULES, 1, false);
    let waits = |kind| {
        let here = point.ledger.pending.iter().filter(|one| one.partition == Partition::Kinds);
        here.filter(|one| one.cell.dims().is_some_and(|dims| dims.kind == kind)).count()
    };
    assert_eq!((waits(SiteKind::Home), waits(SiteKind::Office)), (5, 2));
}
