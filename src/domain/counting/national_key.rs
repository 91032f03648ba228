//! The key of a national sum: the dimensions of a cell on which national figures depend.

use crate::domain::records::Stage;
use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{Month, Tier};

use super::cell_key::CellKey;
use super::key_field::{FORMER, KIND, KeyField, LOW_INCOME, NO_FORMER, REMOTE, STAGE, WOMAN_HEADED, stage_number};

/// The key of a national sum: measure, province, stage, month of installation and month of the end.
///
/// It is packed as the key of a cell, so that estimates, groups and stored changes read both alike. The fields of the other
/// dimensions hold one fixed number each, which means nothing: a national sum is of sites of every kind and every tier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NationalKey(CellKey);

/// The dimensions of a national sum, unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NationalDims {
    /// The measure; `None` in sums that count sites and installations.
    pub measure: Option<MeasureId>,
    /// The province (34 since July 2025).
    pub province: ProvinceId,
    /// The stage. A verified one stands for every tier.
    pub stage: Stage,
    /// The month of installation; `None` while pledged.
    pub installed: Option<Month>,
    /// The month of the end; `None` while in operation.
    pub ended: Option<Month>,
}

/// The fixed numbers of the fields on which no national figure depends.
const UNUSED: [(KeyField, u64); 5] = [(KIND, 1), (FORMER, NO_FORMER), (LOW_INCOME, 0), (REMOTE, 0), (WOMAN_HEADED, 0)];

impl NationalKey {
    /// The national sum to which a cell belongs.
    #[must_use]
    pub fn of(cell: CellKey) -> Self {
        let key = UNUSED.into_iter().fold(cell, |key, (field, number)| key.with(field, number));
        let every_tier = stage_number(Stage::Verified(Tier::Document));
        Self(if key.is_verified() { key.with(STAGE, every_tier) } else { key })
    }

    /// Takes back the key of a table that holds national sums alone.
    pub(super) fn packed(key: CellKey) -> Self {
        debug_assert!(Self::of(key).0 == key);
        Self(key)
    }

    /// The key as that of a cell, for code that reads no other dimension.
    #[must_use]
    pub fn as_cell(self) -> CellKey {
        self.0
    }

    /// Unpacks the dimensions; `None` when a field holds no known value.
    #[must_use]
    pub fn dims(self) -> Option<NationalDims> {
        let dims = self.0.dims()?;
        Some(NationalDims {
            measure: dims.measure,
            province: dims.province,
            stage: dims.stage,
            installed: dims.installed,
            ended: dims.ended,
        })
    }
}
