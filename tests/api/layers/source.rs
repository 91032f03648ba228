//! The source read as tokens: which module each file is, and which paths it names. Comments and texts are no tokens,
//! so that a path in prose is no path; the tokens of macros are read like any others.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module by its path from the root of the crate: `["db", "engine", "url"]`.
pub type Module = Vec<String>;

/// One file of `src`.
pub struct SourceFile {
    /// The path below `src`.
    pub name: String,
    /// The module that the file is.
    pub module: Module,
    /// Lines, blank ones and tests among them.
    pub lines: usize,
    /// Every path that the file names.
    pub paths: Vec<NamedPath>,
    /// The types that others may name, of macros that make enums among them.
    pub public_types: Vec<String>,
    /// The items at the top of the file by kind and next word, as `fn main` and `mod url`.
    pub items: Vec<String>,
}

/// A path as it stands in a file.
pub struct NamedPath {
    /// The module, a `mod tests {}` within the file among them, that the path stands in.
    pub within: Module,
    /// The path, with those of a `use` in braces taken apart.
    pub segments: Vec<String>,
    /// Whether it is compiled for tests alone.
    pub in_tests: bool,
}

impl SourceFile {
    /// Reads a file whose path below `src` is `name`.
    pub fn parse(name: &str, source: &str) -> Self {
        let tokens: Vec<TokenTree> = source.parse::<TokenStream>().expect("Rust").into_iter().collect();
        let module = module_of(name);
        let in_tests = name.ends_with("_tests.rs");
        let mut paths = Vec::new();
        Reader { paths: &mut paths }.read(&tokens, &module, in_tests);
        Self {
            name: name.to_owned(),
            module,
            lines: source.lines().count(),
            paths,
            public_types: public_types(&tokens),
            items: items(&tokens),
        }
    }

    /// Reads every file of `src`.
    pub fn all() -> Vec<Self> {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
        let mut files = Vec::new();
        visit(root, &mut |path| {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.push(Self::parse(name, &fs::read_to_string(path).unwrap()));
        });
        files
    }
}

impl NamedPath {
    /// The path from the root of the crate; none for a path into another crate.
    pub fn absolute(&self, modules: &BTreeMap<Module, usize>) -> Option<Module> {
        let supers = self.segments.iter().take_while(|segment| *segment == "super").count();
        let rest = |skipped: usize| self.segments.iter().skip(skipped).cloned();
        let (base, skipped) = match self.segments.first()?.as_str() {
            "crate" | "green_homes" => (&[][..], 1),
            "super" => (&self.within[..self.within.len().checked_sub(supers)?], supers),
            "self" => (&self.within[..], 1),
            first => {
                let child: Module = self.within.iter().cloned().chain([first.to_owned()]).collect();
                if !modules.contains_key(&child) {
                    return None;
                }
                (&self.within[..], 0)
            }
        };
        Some(base.iter().cloned().chain(rest(skipped)).collect())
    }
}

fn visit(folder: &Path, found: &mut impl FnMut(&Path)) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            visit(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found(&path);
        }
    }
}

/// A file of tests beside its module, as `bridge_tests.rs`, is the module `tests` within it.
fn module_of(name: &str) -> Module {
    let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
    let parts = if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() };
    match parts.split_last() {
        Some((last, folder)) if last.ends_with("_tests") => {
            let own = [last.trim_end_matches("_tests").to_owned(), "tests".to_owned()];
            folder.iter().cloned().chain(own).collect()
        }
        _ => parts,
    }
}

struct Reader<'p> {
    paths: &'p mut Vec<NamedPath>,
}

impl Reader<'_> {
    fn read(&mut self, tokens: &[TokenTree], within: &Module, in_tests: bool) {
        let mut at = 0;
        let mut for_tests = false;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) if word == "use" => {
                    let end = tokens[at..].iter().position(|token| is(token, ';')).map_or(tokens.len(), |end| at + end);
                    self.read_tree(&tokens[at + 1..end], &[], within, in_tests || for_tests);
                    (at, for_tests) = (end, false);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    if let Some(TokenTree::Group(body)) = tokens.get(at + 2) {
                        let inner: Vec<TokenTree> = body.stream().into_iter().collect();
                        let module = within.iter().cloned().chain([tokens[at + 1].to_string()]).collect();
                        self.read(&inner, &module, in_tests || for_tests);
                    }
                    (at, for_tests) = (at + 3, false);
                }
                // `pub(in crate::db)` says who may look in, and leads nowhere.
                TokenTree::Ident(word) if word == "pub" && is_parenthesis(tokens.get(at + 1)) => at += 2,
                TokenTree::Ident(_) if at == 0 || !follows_colons(tokens, at) => {
                    let (segments, next) = path_at(tokens, at);
                    if segments.len() > 1 {
                        self.paths.push(NamedPath {
                            within: within.clone(),
                            segments,
                            in_tests: in_tests || for_tests,
                        });
                    }
                    at = next;
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    if group.delimiter() == Delimiter::Bracket && is_cfg_test(&inner) {
                        for_tests = true;
                    }
                    self.read(&inner, within, in_tests || (for_tests && group.delimiter() == Delimiter::Brace));
                    for_tests &= group.delimiter() != Delimiter::Brace;
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Takes the tree of a `use` apart.
    fn read_tree(&mut self, tokens: &[TokenTree], before: &[String], within: &Module, in_tests: bool) {
        for branch in tokens.split(|token| is(token, ',')).filter(|branch| !branch.is_empty()) {
            let mut segments = before.to_vec();
            for token in branch {
                match token {
                    TokenTree::Ident(word) if word == "as" => break,
                    TokenTree::Ident(word) if word == "self" && !segments.is_empty() => {}
                    TokenTree::Ident(word) => segments.push(word.to_string()),
                    TokenTree::Group(group) => {
                        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.read_tree(&inner, &segments, within, in_tests);
                        segments.clear();
                    }
                    _ => {}
                }
            }
            if !segments.is_empty() {
                self.paths.push(NamedPath { within: within.clone(), segments, in_tests });
            }
        }
    }
}

/// The words of a path that begins here, and where the tokens after it begin.
fn path_at(tokens: &[TokenTree], mut at: usize) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        segments.push(word.to_string());
        at += 1;
        if !(tokens.get(at).is_some_and(|token| is(token, ':'))
            && tokens.get(at + 1).is_some_and(|token| is(token, ':')))
        {
            break;
        }
        at += 2;
    }
    (segments, at)
}

fn is_parenthesis(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

fn follows_colons(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is(&tokens[at - 1], ':') && is(&tokens[at - 2], ':')
}

fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_cfg_test(attribute: &[TokenTree]) -> bool {
    let words: String = attribute.iter().map(ToString::to_string).collect();
    words == "cfg(test)"
}

/// Macros that make a public type of the first name that they are given.
const TYPE_MACROS: [&str; 3] = ["coded_enum", "uuid_id", "listed_id"];

/// The names after `pub struct`, `pub(crate) enum` and the like, those in `body!` among them, and those of [`TYPE_MACROS`].
fn public_types(tokens: &[TokenTree]) -> Vec<String> {
    let words: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    let mut types = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let kind = if words.get(at + 1).is_some_and(|next| next.starts_with('(')) { at + 2 } else { at + 1 };
        let is_type =
            words.get(kind).is_some_and(|kind| ["struct", "enum", "trait", "type", "union"].contains(&kind.as_str()));
        if word == "pub" && is_type {
            types.extend(words.get(kind + 1).cloned());
        }
        if words.get(at + 1).is_some_and(|next| next == "!")
            && let Some(TokenTree::Group(given)) = tokens.get(at + 2)
        {
            let given: Vec<TokenTree> = given.stream().into_iter().collect();
            if word == "body" {
                types.extend(public_types(&given));
            } else if TYPE_MACROS.contains(&word.as_str()) {
                let name = given.iter().find(|token| matches!(token, TokenTree::Ident(_)));
                types.extend(name.map(ToString::to_string));
            }
        }
    }
    types
}

fn items(tokens: &[TokenTree]) -> Vec<String> {
    const KINDS: [&str; 12] =
        ["fn", "struct", "enum", "union", "trait", "impl", "type", "const", "static", "macro_rules", "mod", "use"];
    let words: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    let next = |at: usize| words.get(at + 1).map_or("", String::as_str);
    let kinds = words.iter().enumerate().filter(|(_, word)| KINDS.contains(&word.as_str()));
    kinds.map(|(at, kind)| format!("{kind} {}", next(at))).collect()
}
