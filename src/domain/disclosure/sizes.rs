//! The sizes of a measure that the sites of a group stand for: their sum, and the largest.

use crate::domain::values::SiteId;

use super::company::Waiting;

/// How many sites are known by name.
const KNOWN: usize = 8;

/// The sizes in operation of the sites of a group.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    sum: i64,
    /// The largest sites, from the largest on.
    largest: Vec<(i64, SiteId)>,
    /// The most that any other site has.
    others: i64,
}

/// By how much a site of a group changes.
pub struct SizeChange {
    pub site: SiteId,
    pub by: i64,
    /// Whether it never stood in the group.
    pub is_new: bool,
}

impl SizeChange {
    /// The change if a site that waits moves.
    pub fn of(waiting: &Waiting) -> Self {
        Self { site: waiting.site, by: waiting.moved.size, is_new: waiting.is_new }
    }
}

impl Sizes {
    /// The sizes once these sites have changed.
    #[must_use]
    pub fn after(mut self, changes: impl Iterator<Item = SizeChange>) -> Self {
        let mut changes: Vec<SizeChange> = changes.filter(|one| one.by != 0).collect();
        // Those that leave come first, so that they push nobody out.
        changes.sort_unstable_by_key(|one| (one.by, one.site));
        // Each site changes once, so one that is not known and grows was no larger before than any other of them.
        let mut grown = 0;
        for SizeChange { site, by, is_new } in changes {
            self.sum = self.sum.wrapping_add(by);
            let known = self.largest.iter().position(|(_, of)| *of == site).map(|place| self.largest.remove(place));
            match known {
                Some((size, _)) => self.note(size.saturating_add(by), site),
                None if is_new || self.others == 0 => self.note(by, site),
                // How large it was is not known.
                None => grown = self.others.saturating_add(by).max(grown),
            }
        }
        self.others = self.others.max(grown);
        if self.largest.is_empty() && self.sum == 0 { Self::default() } else { self }
    }

    fn note(&mut self, size: i64, site: SiteId) {
        if size <= 0 {
            return;
        }
        let place = self.largest.partition_point(|larger| *larger > (size, site));
        self.largest.insert(place, (size, site));
        if self.largest.len() > KNOWN
            && let Some((size, _)) = self.largest.pop()
        {
            self.others = self.others.max(size);
        }
    }

    /// The sum of all sizes.
    #[must_use]
    pub fn sum(&self) -> u64 {
        u64::try_from(self.sum).unwrap_or_default()
    }

    /// The most that the largest site and the next one can have.
    #[must_use]
    pub fn largest_two(&self) -> [u64; 2] {
        let known = self.largest.iter().map(|(size, _)| *size);
        // All others together have what the known ones have not.
        let rest = known.clone().fold(self.sum, i64::saturating_sub).max(0);
        let other = self.others.min(rest);
        let mut sizes: Vec<i64> = known.chain([other, self.others.min(rest - other)]).collect();
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        [0, 1].map(|place| sizes.get(place).map_or(0, |size| size.unsigned_abs()))
    }

    /// The stored form: the sum, the most of any other, and each of the largest, such as `9000 0 5400:{site} 3600:{site}`.
    #[must_use]
    pub fn encode(&self) -> String {
        let words = [self.sum.to_string(), self.others.to_string()];
        let largest = self.largest.iter().map(|(size, site)| format!("{size}:{site}"));
        words.into_iter().chain(largest).collect::<Vec<_>>().join(" ")
    }

    /// Reads the stored form; `None` for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let (sum, others) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let one = |word: &str| {
            let (size, site) = word.split_once(':')?;
            Some((size.parse().ok()?, SiteId::new(site.parse().ok()?)))
        };
        let sizes = Self { sum, largest: words.map(one).collect::<Option<_>>()?, others };
        (sizes.encode() == text).then_some(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn site(number: u128) -> SiteId {
        SiteId::new(Uuid::from_u128(number))
    }

    /// New sites come, others change.
    fn after(sizes: Sizes, changes: &[(u128, i64)]) -> Sizes {
        let known = |number| sizes.largest.iter().any(|(_, of)| *of == site(number));
        let of = |(number, by): &(u128, i64)| SizeChange {
            site: site(*number),
            by: *by,
            is_new: *by > 0 && !known(*number),
        };
        let changes: Vec<SizeChange> = changes.iter().map(of).collect();
        sizes.after(changes.into_iter())
    }

    /// Sites of 1 to 20, of which the first twelve are not known by name.
    fn twenty() -> Sizes {
        let many: Vec<(u128, i64)> = (1..=20).map(|number| (number, i64::try_from(number).unwrap())).collect();
        after(Sizes::default(), &many)
    }

    #[test]
    fn the_largest_are_known_while_sites_come_grow_and_leave() {
        let grown = after(after(Sizes::default(), &[(1, 5), (2, 9), (3, 7)]), &[(1, 3)]);
        assert_eq!((grown.sum(), grown.largest_two()), (24, [9, 8]));
        let left = after(grown, &[(2, -9), (1, -2)]);
        assert_eq!((left.sum(), left.largest_two()), (13, [7, 6]));
        assert_eq!(after(left, &[(3, -7), (1, -6)]), Sizes::default());
    }

    #[test]
    fn of_those_that_are_not_known_it_is_known_how_large_they_are_at_most() {
        assert_eq!((twenty().sum(), twenty().largest_two()), (210, [20, 19]));
        let leave = |numbers: std::ops::RangeInclusive<u8>| -> Vec<(u128, i64)> {
            numbers.map(|number| (u128::from(number), -i64::from(number))).collect()
        };
        let left = after(twenty(), &leave(13..=20));
        assert_eq!((left.sum(), left.largest_two()), (78, [12, 12]));
        assert_eq!(after(left, &leave(2..=12)).largest_two(), [1, 0], "no more than there is");
    }

    #[test]
    fn one_that_is_not_known_and_grows_may_have_been_as_large_as_any_other() {
        let grown = twenty().after(std::iter::once(SizeChange { site: site(3), by: 15, is_new: false }));
        assert_eq!(grown.largest_two(), [27, 27], "12 and 15 more");
    }

    #[test]
    fn those_that_come_back_are_each_as_large_as_any_was_and_not_together() {
        let returns = (1..=10).map(|number| SizeChange { site: site(number), by: 5, is_new: false });
        assert_eq!(twenty().after(returns).largest_two(), [20, 19], "no one has more than 12 and 5");
    }

    #[test]
    fn those_that_come_push_nobody_out_in_favour_of_who_leaves() {
        let eight: Vec<(u128, i64)> = (1..=8).map(|number| (number, 100)).collect();
        let changes: Vec<(u128, i64)> =
            eight.iter().map(|(number, size)| (*number, -size)).chain([(9, 90), (10, 80)]).collect();
        let then = after(after(Sizes::default(), &eight), &changes);
        assert_eq!((then.sum(), then.largest_two(), then.others), (170, [90, 80], 0));
    }

    #[test]
    fn sizes_are_read_back_as_they_were_stored_and_no_other_way() {
        for sizes in [Sizes::default(), twenty()] {
            assert_eq!(Sizes::decode(&sizes.encode()), Some(sizes));
        }
        for odd in ["", "0", "00 0", "5 0 5", "5 0 5:x", " 0 0"] {
            assert_eq!(Sizes::decode(odd), None, "{odd}");
        }
    }
}
