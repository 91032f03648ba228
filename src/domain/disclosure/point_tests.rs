//! A register of some sites changes at random for some months. An observer notes what every group and every remainder shows of each site
//! at each point, by subtraction alone, and compares all pairs of points.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::*;
use crate::domain::counting::{CellDims, Contribution, add_all, add_to_cell, difference};
use crate::domain::disclosure::pending::{Touched, arrivals};
use crate::domain::disclosure::strand::public_totals;
use crate::domain::records::Stage;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::values::{Cause, Flags, Month, SiteKind, Tier};

const RULES: Company = Company { in_nation: 10, in_row: 5, most_of_one_percent: 50, most_of_two_percent: 80 };

/// Numbers that look random: the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

/// A site with one measure, which may have been installed in several months.
#[derive(Clone, Debug)]
struct Home {
    former: u8,
    kind: usize,
    low_income: Option<bool>,
    stage: Option<Stage>,
    measure: u8,
    quantity: i64,
    month: u16,
    later: Option<(u16, i64)>,
    ended: Option<u16>,
}

impl Home {
    fn rolled(dice: &mut Dice) -> Self {
        let quantities = [3_000, 4_200, 5_400, 6_000, 12_000, 900_000];
        Self {
            former: u8::try_from(dice.roll(6)).unwrap(),
            kind: dice.roll(4),
            low_income: [None, Some(true), Some(false)][dice.roll(3)],
            stage: Some([Stage::Reported, Stage::Reported, Stage::Verified(Tier::Document)][dice.roll(3)]),
            measure: [1, 1, 1, 4][dice.roll(4)],
            quantity: quantities[dice.roll(6)] + i64::try_from(dice.roll(100)).unwrap(),
            month: 320 + u16::try_from(dice.roll(3)).unwrap(),
            later: None,
            ended: None,
        }
    }

    /// A change, and its cause.
    fn change(&mut self, dice: &mut Dice) -> Cause {
        match dice.roll(14) {
            0..5 => {
                self.stage = Some(Stage::Verified(Tier::ALL[dice.roll(4)]));
                Cause::Verified
            }
            5 => {
                self.stage = None;
                Cause::Withdrawn
            }
            6 => {
                self.stage = Some(Stage::Reported);
                Cause::Reinstated
            }
            7 => {
                self.ended = Some(323);
                Cause::Decommissioned
            }
            8 => {
                self.kind = dice.roll(4);
                Cause::Corrected
            }
            9 => {
                self.former = u8::try_from(dice.roll(6)).unwrap();
                Cause::Corrected
            }
            10 => {
                self.quantity = [5_400, 6_000][dice.roll(2)];
                Cause::Corrected
            }
            11 => {
                self.month = 320 + u16::try_from(dice.roll(3)).unwrap();
                Cause::Corrected
            }
            _ => {
                self.later = Some((321 + u16::try_from(dice.roll(2)).unwrap(), 2_000));
                Cause::Registered
            }
        }
    }

    fn contribution(&self) -> Contribution {
        let mut cells = Contribution::new();
        let Some(stage) = self.stage else { return cells };
        let former = FormerProvinceId::from_index(self.former).unwrap();
        let dims = CellDims {
            measure: None,
            province: former.former_province().province,
            kind: SiteKind::ALL[self.kind],
            stage,
            installed: Month::from_number(self.month),
            ended: self.ended.and_then(Month::from_number),
            former: Some(former),
            flags: Flags { low_income: self.low_income, remote: None, woman_headed: None },
            attributes_sold: None,
        };
        add_to_cell(&mut cells, dims.key(), Totals { sites: 1, installations: 1, ..Totals::default() });
        let measure = MeasureId::from_number(self.measure);
        let totals =
            Totals { sites: 1, quantity: self.quantity, quantity_days: self.quantity * 7, ..Totals::default() };
        add_to_cell(&mut cells, CellDims { measure, ..dims }.key(), totals);
        if let Some((month, quantity)) = self.later {
            let totals = Totals { quantity, quantity_days: quantity * 3, ..Totals::default() };
            add_to_cell(&mut cells, CellDims { measure, installed: Month::from_number(month), ..dims }.key(), totals);
        }
        cells
    }
}

/// A group, or its remainder.
type Published = (GroupId, bool);
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
                    (GroupId { partition, strand, path }, false),
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
                add(*partition, cell, cause, *site, public_totals(totals), first..=partition.levels());
            }
        }
    }
    for one in &ledger.pending {
        let not_in = one.depth.max(u8::from(one.partition.levels() > 0))..=one.partition.levels();
        add(one.partition, one.cell, one.cause, one.site, one.totals.negated(), not_in);
    }
    // The remainders, by subtraction.
    let groups: Vec<(Published, Parts)> = shown.iter().map(|(of, parts)| (*of, parts.clone())).collect();
    for ((group, _), parts) in &groups {
        for partition in Partition::ALL {
            let is_parent = *partition == group.partition || group.partition == Partition::Nation;
            if !is_parent || group.path.length() >= partition.levels() {
                continue;
            }
            if partition.project(sample_cell(group.strand)).is_none() {
                continue;
            }
            let of = (GroupId { partition: *partition, ..*group }, true);
            for (site, cells) in parts {
                for (cell, totals) in cells {
                    add_part(&mut shown, of, *site, *cell, *totals);
                }
            }
        }
    }
    for ((group, _), parts) in &groups {
        if group.path.length() > 0 {
            let path = group.path.prefix(group.path.length() - 1);
            for (site, cells) in parts {
                let of = (GroupId { path, ..*group }, true);
                for (cell, totals) in cells {
                    add_part(&mut shown, of, *site, *cell, totals.negated());
                }
            }
        }
    }
    for parts in shown.values_mut() {
        for cells in parts.values_mut() {
            cells.retain(|_, totals| !totals.is_zero());
        }
        parts.retain(|_, cells| !cells.is_empty());
    }
    shown
}

/// A cell of a strand, to ask which partitions have it.
fn sample_cell(strand: Strand) -> CellKey {
    CellDims {
        measure: strand.measure,
        province: ProvinceId::FIRST,
        kind: SiteKind::Home,
        stage: strand.stage,
        installed: Month::from_number(if strand.is_pre_programme { 1 } else { 320 }),
        ended: None,
        former: None,
        flags: Flags::default(),
        attributes_sold: Some(strand.is_sold),
    }
    .key()
}

impl Observer {
    fn look(&mut self, point: PointNumber, shown: &BTreeMap<Published, Parts>) {
        let all: BTreeSet<Published> = shown.keys().chain(self.seen.keys()).copied().collect();
        for of in all {
            let parts = shown.get(&of).cloned().unwrap_or_default();
            let seen = self.seen.entry(of).or_insert_with(|| vec![(0, Parts::new())]);
            let least = if of.0.path.length() == 0 && !of.1 { RULES.in_nation } else { RULES.in_row };
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
                let moved = sites.into_iter().map(|site| weight(parts.get(&site), last.get(&site)));
                assert!(!RULES.is_dominated(moved), "{of:?} moves by one or two sites at the point {point}");
                seen.push((point, parts));
            }
        }
    }
}

/// How much of a group moves with a site: its quantity, or 1 where sites are counted.
fn weight(now: Option<&BTreeMap<CellKey, Totals>>, before: Option<&BTreeMap<CellKey, Totals>>) -> u64 {
    let mut moved = Contribution::new();
    now.into_iter().flatten().for_each(|(cell, totals)| add_to_cell(&mut moved, *cell, *totals));
    before.into_iter().flatten().for_each(|(cell, totals)| add_to_cell(&mut moved, *cell, totals.negated()));
    let of_sites = moved.keys().any(|cell| cell.has_no_measure());
    let quantity: u64 = moved.values().map(|totals| totals.quantity.unsigned_abs()).sum();
    if of_sites { 1 } else { quantity }
}

/// Lets a register change for some days; returns how many points it made and what waits in the end.
fn watch(seed: u64, days: u64, changes: usize) -> (PointNumber, Ledger) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1);
    let mut homes: BTreeMap<SiteId, Home> = BTreeMap::new();
    let mut posted: BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>> = BTreeMap::new();
    let mut since: BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>> = BTreeMap::new();
    let (mut ledger, mut observer, mut points) = (Ledger::default(), Observer::default(), 0);
    let (mut national, mut told) = (Contribution::new(), Changes::default());
    for day in 0..days {
        for _ in 0..changes {
            let before_and_cause = if homes.len() < 10 || dice.roll(3) == 0 {
                let site = SiteId::new(Uuid::from_u128(homes.len() as u128));
                homes.insert(site, Home::rolled(&mut dice));
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
        if let Some(point) = make_point(ledger.clone(), arriving, &RULES, points + 1, day % 9 == 0) {
            for (site, postings) in std::mem::take(&mut since) {
                posted.entry(site).or_default().extend(postings);
            }
            points += 1;
            ledger = point.ledger;
            add_all(&mut national, &point.national);
            told.add_all(&point.by_cause);
            observer.look(points, &shown(&posted, &ledger));
        }
    }
    assert_eq!(national, shown_nation(&posted, &ledger), "the nation moves by what is told");
    (points, ledger)
}

fn shown_nation(posted: &BTreeMap<SiteId, Vec<(Cause, CellKey, Totals)>>, ledger: &Ledger) -> Contribution {
    let mut national = Contribution::new();
    for (_, cell, totals) in posted.values().flatten() {
        if let Some(cell) = Partition::Nation.project(*cell) {
            add_to_cell(&mut national, cell, public_totals(totals));
        }
    }
    for one in ledger.pending.iter().filter(|one| one.partition == Partition::Nation) {
        add_to_cell(&mut national, one.cell, one.totals.negated());
    }
    national
}

#[test]
fn no_two_points_tell_fewer_sites_apart_than_keep_company() {
    for seed in 1..=seeds() {
        let (points, _) = watch(seed, 60, 7);
        assert!(points > 5, "seed {seed} made {points} points");
    }
}

/// How many histories are watched; more with the variable `DISCLOSURE_SEEDS`.
fn seeds() -> u64 {
    std::env::var("DISCLOSURE_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(3)
}
