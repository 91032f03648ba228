//! The key of a national sum: the dimensions of a cell on which national figures depend.

use crate::domain::records::Stage;
use crate::domain::reference::{MeasureId, ProvinceId};
use crate::domain::values::{Month, Tier};

use super::cell_key::{CellKey, Evidence};
use super::key_field::{
    ATTRIBUTES_SOLD, FORMER, KIND, KeyField, LOW_INCOME, NO_FORMER, REMOTE, STAGE, WOMAN_HEADED, stage_number,
};

/// The key of a national sum: measure, province, stage, month of installation, month of the end, and whether the attributes were
/// sold. Of a declared saving, what meters verified stands apart, because its range is another.
///
/// It is packed as the key of a cell, so that estimates, groups and stored changes read both alike. The fields of the other
/// dimensions hold one fixed number each, which means nothing: a national sum is of sites of every kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NationalKey(CellKey);

/// The dimensions of a national sum, unpacked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NationalDims {
    /// The measure; `None` in sums that count sites and installations.
    pub measure: Option<MeasureId>,
    /// The province (34 since July 2025).
    pub province: ProvinceId,
    /// The stage. A verified one stands for every tier, but for the metered tier of a declared saving.
    pub stage: Stage,
    /// The month of installation; `None` while pledged.
    pub installed: Option<Month>,
    /// The month of the end; `None` while in operation.
    pub ended: Option<Month>,
    /// Whether the environmental attributes were sold.
    pub is_sold: bool,
}

/// The fixed numbers of the fields on which no national figure depends.
const UNUSED: [(KeyField, u64); 5] = [(KIND, 1), (FORMER, NO_FORMER), (LOW_INCOME, 0), (REMOTE, 0), (WOMAN_HEADED, 0)];

impl NationalKey {
    /// The national sum to which a cell belongs.
    #[must_use]
    pub fn of(cell: CellKey) -> Self {
        let key = UNUSED.into_iter().fold(cell, |key, (field, number)| key.with(field, number));
        let key = if key.is_sold() { key } else { key.with(ATTRIBUTES_SOLD, 0) };
        let is_metered = || key.measure().is_some_and(|measure| measure.measure().is_declared());
        Self(match key.evidence() {
            Evidence::Reported => key,
            Evidence::Metered if is_metered() => key,
            Evidence::Verified | Evidence::Metered => key.with(STAGE, stage_number(Stage::Verified(Tier::Document))),
        })
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
            is_sold: dims.attributes_sold == Some(true),
        })
    }
}
