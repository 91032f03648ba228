//! The 34 provinces and cities since July 2025. The 63 before are in `former_provinces`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::values::ListedPlace;

use super::listed_id::listed_id;
use super::read_csv::{rows, tested};

listed_id!(
    /// One of the 34 provinces, by its place in the order of codes. The order never changes, because ids are stored.
    ProvinceId, 34, PROVINCES
);

/// A province or centrally run city.
#[derive(Debug)]
pub struct Province {
    /// The province code, two digits.
    pub code: String,
    pub name_vi: String,
    /// The name without diacritics.
    pub name_en: String,
    /// The Vietnamese name with the type.
    pub full_name_vi: String,
    /// `province` or `city`, today.
    pub kind: String,
    /// `province` or `city` on 1 July 2025.
    pub kind_2025_07_01: String,
    /// The day since which it is a city, if it became one later.
    pub city_since: Option<String>,
    pub region: String,
    pub region_vi: String,
    pub region_en: String,
    /// The latitude of a point inside, for labels.
    pub lat: f64,
    /// The longitude of that point.
    pub lon: f64,
    /// The codes of the former provinces that it joined.
    pub former_codes: Vec<String>,
    pub source: String,
    /// `confirmed` or `unconfirmed`.
    pub confidence: String,
}

#[derive(Deserialize)]
struct ProvinceRow {
    code: String,
    name_vi: String,
    name_en: String,
    r#type: String,
    region: String,
    lat: f64,
    lon: f64,
    full_name_vi: String,
    region_vi: String,
    region_en: String,
    type_2025_07_01: String,
    city_since: Option<String>,
    legacy_codes: String,
    source: String,
    confidence: String,
}

static PROVINCES: LazyLock<Vec<Province>> = LazyLock::new(|| {
    let province = |row: ProvinceRow| Province {
        code: row.code,
        name_vi: row.name_vi,
        name_en: row.name_en,
        full_name_vi: row.full_name_vi,
        kind: row.r#type,
        kind_2025_07_01: row.type_2025_07_01,
        city_since: row.city_since,
        region: row.region,
        region_vi: row.region_vi,
        region_en: row.region_en,
        lat: row.lat,
        lon: row.lon,
        former_codes: row.legacy_codes.split('|').map(str::to_owned).collect(),
        source: row.source,
        confidence: row.confidence,
    };
    rows(include_str!("../../../reference/provinces.csv")).into_iter().map(province).collect()
});

/// A region of the country.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    pub code: String,
    pub name_vi: String,
    pub name_en: String,
}

/// The regions, in the order of their first province, and the region of each province by its place there.
static REGIONS: LazyLock<(Vec<Region>, Vec<u16>)> = LazyLock::new(|| {
    let mut regions: Vec<Region> = Vec::new();
    let mut of_provinces = Vec::new();
    for province in PROVINCES.iter() {
        let place = regions.iter().position(|region| region.code == province.region).unwrap_or_else(|| {
            let (code, name_vi, name_en) =
                (province.region.clone(), province.region_vi.clone(), province.region_en.clone());
            regions.push(Region { code, name_vi, name_en });
            regions.len() - 1
        });
        of_provinces.push(u16::try_from(place).unwrap_or(u16::MAX));
    }
    (regions, of_provinces)
});

/// The regions of the country.
#[must_use]
pub fn regions() -> &'static [Region] {
    &REGIONS.0
}

impl ProvinceId {
    /// The place of its region in [`regions`].
    #[must_use]
    pub fn region(self) -> u16 {
        REGIONS.1.get(usize::from(self.0)).copied().unwrap_or(u16::MAX)
    }

    /// The first of the list.
    pub const FIRST: Self = Self(0);

    #[must_use]
    pub fn province(self) -> &'static Province {
        tested(PROVINCES.get(usize::from(self.0)), "a province")
    }

    /// The code and the names, as a fault carries them.
    #[must_use]
    pub fn listed(self) -> ListedPlace {
        let Province { code, name_vi, name_en, .. } = self.province();
        ListedPlace { code, name_vi, name_en }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES_34: &str = "01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 52 56 66 68 75 79 80 \
                            82 86 91 92 96";

    #[test]
    fn order_of_codes_never_changes() {
        assert_eq!(ProvinceId::all().map(ProvinceId::code).collect::<Vec<_>>().join(" "), CODES_34);
    }

    #[test]
    fn indexes_lead_back_to_the_same_place_and_stop_at_the_last() {
        assert!(ProvinceId::all().all(|id| ProvinceId::from_index(id.index()) == Some(id)));
        assert!(ProvinceId::from_index(34).is_none());
    }

    #[test]
    fn types_of_today_are_25_provinces_and_9_cities() {
        let cities = ProvinceId::all().filter(|id| id.province().kind == "city").count();
        let then = ProvinceId::all().filter(|id| id.province().kind_2025_07_01 == "city").count();
        assert_eq!((cities, then), (9, 6));
    }
}
