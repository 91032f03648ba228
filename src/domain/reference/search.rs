//! Finds communes by code or by name, new or former.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::communes::{CommuneId, FormerCommune};
use super::fold::fold;
use super::provinces::ProvinceId;

/// A commune that a search found, and the former name that found it, if one did.
#[derive(Clone, Copy, Debug)]
pub struct CommuneMatch {
    pub commune: CommuneId,
    /// The former commune whose name or code matched.
    pub former: Option<&'static FormerCommune>,
}

/// A name as the search compares it.
struct Entry {
    /// Lower case, with diacritics.
    written: String,
    folded: String,
    /// The folded name without its type: `phuong`, `xa`, `thi tran`, `dac khu`.
    bare: String,
    commune: CommuneId,
    former: Option<&'static FormerCommune>,
    /// The place among a former commune's successors. The main one is first.
    successor: usize,
}

static INDEX: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let current = CommuneId::all().map(|id| Entry::new(&id.commune().name_vi, id, None, 0));
    let former = FormerCommune::all().flat_map(|former| {
        let successors = former.successors().enumerate();
        successors.map(move |(place, id)| Entry::new(&former.name_vi, id, Some(former), place))
    });
    current.chain(former).collect()
});

/// Lower case and composed, with diacritics and single spaces.
fn written(text: &str) -> String {
    let lower: String = text.nfc().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Entry {
    fn new(name: &str, commune: CommuneId, former: Option<&'static FormerCommune>, successor: usize) -> Self {
        let folded = fold(name);
        let types = ["phuong ", "xa ", "thi tran ", "dac khu "];
        let bare = types.iter().find_map(|word| folded.strip_prefix(word)).unwrap_or(&folded).to_owned();
        Self { written: written(name), folded, bare, commune, former, successor }
    }

    /// How well a folded query fits; smaller is better.
    fn rank(&self, query: &str) -> Option<u8> {
        let code = self.former.map_or(self.commune.code(), |former| &former.code);
        if self.bare == query || self.folded == query || code == query {
            Some(0)
        } else if self.bare.starts_with(query) || self.folded.starts_with(query) {
            Some(1)
        } else if !self.folded.contains(query) {
            None
        } else if self.folded.match_indices(query).any(|(at, _)| self.folded.get(..at).is_some_and(ends_a_word)) {
            Some(2)
        } else {
            Some(3)
        }
    }
}

fn ends_a_word(before: &str) -> bool {
    before.is_empty() || before.ends_with(' ')
}

/// Communes by name or code, new or former, with or without diacritics. The best match comes first, and each commune comes
/// once. Diacritics in the query hide no name; names that match them come first.
#[must_use]
pub fn search_communes(query: &str, province: Option<ProvinceId>, limit: usize) -> Vec<CommuneMatch> {
    let folded = fold(query);
    if folded.is_empty() {
        return Vec::new();
    }
    let asked = written(query);
    let marked = asked != folded;
    let fit = |entry: &Entry| {
        let rank = entry.rank(&folded)?;
        let spelt_otherwise = marked && !entry.written.contains(&asked);
        Some((rank, spelt_otherwise, entry.former.is_some(), entry.successor, entry.commune))
    };
    let there = |entry: &&Entry| province.is_none_or(|p| entry.commune.commune().province == p);
    let mut found: Vec<_> = INDEX.iter().filter(there).filter_map(|entry| Some((fit(entry)?, entry.former))).collect();
    found.sort_by_key(|(fit, _)| *fit);
    let mut seen = HashSet::new();
    found
        .into_iter()
        .map(|((.., commune), former)| CommuneMatch { commune, former })
        .filter(|found| seen.insert(found.commune))
        .take(limit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(query: &str) -> Vec<&'static str> {
        search_communes(query, None, 5).iter().map(|found| found.commune.commune().name_vi.as_str()).collect()
    }

    fn codes(query: &str) -> Vec<&'static str> {
        search_communes(query, None, 5).iter().map(|found| found.commune.code()).collect()
    }

    #[test]
    fn search_with_or_without_diacritics_in_either_form_finds_the_name() {
        let decomposed: String = "ba đình".nfd().collect();
        for query in ["Ba Đình", "BA DINH", &decomposed, "phường ba đình", "00004"] {
            assert_eq!(names(query).first(), Some(&"Phường Ba Đình"), "{query}");
        }
    }

    #[test]
    fn search_with_diacritics_puts_that_spelling_first_and_hides_none() {
        let first = search_communes("Bình Ân", None, 1).first().map(|m| m.former.map(|f| f.name_vi.as_str()));
        assert_eq!(first, Some(Some("Xã Bình Ân")));
        assert!(names("Bình Ân").contains(&"Xã Bình An"));
        assert_eq!(names("Ba Dinh").len(), names("Ba Đình").len());
    }

    #[test]
    fn search_by_a_former_name_finds_its_successor_and_says_so() {
        let found = search_communes("Phúc Xá", None, 3);
        let first = found.first().unwrap();
        assert_eq!(first.commune.code(), "00097");
        assert_eq!(first.former.unwrap().name_vi, "Phường Phúc Xá");
    }

    #[test]
    fn search_by_the_name_of_a_split_commune_finds_every_successor_the_main_one_first() {
        assert_eq!(codes("Cống Vị"), ["00008", "00025"]);
        assert_eq!(codes("00007"), ["00008", "00025"]);
    }

    #[test]
    fn search_of_part_of_a_name_ranks_beginnings_before_words_before_letters() {
        let rank = |name: &str, query| Entry::new(name, CommuneId::all().next().unwrap(), None, 0).rank(query);
        assert_eq!(rank("Xã Đông Anh", "dong anh"), Some(0));
        assert_eq!(rank("Xã Đông Anh", "xa do"), Some(1));
        assert_eq!(rank("Xã Đông Anh", "dong"), Some(1));
        assert_eq!(rank("Xã Đông Anh", "an"), Some(2));
        assert_eq!(rank("Xã Đông Anh", "ng a"), Some(3));
        assert_eq!(rank("Xã Đông Anh", "hanh"), None);
    }

    #[test]
    fn search_with_either_apostrophe_finds_the_name_of_today() {
        for query in ["Ea H'Leo", "ea h’leo"] {
            let found = search_communes(query, None, 1);
            assert!(found.first().is_some_and(|m| m.commune.code() == "24184" && m.former.is_none()), "{query}");
        }
    }

    #[test]
    fn search_never_names_a_commune_twice() {
        let found = search_communes("phuong", None, usize::MAX);
        let once: HashSet<_> = found.iter().map(|m| m.commune).collect();
        assert_eq!(once.len(), found.len());
    }

    #[test]
    fn search_within_a_province_finds_nothing_elsewhere() {
        let province = ProvinceId::parse("79");
        assert!(search_communes("Ba Đình", province, 9).iter().all(|m| Some(m.commune.commune().province) == province));
    }

    #[test]
    fn search_of_nothing_or_the_unknown_finds_nothing() {
        assert!(search_communes(" ", None, 9).is_empty() && search_communes("zzzz", None, 9).is_empty());
    }
}
