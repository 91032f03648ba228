//! The partitions of a strand, and the path of a cell through the groups of each.

use std::fmt;

use crate::domain::counting::{CellDims, CellKey, KeyField, NationalKey, key_field};
use crate::domain::records::Stage;
use crate::domain::values::{Cause, Interval, SiteKind, Tier, coded_enum};

use super::strand::Strand;

coded_enum!(
    /// A way of cutting each strand into groups. Partitions are not compared with each other; each is held against the nation, of which
    /// its groups are parts.
    Partition {
        /// The whole country.
        Nation = "nation",
        /// Region, province, former province.
        Places = "places",
        /// Homes, buildings, offices, factories.
        Kinds = "kinds",
        /// The tier of evidence.
        Evidence = "evidence",
        /// Year and month of installation; what ended stands in one group.
        Times = "times",
        /// The cause of the change.
        Causes = "causes",
        /// The verified sites of which an answer to a question about their people is known. Its answers are gathered until the end of a
        /// quarter.
        LowIncome = "low_income",
        /// The same of another question.
        Remote = "remote",
        /// And of a third.
        WomanHeaded = "woman_headed",
    }
);

/// The group of measures that ended, in place of a year of installation.
pub const ENDED: u16 = 0;

/// The groups of a cell, from the largest to the smallest, or the first of them: the path of a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Path {
    groups: [u16; Self::LONGEST],
    length: u8,
}

impl Path {
    /// The most groups that a path names.
    pub(super) const LONGEST: usize = 3;

    /// The path of the nation.
    pub const NATION: Self = Self { groups: [0; Self::LONGEST], length: 0 };

    fn of<const N: usize>(given: [u16; N]) -> Self {
        let mut groups = [0; Self::LONGEST];
        groups.iter_mut().zip(given).for_each(|(group, number)| *group = number);
        Self { groups, length: u8::try_from(N).unwrap_or_default() }
    }

    /// How many groups it names below the nation.
    #[must_use]
    pub fn length(self) -> u8 {
        self.length
    }

    /// Its smallest group; `None` of the nation.
    #[must_use]
    pub fn last(self) -> Option<u16> {
        self.groups.get(usize::from(self.length).checked_sub(1)?).copied()
    }

    /// Its first `length` groups.
    #[must_use]
    pub fn prefix(self, length: u8) -> Self {
        let length = length.min(self.length);
        let mut groups = [0; Self::LONGEST];
        groups.iter_mut().zip(self.groups).take(length.into()).for_each(|(group, number)| *group = number);
        Self { groups, length }
    }

    /// Reads the stored form: the numbers of the groups, parted by dots.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        let mut path = Self::NATION;
        for number in stored.split('.').filter(|number| !number.is_empty()) {
            *path.groups.get_mut(usize::from(path.length))? = number.parse().ok()?;
            path.length += 1;
        }
        (path.to_string() == stored).then_some(path)
    }
}

/// A group of a partition; without a path, the nation as the parent of the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct GroupId {
    pub partition: Partition,
    pub strand: Strand,
    pub path: Path,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, group) in self.groups.iter().take(self.length.into()).enumerate() {
            let dot = if place == 0 { "" } else { "." };
            write!(f, "{dot}{group}")?;
        }
        Ok(())
    }
}

impl Partition {
    /// The question about the people of a site, if this is the partition of one.
    fn question(self) -> Option<KeyField> {
        match self {
            Self::LowIncome => Some(key_field::LOW_INCOME),
            Self::Remote => Some(key_field::REMOTE),
            Self::WomanHeaded => Some(key_field::WOMAN_HEADED),
            _ => None,
        }
    }

    /// Whether it is of a question about the people of a site.
    #[must_use]
    pub fn is_of_people(self) -> bool {
        self.question().is_some()
    }

    /// How many levels of groups it has below the nation.
    #[must_use]
    pub fn levels(self) -> u8 {
        match self {
            Self::Nation | Self::LowIncome | Self::Remote | Self::WomanHeaded => 0,
            Self::Kinds | Self::Evidence | Self::Causes => 1,
            Self::Times => 2,
            Self::Places => 3,
        }
    }

    /// Whether its groups are told by a dimension that the figures of the country have not.
    #[must_use]
    pub fn adds_a_dimension(self) -> bool {
        !matches!(self, Self::Nation | Self::Times | Self::Causes)
    }

    /// The cell without the dimensions on which no figure of this partition depends; `None` if it has no such figure.
    #[must_use]
    pub fn project(self, cell: CellKey) -> Option<CellKey> {
        Projected::of(cell)?.to(self)
    }

    /// The path of a cell that was projected, or of a change by a cause.
    #[must_use]
    pub fn path(self, cell: CellKey, cause: Option<Cause>) -> Path {
        let Some(dims) = cell.dims() else { return Path::NATION };
        match self {
            Self::Nation | Self::LowIncome | Self::Remote | Self::WomanHeaded => Path::NATION,
            Self::Places => {
                let former = dims.former.map_or(u16::MAX, |former| former.index().into());
                Path::of([dims.province.region(), dims.province.index().into(), former])
            }
            Self::Kinds => Path::of([place_of(SiteKind::ALL, &dims.kind)]),
            Self::Evidence => Path::of([tier_of(&dims)]),
            Self::Times => match (dims.installed, dims.ended) {
                (Some(month), None) => Path::of([Interval::Year.first_month(month).number(), month.number()]),
                _ => Path::of([ENDED]),
            },
            Self::Causes => Path::of([cause.map_or(u16::MAX, |cause| place_of(Cause::ALL, &cause))]),
        }
    }
}

/// A cell that some figure counts, with what its projections to all partitions have in common.
#[derive(Clone, Copy)]
pub struct Projected {
    cell: CellKey,
    strand: Strand,
    national: CellKey,
}

impl Projected {
    /// The cell, if some figure counts it.
    #[must_use]
    pub fn of(cell: CellKey) -> Option<Self> {
        let national = NationalKey::of(cell);
        Some(Self { cell, strand: Strand::of_national(national)?, national: national.as_cell() })
    }

    /// The same, quicker where the cell before it belongs to the same sum of the country.
    #[must_use]
    pub fn after(last: Option<Self>, cell: CellKey) -> Option<Self> {
        let national = NationalKey::of(cell).as_cell();
        last.filter(|last| last.national == national).map(|last| Self { cell, ..last }).or_else(|| Self::of(cell))
    }

    /// Whether it counts sites, and not the lines of a measure.
    #[must_use]
    pub fn is_of_sites(self) -> bool {
        self.strand.measure.is_none()
    }

    /// The cell without the dimensions on which no figure of a partition depends; `None` if it has no such figure.
    #[must_use]
    pub fn to(self, partition: Partition) -> Option<CellKey> {
        let Self { cell, strand, national } = self;
        let (is_of_sites, is_verified) = (strand.measure.is_none(), strand.is_verified());
        let is_shown = match partition {
            Partition::Nation => true,
            _ if strand.is_pre_programme => false,
            Partition::Places | Partition::Kinds | Partition::Causes => is_of_sites || is_verified,
            // No month in which nobody builds any more would ever see its reported sites become verified.
            Partition::Times | Partition::Evidence => is_verified,
            Partition::LowIncome | Partition::Remote | Partition::WomanHeaded => {
                let is_known =
                    partition.question().is_some_and(|question| cell.number(question) != key_field::NOT_ANSWERED);
                is_of_sites && is_verified && is_known && cell.ended().is_none()
            }
        };
        let keep = |key: CellKey, field| key.with(field, cell.number(field));
        is_shown.then(|| match partition {
            Partition::Nation | Partition::Times | Partition::Causes => national,
            Partition::Places => keep(national, key_field::FORMER),
            Partition::Kinds => keep(national, key_field::KIND),
            Partition::Evidence => keep(national, key_field::STAGE),
            Partition::LowIncome | Partition::Remote | Partition::WomanHeaded => {
                let of_stage = CellKey::PLAIN.with(key_field::STAGE, national.number(key_field::STAGE));
                partition.question().map_or(of_stage, |question| keep(of_stage, question))
            }
        })
    }
}

fn tier_of(dims: &CellDims) -> u16 {
    match dims.stage {
        Stage::Verified(tier) => place_of(Tier::ALL, &tier),
        Stage::Reported | Stage::Pledged => u16::MAX,
    }
}

fn place_of<T: PartialEq>(all: &[T], one: &T) -> u16 {
    let place = all.iter().position(|other| other == one);
    place.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX)
}
