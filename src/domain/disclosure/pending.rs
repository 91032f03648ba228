//! What waits: the part of a site's contribution that a partition does not show yet.

use std::collections::BTreeMap;

use crate::domain::counting::{CellKey, PublicTotals, Totals};
use crate::domain::values::{Cause, SiteId};

use super::earlier_points::PointNumber;
use super::partition::{Partition, Path};
use super::strand::Strand;

/// A change of a site that waits in a partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Pending {
    pub partition: Partition,
    /// The strand of the cell.
    pub strand: Strand,
    pub site: SiteId,
    /// The cell, projected to the partition.
    pub cell: CellKey,
    /// The cause of the change, in the partition of causes.
    pub cause: Option<Cause>,
    /// The groups that it comes to, as cell and cause say.
    pub path: Path,
    pub totals: PublicTotals,
    /// How many groups show it, the nation being the first: 0 if it waits for the nation.
    pub depth: u8,
    /// The groups in which the site never stood: bit 0 for the nation, bit 1 for the first group of the path, and so on.
    pub new_to: u8,
    /// Its stay in each remainder, by the slots of `Remainder`. Those of what waits for the nation begin at the point that first held it
    /// back.
    pub stays: [Stay; Path::LONGEST],
}

/// The stay of a change in a remainder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stay {
    /// The point that brought it.
    pub since: PointNumber,
    /// Whether its site never stood in the remainder before.
    pub is_new: bool,
}

impl Pending {
    pub(super) fn is_new_at(&self, level: u8) -> bool {
        self.new_to >> level & 1 == 1
    }

    /// The stored form of its stays, such as `7+ 7+ 9`: the point of each, marked where the site is new.
    #[must_use]
    pub fn encode_stays(&self) -> String {
        let one = |stay: &Stay| format!("{}{}", stay.since, if stay.is_new { "+" } else { "" });
        self.stays.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Reads the stored form of stays; `None` for any other text.
    #[must_use]
    pub fn decode_stays(text: &str) -> Option<[Stay; Path::LONGEST]> {
        let one = |stay: &str| {
            let number = stay.strip_suffix('+').unwrap_or(stay);
            let since: PointNumber = number.parse().ok()?;
            (since.to_string() == number).then_some(Stay { since, is_new: number != stay })
        };
        text.split(' ').map(one).collect::<Option<Vec<_>>>()?.try_into().ok()
    }

    /// Whether the smallest group that it comes to shows it.
    pub(super) fn is_shown(&self) -> bool {
        self.depth > self.partition.levels()
    }

    /// Goes to the level below at a point, and so to the remainder of another group.
    pub(super) fn descend(&mut self, point: PointNumber) {
        let is_new = self.is_new_at(self.depth);
        if let Some(own) = self.stays.first_mut() {
            *own = Stay { since: point, is_new };
        }
        self.depth += 1;
    }
}

/// The postings of one site since the last point.
pub struct Touched<'a> {
    pub site: SiteId,
    pub postings: &'a [(Cause, CellKey, Totals)],
    /// What the site posted up to the last point.
    pub earlier: &'a [(Cause, CellKey)],
}

/// What a touched site brings to the partitions at a point.
#[must_use]
pub fn arrivals(touched: &Touched<'_>, point: PointNumber) -> Vec<Pending> {
    Partition::ALL.iter().flat_map(|partition| arrivals_at(touched, *partition, point)).collect()
}

fn arrivals_at(touched: &Touched<'_>, partition: Partition, point: PointNumber) -> Vec<Pending> {
    let cause_of = |cause: Cause| (partition == Partition::Causes).then_some(cause);
    let mut sums: BTreeMap<(CellKey, Option<Cause>), PublicTotals> = BTreeMap::new();
    for (cause, cell, totals) in touched.postings {
        if let Some(cell) = partition.project(*cell) {
            let sum = sums.entry((cell, cause_of(*cause))).or_default();
            *sum = sum.wrapping_add(totals.public());
        }
    }
    let earlier: Vec<(Option<Strand>, Path)> = touched
        .earlier
        .iter()
        .filter_map(|(cause, cell)| Some((partition.project(*cell)?, cause_of(*cause))))
        .map(|(cell, cause)| (Strand::of(cell), partition.path(cell, cause)))
        .collect();
    let pending = |((cell, cause), totals): ((CellKey, Option<Cause>), PublicTotals)| {
        let (strand, path) = (Strand::of(cell)?, partition.path(cell, cause));
        let stood =
            |level: u8| earlier.iter().any(|(of, at)| *of == Some(strand) && at.prefix(level) == path.prefix(level));
        let new_to = (0..=path.length()).filter(|level| !stood(*level)).fold(0, |bits, level| bits | 1 << level);
        let stay = Stay { since: point, is_new: new_to & 1 == 1 };
        let stays = [stay; Path::LONGEST];
        Some(Pending { partition, strand, site: touched.site, cell, cause, path, totals, depth: 0, new_to, stays })
    };
    sums.into_iter().filter(|(_, totals)| !totals.is_zero()).filter_map(pending).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disclosure::attacks::{RULES, sample_cell};
    use crate::domain::disclosure::{Ledger, Point, make_point};
    use crate::domain::records::Stage;
    use crate::domain::reference::MeasureId;
    use crate::domain::values::Tier;
    use uuid::Uuid;

    /// Solar power of a home, or what a correction adds to it.
    fn posting(quantity: i64) -> (Cause, CellKey, Totals) {
        let cell = sample_cell(Strand {
            measure: MeasureId::parse("rooftop_solar_pv"),
            stage: Stage::Verified(Tier::Document),
            is_sold: false,
            is_pre_programme: false,
        });
        (Cause::Verified, cell, Totals { quantity, ..Totals::default() })
    }

    fn arrive(number: u128, postings: &[(Cause, CellKey, Totals)], point: PointNumber) -> Vec<Pending> {
        let earlier: Vec<_> = postings.iter().map(|(cause, cell, _)| (*cause, *cell)).collect();
        let earlier = if point == 1 { &[][..] } else { &earlier };
        arrivals(&Touched { site: SiteId::new(Uuid::from_u128(number)), postings, earlier }, point)
    }

    #[test]
    fn a_site_that_is_touched_twice_counts_once() {
        let point = |sites: u128| {
            let first = (0..sites).flat_map(|number| arrive(number, &[posting(3_000), posting(400)], 1));
            // Before they have company, five of them are corrected again.
            let pending = first.chain((0..5).flat_map(|number| arrive(number, &[posting(100)], 2))).collect();
            make_point(Ledger { pending, ..Ledger::default() }, &RULES, 2, false)
        };
        assert!(!point(9).has_moved);
        let Point { has_moved, national, .. } = point(10);
        let quantity: i64 = national.iter().map(|(_, totals)| totals.quantity).sum();
        assert_eq!((has_moved, quantity), (true, 34_500));
    }

    #[test]
    fn a_site_whose_change_came_to_nothing_is_no_company() {
        assert_eq!(arrive(0, &[posting(3_000), posting(-3_000)], 1).len(), 0);
        let nine = (0..9).flat_map(|number| arrive(number, &[posting(3_000)], 1));
        // A tenth one came at an earlier point, and leaves before it was shown.
        let tenth = [arrive(9, &[posting(3_000)], 1), arrive(9, &[posting(-3_000)], 2)].concat();
        let pending = nine.chain(tenth).collect();
        assert!(!make_point(Ledger { pending, ..Ledger::default() }, &RULES, 2, false).has_moved);
    }

    #[test]
    fn stays_are_read_back_as_they_were_stored_and_no_other_way() {
        let stay = |since, is_new| Stay { since, is_new };
        assert_eq!(Pending::decode_stays("7+ 7+ 9"), Some([stay(7, true), stay(7, true), stay(9, false)]));
        for odd in ["", "7+ 7+", "07 7 9", "+7 7 9", "7++ 7 9", "7 7 9 9", "7  7 9"] {
            assert_eq!(Pending::decode_stays(odd), None, "{odd}");
        }
    }
}
