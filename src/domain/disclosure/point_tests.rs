//! A register of some sites changes at random for some months. An observer notes what every group and every remainder shows of each site
//! at each point, by subtraction alone, and compares all pairs of points.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::*;
use crate::domain::counting::{CellKey, NationalKey, Totals};
use crate::domain::counting::{Contribution, add_to_cell, difference};
use crate::domain::disclosure::pending::{Touched, arrivals};
use crate::domain::disclosure::company::Moved;
use crate::domain::records::Stage;
use crate::domain::values::{Cause, Tier};

use super::random_homes::{Dice, RandomHome, sample_cell};

/// The histories that are watched. Without the rule for the nation less a deeper level the last one tells two sites apart.
const SEEDS: [u64; 3] = [1, 2, 46];
const RULES: Company = Company { in_nation: 10, in_row: 5, most_of_one_percent: 50, most_of_two_percent: 80 };

/// A group, or what it shows and the groups of a level below do not.
type Published = (GroupId, Option<u8>);
/// The part of each site in what is published.
type Parts = BTreeMap<SiteId, BTreeMap<CellKey, Totals>>;

#[derive(Default)]
struct Observer {
    /// What each point showed; before the first one, nothing.
    seen: BTreeMap<Published, Vec<(PointNumber, Parts)>>,
}

fn figure_cell(partition: Partition, cell: CellKey) -> CellKey {
    if partition == Partition::People { cell } else { NationalKey::of(cell).as_cell() }
}

fn add_part(shown: &mut BTreeMap<Published, Parts>, of: Published, site: SiteId, cell: CellKey, totals: Totals) {
    let cells = shown.entry(of).or_default().entry(site).or_default();
    let sum = cells.entry(cell).or_default();
    *sum = sum.wrapping_add(totals);
}

/// What is shown of each site in each group and remainder: its contribution less what waits.
fn shown(posted: &BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>>, ledger: &Ledger) -> BTreeMap<Published, Parts> {
    let mut shown = BTreeMap::new();
    let mut add =
        |partition: Partition, cell: CellKey, cause, site, totals: Totals, levels: std::ops::RangeInclusive<u8>| {
            let (strand, path) = (Strand::of(cell).unwrap(), partition.path(cell, cause));
            for level in levels {
                let path = path.prefix(level);
                add_part(
                    &mut shown,
                    (GroupId { partition, strand, path }, None),
                    site,
                    figure_cell(partition, cell),
                    totals,
                );
            }
        };
    for (site, postings) in posted {
        for (cause, cell, totals) in postings {
            for partition in Partition::ALL {
                let Some(cell) = partition.project(*cell) else { continue };
                let first = u8::from(partition.levels() > 0);
                let cause = (*partition == Partition::Causes).then_some(*cause);
                add(*partition, cell, cause, *site, totals.public(), first..=partition.levels());
            }
        }
    }
    for one in &ledger.pending {
        let not_in = one.depth.max(u8::from(one.partition.levels() > 0))..=one.partition.levels();
        add(one.partition, one.cell, one.cause, one.site, one.totals.negated(), not_in);
    }
    // The remainders, by subtraction: of each group less the next level, and of the nation less any level.
    let groups: Vec<(Published, Parts)> = shown.iter().map(|(of, parts)| (*of, parts.clone())).collect();
    for ((group, _), parts) in &groups {
        let levels = group.partition.levels();
        let length = group.path.length();
        let above: Vec<(GroupId, u8)> = match group.partition {
            Partition::Nation => Partition::ALL
                .iter()
                .filter(|partition| partition.project(sample_cell(group.strand)).is_some())
                .flat_map(|partition| {
                    (1..=partition.levels()).map(|level| (GroupId { partition: *partition, ..*group }, level))
                })
                .collect(),
            _ if length < levels => vec![(*group, length + 1)],
            _ => vec![],
        };
        let below = (length > 0).then(|| {
            let parents = BTreeSet::from([group.path.prefix(length - 1), Path::NATION]);
            parents.into_iter().map(|path| (GroupId { path, ..*group }, length))
        });
        let mut add = |(of, level): (GroupId, u8), sign: fn(Totals) -> Totals| {
            for (site, cells) in parts {
                for (cell, totals) in cells {
                    add_part(&mut shown, (of, Some(level)), *site, *cell, sign(*totals));
                }
            }
        };
        above.into_iter().for_each(|of| add(of, |totals| totals));
        below.into_iter().flatten().for_each(|of| add(of, Totals::negated));
    }
    for parts in shown.values_mut() {
        for cells in parts.values_mut() {
            cells.retain(|_, totals| !totals.is_zero());
        }
        parts.retain(|_, cells| !cells.is_empty());
    }
    shown
}

impl Observer {
    fn look(&mut self, point: PointNumber, shown: &BTreeMap<Published, Parts>) {
        let all: BTreeSet<Published> = shown.keys().chain(self.seen.keys()).copied().collect();
        for of in all {
            let parts = shown.get(&of).cloned().unwrap_or_default();
            let seen = self.seen.entry(of).or_insert_with(|| vec![(0, Parts::new())]);
            let least = if of.0.path.length() == 0 && of.1.is_none() { RULES.in_nation } else { RULES.in_row };
            for (then, before) in seen.iter() {
                let sites: BTreeSet<SiteId> = parts.keys().chain(before.keys()).copied().collect();
                let differ = sites.into_iter().filter(|site| parts.get(site) != before.get(site)).count();
                assert!(
                    differ == 0 || differ >= least,
                    "{of:?} tells {differ} sites apart at the points {then} and {point}"
                );
            }
            let last = seen.last().map(|(_, last)| last.clone()).unwrap_or_default();
            if last != parts {
                let sites: BTreeSet<SiteId> = parts.keys().chain(last.keys()).copied().collect();
                let moved: Vec<Moved> =
                    sites.into_iter().map(|site| moved(parts.get(&site), last.get(&site))).collect();
                assert!(
                    !RULES.is_dominated(moved.iter().map(|one| one.weight)),
                    "{of:?} moves by one or two sites at the point {point}"
                );
                let mut in_province: BTreeMap<_, usize> = BTreeMap::new();
                moved.iter().flat_map(|one| &one.provinces).for_each(|of| *in_province.entry(of).or_default() += 1);
                let empties = parts.is_empty() && of.1.is_none();
                let fewest = in_province.values().min().filter(|_| in_province.len() == 2 && !empties);
                assert!(
                    fewest.is_none_or(|fewest| *fewest >= RULES.in_row),
                    "capacity and electricity of {of:?} tell {fewest:?} sites at the point {point}"
                );
                seen.push((point, parts));
            }
        }
    }
}

/// What of a group moves with a site: its quantity, or 1 where sites are counted, and where.
fn moved(now: Option<&BTreeMap<CellKey, Totals>>, before: Option<&BTreeMap<CellKey, Totals>>) -> Moved {
    let mut moved = Contribution::new();
    now.into_iter().flatten().for_each(|(cell, totals)| add_to_cell(&mut moved, *cell, *totals));
    before.into_iter().flatten().for_each(|(cell, totals)| add_to_cell(&mut moved, *cell, totals.negated()));
    let of_sites = moved.keys().any(|cell| cell.has_no_measure());
    let quantity: u64 = moved.values().map(|totals| totals.quantity.unsigned_abs()).sum();
    let solar = moved.keys().filter(|cell| cell.measure().is_some_and(|measure| measure.number() <= 2));
    let provinces = solar.filter_map(|cell| Some(cell.dims()?.province)).collect();
    Moved { weight: if of_sites { 1 } else { quantity }, provinces }
}

/// Lets a register change for some days; returns how many points it made and what waits in the end.
fn watch(seed: u64, days: u64, changes: usize) -> (PointNumber, Ledger) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1);
    let mut homes: BTreeMap<SiteId, RandomHome> = BTreeMap::new();
    let mut posted: BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>> = BTreeMap::new();
    let mut since: BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>> = BTreeMap::new();
    let (mut ledger, mut observer, mut points) = (Ledger::default(), Observer::default(), 0);
    let (mut national, mut told) = (NationalSums::default(), Changes::default());
    for day in 0..days {
        for _ in 0..changes {
            let before_and_cause = if homes.len() < 10 || dice.roll(3) == 0 {
                let site = SiteId::new(Uuid::from_u128(homes.len() as u128));
                homes.insert(site, RandomHome::rolled(&mut dice));
                (site, Contribution::new(), Cause::Registered)
            } else {
                let site = SiteId::new(Uuid::from_u128(dice.roll(homes.len()) as u128));
                let home = homes.get_mut(&site).unwrap();
                let before = home.contribution();
                (site, before, home.change(&mut dice))
            };
            let (site, before, cause) = before_and_cause;
            let moved = difference(&homes[&site].contribution(), &before);
            since.entry(site).or_default().extend(moved.into_iter().map(|(cell, totals)| (cause, cell, totals)));
        }
        let mut arriving = Vec::new();
        for (site, postings) in &since {
            let earlier: Vec<_> =
                posted.get(site).into_iter().flatten().map(|(cause, cell, _)| (*cause, *cell)).collect();
            arriving.extend(arrivals(&Touched { site: *site, postings, earlier: &earlier }, points + 1));
        }
        let point = make_point(ledger.clone(), arriving, &RULES, points + 1, day % 9 == 0);
        if point.has_moved {
            for (site, postings) in std::mem::take(&mut since) {
                posted.entry(site).or_default().extend(postings);
            }
            points += 1;
            ledger = point.ledger;
            national.add_all(&point.national);
            told.add_all(&point.by_cause);
            observer.look(points, &shown(&posted, &ledger));
        }
    }
    let national: Contribution = national.iter().map(|(key, totals)| (key.as_cell(), totals)).collect();
    assert_eq!(national, shown_sums(&posted, &ledger, Partition::Nation, None), "the nation moves by what is told");
    for cause in Cause::ALL {
        let told = told.iter().find(|(of, _)| of == cause).map(|(_, sums)| sums.clone()).unwrap_or_default();
        let told: Contribution = told.iter().map(|(key, totals)| (key.as_cell(), totals)).collect();
        assert_eq!(told, shown_sums(&posted, &ledger, Partition::Causes, Some(*cause)), "{cause:?}");
    }
    (points, ledger)
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
            add_to_cell(&mut sums, cell, totals.public());
        }
    }
    for one in ledger.pending.iter().filter(|one| one.partition == partition && one.cause == cause) {
        add_to_cell(&mut sums, one.cell, one.totals.negated());
    }
    sums
}

#[test]
fn no_two_points_tell_fewer_sites_apart_than_keep_company() {
    for seed in SEEDS {
        let (points, _) = watch(seed, 60, 7);
        assert!(points > 5, "seed {seed} made {points} points");
    }
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
    let first = (0..12).flat_map(first).collect();
    let first = make_point(Ledger::default(), first, &RULES, 1, false);
    assert_eq!(first.ledger.pending.len(), 0, "twelve are company");
    let earlier = [(reported.0, reported.1)];
    let then = |number| arrivals(&Touched { site: site(number), postings: &moves, earlier: &earlier }, 2);
    let second = make_point(first.ledger, (0..verified).flat_map(then).collect(), &RULES, 2, false);
    let stands = second.ledger.pending.iter().filter(|one| one.partition != Partition::Causes);
    stands.filter(|one| one.strand().is_some_and(|strand| !strand.is_verified())).count()
}

#[test]
fn a_group_that_all_sites_leave_becomes_empty_and_one_that_some_leave_waits() {
    assert_eq!(left_of_twelve(12), 0);
    assert!(left_of_twelve(11) > 11, "one would be left alone");
}
