//! What documents refer to: other documents, files of the repository, routes with their parameters.

use std::path::{Component, Path, PathBuf};

use serde_json::Value;

use super::ROOT;
use super::markdown::Document;

/// Folders whose files documents name.
const FOLDERS: [&str; 8] = ["src/", "tests/", "docs/", "scripts/", "reference/", "migrations/", "deploy/", "benches/"];

/// The targets of links of a text.
pub fn links(text: &str) -> Vec<&str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect()
}

/// Relative links of a document that lead to no file or no heading.
pub fn broken_links(document: &Document) -> Vec<String> {
    let folder = Path::new(&document.name).parent().unwrap();
    let mut broken = Vec::new();
    for (number, line) in &document.prose {
        for link in links(line).into_iter().filter(|link| !link.starts_with("http")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { PathBuf::from(&document.name) } else { folder.join(file) };
            let is_there = !file.starts_with('/') && Path::new(ROOT).join(&target).exists();
            let has_heading = || {
                let anchors = Document::read(target.to_str().unwrap()).anchors();
                anchors.iter().any(|heading| heading == anchor)
            };
            if !is_there || !anchor.is_empty() && !has_heading() {
                broken.push(format!("{}:{number}: {link}", document.name));
            }
        }
    }
    broken
}

/// Paths of the repository in code spans, with the numbers of their lines.
pub fn paths(document: &Document) -> Vec<(usize, String)> {
    let is_path = |(_, span): &(usize, String)| FOLDERS.iter().any(|folder| span.starts_with(folder));
    let found: Vec<_> = document.spans().into_iter().filter(is_path).collect();
    for (line, path) in &found {
        let is_plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        assert!(is_plain && !path.contains(['*', '{', ' ']), "{}:{line}: not one path: {path}", document.name);
    }
    found
}

/// The rows of tables that name a file and then a function or type in it, with the numbers of their lines.
pub fn places_in_files(document: &Document) -> Vec<(usize, String, String)> {
    let mut places = Vec::new();
    for (number, line) in &document.prose {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        for pair in cells.windows(2) {
            let is_name = !pair[1].is_empty() && pair[1].chars().all(|c| c.is_alphanumeric() || c == '_');
            if pair[0].starts_with("src/") && Path::new(pair[0]).extension().is_some_and(|kind| kind == "rs") && is_name
            {
                places.push((*number, pair[0].to_owned(), pair[1].to_owned()));
            }
        }
    }
    places
}

/// Whether a file of the repository declares this function or type.
pub fn declares(file: &str, name: &str) -> bool {
    let source = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_default();
    ["fn ", "struct ", "enum ", "static "].iter().any(|kind| {
        let declaration = format!("{kind}{name}");
        let mut rests = source.match_indices(&declaration).map(|(at, found)| &source[at + found.len()..]);
        rests.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

/// Routes in code spans, with the numbers of their lines: the method if it is said, the path, the query.
pub fn routes(document: &Document) -> Vec<(usize, Option<String>, String, String)> {
    let mut routes = Vec::new();
    for (line, span) in document.spans() {
        let mut words = span.split_whitespace();
        let first = words.next().unwrap_or_default();
        let is_method = ["GET", "POST", "PATCH", "HEAD", "DELETE", "PUT"].contains(&first);
        let (method, path) =
            if is_method { (Some(first.to_lowercase()), words.next().unwrap_or_default()) } else { (None, first) };
        let begins = ["/v1/", "/oauth/", "/.well-known/", "/problems/", "/livez", "/readyz", "/openapi.json"];
        if begins.iter().any(|begin| path.starts_with(begin)) {
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            routes.push((line, method, path.to_owned(), query.to_owned()));
        }
    }
    routes
}

/// Parameters that only the operators' listener takes, which the public document leaves out.
const OF_OPERATORS: [(&str, &str); 1] = [("/readyz", "verbose")];

/// Those that the OpenAPI document does not have.
pub fn unknown_routes(document: &Document) -> Vec<String> {
    let served: Value = serde_json::from_str(include_str!("../../../openapi/openapi.json")).unwrap();
    let mut unknown = Vec::new();
    for (line, method, path, query) in routes(document) {
        let operations = served["paths"].as_object().unwrap().iter().filter(|(template, _)| matches(template, &path));
        let is_served = operations.into_iter().any(|(_, methods)| {
            let operation = &methods[method.as_deref().unwrap_or("get")];
            let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
            let of_operators = |name: &str| OF_OPERATORS.contains(&(&*path, name));
            let is_known = |name: &str| {
                name.is_empty() || of_operators(name) || parameters.iter().any(|known| known["name"] == name)
            };
            let names = || query.split('&').map(|pair| pair.split('=').next().unwrap_or_default());
            (operation.is_object() || method.is_none()) && names().all(is_known)
        });
        if !is_served {
            unknown.push(format!("line {line}: {} {path}?{query}", method.unwrap_or_default()));
        }
    }
    unknown
}

/// Whether a path is one of a template, such as `/v1/tables/{name}.csv`.
fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_part = |(template, part): (&&str, &&str)| match template.split_once('{') {
        Some((before, rest)) => {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            part.len() > before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
        }
        None => template == part,
    };
    template.len() == path.len() && template.iter().zip(&path).all(is_part)
}
