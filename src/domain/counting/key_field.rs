//! The fields of a cell's key, and the number that stands for each value of a field. The layout is for ever, because the rows
//! of the journal carry keys: `layout_of_a_known_cell_never_changes` in `cell_key` pins it.
//!
//! ```text
//! bit  58    51 50    45 44 42 41   38 37      26 25      14 13     8 7    6 5    4 3      2 1        0
//!     +--------+--------+-----+-------+----------+----------+--------+------+------+--------+----------+
//!     |measure |province|kind | stage |installed |  ended   | former | low  |remote| woman  |attributes|
//!     |        |        |     |       |  month   |  month   |province|income|      | headed |   sold   |
//!     +--------+--------+-----+-------+----------+----------+--------+------+------+--------+----------+
//! bits    8        6       3      4        12         12        6       2      2       2         2      = 59
//! ```
//!
//! Tables store the lowest field as the highest: it came last, and so the keys that the journal had before it stay valid.
//!
//! A rooftop (measure 1) in Hà Nội (province 0), at a home (1), verified by documents (4), installed in December 2019
//! (month 240), not ended (0), former province 0, not low-income (1), remote (2), unknown whether headed by a woman (0), whose
//! attributes were sold (2), is in memory and in the tables
//!
//! ```text
//! 1 << 51 | 0 << 45 | 1 << 42 | 4 << 38 | 240 << 26 | 0 << 14 | 0 << 8 | 1 << 6 | 2 << 4 | 0 << 2 | 2
//! 2 << 57 | 1 << 49 | 0 << 43 | 1 << 40 | 4 << 36 | 240 << 24 | 0 << 12 | 0 << 6 | 1 << 4 | 2 << 2 | 0
//! ```
//!
//! Sorted keys bring the cells of one measure and one province together, and the months of installation vary faster than
//! the stage. So a reader of cells in key order does the work of a measure, a province or a month once for many cells.

use crate::domain::records::Stage;
use crate::domain::values::{SiteKind, Tier};

/// The number of an unknown former province.
pub(super) const NO_FORMER: u64 = 63;
/// The bits of a key. The sign bit of a signed 64-bit integer stays 0.
pub(super) const BITS: u32 = 59;

/// The place of one dimension in a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) struct KeyField {
    /// How many bits of the key stand to its right.
    pub(super) shift: u32,
    /// How many bits the field has.
    bits: u32,
}

pub(in crate::domain) const MEASURE: KeyField = KeyField { shift: 51, bits: 8 };
pub(in crate::domain) const PROVINCE: KeyField = KeyField { shift: 45, bits: 6 };
pub(in crate::domain) const KIND: KeyField = KeyField { shift: 42, bits: 3 };
pub(in crate::domain) const STAGE: KeyField = KeyField { shift: 38, bits: 4 };
pub(in crate::domain) const INSTALLED: KeyField = KeyField { shift: 26, bits: 12 };
pub(in crate::domain) const ENDED: KeyField = KeyField { shift: 14, bits: 12 };
pub(in crate::domain) const FORMER: KeyField = KeyField { shift: 8, bits: 6 };
pub(in crate::domain) const LOW_INCOME: KeyField = KeyField { shift: 6, bits: 2 };
pub(in crate::domain) const REMOTE: KeyField = KeyField { shift: 4, bits: 2 };
pub(in crate::domain) const WOMAN_HEADED: KeyField = KeyField { shift: 2, bits: 2 };
pub(in crate::domain) const ATTRIBUTES_SOLD: KeyField = KeyField { shift: 0, bits: 2 };

impl KeyField {
    /// How many different numbers the field can hold.
    pub(in crate::domain) const fn size(self) -> u64 {
        1 << self.bits
    }

    /// True for fields above the month of the end; they change least in key order.
    pub(in crate::domain) const fn is_upper(self) -> bool {
        self.shift >= INSTALLED.shift
    }

    const fn mask(self) -> u64 {
        self.size() - 1
    }

    /// The number that the field has in a packed key.
    #[inline]
    pub(super) const fn number_in(self, packed: u64) -> u64 {
        (packed >> self.shift) & self.mask()
    }

    /// The packed key with `number` in the field, which must be able to hold it.
    pub(super) const fn put(self, packed: u64, number: u64) -> u64 {
        debug_assert!(number <= self.mask());
        (packed & !(self.mask() << self.shift)) | (number << self.shift)
    }
}

pub(super) fn kind_number(kind: SiteKind) -> u64 {
    match kind {
        SiteKind::Home => 1,
        SiteKind::Building => 2,
        SiteKind::Office => 3,
        SiteKind::Factory => 4,
    }
}

pub(super) fn kind_of(number: u64) -> Option<SiteKind> {
    match number {
        1 => Some(SiteKind::Home),
        2 => Some(SiteKind::Building),
        3 => Some(SiteKind::Office),
        4 => Some(SiteKind::Factory),
        _ => None,
    }
}

/// The number of a fact that is true.
pub(super) const YES: u64 = 2;
/// The number of a flag that nobody answered.
pub(in crate::domain) const NOT_ANSWERED: u64 = 0;

/// The least number of a verified stage.
pub(super) const LEAST_VERIFIED: u64 = stage_number(Stage::Verified(Tier::Sampled));
/// The number of the stage that a meter's readings verify.
pub(super) const METERED: u64 = stage_number(Stage::Verified(Tier::Metered));

pub(super) const fn stage_number(stage: Stage) -> u64 {
    match stage {
        Stage::Pledged => 1,
        Stage::Reported => 2,
        Stage::Verified(Tier::Sampled) => 3,
        Stage::Verified(Tier::Document) => 4,
        Stage::Verified(Tier::Inspected) => 5,
        Stage::Verified(Tier::Metered) => 6,
    }
}

pub(super) fn stage_of(number: u64) -> Option<Stage> {
    match number {
        1 => Some(Stage::Pledged),
        2 => Some(Stage::Reported),
        3 => Some(Stage::Verified(Tier::Sampled)),
        4 => Some(Stage::Verified(Tier::Document)),
        5 => Some(Stage::Verified(Tier::Inspected)),
        6 => Some(Stage::Verified(Tier::Metered)),
        _ => None,
    }
}

pub(super) fn flag_number(flag: Option<bool>) -> u64 {
    match flag {
        None => NOT_ANSWERED,
        Some(false) => 1,
        Some(true) => YES,
    }
}

#[expect(clippy::option_option, reason = "outside: whether the number is a flag at all; inside: whether it is known")]
pub(super) fn flag_of(number: u64) -> Option<Option<bool>> {
    match number {
        0 => Some(None),
        1 => Some(Some(false)),
        YES => Some(Some(true)),
        _ => None,
    }
}
