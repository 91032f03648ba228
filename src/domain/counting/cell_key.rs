//! The key of a cell: one combination of the counting dimensions, packed into one integer. `key_field` draws its bits.

use crate::domain::records::Stage;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::values::{Flags, Month, SiteKind};

use super::key_field::{
    ATTRIBUTES_SOLD, BITS, ENDED, FORMER, INSTALLED, KIND, KeyField, LEAST_VERIFIED, LOW_INCOME, MEASURE, METERED,
    NO_FORMER, PROVINCE, REMOTE, STAGE, WOMAN_HEADED, YES, flag_number, flag_of, kind_number, kind_of, stage_number,
    stage_of,
};

/// The dimensions of a cell, unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellDims {
    /// The measure; `None` in cells that count sites and installations.
    pub measure: Option<MeasureId>,
    /// The province (34 since July 2025).
    pub province: ProvinceId,
    pub kind: SiteKind,
    pub stage: Stage,
    /// The month of installation; `None` while pledged.
    pub installed: Option<Month>,
    /// The month of the end; `None` while in operation.
    pub ended: Option<Month>,
    /// The former province (63), if it is known.
    pub former: Option<FormerProvinceId>,
    /// The facts about the people there.
    pub flags: Flags,
    /// Whether the environmental attributes of the installation were sold. `None` in cells that count sites.
    pub attributes_sold: Option<bool>,
}

/// The weight of the evidence behind a cell, on which the range of an estimate depends. In key order the weights of one
/// measure, province and kind follow each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Evidence {
    /// A partner's word.
    Reported,
    Verified,
    /// Verified by the readings of a meter.
    Metered,
}

/// The lowest bit of the field `ATTRIBUTES_SOLD` in a stored key.
const STORED_SOLD: u32 = BITS - WOMAN_HEADED.shift;

/// The packed key of a cell. It has 59 bits, so it is never negative as a signed 64-bit integer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CellKey(u64);

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
            (ATTRIBUTES_SOLD, flag_number(self.attributes_sold)),
        ];
        fields.into_iter().fold(CellKey(0), |key, (field, number)| key.with(field, number))
    }
}

impl CellKey {
    /// The smallest possible key; starts a scan.
    pub(in crate::domain) const LEAST: Self = Self(0);
    /// A template key: to read the meaning of a field's number, put the number into this key and unpack it. The
    /// template is a pledged home of the first province, without a measure; all else is unknown.
    pub(in crate::domain) const PLAIN: Self = Self(NO_FORMER << FORMER.shift | 1 << KIND.shift | 1 << STAGE.shift);

    #[inline]
    pub(in crate::domain) const fn number(self, field: KeyField) -> u64 {
        field.number_in(self.0)
    }

    /// The key with `number` in one field, which must be able to hold it.
    pub(in crate::domain) const fn with(self, field: KeyField, number: u64) -> Self {
        Self(field.put(self.0, number))
    }

    /// The distance from `first`, a key that is not greater.
    pub(super) const fn offset_from(self, first: Self) -> u64 {
        self.0.saturating_sub(first.0)
    }

    /// The key at a distance above this one.
    pub(super) const fn at_offset(self, offset: u64) -> Self {
        Self(self.0 + offset)
    }

    /// Whether the cell counts sites and installations. Such keys come before all others.
    #[must_use]
    pub fn has_no_measure(self) -> bool {
        self.number(MEASURE) == 0
    }

    #[must_use]
    #[inline]
    pub fn measure(self) -> Option<MeasureId> {
        u8::try_from(self.number(MEASURE)).ok().and_then(MeasureId::from_number)
    }

    #[must_use]
    #[inline]
    pub fn installed(self) -> Option<Month> {
        u16::try_from(self.number(INSTALLED)).ok().and_then(Month::from_number)
    }

    #[must_use]
    #[inline]
    pub fn ended(self) -> Option<Month> {
        u16::try_from(self.number(ENDED)).ok().and_then(Month::from_number)
    }

    #[must_use]
    #[inline]
    pub fn is_verified(self) -> bool {
        self.number(STAGE) >= LEAST_VERIFIED
    }

    /// The evidence behind the cell. Pledged cells have the least.
    #[must_use]
    #[inline]
    pub fn evidence(self) -> Evidence {
        match self.number(STAGE) {
            METERED => Evidence::Metered,
            LEAST_VERIFIED.. => Evidence::Verified,
            _ => Evidence::Reported,
        }
    }

    /// Whether the environmental attributes were sold.
    #[must_use]
    #[inline]
    pub fn is_sold(self) -> bool {
        self.number(ATTRIBUTES_SOLD) == YES
    }

    #[must_use]
    #[inline]
    pub fn has_same_measure_and_province(self, other: Self) -> bool {
        (self.0 ^ other.0) >> PROVINCE.shift == 0
    }

    /// Whether both keys have the same upper fields, from the measure to the month of installation.
    #[inline]
    pub(in crate::domain) const fn has_same_upper_fields(self, other: Self) -> bool {
        (self.0 ^ other.0) >> INSTALLED.shift == 0
    }

    /// Whether both keys have the same measure, province, kind, stage and months.
    #[must_use]
    #[inline]
    pub fn has_same_months(self, other: Self) -> bool {
        (self.0 ^ other.0) >> ENDED.shift == 0
    }

    /// The number that tables store.
    #[must_use]
    pub fn to_stored(self) -> i64 {
        let (others, sold) = (self.0 >> WOMAN_HEADED.shift, self.number(ATTRIBUTES_SOLD));
        // A key has 59 bits, so the sign bit is never set.
        (others | sold << STORED_SOLD).cast_signed()
    }

    /// The ranges of the numbers that tables store, one for each fact about attributes. Within a range the numbers sort as the keys do.
    #[must_use]
    pub fn stored_parts() -> [std::ops::Range<i64>; 3] {
        [0, 1, 2].map(|sold| sold << STORED_SOLD..(sold + 1) << STORED_SOLD)
    }

    /// The key of a stored number; `None` when the number is no key.
    #[must_use]
    pub fn from_stored(number: i64) -> Option<Self> {
        let number = u64::try_from(number).ok()?;
        let (others, sold) = (number & ((1 << STORED_SOLD) - 1), number >> STORED_SOLD);
        if number >> BITS != 0 {
            return None;
        }
        let key = Self(others << WOMAN_HEADED.shift).with(ATTRIBUTES_SOLD, sold);
        key.dims().is_some().then_some(key)
    }

    /// Unpacks the dimensions; `None` when a field holds no known value.
    #[must_use]
    #[inline]
    pub fn dims(self) -> Option<CellDims> {
        let byte = |field: KeyField| u8::try_from(self.number(field)).ok();
        let month = |field: KeyField| u16::try_from(self.number(field)).ok().and_then(Month::from_number);
        Some(CellDims {
            measure: if self.has_no_measure() { None } else { Some(MeasureId::from_number(byte(MEASURE)?)?) },
            province: ProvinceId::from_index(byte(PROVINCE)?)?,
            kind: kind_of(self.number(KIND))?,
            stage: stage_of(self.number(STAGE))?,
            installed: month(INSTALLED),
            ended: month(ENDED),
            former: if self.number(FORMER) == NO_FORMER {
                None
            } else {
                Some(FormerProvinceId::from_index(byte(FORMER)?)?)
            },
            flags: Flags {
                low_income: flag_of(self.number(LOW_INCOME))?,
                remote: flag_of(self.number(REMOTE))?,
                woman_headed: flag_of(self.number(WOMAN_HEADED))?,
            },
            attributes_sold: flag_of(self.number(ATTRIBUTES_SOLD))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::values::Tier;
    use proptest::prelude::*;

    fn dims() -> impl Strategy<Value = CellDims> {
        let flag = || prop_oneof![Just(None), Just(Some(false)), Just(Some(true))];
        let month = || (0u16..4096).prop_map(Month::from_number);
        ((0u8..=30, 0u8..34, 0usize..4, 1u64..=6), (month(), month(), 0u8..=63), (flag(), flag(), flag(), flag()))
            .prop_map(|((measure, province, kind, stage), (installed, ended, former), (l, r, w, attributes_sold))| {
                CellDims {
                    measure: MeasureId::from_number(measure),
                    province: ProvinceId::from_index(province).unwrap(),
                    kind: SiteKind::ALL[kind],
                    stage: stage_of(stage).unwrap(),
                    installed,
                    ended,
                    former: FormerProvinceId::from_index(former),
                    flags: Flags { low_income: l, remote: r, woman_headed: w },
                    attributes_sold,
                }
            })
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
            let stored = dims.key().to_stored();
            for number in [stored, stored ^ (1_i64 << bit), (other >> (other % 64)).cast_signed()] {
                let again = CellKey::from_stored(number).and_then(CellKey::dims).map(|dims| dims.key().to_stored());
                prop_assert!(again.is_none_or(|again| again == number), "{number}");
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
            attributes_sold: None,
        };
        let expected = (1 << 49) | (1 << 40) | (4 << 36) | (240 << 24) | (1 << 4) | (2 << 2);
        assert_eq!(dims.key().to_stored(), expected);
        for (attributes_sold, number) in [(Some(false), 1), (Some(true), 2)] {
            assert_eq!(CellDims { attributes_sold, ..dims }.key().to_stored(), expected | number << 57);
        }
    }

    #[test]
    fn from_stored_refuses_what_is_no_key() {
        for bad in [-1, 0, i64::MAX, 1 << 57, 3 << 57 | 1 << 40 | 4 << 36, 1 << 59] {
            assert_eq!(CellKey::from_stored(bad), None, "{bad}");
        }
    }
}
