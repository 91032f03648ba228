//! Compiled-in lists: places, measures, target.

mod communes;
mod fold;
mod former_provinces;
mod listed_id;
mod measures;
mod place;
mod provinces;
mod read_csv;
mod search;
pub mod target;

pub use communes::{CommuneId, FormerCommune, retired_commune};
pub use fold::fold;
pub use former_provinces::{FormerProvince, FormerProvinceId, retired_province};
pub use measures::{Measure, MeasureId};
pub use place::{PLACE_VERSION, Place, PlaceFault, PlaceList, parse_commune, parse_former_province, parse_province};
pub use provinces::{Province, ProvinceId, regions};
pub(in crate::domain) use read_csv::tested;
pub use search::{CommuneMatch, search_communes};
pub use target::{Target, target};
