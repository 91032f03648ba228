//! The 3,321 wards, communes and special zones since July 2025, and the communes before. `search` finds them by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::former_provinces::FormerProvinceId;
use super::provinces::ProvinceId;
use super::read_csv::{rows, tested};

/// A commune by its place in the list. The place may change, because tables store the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CommuneId(u16);

/// A ward, commune or special zone.
#[derive(Debug)]
pub struct Commune {
    /// The commune code, five digits.
    pub code: String,
    /// The Vietnamese name with the type.
    pub name_vi: String,
    /// `ward`, `commune` or `special_zone`.
    pub kind: String,
    pub province: ProvinceId,
    /// The former province from which it came; `None` if it joined parts of two.
    pub former_province: Option<FormerProvinceId>,
}

/// A commune before July 2025.
#[derive(Debug)]
pub struct FormerCommune {
    /// The code of the former commune, five digits.
    pub code: String,
    pub former_province: FormerProvinceId,
    /// The district's Vietnamese name.
    pub district_vi: String,
    /// The Vietnamese name with the type.
    pub name_vi: String,
    /// Codes of the communes that took it over, the main one first: `00097, 00070`.
    pub successor_codes: String,
}

#[derive(Deserialize)]
struct CommuneRow {
    code: String,
    name_vi: String,
    r#type: String,
    province_code: String,
    former_province_code: Option<String>,
}

#[derive(Deserialize)]
struct FormerRow {
    legacy_code: String,
    former_province_code: String,
    district_vi: String,
    name_vi: String,
    codes: String,
}

static COMMUNES: LazyLock<Vec<Commune>> = LazyLock::new(|| {
    let commune = |row: CommuneRow| Commune {
        code: row.code,
        name_vi: row.name_vi,
        kind: row.r#type,
        province: tested(ProvinceId::parse(&row.province_code), "a commune's province"),
        former_province: row.former_province_code.as_deref().and_then(FormerProvinceId::parse),
    };
    rows(include_str!("../../../reference/communes.csv")).into_iter().map(commune).collect()
});

static BY_CODE: LazyLock<HashMap<&'static str, CommuneId>> =
    LazyLock::new(|| (0..).map(CommuneId).zip(COMMUNES.iter()).map(|(id, commune)| (&*commune.code, id)).collect());

static FORMER: LazyLock<Vec<FormerCommune>> = LazyLock::new(|| {
    let former = |row: FormerRow| FormerCommune {
        code: row.legacy_code,
        former_province: tested(FormerProvinceId::parse(&row.former_province_code), "a former commune's province"),
        district_vi: row.district_vi,
        name_vi: row.name_vi,
        successor_codes: row.codes.replace('|', ", "),
    };
    rows(include_str!("../../../reference/communes_legacy.csv")).into_iter().map(former).collect()
});

impl CommuneId {
    /// The commune with a code of the 3,321 since July 2025.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        BY_CODE.get(code).copied()
    }

    /// The whole list, in its order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..).map(Self).take(COMMUNES.len())
    }

    #[must_use]
    pub fn commune(self) -> &'static Commune {
        tested(COMMUNES.get(usize::from(self.0)), "a commune")
    }

    #[must_use]
    pub fn code(self) -> &'static str {
        &self.commune().code
    }
}

impl FormerCommune {
    /// The whole list, in its order.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        FORMER.iter()
    }

    /// The communes that took it over, the main one first.
    pub fn successors(&self) -> impl Iterator<Item = CommuneId> {
        self.successor_codes.split(", ").filter_map(CommuneId::parse)
    }
}

/// The former commune of a code that no commune has today.
#[must_use]
pub fn retired_commune(code: &str) -> Option<&'static FormerCommune> {
    if CommuneId::parse(code).is_some() {
        return None;
    }
    FORMER.iter().find(|former| former.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commune_agrees_with_its_province_and_only_23_joined_two() {
        assert_eq!(COMMUNES.len(), 3321);
        assert_eq!(BY_CODE.len(), 3321, "codes are unique");
        for commune in COMMUNES.iter() {
            let former = commune.former_province.map(|former| former.former_province().province);
            assert!(former.is_none_or(|province| province == commune.province), "{}", commune.code);
        }
        assert_eq!(COMMUNES.iter().filter(|commune| commune.former_province.is_none()).count(), 23);
    }

    #[test]
    fn every_former_commune_has_successors() {
        assert!(FORMER.len() > 10_000);
        let text = include_str!("../../../reference/communes_legacy.csv");
        let listed = text.lines().skip(1).map(|line| line.rsplit(',').next().unwrap_or("").split('|').count());
        for (former, listed) in FORMER.iter().zip(listed) {
            assert_eq!(former.successors().count(), listed, "{}", former.code);
        }
    }

    #[test]
    fn retired_commune_names_its_successors() {
        let former = retired_commune("00001").unwrap();
        assert_eq!(former.successors().next().map(CommuneId::code), Some("00097"));
        assert!(retired_commune("00004").is_none() && retired_commune("99999").is_none());
    }
}
