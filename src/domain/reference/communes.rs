//! The 3,321 wards, communes and special zones since July 2025, those before, and a search that
//! finds either by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::provinces::{FormerProvinceId, ProvinceId};
use super::{fold, rows, tested};

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
    /// The communes that took it over, the main one first.
    pub successors: Vec<CommuneId>,
}

/// A commune that a search found, and the former name that found it, if one did.
#[derive(Clone, Copy, Debug)]
pub struct CommuneMatch {
    /// The commune.
    pub commune: CommuneId,
    /// The former commune whose name or code matched.
    pub former: Option<&'static FormerCommune>,
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
        successors: row.codes.split('|').filter_map(CommuneId::parse).collect(),
    };
    rows(include_str!("../../../reference/communes_legacy.csv")).into_iter().map(former).collect()
});

impl CommuneId {
    /// The commune of a code of the 3,321.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        BY_CODE.get(code).copied()
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

/// A code that was a commune's before July 2025 and is none now.
#[must_use]
pub fn retired_commune(code: &str) -> Option<&'static FormerCommune> {
    if CommuneId::parse(code).is_some() {
        return None;
    }
    FORMER.iter().find(|former| former.code == code)
}

/// A name as the search compares it.
struct Entry {
    folded: String,
    /// Without its type: `phuong`, `xa`, `thi tran`, `dac khu`.
    bare: String,
    commune: CommuneId,
    former: Option<&'static FormerCommune>,
}

static INDEX: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let current = (0..).map(CommuneId).zip(COMMUNES.iter()).map(|(id, commune)| (&commune.name_vi, id, None));
    let former = FORMER.iter().filter_map(|former| Some((&former.name_vi, *former.successors.first()?, Some(former))));
    current.chain(former).map(|(name, commune, former)| Entry::new(name, commune, former)).collect()
});

impl Entry {
    fn new(name: &str, commune: CommuneId, former: Option<&'static FormerCommune>) -> Self {
        let folded = fold(name);
        let types = ["phuong ", "xa ", "thi tran ", "dac khu "];
        let bare = types.iter().find_map(|word| folded.strip_prefix(word)).unwrap_or(&folded).to_owned();
        Self { folded, bare, commune, former }
    }

    /// How well a query fits; smaller is better.
    fn rank(&self, query: &str) -> Option<u8> {
        let code = self.former.map_or(self.commune.code(), |former| &former.code);
        let rank = if self.bare == query || self.folded == query || code == query {
            0
        } else if self.bare.starts_with(query) {
            1
        } else if self.folded.starts_with(query) {
            2
        } else if self.folded.split(' ').any(|word| word.starts_with(query)) || self.folded.contains(query) {
            3
        } else {
            return None;
        };
        Some(rank)
    }
}

/// Communes by name or code, new or former, with or without diacritics: the best match first,
/// a current name before a former one, each commune once.
#[must_use]
pub fn search_communes(query: &str, province: Option<ProvinceId>, limit: usize) -> Vec<CommuneMatch> {
    let query = fold(query);
    if query.is_empty() {
        return Vec::new();
    }
    let there = |entry: &&Entry| province.is_none_or(|p| entry.commune.commune().province == p);
    let mut found: Vec<(u8, bool, &Entry)> = INDEX
        .iter()
        .filter(there)
        .filter_map(|entry| Some((entry.rank(&query)?, entry.former.is_some(), entry)))
        .collect();
    found.sort_by_key(|(rank, former, entry)| (*rank, *former, entry.commune));
    let mut seen = std::collections::HashSet::new();
    let once = found.into_iter().filter(|(_, _, entry)| seen.insert(entry.commune));
    once.take(limit).map(|(_, _, entry)| CommuneMatch { commune: entry.commune, former: entry.former }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<&'static str> {
        search_communes(query, None, 5).iter().map(|found| found.commune.commune().name_vi.as_str()).collect()
    }

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
            assert_eq!(former.successors.len(), listed, "{}", former.code);
        }
    }

    #[test]
    fn search_finds_with_and_without_diacritics_in_either_form() {
        use unicode_normalization::UnicodeNormalization;
        let decomposed: String = "ba đình".nfd().collect();
        for query in ["Ba Đình", "BA DINH", &decomposed, "phường ba đình", "00004"] {
            assert_eq!(names(query).first(), Some(&"Phường Ba Đình"), "{query}");
        }
    }

    #[test]
    fn search_finds_a_former_name_and_says_so() {
        let found = search_communes("Phúc Xá", None, 3);
        let first = found.first().unwrap();
        assert_eq!(first.commune.code(), "00097");
        assert_eq!(first.former.unwrap().name_vi, "Phường Phúc Xá");
    }

    #[test]
    fn search_within_a_province_finds_nothing_elsewhere() {
        let province = ProvinceId::parse("79");
        assert!(search_communes("Ba Đình", province, 9).iter().all(|m| Some(m.commune.commune().province) == province));
        assert!(search_communes("", None, 9).is_empty() && search_communes("zzzz", None, 9).is_empty());
    }

    #[test]
    fn retired_commune_names_its_successors() {
        let former = retired_commune("00001").unwrap();
        assert_eq!(former.successors.first().map(|id| id.code()), Some("00097"));
        assert!(retired_commune("00004").is_none() && retired_commune("99999").is_none());
    }
}
