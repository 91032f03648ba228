//! The 34 provinces and cities since July 2025. The 63 before are in `former_provinces`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::former_provinces::FormerProvinceId;
use super::read_csv::{rows, tested};

/// One of the 34, by its place in the order of codes. Stored: the order never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProvinceId(u8);

/// A province or centrally run city.
#[derive(Debug)]
pub struct Province {
    /// Two digits.
    pub code: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its name without diacritics.
    pub name_en: String,
    /// Its Vietnamese name with its type.
    pub full_name_vi: String,
    /// `province` or `city`, today.
    pub kind: String,
    /// `province` or `city` on 1 July 2025.
    pub kind_2025_07_01: String,
    /// Since when it is a city, if it became one later.
    pub city_since: Option<String>,
    /// The region's code.
    pub region: String,
    /// The region's Vietnamese name.
    pub region_vi: String,
    /// The region's English name.
    pub region_en: String,
    /// A point inside, for labels.
    pub lat: f64,
    /// A point inside, for labels.
    pub lon: f64,
    /// Codes of the former provinces that it was made of.
    pub former_codes: Vec<String>,
    /// Where the facts come from.
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
    /// Its code.
    pub code: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its English name.
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

    /// How many there are.
    pub const COUNT: u8 = 34;
    /// The first of the list.
    pub const FIRST: Self = Self(0);

    /// The province of a code of the 34.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        PROVINCES.iter().position(|province| province.code == code).and_then(|i| u8::try_from(i).ok()).map(Self)
    }

    /// The province at a place in the order of codes.
    #[must_use]
    pub fn from_index(index: u8) -> Option<Self> {
        (index < Self::COUNT).then_some(Self(index))
    }

    /// Its place in the order of codes, as cell keys hold it.
    #[must_use]
    pub fn index(self) -> u8 {
        self.0
    }

    /// Everything about it.
    #[must_use]
    pub fn province(self) -> &'static Province {
        tested(PROVINCES.get(usize::from(self.0)), "a province")
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        &self.province().code
    }

    /// All 34 in the order of codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// The former province, where it was not merged with another.
    #[must_use]
    pub fn only_former(self) -> Option<FormerProvinceId> {
        match self.province().former_codes.as_slice() {
            [only] => FormerProvinceId::parse(only),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODES_34: &str = "01 04 08 11 12 14 15 19 20 22 24 25 31 33 37 38 40 42 44 46 48 51 52 56 66 68 75 79 80 \
                            82 86 91 92 96";
    const CODES_63: &str = "01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 \
                            45 46 48 49 51 52 54 56 58 60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 \
                            92 93 94 95 96";

    #[test]
    fn orders_of_codes_never_change() {
        assert_eq!(ProvinceId::all().map(ProvinceId::code).collect::<Vec<_>>().join(" "), CODES_34);
        assert_eq!(FormerProvinceId::all().map(FormerProvinceId::code).collect::<Vec<_>>().join(" "), CODES_63);
    }

    #[test]
    fn every_former_province_is_part_of_the_one_that_names_it() {
        for former in FormerProvinceId::all() {
            let now = former.former_province().province;
            assert!(now.province().former_codes.iter().any(|code| code == former.code()), "{}", former.code());
        }
        for province in ProvinceId::all() {
            for code in &province.province().former_codes {
                let former = FormerProvinceId::parse(code).map(FormerProvinceId::former_province);
                assert_eq!(former.map(|former| former.province), Some(province), "{code}");
            }
        }
        let named: usize = ProvinceId::all().map(|province| province.province().former_codes.len()).sum();
        assert_eq!(named, 63);
    }

    #[test]
    fn indexes_lead_back_to_the_same_place_and_stop_at_the_last() {
        assert!(ProvinceId::all().all(|id| ProvinceId::from_index(id.index()) == Some(id)));
        assert!(FormerProvinceId::all().all(|id| FormerProvinceId::from_index(id.index()) == Some(id)));
        assert!(ProvinceId::from_index(34).is_none() && FormerProvinceId::from_index(63).is_none());
    }

    #[test]
    fn types_of_today_are_25_provinces_and_9_cities() {
        let cities = ProvinceId::all().filter(|id| id.province().kind == "city").count();
        let then = ProvinceId::all().filter(|id| id.province().kind_2025_07_01 == "city").count();
        assert_eq!((cities, then), (9, 6));
    }

    #[test]
    fn only_former_is_there_for_the_eleven_that_were_not_merged() {
        assert_eq!(ProvinceId::all().filter(|id| id.only_former().is_some()).count(), 11);
    }
}
