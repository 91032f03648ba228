//! The sizes of a measure that the sites of a group stand for: their sum, and the largest.

use crate::domain::values::SiteId;

/// How many sites are known by name.
const KNOWN: usize = 8;

/// The sizes in operation of the sites of a group.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sizes {
    sum: i64,
    /// The largest sites, from the largest on. One that grew counts with what it grew by, if it was not among them.
    largest: Vec<(i64, SiteId)>,
    /// The most that any other site has.
    others: i64,
}

impl Sizes {
    /// The sizes once these sites have changed by so much.
    #[must_use]
    pub fn after(mut self, changes: impl Iterator<Item = (SiteId, i64)>) -> Self {
        for (site, change) in changes.filter(|(_, change)| *change != 0) {
            self.sum = self.sum.wrapping_add(change);
            let known = self.largest.iter().position(|(_, of)| *of == site).map(|place| self.largest.remove(place));
            let size = known.map_or(0, |(size, _)| size).saturating_add(change);
            if size <= 0 {
                continue;
            }
            let place = self.largest.partition_point(|larger| *larger > (size, site));
            self.largest.insert(place, (size, site));
            if self.largest.len() > KNOWN
                && let Some((size, _)) = self.largest.pop()
            {
                self.others = self.others.max(size);
            }
        }
        if self.sum == 0 && self.largest.is_empty() { Self::default() } else { self }
    }

    /// The sum of all sizes.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.unsigned_abs()
    }

    /// The most that the largest site and the next one can have.
    #[must_use]
    pub fn largest_two(&self) -> [u64; 2] {
        let mut sizes: Vec<i64> = self.largest.iter().map(|(size, _)| *size).chain([self.others; 2]).collect();
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

    fn after(sizes: Sizes, changes: &[(u128, i64)]) -> Sizes {
        sizes.after(changes.iter().map(|(site, change)| (SiteId::new(Uuid::from_u128(*site)), *change)))
    }

    #[test]
    fn the_largest_are_known_while_sites_come_grow_and_leave() {
        let grown = after(Sizes::default(), &[(1, 5), (2, 9), (3, 7), (1, 3)]);
        assert_eq!((grown.sum(), grown.largest_two()), (24, [9, 8]));
        let left = after(grown, &[(2, -9), (1, -2)]);
        assert_eq!((left.sum(), left.largest_two()), (13, [7, 6]));
        assert_eq!(after(left, &[(3, -7), (1, -6)]), Sizes::default());
    }

    #[test]
    fn of_those_that_are_not_known_it_is_known_how_large_they_are_at_most() {
        let many: Vec<(u128, i64)> = (1..=20).map(|number| (number, i64::try_from(number).unwrap())).collect();
        let sizes = after(Sizes::default(), &many);
        assert_eq!((sizes.sum(), sizes.largest_two()), (210, [20, 19]));
        let largest_left: Vec<(u128, i64)> = many.iter().skip(12).map(|(number, size)| (*number, -size)).collect();
        assert_eq!(after(sizes, &largest_left).largest_two(), [12, 12]);
    }

    #[test]
    fn sizes_are_read_back_as_they_were_stored_and_no_other_way() {
        for sizes in [Sizes::default(), after(Sizes::default(), &[(1, 5), (2, 9)])] {
            assert_eq!(Sizes::decode(&sizes.encode()), Some(sizes));
        }
        for odd in ["", "0", "00 0", "5 0 5", "5 0 5:x", " 0 0"] {
            assert_eq!(Sizes::decode(odd), None, "{odd}");
        }
    }
}
