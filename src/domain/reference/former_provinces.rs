//! The 63 provinces before July 2025, each mapped to one of the 34. A code alone does not tell which list it is of.

use std::sync::LazyLock;

use serde::Deserialize;

use super::provinces::ProvinceId;
use super::read_csv::{rows, tested};

/// One of the 63, by its place in the order of codes. Stored: the order never changes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FormerProvinceId(u8);

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
    /// Other spellings and names of it.
    pub aliases: Vec<String>,
    /// The province that it became part of.
    pub province: ProvinceId,
    /// Where the facts come from.
    pub source: String,
    /// `confirmed` or `unconfirmed`.
    pub confidence: String,
}

#[derive(Deserialize)]
struct FormerRow {
    legacy_code: String,
    legacy_name_vi: String,
    legacy_name_en: String,
    code: String,
    iso_3166_2: String,
    aliases: String,
    source: String,
    confidence: String,
}

static FORMER: LazyLock<Vec<FormerProvince>> = LazyLock::new(|| {
    let former = |row: FormerRow| FormerProvince {
        province: tested(ProvinceId::parse(&row.code), "the province of a former one"),
        code: row.legacy_code,
        name_vi: row.legacy_name_vi,
        name_en: row.legacy_name_en,
        iso_3166_2: row.iso_3166_2,
        aliases: row.aliases.split('|').filter(|alias| !alias.is_empty()).map(str::to_owned).collect(),
        source: row.source,
        confidence: row.confidence,
    };
    rows(include_str!("../../../reference/provinces_legacy.csv")).into_iter().map(former).collect()
});

impl FormerProvinceId {
    /// How many there are.
    pub const COUNT: u8 = 63;

    /// The former province of a code of the 63.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        FORMER.iter().position(|former| former.code == code).and_then(|i| u8::try_from(i).ok()).map(Self)
    }

    /// The former province at a place in the order of codes.
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
        (0..Self::COUNT).map(Self)
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

    #[test]
    fn codes_that_name_another_place_now_are_the_seven_known_ones() {
        let other = |id: &FormerProvinceId| {
            ProvinceId::parse(id.code()).is_some_and(|now| now.province().name_vi != id.former_province().name_vi)
        };
        let codes: Vec<_> = FormerProvinceId::all().filter(other).map(FormerProvinceId::code).collect();
        assert_eq!(codes, ["15", "24", "44", "52", "80", "82", "91"]);
    }

    #[test]
    fn retired_province_knows_old_codes_and_no_others() {
        assert_eq!(retired_province("74").map(|former| former.province.code()), Some("79"));
        assert!(retired_province("15").is_none(), "15 is Lào Cai now");
        assert!(retired_province("99").is_none());
    }

    #[test]
    fn aliases_are_listed_one_by_one_and_empty_where_there_are_none() {
        let aliases = |code| FormerProvinceId::parse(code).unwrap().former_province().aliases.clone();
        assert_eq!(aliases("06"), ["Bắc Cạn", "Bac Can"]);
        assert!(aliases("08").is_empty());
    }
}
