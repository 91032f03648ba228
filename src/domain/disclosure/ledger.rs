//! What waits after a point, and what has to be known of each group until the next one.

use std::collections::BTreeMap;

use crate::domain::counting::{CellKey, Contribution, PublicTotals, Totals};

use super::earlier_points::{EarlierPoints, PointNumber};
use super::partition::{GroupId, Path};
use super::pending::Pending;
use super::sizes::Sizes;

/// What has to be known of a group from one point to the next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupState {
    /// The sum of what it shows: zero where it shows no site.
    pub shown: PublicTotals,
    /// The sizes of the sites that it shows.
    pub sizes: Sizes,
    /// The last point at which sites came to it or changed.
    pub moved_at: Option<PointNumber>,
    /// The earlier points of its remainders, by their slots.
    pub earlier: [EarlierPoints; Path::LONGEST],
}

impl GroupState {
    /// The stored form of the earlier points, such as `7:2 9:0||`.
    #[must_use]
    pub fn encode_earlier(&self) -> String {
        self.earlier.each_ref().map(EarlierPoints::encode).join("|")
    }

    /// Reads the stored form of earlier points; `None` for any other text.
    #[must_use]
    pub fn decode_earlier(text: &str) -> Option<[EarlierPoints; Path::LONGEST]> {
        text.split('|').map(EarlierPoints::decode).collect::<Option<Vec<_>>>()?.try_into().ok()
    }
}

/// What waits after a point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    pub pending: Vec<Pending>,
    pub groups: BTreeMap<GroupId, GroupState>,
    /// Answers about people that have company and wait for the end of the quarter, added up.
    pub gathered: Contribution,
}

impl Ledger {
    /// The stored form of what is gathered: a line for each cell, such as `17179869184 [12,12]`.
    #[must_use]
    pub fn encode_gathered(&self) -> String {
        let line = |(cell, totals): (&CellKey, &Totals)| format!("{} {}\n", cell.to_stored(), totals.encode());
        self.gathered.iter().map(line).collect()
    }

    /// Reads the stored form of what is gathered; `None` for any other text.
    #[must_use]
    pub fn decode_gathered(text: &str) -> Option<Contribution> {
        let line = |line: &str| {
            let (cell, totals) = line.split_once(' ')?;
            Some((CellKey::from_stored(cell.parse().ok()?)?, Totals::decode(totals)?))
        };
        text.lines().map(line).collect()
    }
}
