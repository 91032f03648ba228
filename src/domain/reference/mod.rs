//! Reference data, compiled in from `reference/` and read once: places, measures, the target.
//! Sources stand in the files. Stored data refers to it, so numbers and orders never change.

mod communes;
mod fold;
mod former_provinces;
mod measures;
mod provinces;
mod search;
mod target;

pub use communes::{Commune, CommuneId, FormerCommune, retired_commune};
pub use fold::fold;
pub use former_provinces::{FormerProvince, FormerProvinceId, retired_province};
pub use measures::{Measure, MeasureId, Role};
pub use provinces::{Province, ProvinceId, Region, regions};
pub use search::{CommuneMatch, search_communes};
pub use target::{Target, target};

use serde::de::DeserializeOwned;

/// Reads a compiled-in table. The tests read every table, so a broken one never ships.
fn rows<T: DeserializeOwned>(text: &'static str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .map(|row| row.unwrap_or_else(|error| unreachable!("reference data is tested: {error}")))
        .collect()
}

/// A compiled-in value that the tests have shown to be there.
pub(super) fn tested<T>(value: Option<T>, what: &str) -> T {
    value.unwrap_or_else(|| unreachable!("reference data is tested: {what}"))
}
