//! The 3,321 wards, communes and special zones since July 2025, and those before. Finding them by
//! name is the search's.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::former_provinces::FormerProvinceId;
use super::provinces::ProvinceId;
use super::read_csv::{rows, tested};

/// A commune by its place in the list. Not stored: tables hold the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CommuneId(u16);

/// A ward, commune or special zone.
#[derive(Debug)]
pub struct Commune {
    /// Five digits.
    pub code: String,
    /// Its Vietnamese name with its type.
    pub name_vi: String,
    /// `ward`, `commune` or `special_zone`.
    pub kind: String,
    /// Where it lies.
    pub province: ProvinceId,
    /// The former province that it came from; none where it joined two.
    pub former_province: Option<FormerProvinceId>,
}

/// A commune before July 2025.
#[derive(Debug)]
pub struct FormerCommune {
    /// Five digits.
    pub code: String,
    /// Where it lay.
    pub former_province: FormerProvinceId,
    /// The district's Vietnamese name.
    pub district_vi: String,
    /// Its Vietnamese name with its type.
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
    /// The commune of a code of the 3,321.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        BY_CODE.get(code).copied()
    }

    /// All of them in the order of the list.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..).map(Self).take(COMMUNES.len())
    }

    /// Everything about it.
    #[must_use]
    pub fn commune(self) -> &'static Commune {
        tested(COMMUNES.get(usize::from(self.0)), "a commune")
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> &'static str {
        &self.commune().code
    }
}

impl FormerCommune {
    /// All of them in the order of the list.
    pub(super) fn all() -> impl Iterator<Item = &'static Self> {
        FORMER.iter()
    }

    /// The communes that took it over, the main one first.
    pub fn successors(&self) -> impl Iterator<Item = CommuneId> {
        self.successor_codes.split(", ").filter_map(CommuneId::parse)
    }
}

/// A code that was a commune's before July 2025 and is none now.
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
