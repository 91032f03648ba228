//! An observer who notes what every group and every remainder shows of each site at each point, by subtraction alone, and compares every
//! point with all before it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::counting::{CellDims, CellKey, NationalKey, Totals};
use crate::domain::disclosure::company::{Moved, Rules};
use crate::domain::disclosure::vintage::Vintage;
use crate::domain::disclosure::{GroupId, Partition, Path, Pending, PointNumber, Strand};
use crate::domain::reference::Company;
use crate::domain::values::{Cause, Interval, Month, SiteId};

use super::random_homes::sample_cell;

pub const RULES: Rules = Rules::of(
    Company { in_nation: 10, in_row: 5, most_of_one_percent: 50, most_of_two_percent: 80 },
    NaiveDate::from_ymd_opt(2026, 12, 31).unwrap(),
);

/// A group, or what it shows and the groups of a level below do not.
type Published = (GroupId, Option<u8>);
/// What is published of one site in one figure.
type Part = BTreeMap<CellKey, Totals>;
/// What is published of one site.
type Parts = BTreeMap<Published, Part>;
/// How a group stands in a remainder: as it is, or taken from it.
type Sign = fn(Totals) -> Totals;
/// A change of a figure: its point, and what was shown of each site before it.
type Change = (PointNumber, BTreeMap<SiteId, Part>);
/// A posting of a site.
pub type SitePosting = (Cause, CellKey, Totals);

/// What is shown of a site in each group and remainder: what it posted less what waits of it.
fn shown(posted: &[SitePosting], waiting: &[&Pending]) -> Parts {
    let mut shown = Parts::new();
    let mut add = |partition: Partition, cell: CellKey, cause, totals: Totals, from: u8| {
        let (strand, path) = (Strand::of(cell).unwrap(), partition.path(cell, cause));
        let figure = if partition.is_of_people() { cell } else { NationalKey::of(cell).as_cell() };
        for level in from..=partition.levels() {
            let group = GroupId { partition, strand, path: path.prefix(level) };
            add_to(&mut shown, (group, None), figure, totals);
        }
    };
    let first = |partition: Partition| u8::from(partition.levels() > 0);
    for (cause, cell, totals) in posted {
        for partition in Partition::ALL {
            let Some(cell) = partition.project(*cell) else { continue };
            let cause = (*partition == Partition::Causes).then_some(*cause);
            add(*partition, cell, cause, totals.public().into(), first(*partition));
        }
    }
    for one in waiting {
        add(one.partition, one.cell, one.cause, one.totals.negated().into(), one.depth.max(first(one.partition)));
    }
    let groups = shown.clone();
    for ((group, _), part) in &groups {
        for (of, sign) in remainders_with(*group) {
            for (cell, totals) in part {
                add_to(&mut shown, of, *cell, sign(*totals));
            }
        }
    }
    for part in shown.values_mut() {
        part.retain(|_, totals| !totals.is_zero());
    }
    shown.retain(|_, part| !part.is_empty());
    shown
}

fn add_to(shown: &mut Parts, of: Published, cell: CellKey, totals: Totals) {
    let sum = shown.entry(of).or_default().entry(cell).or_default();
    *sum = sum.wrapping_add(totals);
}

/// The remainders in which a group stands: those of which it is the whole, and those of which it is a part.
fn remainders_with(group: GroupId) -> Vec<(Published, Sign)> {
    let (levels, length) = (group.partition.levels(), group.path.length());
    let whole: Sign = |totals| totals;
    let mut remainders: Vec<(Published, Sign)> = Vec::new();
    if group.partition == Partition::Nation {
        let has_strand = |partition: &&Partition| partition.project(sample_cell(group.strand)).is_some();
        for partition in Partition::ALL.iter().filter(has_strand) {
            let nation = GroupId { partition: *partition, ..group };
            remainders.extend((1..=partition.levels()).map(|level| ((nation, Some(level)), whole)));
        }
    } else if length < levels {
        remainders.push(((group, Some(length + 1)), whole));
    }
    if length > 0 {
        let parents = BTreeSet::from([group.path.prefix(length - 1), Path::NATION]);
        let above = parents.into_iter().map(|path| (GroupId { path, ..group }, Some(length)));
        remainders.extend(above.map(|of| (of, Totals::negated as Sign)));
    }
    remainders
}

#[derive(Default)]
pub struct Observer {
    /// What is shown of each site now.
    now: BTreeMap<SiteId, Parts>,
    changes: BTreeMap<Published, Vec<Change>>,
    /// How many sites each figure shows.
    sites: BTreeMap<Published, usize>,
}

impl Observer {
    /// Takes what is shown of a site already, without a comparison.
    pub fn take(&mut self, site: SiteId, posted: &[SitePosting], waiting: &[Pending]) {
        let parts = shown(posted, &waiting.iter().filter(|one| one.site == site).collect::<Vec<_>>());
        for of in parts.keys() {
            *self.sites.entry(*of).or_default() += 1;
        }
        self.now.insert(site, parts);
    }

    /// Looks at a point: at all that these sites posted and at what waits. Answers about people stand as they did, unless it is one
    /// `with_people`.
    pub fn look<'p>(
        &mut self,
        (point, with_people): (PointNumber, bool),
        sites: impl Iterator<Item = (SiteId, &'p [SitePosting])>,
        waiting: &[Pending],
    ) {
        let mut waits: BTreeMap<SiteId, Vec<&Pending>> = BTreeMap::new();
        for one in waiting {
            waits.entry(one.site).or_default().push(one);
        }
        let mut changes: BTreeMap<Published, BTreeMap<SiteId, Part>> = BTreeMap::new();
        for (site, posted) in sites {
            let mut parts = shown(posted, waits.get(&site).map(Vec::as_slice).unwrap_or_default());
            let last = self.now.remove(&site).unwrap_or_default();
            if !with_people {
                let is_of_people = |(group, _): &Published| group.partition.is_of_people();
                parts.retain(|of, _| !is_of_people(of));
                parts.extend(last.iter().filter(|(of, _)| is_of_people(of)).map(|(of, part)| (*of, part.clone())));
            }
            for of in parts.keys().chain(last.keys()).copied().collect::<BTreeSet<_>>() {
                let (before, after) = (last.get(&of), parts.get(&of));
                if before != after {
                    changes.entry(of).or_default().insert(site, before.cloned().unwrap_or_default());
                    let sites = self.sites.entry(of).or_default();
                    *sites = *sites + usize::from(after.is_some()) - usize::from(before.is_some());
                }
            }
            self.now.insert(site, parts);
        }
        for (of, before) in changes {
            self.compare(of, point, before);
        }
    }

    /// Looks at what stands: in no group one or two sites may be most of it.
    pub fn look_at_what_stands(&self) {
        let mut standing: BTreeMap<Published, Vec<u64>> = BTreeMap::new();
        for (of, part) in self.now.values().flatten().filter(|(of, _)| of.0.partition != Partition::Causes) {
            standing.entry(*of).or_default().push(moved(Some(part), None).size.unsigned_abs());
        }
        for (of, sizes) in &mut standing {
            sizes.sort_unstable();
            let largest = [1, 2].map(|last| sizes.len().checked_sub(last).map_or(0, |place| sizes[place]));
            assert!(!RULES.are_most(largest, sizes.iter().sum()), "one or two are most of {of:?}: {sizes:?}");
        }
    }

    fn part(&self, of: &Published, site: SiteId) -> Option<&Part> {
        self.now.get(&site)?.get(of)
    }

    fn compare(&mut self, of: Published, point: PointNumber, changed: BTreeMap<SiteId, Part>) {
        let moved: Vec<Moved> =
            changed.iter().map(|(site, before)| moved(self.part(&of, *site), Some(before))).collect();
        // A group that becomes empty moves by what it showed.
        let empties = self.sites.get(&of).is_none_or(|sites| *sites == 0) && of.1.is_none();
        let dominated = RULES.dominated(moved.iter()).filter(|_| !empties);
        assert_eq!(dominated, None, "{of:?} moves by one or two sites at the point {point}");
        let mut of_vintage: BTreeMap<_, usize> = BTreeMap::new();
        moved.iter().flat_map(|one| &one.vintages).for_each(|of| *of_vintage.entry(of).or_default() += 1);
        let fewest = of_vintage.values().min().filter(|_| of_vintage.len() == 2 && !empties);
        assert!(
            fewest.is_none_or(|fewest| *fewest >= RULES.company.in_row),
            "capacity and electricity of {of:?} tell {fewest:?} sites at the point {point}"
        );
        let changes = self.changes.entry(of).or_default();
        changes.push((point, changed));
        let least =
            if of.0.path.length() == 0 && of.1.is_none() { RULES.company.in_nation } else { RULES.company.in_row };
        // From the newest change back: what each site showed before it is what it showed at the points before.
        let mut then: BTreeMap<SiteId, &Part> = BTreeMap::new();
        for (at, before) in changes.iter().rev() {
            then.extend(before.iter().map(|(site, part)| (*site, part)));
            let nothing = Part::new();
            let now = |site: SiteId| self.now.get(&site).and_then(|parts| parts.get(&of)).unwrap_or(&nothing);
            let differ = then.iter().filter(|(site, part)| now(**site) != **part).take(least).count();
            assert!(
                differ == 0 || differ >= least,
                "{of:?} tells {differ} sites apart at the point {point} and before the point {at}"
            );
        }
    }
}

/// How much of a figure moves with a site: its quantity, or 1 where sites are counted, and where.
fn moved(now: Option<&Part>, before: Option<&Part>) -> Moved {
    let mut moved = Part::new();
    for (part, sign) in [(now, 1), (before, -1)] {
        for (cell, totals) in part.into_iter().flatten() {
            let sum = moved.entry(*cell).or_default();
            *sum = sum.wrapping_add(if sign == 1 { *totals } else { totals.negated() });
        }
    }
    moved.retain(|_, totals| !totals.is_zero());
    let of_sites = moved.keys().any(|cell| cell.has_no_measure());
    if of_sites {
        return Moved { gross: 1, ..Moved::default() };
    }
    let gross = moved.values().map(|totals| totals.quantity.unsigned_abs()).sum();
    let size = moved.iter().filter(|(cell, _)| cell.ended().is_none()).map(|(_, totals)| totals.quantity).sum();
    let so_far = moved.iter().map(|(cell, totals)| {
        let days = |month: Month| i64::from(month.days());
        let months = (1..).map_while(|next| cell.installed().map(|month| month.plus(next)));
        let whole: i64 =
            months.take_while(|month| *month < cell.ended().unwrap_or(Month::of(RULES.day).plus(1))).map(days).sum();
        totals.quantity_days + totals.quantity * whole + totals.quantity_end_days
    });
    let so_far = so_far.sum();
    let solar = moved.keys().filter(|cell| cell.measure().is_some_and(|measure| measure.number() <= 2));
    let vintage = |dims: CellDims| Vintage {
        province: dims.province,
        year: dims.installed.map(|month| Interval::Year.first_month(month)),
    };
    let vintages = solar.filter_map(|cell| cell.dims().map(vintage)).collect();
    Moved { gross, size, yearly: size, so_far, vintages }
}
