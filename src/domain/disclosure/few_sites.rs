//! Rows of few sites, for callers with a token who do not check the numbers.

use std::collections::BTreeSet;

/// Whether a site may stand in several rows of an answer, as one with two measures does in rows by measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rows {
    Apart,
    Overlapping,
}

impl Rows {
    /// How many sites are behind these rows at least, given how many each has.
    #[must_use]
    pub fn sites(self, of_rows: impl Iterator<Item = i64>) -> i64 {
        match self {
            Self::Apart => of_rows.sum(),
            Self::Overlapping => of_rows.max().unwrap_or_default(),
        }
    }
}

/// Which rows join the one row `other`, given how many sites each has: those of fewer than `least`, and the smallest of the rest where
/// `other` would still be of one row or of too few sites, because the total would tell it.
#[must_use]
pub fn join_few(sites: &[i64], least: i64, rows: Rows) -> BTreeSet<usize> {
    let mut by_size: Vec<(i64, usize)> = sites.iter().copied().zip(0..).collect();
    by_size.sort_unstable();
    let few = by_size.iter().take_while(|(sites, _)| *sites < least).count();
    let (mut joined, mut together) = (BTreeSet::new(), 0);
    for (place, (sites, row)) in by_size.into_iter().enumerate() {
        let tells = !joined.is_empty() && (joined.len() == 1 || together < least);
        if place >= few && !tells {
            break;
        }
        together = rows.sites([together, sites.max(0)].into_iter());
        joined.insert(row);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(sites: &[i64]) -> Vec<usize> {
        join_few(sites, 3, Rows::Apart).into_iter().collect()
    }

    #[test]
    fn rows_that_may_be_of_the_same_sites_join_until_one_has_enough() {
        let joined = join_few(&[9, 2, 2, 5], 3, Rows::Overlapping);
        assert_eq!(joined.into_iter().collect::<Vec<_>>(), [1, 2, 3], "two homes may have both measures");
    }

    #[test]
    fn rows_of_few_sites_join_and_one_alone_takes_the_next() {
        assert_eq!(joined(&[3, 9, 4]), [0; 0]);
        assert_eq!(joined(&[2, 9, 1]), [0, 2]);
        assert_eq!(joined(&[9, 2, 5, 4]), [1, 3], "alone it would be the total less the rest");
        assert_eq!(joined(&[0, 9, 1, 4]), [0, 2, 3], "one site would be left");
        assert_eq!(joined(&[9, 0]), [0, 1]);
        assert_eq!(joined(&[-2, 1, 9, 12]), [0, 1, 2]);
        assert_eq!(joined(&[]), [0; 0]);
    }
}
