//! The arrows of the design: `main / cli → app, settings → api, web → register → db → domain`.
//! Every path in the source that leads against them, or to a library of another layer, is a fault.

use std::fs;
use std::path::Path;

/// The layers, from the lowest; those of one row may know each other.
const ORDER: [&[&str]; 6] =
    [&["domain"], &["db"], &["register"], &["api", "web"], &["app", "settings"], &["cli", "main", "lib"]];

/// Libraries that not every layer may name, and the layers that may.
const LIBRARIES: [(&str, &[&str]); 10] = [
    ("diesel", &["db"]),
    ("diesel_migrations", &["db"]),
    ("libsqlite3_sys", &["db"]),
    ("pq_sys", &["db"]),
    ("actix_web", &["api", "web", "app", "settings"]),
    ("utoipa", &["api", "web", "app", "settings"]),
    ("utoipa_swagger_ui", &["api", "web", "app", "settings"]),
    ("validator", &["api", "web", "app", "settings"]),
    ("jsonwebtoken", &["api"]),
    ("clap", &["cli", "settings"]),
];

/// What a layer without input, output and clock cannot name.
const IMPURE: [&str; 9] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Utc::now",
    "tokio::",
    "tracing::",
    "SystemTime",
];

#[test]
fn read_every_source_file_finds_no_path_against_the_layers() {
    let mut found = Vec::new();
    let mut files = 0;
    visit(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut |file, source| {
        files += 1;
        found.extend(faults(file, source));
    });
    assert!(files > 50, "{files} files were read");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn read_a_made_up_violation_is_found() {
    let cases = [
        ("domain/site.rs", "use crate::db::Database;"),
        ("domain/site.rs", "use crate::{\n    domain::id::Code,\n    register::{Engine, Clock},\n};"),
        ("domain/site.rs", "fn f() { let x = crate::api::openapi::document(); }"),
        ("domain/reference/target.rs", "use super::super::super::settings::Settings;"),
        ("domain/date.rs", "let today = chrono::Utc::now();"),
        ("db/rows.rs", "pub use crate::register::Engine;"),
        ("db/rows.rs", "use super::super::app;"),
        ("register/engine.rs", "use diesel::prelude::*;"),
        ("register/engine.rs", "#[derive(diesel::Queryable)] struct Row;"),
        ("register/engine.rs", "let s = \"https://x\"; actix_web::web::block(f);"),
        ("api/mod.rs", "let quote = '\"'; use crate::app::start;"),
        ("api/mod.rs", "use crate::settings::Settings;"),
        ("cli.rs", "actix_web::rt::System::new();"),
        ("app.rs", "use green_homes::cli;"),
    ];
    for (file, source) in cases {
        assert_eq!(faults(file, source).len(), 1, "{file}: {source}: {:?}", faults(file, source));
    }
}

#[test]
fn read_what_the_layers_allow_is_no_violation() {
    let cases = [
        ("cli.rs", "use crate::{app, api::openapi, domain::id::Code, register::Clock, settings::Settings};"),
        ("app.rs", "use crate::settings::Settings; use actix_web::App;"),
        ("api/view.rs", "use crate::{db::installations::Found, domain::id::Code};"),
        ("db/rows.rs", "use diesel::prelude::*; use super::connection::Connection; $crate::db::Connection"),
        ("domain/site.rs", "// use crate::db::Database;\n/* diesel:: /* actix_web:: */ crate::api */"),
        ("domain/site.rs", "/// As `crate::api::view` shows it.\nuse super::id::Code; let s = r#\"crate::db\"#;"),
        ("domain/reference/target.rs", "use super::super::quantity::Quantity;"),
        ("settings.rs", "use crate::db::Url;\n#[cfg(test)]\nmod tests { use super::*; }"),
        ("register/engine.rs", "let my_diesel::x; let actix_webs = 'a'; fn f<'a>(x: &'a str) {}"),
    ];
    for (file, source) in cases {
        assert_eq!(faults(file, source), Vec::<String>::new(), "{file}: {source}");
    }
}

/// Calls for every Rust file, with its path under `src`.
fn visit(folder: &Path, found: &mut impl FnMut(&str, &str)) {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(root).unwrap().to_str().unwrap();
            found(file, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// What is wrong with a file, in words.
fn faults(file: &str, source: &str) -> Vec<String> {
    let layer = file.split(['/', '.']).next().unwrap();
    let code = code_of(source);
    let mut found = Vec::new();
    for named in layers_named(file, &code) {
        if rank(&named) > rank(layer) {
            found.push(format!("src/{file} names {named}, which stands above {layer}"));
        }
    }
    for (library, layers) in LIBRARIES {
        if !layers.contains(&layer) && after(&code, &format!("{library}::")).next().is_some() {
            found.push(format!("src/{file} names {library}, which is for {}", layers.join(", ")));
        }
    }
    for name in IMPURE.iter().filter(|_| layer == "domain") {
        if after(&code, name).next().is_some() {
            found.push(format!("src/{file} names {name}, but domain has no input, output or clock"));
        }
    }
    found
}

fn rank(layer: &str) -> usize {
    ORDER.iter().position(|row| row.contains(&layer)).unwrap_or_else(|| panic!("{layer} is no layer of the design"))
}

/// The layers that paths from the root of the crate lead to.
fn layers_named(file: &str, code: &str) -> Vec<String> {
    let mut rests: Vec<&str> = ["crate::", "green_homes::"].iter().flat_map(|root| after(code, root)).collect();
    // As many `super` as the file lies deep lead to the root as well; tests lie one deeper.
    let depth = file.trim_end_matches("/mod.rs").split('/').count();
    let (own, _) = code.split_once("#[cfg(test)]\nmod ").unwrap_or((code, ""));
    rests.extend(after(own, &"super::".repeat(depth)));
    rests.iter().flat_map(|rest| heads(rest)).collect()
}

/// The first names of what follows `crate::`: one, or those of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut heads, mut start) = (0, Vec::new(), 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                heads.push(name(group[start..at].trim()));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    heads.into_iter().filter(|head| !head.is_empty()).collect()
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// What follows each place where `text` begins as a word of its own.
fn after<'c>(code: &'c str, text: &str) -> impl Iterator<Item = &'c str> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let places = code.match_indices(text).map(|(at, text)| (at, at + text.len())).collect::<Vec<_>>();
    places.into_iter().filter(move |(at, _)| !code[..*at].ends_with(inside)).map(|(_, end)| &code[end..])
}

/// The source without comments, and with empty texts.
fn code_of(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let raw = rest.strip_prefix('r').map(|r| r.trim_start_matches('#')).filter(|r| r.starts_with('"'));
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment_length(rest)
        } else if let Some(text) = raw.filter(|_| !code.ends_with(|c: char| c.is_alphanumeric() || c == '_')) {
            let hashes = rest.len() - text.len() - 1;
            let end = format!("\"{}", "#".repeat(hashes));
            rest.len() - text.len() + 1 + text[1..].find(&end).map_or(0, |at| at + end.len())
        } else if c == '"' {
            text_length(rest)
        } else if rest.starts_with("'\\") {
            3 + rest[3..].find('\'').map_or(0, |at| at + 1)
        } else if c == '\'' && rest.chars().nth(2) == Some('\'') {
            rest.char_indices().nth(3).map_or(rest.len(), |(at, _)| at)
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// Comments nest.
fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}

fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
