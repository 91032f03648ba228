//! A document taken apart: its fenced blocks, and the code spans of its prose.

use std::fs;
use std::path::Path;

use super::ROOT;

/// A document of the repository.
pub struct Document {
    /// Its path from the root of the repository.
    pub name: String,
    pub text: String,
    pub blocks: Vec<Block>,
    /// The lines outside of blocks, with their numbers.
    pub prose: Vec<(usize, String)>,
}

/// A fenced block.
pub struct Block {
    /// What stands after the fence: the language, and what is to be done with the block.
    pub info: String,
    /// The number of its first line.
    pub line: usize,
    pub text: String,
}

impl Block {
    pub fn runs(&self) -> bool {
        self.info.ends_with(" run")
    }

    pub fn is_answer(&self) -> bool {
        self.info.ends_with(" answer")
    }
}

impl Document {
    /// Every document that a test holds to what it says.
    pub fn all() -> Vec<Self> {
        let mut names: Vec<String> =
            ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/README.md"]
                .map(str::to_owned)
                .to_vec();
        for folder in ["docs", "docs/internals"] {
            let files = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
            let files = files.map(|file| file.unwrap().path());
            let documents = files.filter(|file| file.extension().is_some_and(|kind| kind == "md"));
            names.extend(documents.map(|file| file.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned()));
        }
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    pub fn read(name: &str) -> Self {
        let text = fs::read_to_string(Path::new(ROOT).join(name)).unwrap();
        let (mut blocks, mut prose) = (Vec::new(), Vec::new());
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(text.lines()) {
            // A block in a list is indented with it; where it is not, nothing is taken off.
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(info), None) => {
                    open = Some(Block { info: info.to_owned(), line: number + 1, text: String::new() });
                }
                (Some(_), Some(block)) => blocks.push(block),
                (None, Some(mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => prose.push((number, line.to_owned())),
            }
        }
        assert!(open.is_none(), "{name} ends in a block");
        Self { name: name.to_owned(), text, blocks, prose }
    }

    /// The code spans of the prose, with the numbers of their lines.
    pub fn spans(&self) -> Vec<(usize, String)> {
        let mut spans = Vec::new();
        for (number, line) in &self.prose {
            let inside = line.split('`').skip(1).step_by(2);
            spans.extend(inside.map(|span| (*number, span.replace("\\|", "|"))));
        }
        spans
    }

    /// The names that its headings have as targets of links.
    pub fn anchors(&self) -> Vec<String> {
        let headings = self.prose.iter().filter(|(_, line)| line.starts_with('#'));
        headings.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
    }
}

/// A heading as GitHub names it in addresses.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}
