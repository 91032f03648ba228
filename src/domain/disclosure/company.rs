//! Company: which of the sites that wait in a group may move together.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::reference::{Company, ProvinceId};
use crate::domain::values::SiteId;

/// The rules by which a point is made.
#[derive(Clone, Debug)]
pub struct Rules {
    pub company: Company,
    /// For each province, by its index, the first one that has the same yields. One that is missing is like no other.
    alike: Vec<ProvinceId>,
    /// In how many ways solar power is told to yield.
    yields: usize,
}

impl Rules {
    /// The rules of provinces that all yield differently.
    #[must_use]
    pub const fn of(company: Company) -> Self {
        Self { company, alike: Vec::new(), yields: 1 }
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

    fn first_alike(&self, province: ProvinceId) -> ProvinceId {
        self.alike.get(usize::from(province.index())).copied().unwrap_or(province)
    }
}

/// What moves of a site.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// How much moves: 1 for a site, the quantity of a measure's lines.
    pub weight: u64,
    /// Where, if electricity depends on it: capacity and electricity of a group are two equations.
    pub provinces: BTreeSet<ProvinceId>,
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
        // The site breaks a tie, so that every process lets the same ones pass.
        waiting.sort_unstable_by_key(|one| (one.moved.weight, one.site));
        loop {
            if self.is_dominated(waiting.iter().map(|one| one.moved.weight)) {
                waiting.pop();
            } else if let Some(province) = self.told(waiting.iter().map(|one| &one.moved)) {
                waiting.retain(|one| one.moved.provinces.iter().all(|of| self.first_alike(*of) != province));
            } else {
                break;
            }
        }
        let new = waiting.iter().filter(|one| one.is_new).count();
        if new < least { BTreeSet::new() } else { waiting.iter().map(|one| one.site).collect() }
    }

    /// Whether this may not move together, whoever is new.
    pub(super) fn stands_out(&self, moved: &[Moved]) -> bool {
        self.is_dominated(moved.iter().map(|one| one.weight)) || self.told(moved.iter()).is_some()
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

    /// Whether one or two of these weights are most of their sum.
    pub(super) fn is_dominated(&self, weights: impl Iterator<Item = u64>) -> bool {
        let (mut first, mut second, mut sum) = (0_u64, 0_u64, 0_u64);
        for weight in weights {
            sum = sum.saturating_add(weight);
            second = second.max(weight.min(first));
            first = first.max(weight);
        }
        let is_most = |part: u64, percent: u64| u128::from(part) * 100 > u128::from(sum) * u128::from(percent);
        is_most(first, self.company.most_of_one_percent)
            || is_most(first.saturating_add(second), self.company.most_of_two_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const RULES: Rules =
        Rules::of(Company { in_nation: 10, in_row: 5, most_of_one_percent: 50, most_of_two_percent: 80 });

    fn moved(weights: &[u64], new: usize) -> Vec<u128> {
        let waiting = (0..).zip(weights).map(|(place, weight)| Waiting {
            site: SiteId::new(Uuid::from_u128(place)),
            moved: Moved { weight: *weight, provinces: BTreeSet::new() },
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

    /// Ten sites of equal size in these provinces; how many of them move by the rules.
    fn moved_by(rules: &Rules, provinces: [u8; 10]) -> usize {
        let site = |(place, province): (u128, u8)| Waiting {
            site: SiteId::new(Uuid::from_u128(place)),
            moved: Moved { weight: 5, provinces: ProvinceId::from_index(province).into_iter().collect() },
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
