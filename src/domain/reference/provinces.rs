//! The 34 provinces and cities since July 2025, and the 63 before, each mapped to one of them.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{rows, tested};

/// One of the 34, by its place in the order of codes. Stored: the order never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProvinceId(u8);

/// One of the 63, by its place in the order of codes. Stored: the order never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FormerProvinceId(u8);

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

/// A province before July 2025.
#[derive(Debug)]
pub struct FormerProvince {
    /// Two digits.
    pub code: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its name without diacritics.
    pub name_en: String,
    /// Its ISO 3166-2 code.
    pub iso_3166_2: String,
    /// The province that it became part of.
    pub province: ProvinceId,
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

#[derive(Deserialize)]
struct FormerRow {
    legacy_code: String,
    legacy_name_vi: String,
    legacy_name_en: String,
    code: String,
    iso_3166_2: String,
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

static FORMER: LazyLock<Vec<FormerProvince>> = LazyLock::new(|| {
    let former = |row: FormerRow| FormerProvince {
        province: tested(ProvinceId::parse(&row.code), "the province of a former one"),
        code: row.legacy_code,
        name_vi: row.legacy_name_vi,
        name_en: row.legacy_name_en,
        iso_3166_2: row.iso_3166_2,
        source: row.source,
        confidence: row.confidence,
    };
    rows(include_str!("../../../reference/provinces_legacy.csv")).into_iter().map(former).collect()
});

impl ProvinceId {
    /// The province of a code of the 34.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        PROVINCES.iter().position(|province| province.code == code).and_then(|i| u8::try_from(i).ok()).map(Self)
    }

    /// The province at a place in the order of codes.
    #[must_use]
    pub fn from_index(index: u8) -> Option<Self> {
        (usize::from(index) < PROVINCES.len()).then_some(Self(index))
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
        (0..34).map(Self)
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

impl FormerProvinceId {
    /// The former province of a code of the 63.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        FORMER.iter().position(|former| former.code == code).and_then(|i| u8::try_from(i).ok()).map(Self)
    }

    /// The former province at a place in the order of codes.
    #[must_use]
    pub fn from_index(index: u8) -> Option<Self> {
        (usize::from(index) < FORMER.len()).then_some(Self(index))
    }

    /// Its place in the order of codes, as cell keys hold it.
    #[must_use]
    pub fn index(self) -> u8 {
        self.0
    }

    /// Everything about it.
    #[must_use]
    pub fn former_province(self) -> &'static FormerProvince {
        tested(FORMER.get(usize::from(self.0)), "a former province")
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        &self.former_province().code
    }

    /// All 63 in the order of codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..63).map(Self)
    }
}

/// A code that was one of the 63 and is none of the 34.
#[must_use]
pub fn retired_province(code: &str) -> Option<&'static FormerProvince> {
    if ProvinceId::parse(code).is_some() {
        return None;
    }
    FormerProvinceId::parse(code).map(FormerProvinceId::former_province)
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
        let named: usize = ProvinceId::all().map(|province| province.province().former_codes.len()).sum();
        assert_eq!(named, 63);
    }

    #[test]
    fn codes_that_name_another_place_now_are_the_seven_known_ones() {
        let other = |id: &FormerProvinceId| {
            ProvinceId::parse(id.code()).is_some_and(|now| now.province().name_vi != id.former_province().name_vi)
        };
        let codes: Vec<_> = FormerProvinceId::all().filter(other).map(FormerProvinceId::code).collect();
        assert_eq!(codes, ["15", "24", "44", "52", "80", "82", "91"]);
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

    #[test]
    fn retired_province_knows_old_codes_and_no_others() {
        assert_eq!(retired_province("74").map(|former| former.province.code()), Some("79"));
        assert!(retired_province("15").is_none(), "15 is Lào Cai now");
        assert!(retired_province("99").is_none());
    }
}
