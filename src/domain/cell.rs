//! The key of a cell: one combination of the counting dimensions in one packed integer.
//! The layout is for ever: journals carry it. A test pins it.

use super::date::Month;
use super::reference::{FormerProvinceId, MeasureId, ProvinceId};
use super::site::{Flags, SiteKind};
use super::state::{Stage, Tier};

/// The dimensions of a cell, unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellDims {
    /// The measure; none on the rows that count sites and installations.
    pub measure: Option<MeasureId>,
    /// One of the 34.
    pub province: ProvinceId,
    /// What kind of site.
    pub kind: SiteKind,
    /// The stage, with the evidence tier when verified.
    pub stage: Stage,
    /// The month of installation; none while pledged.
    pub installed: Option<Month>,
    /// The month of the end; none while in operation.
    pub ended: Option<Month>,
    /// One of the 63, where known.
    pub former: Option<FormerProvinceId>,
    /// What is known of the people there.
    pub flags: Flags,
}

/// A packed cell key. From the most significant bit: measure 8, province 6, kind 3, stage 4,
/// month installed 12, month ended 12, former province 6, low-income 2, remote 2,
/// woman-headed 2. 57 bits, so it is never negative as a signed 64-bit integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CellKey(u64);

const NO_FORMER: u64 = 63;

/// Widths in bits, in the order of packing.
const WIDTHS: [u32; 10] = [8, 6, 3, 4, 12, 12, 6, 2, 2, 2];

impl CellDims {
    /// Packs the dimensions.
    #[must_use]
    pub fn key(&self) -> CellKey {
        let fields = [
            self.measure.map_or(0, |m| u64::from(m.number())),
            u64::from(self.province.index()),
            kind_number(self.kind),
            stage_number(self.stage),
            self.installed.map_or(0, |m| u64::from(m.number())),
            self.ended.map_or(0, |m| u64::from(m.number())),
            self.former.map_or(NO_FORMER, |f| u64::from(f.index())),
            flag_number(self.flags.low_income),
            flag_number(self.flags.remote),
            flag_number(self.flags.woman_headed),
        ];
        CellKey(fields.iter().zip(WIDTHS).fold(0, |key, (field, width)| (key << width) | field))
    }
}

impl CellKey {
    /// Where the stored numbers of keys with a measure begin.
    pub const FIRST_WITH_MEASURE: i64 = 1 << (57 - WIDTHS[0]);

    /// Whether it counts sites and installations; such keys come before all others.
    #[must_use]
    pub fn has_no_measure(self) -> bool {
        self.to_stored() < Self::FIRST_WITH_MEASURE
    }

    /// The number that tables store.
    #[must_use]
    pub fn to_stored(self) -> i64 {
        // 57 bits: the sign bit is never set.
        self.0.cast_signed()
    }

    /// Takes back a stored number; `None` when it is no key.
    #[must_use]
    pub fn from_stored(number: i64) -> Option<Self> {
        let key = Self(u64::try_from(number).ok()?);
        key.dims().filter(|dims| dims.key() == key).map(|_| key)
    }

    /// Unpacks the dimensions; `None` when a field holds no known value.
    #[must_use]
    pub fn dims(self) -> Option<CellDims> {
        let mut rest = self.0;
        let mut fields = [0u64; 10];
        for (field, width) in fields.iter_mut().zip(WIDTHS).rev() {
            *field = rest & ((1 << width) - 1);
            rest >>= width;
        }
        let [measure, province, kind, stage, installed, ended, former, low_income, remote, woman_headed] = fields;
        let byte = |field: u64| u8::try_from(field).ok();
        let month = |field: u64| u16::try_from(field).ok().and_then(Month::from_number);
        Some(CellDims {
            measure: if measure == 0 { None } else { Some(MeasureId::from_number(byte(measure)?)?) },
            province: ProvinceId::from_index(byte(province)?)?,
            kind: kind_of(kind)?,
            stage: stage_of(stage)?,
            installed: month(installed),
            ended: month(ended),
            former: if former == NO_FORMER { None } else { Some(FormerProvinceId::from_index(byte(former)?)?) },
            flags: Flags {
                low_income: flag_of(low_income)?,
                remote: flag_of(remote)?,
                woman_headed: flag_of(woman_headed)?,
            },
        })
    }
}

fn kind_number(kind: SiteKind) -> u64 {
    match kind {
        SiteKind::Home => 1,
        SiteKind::Building => 2,
        SiteKind::Office => 3,
        SiteKind::Factory => 4,
    }
}

fn kind_of(number: u64) -> Option<SiteKind> {
    SiteKind::ALL.iter().copied().find(|kind| kind_number(*kind) == number)
}

fn stage_number(stage: Stage) -> u64 {
    match stage {
        Stage::Pledged => 1,
        Stage::Installed => 2,
        Stage::Verified(Tier::Sampled) => 3,
        Stage::Verified(Tier::Document) => 4,
        Stage::Verified(Tier::Inspected) => 5,
        Stage::Verified(Tier::Metered) => 6,
    }
}

fn stage_of(number: u64) -> Option<Stage> {
    match number {
        1 => Some(Stage::Pledged),
        2 => Some(Stage::Installed),
        3 => Some(Stage::Verified(Tier::Sampled)),
        4 => Some(Stage::Verified(Tier::Document)),
        5 => Some(Stage::Verified(Tier::Inspected)),
        6 => Some(Stage::Verified(Tier::Metered)),
        _ => None,
    }
}

fn flag_number(flag: Option<bool>) -> u64 {
    match flag {
        None => 0,
        Some(false) => 1,
        Some(true) => 2,
    }
}

#[expect(clippy::option_option, reason = "outside: whether it is a flag at all; inside: whether it is known")]
fn flag_of(number: u64) -> Option<Option<bool>> {
    match number {
        0 => Some(None),
        1 => Some(Some(false)),
        2 => Some(Some(true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dims() -> impl Strategy<Value = CellDims> {
        let flag = || prop_oneof![Just(None), Just(Some(false)), Just(Some(true))];
        let month = || (0u16..4096).prop_map(Month::from_number);
        ((0u8..=30, 0u8..34, 0usize..4, 1u64..=6), (month(), month(), 0u8..=63), (flag(), flag(), flag())).prop_map(
            |((measure, province, kind, stage), (installed, ended, former), (l, r, w))| CellDims {
                measure: MeasureId::from_number(measure),
                province: ProvinceId::from_index(province).unwrap(),
                kind: SiteKind::ALL[kind],
                stage: stage_of(stage).unwrap(),
                installed,
                ended,
                former: FormerProvinceId::from_index(former),
                flags: Flags { low_income: l, remote: r, woman_headed: w },
            },
        )
    }

    proptest! {
        #[test]
        fn key_unpacks_to_the_dimensions_it_was_packed_from(dims in dims()) {
            let key = dims.key();
            prop_assert_eq!(key.dims(), Some(dims));
            prop_assert_eq!(CellKey::from_stored(key.to_stored()), Some(key));
        }
    }

    #[test]
    fn layout_of_a_known_cell_never_changes() {
        let dims = CellDims {
            measure: MeasureId::from_number(1),
            province: ProvinceId::parse("01").unwrap(),
            kind: SiteKind::Home,
            stage: Stage::Verified(Tier::Document),
            installed: Month::from_number(240),
            ended: None,
            former: FormerProvinceId::parse("01"),
            flags: Flags { low_income: Some(false), remote: Some(true), woman_headed: None },
        };
        let expected = (1 << 49) | (1 << 40) | (4 << 36) | (240 << 24) | (1 << 4) | (2 << 2);
        assert_eq!(dims.key().to_stored(), expected);
    }

    #[test]
    fn from_stored_refuses_what_is_no_key() {
        for bad in [-1, 0, i64::MAX, 1 << 57] {
            assert_eq!(CellKey::from_stored(bad), None, "{bad}");
        }
    }
}
