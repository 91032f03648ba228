//! Company: which of the sites that wait in a group may move together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::counting::CellKey;
use crate::domain::reference::{Company, MeasureId};
use crate::domain::values::{Month, SiteId};

use super::vintage::{Equations, SolarOutput, Vintage};

/// The rules by which a point is made.
#[derive(Clone, Debug)]
pub struct Rules {
    pub company: Company,
    /// The day of the close: how old a measure is decides how much of the figures so far is its.
    pub day: NaiveDate,
    equations: Equations,
    /// How many years a measure lives.
    lives: BTreeMap<MeasureId, u16>,
}

impl Rules {
    /// The rules of provinces that all yield differently, and of measures that live for ever.
    #[must_use]
    pub const fn of(company: Company, day: NaiveDate) -> Self {
        Self { company, day, equations: Equations::NO_METHODOLOGY, lives: BTreeMap::new() }
    }

    /// The same for the output of solar power, as each methodology has it.
    #[must_use]
    pub fn with_outputs<'y>(self, by_methodology: impl Iterator<Item = SolarOutput<'y>>) -> Self {
        Self { equations: Equations::of(by_methodology), ..self }
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
    /// Of which vintages, if electricity depends on it: capacity and electricity of a group are two equations.
    pub vintages: BTreeSet<Vintage>,
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
            } else if let Some(vintage) = self.revealed(waiting.iter().map(|one| &one.moved)) {
                waiting.retain(|one| one.moved.vintages.iter().all(|of| self.equations.first_alike(*of) != vintage));
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
        self.dominated(moved.iter()).is_some() || self.revealed(moved.iter()).is_some()
    }

    /// The first of the vintages of too few sites whose part equations reveal.
    fn revealed<'m>(&self, moved: impl Iterator<Item = &'m Moved>) -> Option<Vintage> {
        self.equations.reveal(moved.map(|one| &one.vintages), self.company.in_row)
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
}
