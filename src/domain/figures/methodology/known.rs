//! The known methodologies: those of `reference/methodology/`, which are built in, and those that a process adds at its start.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::factors::Methodology;

/// The known methodologies. The list never changes once somebody read it.
static ALL: OnceLock<Vec<Methodology>> = OnceLock::new();

#[must_use]
pub fn methodology(version: i32) -> Option<&'static Methodology> {
    all().iter().find(|one| one.version == version)
}

/// The methodology of registers that began without an entry of their own, in force until another one is activated.
#[must_use]
pub fn first() -> &'static Methodology {
    all().first().unwrap_or_else(|| unreachable!("methodologies are tested: the first"))
}

/// The methodology that the first entry of a new register puts in force.
#[must_use]
pub fn of_new_registers() -> &'static Methodology {
    methodology(2).unwrap_or_else(|| unreachable!("methodologies are tested: the one of new registers"))
}

/// Every methodology, by number.
#[must_use]
pub fn all() -> &'static [Methodology] {
    ALL.get_or_init(built_in)
}

/// Adds further methodologies: the texts of their files, by number. Call it at the start of the process, before anybody
/// reads the list. An error names the number.
pub fn add(further: BTreeMap<i32, String>) -> Result<(), String> {
    let wanted = joined(built_in(), further)?;
    let seals: Vec<String> = wanted.iter().map(|one| one.sha256.clone()).collect();
    let known = ALL.get_or_init(|| wanted).iter().map(|one| &one.sha256);
    if known.eq(&seals) { Ok(()) } else { Err("other methodologies are in use already".to_owned()) }
}

fn built_in() -> Vec<Methodology> {
    let files: &[&str] = include!(concat!(env!("OUT_DIR"), "/methodologies.rs"));
    let read =
        |text: &&str| Methodology::read(text).unwrap_or_else(|error| unreachable!("methodologies are tested: {error}"));
    files.iter().map(read).collect()
}

/// The built-in methodologies with the further ones. A number is one set of factors for ever, and no number is left out.
fn joined(mut known: Vec<Methodology>, further: BTreeMap<i32, String>) -> Result<Vec<Methodology>, String> {
    for (number, text) in further {
        if let Some(built_in) = known.iter().find(|one| one.version == number) {
            if built_in.text == text {
                continue;
            }
            return Err(format!(
                "{number}.json is not the methodology {number} that is built in; a changed one needs the next number"
            ));
        }
        let read = Methodology::read(&text).map_err(|error| format!("{number}.json: {error}"))?;
        if read.version != number {
            return Err(format!("{number}.json says that it is version {}", read.version));
        }
        known.push(read);
    }
    known.sort_by_key(|one| one.version);
    match (1..).zip(&known).find(|(number, one)| one.version != *number) {
        Some((missing, next)) => Err(format!("{}.json is there, but there is no methodology {missing}", next.version)),
        None => Ok(known),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// SHA-256 of each version's file. A line here never changes.
    const PINNED: [(i32, &str); 2] = [
        (1, "940e6a085f4ddca7f8a6b56feefb78b3fafb1bf16fd800df9ed6acf5fd142392"),
        (2, "0207d4944661bd75ffe53188a8347d534a011354d0dfac9febe66ae05ad6aa4b"),
    ];

    #[test]
    fn methodology_of_every_pinned_version_is_the_same_for_ever() {
        for (version, pinned) in PINNED {
            assert_eq!(methodology(version).unwrap().sha256, pinned, "{version}");
        }
        joined(built_in(), BTreeMap::new()).unwrap();
    }

    /// The first methodology under another number, with another factor of 2023.
    fn changed(version: i32) -> String {
        let text = first().text.replacen("\"version\": 1,", &format!("\"version\": {version},"), 1);
        text.replacen("\"tco2_per_mwh\": 0.6592", "\"tco2_per_mwh\": 0.5", 1)
    }

    #[test]
    fn joined_with_further_files_knows_each_by_its_number() {
        let first = first().text.clone();
        let further = BTreeMap::from([(4, changed(4)), (1, first), (3, changed(3))]);
        let known = joined(built_in(), further).unwrap();
        let told: Vec<_> = known.iter().map(|one| (one.version, one.newest_factor().tco2_per_mwh)).collect();
        assert_eq!(told, [(1, 0.6592), (2, 0.6592), (3, 0.5), (4, 0.5)]);
        assert_ne!(known[2].sha256, known[3].sha256);
    }

    #[test]
    fn joined_with_files_that_do_not_fit_says_which() {
        let said = |number, text: &str| joined(built_in(), BTreeMap::from([(number, text.to_owned())])).unwrap_err();
        assert!(said(1, &changed(1)).starts_with("1.json is not the methodology 1 that is built in"));
        assert_eq!(said(3, &changed(4)), "3.json says that it is version 4");
        assert_eq!(said(4, &changed(4)), "4.json is there, but there is no methodology 3");
        assert!(said(3, "{}").starts_with("3.json: missing field `version`"));
        assert!(said(3, "").starts_with("3.json: EOF"));
    }
}
