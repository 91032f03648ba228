//! The part of one site in what moves, added up from what waits of it.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::domain::counting::{CellDims, CellKey, NationalKey, PublicTotals};
use crate::domain::values::{Interval, Month, SiteId};

use super::company::{Moved, Rules, Waiting};
use super::earlier_points::Member;
use super::pending::{Pending, Stay};
use super::strand::Strand;
use super::vintage::Vintage;

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

    /// What moves with it by the rules of a day.
    pub fn moved(&self, rules: &Rules) -> Moved {
        let by_place = self
            .net
            .iter()
            .map(|(cell, _)| *cell)
            .filter(|cell| Strand::of(*cell).is_some_and(Strand::yields_by_place));
        let vintage = |dims: CellDims| Vintage {
            province: dims.province,
            year: dims.installed.map(|month| Interval::Year.first_month(month)),
        };
        let vintages = by_place.filter_map(|cell| cell.dims().map(vintage)).collect();
        let of_measures = || self.net.iter().filter(|(cell, _)| !cell.has_no_measure());
        let so_far = of_measures().map(|(cell, totals)| days_so_far(*cell, *totals, rules)).fold(0, i64::wrapping_add);
        let lives = |cell| rules.end_of_life(cell).is_none_or(|end| Month::of(rules.day) <= end);
        Moved { gross: self.gross(), size: self.size(), yearly: self.size_of(lives), so_far, vintages }
    }

    /// By how much the size in operation moves.
    pub fn size(&self) -> i64 {
        self.size_of(|_| true)
    }

    fn size_of(&self, is_of: impl Fn(CellKey) -> bool) -> i64 {
        let runs = |cell: CellKey| !cell.has_no_measure() && cell.ended().is_none() && is_of(cell);
        self.net.iter().filter(|(cell, _)| runs(*cell)).map(|(_, totals)| totals.quantity).fold(0, i64::wrapping_add)
    }

    /// The site that waits with it.
    pub fn waiting(&self, site: SiteId, rules: &Rules) -> Waiting {
        Waiting { site, moved: self.moved(rules), is_new: self.is_new }
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

/// Size × days up to the day of the rules, or up to the end.
fn days_so_far(cell: CellKey, totals: PublicTotals, rules: &Rules) -> i64 {
    let Some(next) = cell.installed().map(|month| month.plus(1).first_day()) else { return 0 };
    let end_of_life = rules.end_of_life(cell).map_or(NaiveDate::MAX, |month| month.plus(1).first_day());
    let end = cell.ended().map_or((rules.day + Days::new(1)).min(end_of_life), Month::first_day);
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
pub fn member(mut stays: Vec<(Stay, &Pending)>, rules: &Rules) -> Option<Member> {
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
    Some(Member { came, changed, is_new: part.is_new, part: part.moved(rules) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::disclosure::attacks::{RULES, sample_cell};
    use crate::domain::records::Stage;
    use crate::domain::reference::MeasureId;
    use crate::domain::values::{Tier, days_left_in_month};
    use chrono::Datelike;

    /// Three kilowatts from a day of a month to a day of another, or up to 31 December 2026.
    fn days(installed: &str, ended: Option<&str>) -> i64 {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let (measure, stage) = (MeasureId::parse("rooftop_solar_pv"), Stage::Verified(Tier::Document));
        let cell = sample_cell(Strand { measure, stage, is_sold: false, is_pre_programme: false }).dims().unwrap();
        let (from, to) = (day(installed), ended.map(day));
        let cell = CellDims { installed: Some(Month::of(from)), ended: to.map(Month::of), ..cell }.key();
        let quantity_days = 3 * days_left_in_month(from);
        let quantity_end_days = to.map_or(0, |to| 3 * i64::from(to.day()));
        let totals = PublicTotals { quantity: 3, quantity_days, quantity_end_days, ..PublicTotals::default() };
        days_so_far(cell, totals, &RULES)
    }

    #[test]
    fn days_so_far_are_those_from_the_first_to_the_last() {
        assert_eq!(days("2026-12-31", None), 3);
        assert_eq!(days("2026-12-01", None), 3 * 31);
        assert_eq!(days("2026-11-30", None), 3 * 32);
        assert_eq!(days("2019-12-31", None), 3 * (7 * 365 + 2 + 1));
        assert_eq!(days("2026-10-20", Some("2026-11-02")), 3 * 14);
        assert_eq!(days("2026-10-20", Some("2026-10-21")), 3 * 2);
    }

    #[test]
    fn days_so_far_and_yearly_size_end_with_a_life() {
        let (measure, stage) = (MeasureId::parse("rooftop_solar_pv").unwrap(), Stage::Verified(Tier::Document));
        let rules = RULES.with_lives([(measure, 3)].into_iter());
        let cell = sample_cell(Strand { measure: Some(measure), stage, is_sold: false, is_pre_programme: false });
        let totals = PublicTotals { quantity: 3, quantity_days: 3, ..PublicTotals::default() };
        for (installed, yearly) in [("2023-12-31", 3), ("2023-11-30", 0)] {
            let month = Month::of(installed.parse().unwrap());
            let cell = CellDims { installed: Some(month), ..cell.dims().unwrap() }.key();
            let moved = SitePart { net: vec![(cell, totals)], is_new: true }.moved(&rules);
            assert_eq!((moved.size, moved.yearly), (3, yearly), "{installed}");
            assert_eq!(
                moved.so_far,
                3 * (1 + 3 * 365 + 1),
                "{installed}: a day, and three years of which one is a leap year"
            );
        }
    }
}
