//! The key of a cell: one combination of the counting dimensions in one packed integer.
//! The layout is for ever: journals carry it. A test pins it.

use crate::domain::records::Stage;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::values::{Flags, Month, SiteKind, Tier};

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
/// Bits of a key.
const BITS: u32 = 57;

/// The place of one dimension in the key: bits to its right, and its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) struct KeyField(u32, u32);

pub(in crate::domain) const MEASURE: KeyField = KeyField(49, 8);
pub(in crate::domain) const PROVINCE: KeyField = KeyField(43, 6);
pub(in crate::domain) const KIND: KeyField = KeyField(40, 3);
pub(in crate::domain) const STAGE: KeyField = KeyField(36, 4);
pub(in crate::domain) const INSTALLED: KeyField = KeyField(24, 12);
pub(in crate::domain) const ENDED: KeyField = KeyField(12, 12);
pub(in crate::domain) const FORMER: KeyField = KeyField(6, 6);
pub(in crate::domain) const LOW_INCOME: KeyField = KeyField(4, 2);
pub(in crate::domain) const REMOTE: KeyField = KeyField(2, 2);
pub(in crate::domain) const WOMAN_HEADED: KeyField = KeyField(0, 2);

impl KeyField {
    const fn mask(self) -> u64 {
        (1 << self.1) - 1
    }

    /// How many numbers it can hold.
    pub(in crate::domain) const fn size(self) -> u64 {
        1 << self.1
    }

    /// Whether it stands before the month of the end.
    pub(in crate::domain) const fn is_upper(self) -> bool {
        self.0 >= INSTALLED.0
    }

    /// Its number in a key.
    #[inline]
    pub(in crate::domain) const fn of(self, key: CellKey) -> u64 {
        (key.0 >> self.0) & self.mask()
    }

    /// The key with this number in place of its own, which it must be able to hold.
    pub(in crate::domain) const fn set(self, key: CellKey, number: u64) -> CellKey {
        CellKey((key.0 & !(self.mask() << self.0)) | (number << self.0))
    }
}

impl CellDims {
    /// Packs the dimensions.
    #[must_use]
    pub fn key(&self) -> CellKey {
        let fields = [
            (MEASURE, self.measure.map_or(0, |measure| measure.number().into())),
            (PROVINCE, self.province.index().into()),
            (KIND, kind_number(self.kind)),
            (STAGE, stage_number(self.stage)),
            (INSTALLED, self.installed.map_or(0, |month| month.number().into())),
            (ENDED, self.ended.map_or(0, |month| month.number().into())),
            (FORMER, self.former.map_or(NO_FORMER, |former| former.index().into())),
            (LOW_INCOME, flag_number(self.flags.low_income)),
            (REMOTE, flag_number(self.flags.remote)),
            (WOMAN_HEADED, flag_number(self.flags.woman_headed)),
        ];
        fields.into_iter().fold(CellKey(0), |key, (field, number)| field.set(key, number))
    }
}

impl CellKey {
    /// The least of all.
    pub(in crate::domain) const LEAST: Self = Self(0);
    /// A pledged home of the first province, without a measure, with everything else unknown.
    pub(in crate::domain) const PLAIN: Self = Self(NO_FORMER << FORMER.0 | 1 << KIND.0 | 1 << STAGE.0);

    /// How far it stands above another; 0 when it does not.
    pub(in crate::domain) const fn above(self, other: Self) -> u64 {
        self.0.saturating_sub(other.0)
    }

    /// The key so far above this one.
    pub(in crate::domain) const fn plus(self, above: u64) -> Self {
        Self(self.0 + above)
    }

    /// Whether it counts sites and installations; such keys come before all others.
    #[must_use]
    pub fn has_no_measure(self) -> bool {
        MEASURE.of(self) == 0
    }

    /// The measure.
    #[must_use]
    #[inline]
    pub fn measure(self) -> Option<MeasureId> {
        u8::try_from(MEASURE.of(self)).ok().and_then(MeasureId::from_number)
    }

    /// The month of installation.
    #[must_use]
    #[inline]
    pub fn installed(self) -> Option<Month> {
        u16::try_from(INSTALLED.of(self)).ok().and_then(Month::from_number)
    }

    /// The month of the end.
    #[must_use]
    #[inline]
    pub fn ended(self) -> Option<Month> {
        u16::try_from(ENDED.of(self)).ok().and_then(Month::from_number)
    }

    /// Whether it is verified.
    #[must_use]
    #[inline]
    pub fn is_verified(self) -> bool {
        STAGE.of(self) >= stage_number(Stage::Verified(Tier::Sampled))
    }

    /// The key without the dimensions that few figures depend on: that of a home, verified by documents if it is, with
    /// everything else unknown.
    pub(in crate::domain) fn national(self) -> Self {
        const OTHERS: [(KeyField, u64); 5] =
            [(KIND, 1), (FORMER, NO_FORMER), (LOW_INCOME, 0), (REMOTE, 0), (WOMAN_HEADED, 0)];
        let key = OTHERS.into_iter().fold(self, |key, (field, number)| field.set(key, number));
        if self.is_verified() { STAGE.set(key, stage_number(Stage::Verified(Tier::Document))) } else { key }
    }

    /// Whether both are of one measure and one province.
    #[must_use]
    #[inline]
    pub fn is_beside(self, other: Self) -> bool {
        (self.0 ^ other.0) >> PROVINCE.0 == 0
    }

    /// Whether both are the same up to the month of installation.
    #[inline]
    pub(in crate::domain) const fn has_upper_of(self, other: Self) -> bool {
        (self.0 ^ other.0) >> INSTALLED.0 == 0
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
        (key.0 >> BITS == 0 && key.dims().is_some()).then_some(key)
    }

    /// Unpacks the dimensions; `None` when a field holds no known value.
    #[must_use]
    #[inline]
    pub fn dims(self) -> Option<CellDims> {
        let byte = |field: KeyField| u8::try_from(field.of(self)).ok();
        let month = |field: KeyField| u16::try_from(field.of(self)).ok().and_then(Month::from_number);
        Some(CellDims {
            measure: if self.has_no_measure() { None } else { Some(MeasureId::from_number(byte(MEASURE)?)?) },
            province: ProvinceId::from_index(byte(PROVINCE)?)?,
            kind: kind_of(KIND.of(self))?,
            stage: stage_of(STAGE.of(self))?,
            installed: month(INSTALLED),
            ended: month(ENDED),
            former: if FORMER.of(self) == NO_FORMER {
                None
            } else {
                Some(FormerProvinceId::from_index(byte(FORMER)?)?)
            },
            flags: Flags {
                low_income: flag_of(LOW_INCOME.of(self))?,
                remote: flag_of(REMOTE.of(self))?,
                woman_headed: flag_of(WOMAN_HEADED.of(self))?,
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
    match number {
        1 => Some(SiteKind::Home),
        2 => Some(SiteKind::Building),
        3 => Some(SiteKind::Office),
        4 => Some(SiteKind::Factory),
        _ => None,
    }
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

        #[test]
        fn from_stored_takes_what_packing_its_dimensions_again_gives(dims in dims(), bit in 0u32..64, other: u64) {
            for number in [dims.key().0, dims.key().0 ^ (1 << bit), other >> (other % 64)] {
                let again = CellKey(number).dims().map(|dims| dims.key().0);
                let expected = again.filter(|again| *again == number).map(CellKey);
                prop_assert_eq!(CellKey::from_stored(number.cast_signed()), expected);
            }
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
