//! The lists that are compiled in: places old and new, measures, the target. Stored data refers to their rows, so
//! numbers and orders never change; tests hold them. The room owns finding a row. It must not know the records that use
//! a row.

mod communes;
mod fold;
mod former_provinces;
mod listed_id;
mod measures;
mod place;
mod place_codes;
mod provinces;
mod read_csv;
mod search;
pub mod target;

pub use communes::{CommuneId, FormerCommune, retired_commune};
pub use fold::fold;
pub use former_provinces::{FormerProvince, FormerProvinceId, retired_province};
pub use measures::{Measure, MeasureId};
pub use place::{PLACE_VERSION, Place, PlaceFault, PlaceList};
pub use place_codes::{parse_commune, parse_former_province, parse_province};
pub use provinces::{Province, ProvinceId, regions};
pub(in crate::domain) use read_csv::tested;
pub use search::{CommuneMatch, search_communes};
pub use target::{Company, Disclosure, Target, WithToken, target, target_on};
