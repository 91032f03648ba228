//! The 63 provinces before July 2025, each mapped to one of the 34. A code alone does not tell which list it is of.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::values::ListedPlace;

use super::listed_id::listed_id;
use super::provinces::ProvinceId;
use super::read_csv::{rows, tested};

listed_id!(
    /// One of the 63 former provinces, by its place in the order of codes. The order never changes, because ids are
    /// stored.
    FormerProvinceId, 63, FORMER
);

/// A province before July 2025.
#[derive(Debug)]
pub struct FormerProvince {
    /// The code of the former province, two digits.
    pub code: String,
    pub name_vi: String,
    /// The name without diacritics.
    pub name_en: String,
    pub iso_3166_2: String,
    /// Other spellings and names.
    pub aliases: Vec<String>,
    /// The province of which it became part.
    pub province: ProvinceId,
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
    #[must_use]
    pub fn former_province(self) -> &'static FormerProvince {
        tested(FORMER.get(usize::from(self.0)), "a former province")
    }

    /// The code and the names, as a fault carries them.
    #[must_use]
    pub fn listed(self) -> ListedPlace {
        let FormerProvince { code, name_vi, name_en, .. } = self.former_province();
        ListedPlace { code, name_vi, name_en }
    }

    /// The former province of a province that took in no other in July 2025.
    #[must_use]
    pub fn of_unmerged(province: ProvinceId) -> Option<Self> {
        match province.province().former_codes.as_slice() {
            [only] => Self::parse(only),
            _ => None,
        }
    }
}

/// The former province with a code that no province has today.
#[must_use]
pub fn retired_province(code: &str) -> Option<FormerProvinceId> {
    if ProvinceId::parse(code).is_some() {
        return None;
    }
    FormerProvinceId::parse(code)
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
        assert_eq!(retired_province("74").map(|former| former.former_province().province.code()), Some("79"));
        assert!(retired_province("15").is_none(), "15 is Lào Cai now");
        assert!(retired_province("99").is_none());
    }

    #[test]
    fn aliases_are_listed_one_by_one_and_empty_where_there_are_none() {
        let aliases = |code| FormerProvinceId::parse(code).unwrap().former_province().aliases.clone();
        assert_eq!(aliases("06"), ["Bắc Cạn", "Bac Can"]);
        assert!(aliases("08").is_empty());
    }

    const CODES_63: &str = "01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 \
                            45 46 48 49 51 52 54 56 58 60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 \
                            92 93 94 95 96";

    #[test]
    fn order_of_codes_never_changes() {
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
        assert!(FormerProvinceId::all().all(|id| FormerProvinceId::from_index(id.index()) == Some(id)));
        assert!(FormerProvinceId::from_index(63).is_none());
    }

    #[test]
    fn of_unmerged_is_there_for_the_eleven_that_were_not_merged() {
        assert_eq!(ProvinceId::all().filter(|id| FormerProvinceId::of_unmerged(*id).is_some()).count(), 11);
    }
}
