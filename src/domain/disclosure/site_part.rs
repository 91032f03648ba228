//! The part of one site in what moves, added up from what waits of it.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::counting::{CellKey, NationalKey, PublicTotals};
use crate::domain::values::{Month, SiteId};

use super::company::{Moved, Waiting};
use super::earlier_points::Member;
use super::pending::{Pending, Stay};
use super::strand::Strand;

/// The parts of one site that wait in a group, added up.
#[derive(Default)]
pub struct SitePart {
    /// The sum of these parts, by cell. A part that comes to nothing has none. They are few, so a list is quicker than a map.
    pub net: Vec<(CellKey, PublicTotals)>,
    /// Whether the site never stood in the group.
    pub is_new: bool,
}

impl SitePart {
    /// Adds what waits.
    pub fn add(&mut self, pending: &Pending) {
        // People are told by their answers, all other figures by the dimensions of national ones.
        let is_of_people = pending.partition.is_of_people();
        let cell = if is_of_people { pending.cell } else { NationalKey::of(pending.cell).as_cell() };
        let place = self.net.partition_point(|(of, _)| *of < cell);
        match self.net.get_mut(place) {
            Some((of, sum)) if *of == cell => *sum = sum.wrapping_add(pending.totals),
            _ => self.net.insert(place, (cell, pending.totals)),
        }
        self.net.retain(|(_, sum)| !sum.is_zero());
    }

    /// What moves with it on a day.
    pub fn moved(&self, day: NaiveDate) -> Moved {
        let by_place = self
            .net
            .iter()
            .map(|(cell, _)| *cell)
            .filter(|cell| Strand::of(*cell).is_some_and(Strand::yields_by_place));
        let provinces = by_place.filter_map(|cell| Some(cell.dims()?.province)).collect();
        let of_measures = || self.net.iter().filter(|(cell, _)| !cell.has_no_measure());
        let so_far = of_measures().map(|(cell, totals)| so_far(*cell, *totals, day)).fold(0, i64::wrapping_add);
        Moved { gross: self.gross(), size: self.size(), so_far, provinces }
    }

    /// By how much the size in operation moves.
    pub fn size(&self) -> i64 {
        let runs = |(cell, _): &&(CellKey, PublicTotals)| !cell.has_no_measure() && cell.ended().is_none();
        self.net.iter().filter(runs).map(|(_, totals)| totals.quantity).fold(0, i64::wrapping_add)
    }

    /// The site that waits with it.
    pub fn waiting(&self, site: SiteId, day: NaiveDate) -> Waiting {
        Waiting { site, moved: self.moved(day), is_new: self.is_new }
    }

    fn gross(&self) -> u64 {
        let days = |days: i64| days.unsigned_abs().div_ceil(31);
        let gross = |(cell, totals): &(CellKey, PublicTotals)| {
            let quantities =
                [totals.quantity.unsigned_abs(), days(totals.quantity_days), days(totals.quantity_end_days)];
            if cell.has_no_measure() { 0 } else { quantities.into_iter().max().unwrap_or_default() }
        };
        self.net.iter().map(gross).fold(0, u64::saturating_add).max(1)
    }
}

/// Size × days up to a day, or up to the end.
fn so_far(cell: CellKey, totals: PublicTotals, day: NaiveDate) -> i64 {
    let Some(next) = cell.installed().map(|month| month.plus(1).first_day()) else { return 0 };
    let end = cell.ended().map_or(day + Days::new(1), Month::first_day);
    let after_the_first_month = totals.quantity.wrapping_mul((end - next).num_days());
    after_the_first_month.wrapping_add(totals.quantity_days).wrapping_add(totals.quantity_end_days)
}

/// The parts of each site, at a level of groups.
pub fn parts<'p>(pending: impl Iterator<Item = &'p Pending>, level: u8) -> BTreeMap<SiteId, SitePart> {
    let mut parts: BTreeMap<SiteId, SitePart> = BTreeMap::new();
    for one in pending {
        let part = parts.entry(one.site).or_default();
        part.add(one);
        part.is_new |= one.is_new_at(level);
    }
    parts
}

/// A site of a remainder by what waits of it there, each with its stay; `None` if that comes to nothing.
pub fn member(mut stays: Vec<(Stay, &Pending)>, day: NaiveDate) -> Option<Member> {
    stays.sort_by_key(|(stay, _)| stay.since);
    let (mut part, mut times) = (SitePart::default(), None);
    for together in stays.chunk_by(|(one, _), (other, _)| one.since == other.since) {
        let (before, at) = (part.net.clone(), together.first()?.0.since);
        for (stay, one) in together {
            part.add(one);
            part.is_new |= stay.is_new;
        }
        times = match times {
            _ if part.net.is_empty() => None,
            Some((came, changed)) => Some((came, if part.net == before { changed } else { at })),
            None => Some((at, at)),
        };
    }
    let (came, changed) = times?;
    Some(Member { came, changed, is_new: part.is_new, part: part.moved(day) })
}
