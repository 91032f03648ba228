//! Commands that documents name, held against what the program says of itself.

use std::collections::HashMap;
use std::process::Command;

use super::markdown::Document;
use crate::support::binary;

/// How documents call the program: by its name, by the shell function of operations.md.
const NAMES: [&str; 2] = ["green-homes", "green_homes"];

/// Commands of the program in blocks of the shell and in code spans, with the numbers of their lines.
pub fn of_the_program(document: &Document) -> Vec<(usize, Vec<String>)> {
    of_programs(document, &NAMES)
}

/// Commands of these programs.
pub fn of_programs(document: &Document, names: &[&str]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for block in document.blocks.iter().filter(|block| block.info.starts_with("sh")) {
        let text = block.text.replace("\\\n", "  ");
        for (number, line) in (block.line..).zip(text.lines()) {
            found.extend(commands(line, names).into_iter().map(|command| (number, command)));
        }
    }
    let spans = document.spans().into_iter().filter(|(_, span)| names.iter().any(|name| span.starts_with(name)));
    found.extend(spans.flat_map(|(number, span)| commands(&span, names).into_iter().map(move |words| (number, words))));
    found
}

/// Commands of the program in one line.
pub fn in_line(line: &str) -> Vec<Vec<String>> {
    commands(line, &NAMES)
}

fn commands(line: &str, names: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut current: Option<Vec<String>> = None;
    // A program begins a command; elsewhere its name is the name of a user, a file or a folder.
    let mut may_begin = true;
    for word in words(line) {
        if word.starts_with('#') {
            break;
        }
        let is_end = ["|", "||", "&&", "&", ";", ">", "2>", "<", "{", "}"].contains(&word.as_str());
        if is_end {
            found.extend(current.take());
        } else if let Some(words) = &mut current {
            words.push(word.clone());
        } else if may_begin && !word.contains('=') && names.contains(&word.rsplit('/').next().unwrap_or_default()) {
            current = Some(vec![word.clone()]);
        }
        let is_setting = word.contains('=') && !word.starts_with('-');
        may_begin = is_end || is_setting || ["exec", "until", "if", "--"].contains(&word.as_str());
    }
    found.extend(current);
    found
}

/// The words of a line as a shell would part them, roughly: what is quoted is one word, `;` and `)` end one.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for c in line.chars() {
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (' ', None) => words.push(std::mem::take(&mut word)),
            (';' | ')' | '(', None) => words.extend([std::mem::take(&mut word), ";".to_owned()]),
            _ => word.push(c),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// What the program says of its commands, asked once for each.
#[derive(Default)]
pub struct Help(HashMap<Vec<String>, String>);

impl Help {
    fn text(&mut self, command: &[String]) -> &str {
        self.0.entry(command.to_vec()).or_insert_with(|| {
            let output = Command::new(binary()).args(command).arg("--help").output().unwrap();
            assert!(output.status.success(), "{command:?}");
            String::from_utf8(output.stdout).unwrap()
        })
    }

    /// The flags of a command.
    pub fn flags(&mut self, command: &[String]) -> Vec<String> {
        let words = self.text(command).split_whitespace().filter(|word| word.starts_with("--"));
        let mut flags: Vec<String> = words.map(|word| word.trim_end_matches([',', ']', ')']).to_owned()).collect();
        flags.sort();
        flags.dedup();
        flags
    }

    /// The commands that follow this one; none where it is whole.
    fn commands(&mut self, command: &[String]) -> Vec<String> {
        let after = self.text(command).split_once("\nCommands:\n").map_or("", |(_, after)| after);
        let lines = after.lines().take_while(|line| line.starts_with("  "));
        lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    }

    /// What is wrong with a command line, of which the first word is the program.
    pub fn fault(&mut self, words: &[String]) -> Option<String> {
        let (mut command, mut flags, mut values) = (Vec::new(), Vec::new(), 0);
        for word in &words[1..] {
            let follow = self.commands(&command);
            if let Some(flag) = word.strip_prefix("--") {
                let flag = format!("--{}", flag.split('=').next().unwrap());
                values = usize::from(!word.contains('=') && self.takes_value(&command, &flag));
                flags.push(flag);
            } else if values > 0 {
                values = 0;
            } else if follow.contains(word) {
                command.push(word.clone());
            } else if !follow.is_empty() && word != "…" && word != "$@" {
                return Some(format!("no command {word} among {follow:?}"));
            }
        }
        let known = self.flags(&command);
        flags.into_iter().find(|flag| !known.contains(flag)).map(|flag| format!("no flag {flag} among {known:?}"))
    }

    fn takes_value(&mut self, command: &[String], flag: &str) -> bool {
        self.text(command).contains(&format!("{flag} <"))
    }
}
