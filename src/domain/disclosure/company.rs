//! Company: which of the sites that wait in a group may move together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::counting::CellKey;
use crate::domain::reference::{Company, MeasureId, ProvinceId};
use crate::domain::values::{Month, SiteId};

/// The rules by which a point is made.
#[derive(Clone, Debug)]
pub struct Rules {
    pub company: Company,
    /// The day of the close: how old a measure is decides how much of the figures so far is its.
    pub day: NaiveDate,
    /// For each province, by its index, the first one that has the same yields. One that is missing is like no other.
    alike: Vec<ProvinceId>,
    /// In how many ways solar power is told to yield.
    yields: usize,
    /// How many years a measure lives.
    lives: BTreeMap<MeasureId, u16>,
}

impl Rules {
    /// The rules of provinces that all yield differently, and of measures that live for ever.
    #[must_use]
    pub const fn of(company: Company, day: NaiveDate) -> Self {
        Self { company, day, alike: Vec::new(), yields: 1, lives: BTreeMap::new() }
    }

    /// The same for the yields of provinces, by their index, as each methodology has them.
    #[must_use]
    pub fn with_yields<'y>(self, by_methodology: impl Iterator<Item = &'y [f64]>) -> Self {
        let mut yields: Vec<&[f64]> = Vec::new();
        for of_provinces in by_methodology {
            if !yields.contains(&of_provinces) {
                yields.push(of_provinces);
            }
        }
        let of = |province: ProvinceId| yields.iter().map(move |of| of.get(usize::from(province.index())));
        let first = |province| ProvinceId::all().find(|other| of(*other).eq(of(province))).unwrap_or(province);
        Self { alike: ProvinceId::all().map(first).collect(), yields: yields.len(), ..self }
    }

    /// The same for measures that live so many years.
    #[must_use]
    pub fn with_lives(self, lives: impl Iterator<Item = (MeasureId, u16)>) -> Self {
        Self { lives: lives.collect(), ..self }
    }

    /// The month up to which a measure of a cell lives.
    pub(super) fn end_of_life(&self, cell: CellKey) -> Option<Month> {
        let years = *self.lives.get(&cell.measure()?)?;
        cell.installed().map(|month| month.plus(years.saturating_mul(12)))
    }

    fn first_alike(&self, province: ProvinceId) -> ProvinceId {
        self.alike.get(usize::from(province.index())).copied().unwrap_or(province)
    }
}

/// What moves of a site.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// The sizes that come to a cell or leave one: 1 for a site, the quantity of a measure's lines.
    pub gross: u64,
    /// By how much the size in operation moves: capacity.
    pub size: i64,
    /// By how much the size that lives moves: the figures of a year.
    pub yearly: i64,
    /// By how much size × days moves: the figures so far.
    pub so_far: i64,
    /// Where, if electricity depends on it: capacity and electricity of a group are two equations.
    pub provinces: BTreeSet<ProvinceId>,
}

/// How many amounts a site moves.
const AMOUNTS: usize = 4;

impl Moved {
    fn amounts(&self) -> [u64; AMOUNTS] {
        [self.gross, self.size.unsigned_abs(), self.yearly.unsigned_abs(), self.so_far.unsigned_abs()]
    }
}

/// A site that waits in a group.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub site: SiteId,
    pub moved: Moved,
    /// Whether it never stood in the group. A site that comes back may make a figure what it was before, so it is no company.
    pub is_new: bool,
}

impl Rules {
    /// The sites that move: all that wait but for those that would stand out; none if too few are new.
    #[must_use]
    pub(super) fn moves(&self, mut waiting: Vec<Waiting>, least: usize) -> BTreeSet<SiteId> {
        let has_few_new = |of: &mut dyn Iterator<Item = &Waiting>| {
            let (all, new) = of.fold((0, 0), |(all, new), one| (all + 1, new + usize::from(one.is_new)));
            all > 0 && new < least
        };
        loop {
            if let Some(amount) = self.dominated(waiting.iter().map(|one| &one.moved)) {
                // The site breaks a tie, so that every process lets the same ones pass.
                let rank = |one: &Waiting| (one.moved.amounts().get(amount).copied(), one.site);
                let largest = waiting.iter().map(rank).max();
                waiting.retain(|one| Some(rank(one)) != largest);
            } else if let Some(province) = self.told(waiting.iter().map(|one| &one.moved)) {
                waiting.retain(|one| one.moved.provinces.iter().all(|of| self.first_alike(*of) != province));
            } else if has_few_new(&mut waiting.iter().filter(|one| one.moved.size != 0)) {
                waiting.retain(|one| one.moved.size == 0);
            } else {
                break;
            }
        }
        if has_few_new(&mut waiting.iter()) { BTreeSet::new() } else { waiting.iter().map(|one| one.site).collect() }
    }

    /// Whether this may not move together, whoever is new.
    pub(super) fn stands_out(&self, moved: &[Moved]) -> bool {
        self.dominated(moved.iter()).is_some() || self.told(moved.iter()).is_some()
    }

    /// The first of the provinces of too few sites whose part equations tell. Capacity is one equation, and electricity by each methodology
    /// with yields of its own another: if what moves is of no more yields than that, one of which has too few sites, it is told.
    fn told<'m>(&self, moved: impl Iterator<Item = &'m Moved>) -> Option<ProvinceId> {
        let mut sites: BTreeMap<ProvinceId, usize> = BTreeMap::new();
        for one in moved {
            let alike: BTreeSet<ProvinceId> = one.provinces.iter().map(|of| self.first_alike(*of)).collect();
            for first in alike {
                *sites.entry(first).or_default() += 1;
            }
        }
        let fewest = sites.iter().min_by_key(|(_, sites)| **sites)?;
        ((2..=1 + self.yields).contains(&sites.len()) && *fewest.1 < self.company.in_row).then_some(*fewest.0)
    }

    /// The first amount of which one or two sites move most.
    pub(super) fn dominated<'m>(&self, moved: impl Iterator<Item = &'m Moved>) -> Option<usize> {
        let mut of_all = [(0_u64, 0_u64, 0_u64); AMOUNTS];
        for one in moved {
            for ((first, second, sum), amount) in of_all.iter_mut().zip(one.amounts()) {
                *sum = sum.saturating_add(amount);
                *second = (*second).max(amount.min(*first));
                *first = (*first).max(amount);
            }
        }
        of_all.iter().position(|(first, second, sum)| self.are_most([*first, *second], *sum))
    }

    /// Whether the largest, or the largest two, are most of a sum.
    pub(super) fn are_most(&self, [first, second]: [u64; 2], sum: u64) -> bool {
        let is_most = |part: u64, percent: u64| u128::from(part) * 100 > u128::from(sum) * u128::from(percent);
        is_most(first, self.company.most_of_one_percent)
            || is_most(first.saturating_add(second), self.company.most_of_two_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disclosure::attacks::RULES;
    use uuid::Uuid;

    fn moved(sizes: &[u64], new: usize) -> Vec<u128> {
        let of = |gross: &u64| Moved { gross: *gross, ..Moved::default() };
        moved_as(&sizes.iter().map(of).collect::<Vec<_>>(), new)
    }

    fn moved_as(moved: &[Moved], new: usize) -> Vec<u128> {
        let waiting = (0..).zip(moved).map(|(place, moved)| Waiting {
            site: SiteId::new(Uuid::from_u128(place)),
            moved: moved.clone(),
            is_new: place < u128::try_from(new).unwrap(),
        });
        RULES.moves(waiting.collect(), 5).into_iter().map(|site| site.uuid().as_u128()).collect()
    }

    #[test]
    fn five_alike_move_and_four_do_not() {
        assert_eq!(moved(&[5, 5, 5, 5, 5], 5).len(), 5);
        assert_eq!(moved(&[5, 5, 5, 5], 4).len(), 0);
    }

    #[test]
    fn sites_that_come_back_are_no_company_and_go_along() {
        assert_eq!(moved(&[5, 5, 5, 5, 5, 5], 4).len(), 0);
        assert_eq!(moved(&[5, 5, 5, 5, 5, 5], 5).len(), 6);
    }

    #[test]
    fn the_largest_stays_behind_where_it_would_stand_out() {
        assert_eq!(moved(&[1_000, 5, 5, 5, 5, 5], 6), [1, 2, 3, 4, 5]);
        assert_eq!(moved(&[1_000, 900, 5, 5, 5, 5, 5], 7), [2, 3, 4, 5, 6]);
        assert_eq!(moved(&[1_000, 5, 5, 5, 5], 5).len(), 0);
        // 50 of 100, and 30 more of 100, are just allowed.
        assert_eq!(moved(&[50, 30, 10, 5, 5], 5).len(), 5);
        assert_eq!(moved(&[51, 29, 10, 5, 5], 5).len(), 0);
    }

    #[test]
    fn one_that_makes_most_of_capacity_or_of_the_past_stays_behind_too() {
        let is_new = Moved { gross: 5, size: 5, so_far: 10, ..Moved::default() };
        let has_another_day = Moved { gross: 100, so_far: 10, ..Moved::default() };
        let is_corrected = Moved { gross: 100, size: -100, so_far: 10, ..Moved::default() };
        let with =
            |last: &Moved| [vec![is_new.clone(); 5], vec![has_another_day.clone(); 3], vec![last.clone()]].concat();
        assert_eq!(moved_as(&with(&has_another_day), 5).len(), 9);
        assert_eq!(moved_as(&with(&is_corrected), 5), [0, 1, 2, 3, 4, 5, 6, 7], "its capacity is told");
        let lives = Moved { gross: 5, yearly: 5, so_far: 10, ..Moved::default() };
        assert_eq!(moved_as(&with(&lives), 5), [0, 1, 2, 3, 4, 5, 6, 7], "it alone yields this year");
        let is_old = Moved { so_far: 1_000, ..is_new.clone() };
        assert_eq!(moved_as(&with(&is_old), 5), [0, 1, 2, 3, 4, 5, 6, 7], "what it avoided so far is told");
    }

    #[test]
    fn capacity_moves_by_enough_sites_that_are_new_and_not_by_those_that_ended_alone() {
        let (runs, ended) = (Moved { gross: 5, size: 5, ..Moved::default() }, Moved { gross: 5, ..Moved::default() });
        let few = [vec![runs.clone(); 4], vec![ended.clone(); 5]].concat();
        assert_eq!(moved_as(&few, 9), [4, 5, 6, 7, 8], "capacity would move by four");
        assert_eq!(moved_as(&[vec![runs; 5], vec![ended; 5]].concat(), 10).len(), 10);
    }

    /// Ten sites of equal size in these provinces; how many of them move by the rules.
    fn moved_by(rules: &Rules, provinces: [u8; 10]) -> usize {
        let site = |(place, province): (u128, u8)| Waiting {
            site: SiteId::new(Uuid::from_u128(place)),
            moved: Moved {
                gross: 5,
                provinces: ProvinceId::from_index(province).into_iter().collect(),
                ..Moved::default()
            },
            is_new: true,
        };
        rules.moves((0..).zip(provinces).map(site).collect(), 5).len()
    }

    fn moved_in(provinces: [u8; 10]) -> usize {
        moved_by(&RULES, provinces)
    }

    #[test]
    fn few_sites_of_another_yield_stay_behind() {
        assert_eq!(moved_in([0; 10]), 10);
        assert_eq!(moved_in([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), 10);
        assert_eq!(moved_in([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), 9, "two equations would tell the last one");
        assert_eq!(moved_in([0, 0, 0, 0, 0, 0, 0, 0, 1, 2]), 10, "two equations do not tell three sums apart");
    }

    #[test]
    fn provinces_of_the_same_yield_are_one() {
        let (first, second) = ([1_271.0, 1_271.0, 1_219.0], [1_271.0, 1_250.0, 1_219.0]);
        let alike = RULES.with_yields([first.as_slice(), &first].into_iter());
        assert_eq!(moved_by(&alike, [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]), 9, "two yields are two equations");
        assert_eq!(moved_by(&alike, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), 10, "one yield is one");
        let told_twice = RULES.with_yields([first.as_slice(), &second].into_iter());
        assert_eq!(moved_by(&told_twice, [0, 0, 0, 0, 1, 1, 1, 1, 1, 2]), 5, "two methodologies are three equations");
    }
}
