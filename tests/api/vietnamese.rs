//! The Vietnamese words of the service: one word for one thing, as the table of CONTRIBUTING.md has them. Every text is read,
//! in the source and in the documents.

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Where Vietnamese texts stand.
const ROOMS: [&str; 6] = ["src", "docs", "reference", "openapi", "deploy", "README.md"];

#[test]
fn read_every_vietnamese_text_no_refused_word_stands_there() {
    let glossary = glossary();
    let mut files = Vec::new();
    for room in ROOMS {
        collect(&Path::new(ROOT).join(room), &mut files);
    }
    let mut wrong = Vec::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let text = plain(&text);
        for word in &glossary.refused {
            if stands_in(&text, word) {
                wrong.push(format!("{}: {word}", file.strip_prefix(ROOT).unwrap().display()));
            }
        }
    }
    assert!(files.len() > 250, "{} files were read", files.len());
    assert!(wrong.is_empty(), "CONTRIBUTING.md, Vietnamese words, has better ones: {wrong:#?}");
}

#[test]
fn read_the_glossary_each_word_is_used() {
    let glossary = glossary();
    assert!(glossary.used.len() > 20 && glossary.refused.len() > 25, "{glossary:?}");
    let mut files = Vec::new();
    for room in ROOMS {
        collect(&Path::new(ROOT).join(room), &mut files);
    }
    let texts: Vec<String> =
        files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).map(|text| plain(&text)).collect();
    let unused: Vec<&String> =
        glossary.used.iter().filter(|word| !texts.iter().any(|text| stands_in(text, word))).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn find_a_refused_word_takes_whole_words_in_either_form_and_over_line_ends() {
    let text = plain("format!(\"Người thẩm \\\n    định {x}\")");
    assert!(stands_in(&text, "thẩm định"));
    let decomposed: String = "LẦN LẮP ĐẶT".nfd().collect();
    assert!(stands_in(&plain(&decomposed), "lần lắp đặt"));
    assert!(!stands_in(&plain("số bảng"), "số bản"));
}

/// The words of the table in CONTRIBUTING.md.
#[derive(Debug)]
struct Glossary {
    /// Words that the service uses.
    used: Vec<String>,
    /// Words that it never uses.
    refused: Vec<String>,
}

fn glossary() -> Glossary {
    let text = std::fs::read_to_string(Path::new(ROOT).join("CONTRIBUTING.md")).unwrap();
    let (_, section) = text.split_once("## Vietnamese words").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut glossary = Glossary { used: Vec::new(), refused: Vec::new() };
    for row in section.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, used, refused] = cells[..] else { panic!("three columns: {row}") };
        // "nhà" of "to its householder: nhà".
        let words = used.split([';', ',']).map(|word| word.rsplit(": ").next().unwrap_or_default());
        glossary.used.extend(words.filter(|word| !word.contains(['…', '`'])).map(plain));
        glossary.refused.extend(refused.split(',').filter(|word| !word.trim().is_empty()).map(plain));
    }
    glossary
}

/// The text as words are sought in it: NFC, in lower case, string literals of several lines as one line.
fn plain(text: &str) -> String {
    let joined = text.replace("\\\n", " ").nfc().collect::<String>().to_lowercase();
    joined.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether whole words stand in a text.
fn stands_in(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_letter(text[..at].chars().next_back()) && !is_letter(text[at + words.len()..].chars().next())
    })
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap();
        entries.for_each(|entry| collect(&entry.unwrap().path(), files));
    } else {
        files.push(path.to_owned());
    }
}
