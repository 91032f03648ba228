//! The house: which room may name which, read from the source. Every path against the arrows, every circle of files,
//! every folder or file that outgrew its room, and every name that two types share, is a fault.

mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::{Module, SourceFile};

/// The floors, from the lowest; those of one row may know each other.
const FLOORS: [&[&str]; 6] =
    [&["domain"], &["db"], &["register"], &["api", "web"], &["app", "settings"], &["cli", "main", "lib"]];

/// The rooms of a floor, from the lowest; those of one row may not know each other. A file beside the rooms is a room.
const ROOMS: [(&str, &[&[&str]]); 4] = [
    (
        "domain",
        &[
            &["values"],
            &["reference"],
            &["refusals"],
            &["records"],
            &["rules", "counting"],
            &["chain", "figures", "disclosure"],
        ],
    ),
    ("db", &[&["engine"], &["tables"], &["write_batch", "records", "ledger", "partners"]]),
    (
        "register",
        &[
            &["commands", "marker"],
            &["decide"],
            &["counted"],
            &["published"],
            &["writer"],
            &["audit", "watchdog"],
            &["backup"],
            &["register"],
            &["queries", "examine"],
        ],
    ),
    (
        "api",
        &[
            &["http"],
            &["body"],
            &["access"],
            &["state"],
            &["callers"],
            &["submit", "request_body"],
            &["reference", "operations", "partners"],
            &["numbers"],
            &["sites"],
            &["installations"],
            &["householder"],
            &["review"],
            &["documentation"],
            &["routes", "middleware", "server"],
        ],
    ),
];

/// Libraries that not every floor may name, and the floors that may.
const LIBRARIES: [(&str, &[&str]); 12] = [
    ("diesel", &["db"]),
    ("diesel_migrations", &["db"]),
    ("libsqlite3_sys", &["db"]),
    ("pq_sys", &["db"]),
    ("actix_web", &["api", "web", "app", "settings"]),
    ("actix_http", &["api"]),
    ("actix_service", &["api"]),
    ("utoipa", &["api", "web", "app", "settings"]),
    ("utoipa_swagger_ui", &["api", "web", "app", "settings"]),
    ("validator", &["api", "web", "app", "settings"]),
    ("jsonwebtoken", &["api"]),
    ("clap", &["cli", "settings"]),
];

/// Beginnings of paths that lead out of a domain without input, output and clock.
const IMPURE: [&[&str]; 10] = [
    &["std", "fs"],
    &["std", "net"],
    &["std", "env"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
    &["Utc", "now"],
    &["tokio"],
    &["tracing"],
];

/// What only `db` and `register` may name of `db`: whoever else writes, writes by the register.
const WRITERS_ALONE: [&[&str]; 2] = [&["write_batch"], &["engine", "transaction"]];

const MOST_LINES: usize = 300;
const MOST_FILES: usize = 15;

/// Files that are longer than [`MOST_LINES`] because they are tables, a row a line.
const TABLES: [&str; 4] = [
    "api/http/problems/problem_texts.rs",
    "api/numbers/aggregates/figures.rs",
    "api/numbers/tables/columns.rs",
    "domain/refusals/fault_texts.rs",
];

/// What faces hold besides the names of others. The register is given the makers of pages as one value.
const IN_FACES: [(&str, &str); 1] = [("api/mod.rs", "const MAKE")];

/// The files of `src`, and which of them each module is.
struct House {
    files: Vec<SourceFile>,
    modules: BTreeMap<Module, usize>,
}

impl House {
    fn read() -> Self {
        Self::of(SourceFile::all())
    }

    fn of(files: Vec<SourceFile>) -> Self {
        let modules = files.iter().enumerate().map(|(number, file)| (file.module.clone(), number)).collect();
        Self { files, modules }
    }

    /// The file that a path from the root of the crate leads into: the deepest module that it begins with.
    fn file_of(&self, path: &Module) -> Option<usize> {
        (1..=path.len()).rev().find_map(|length| self.modules.get(&path[..length]).copied())
    }

    fn faults_of(&self, file: &SourceFile) -> BTreeSet<String> {
        let floor = floor_of(&file.module);
        let mut faults = BTreeSet::new();
        for path in &file.paths {
            if let Some(absolute) = path.absolute(&self.modules) {
                faults.extend(self.against_the_arrows(file, &absolute, path.in_tests));
            } else {
                faults.extend(against_the_libraries(floor, &path.segments));
            }
        }
        faults.into_iter().map(|fault| format!("src/{} {fault}", file.name)).collect()
    }

    fn against_the_arrows(&self, file: &SourceFile, path: &Module, in_tests: bool) -> Option<String> {
        let (floor, named) = (floor_of(&file.module), floor_of(path));
        if height(&FLOORS, named)? > height(&FLOORS, floor)? {
            return Some(format!("names {named}, which stands above {floor}"));
        }
        let is_for_writers = || WRITERS_ALONE.iter().any(|rooms| begins_with(&path[1..], rooms));
        if named == "db" && !["db", "register"].contains(&floor) && is_for_writers() {
            return Some(format!("names {}, which is for the register", path.join("::")));
        }
        let (_, rooms) = ROOMS.iter().find(|(of, _)| *of == floor && floor == named)?;
        let (own, other) = (file.module.get(1)?, self.room_of(path)?);
        let stands_below = height(rooms, other)? < height(rooms, own)?;
        (own != other && !stands_below && !in_tests).then(|| format!("names {other}, which does not stand below {own}"))
    }

    /// The room that a path leads to: none for what the face of a floor itself holds.
    fn room_of<'p>(&self, path: &'p Module) -> Option<&'p str> {
        let room = path.get(..2)?;
        self.modules.contains_key(room).then(|| room[1].as_str())
    }

    /// For each file, the others that it names outside its tests.
    fn arrows(&self) -> Vec<BTreeSet<usize>> {
        let named = |(number, file): (usize, &SourceFile)| {
            let outside_tests = file.paths.iter().filter(|path| !path.in_tests);
            let leads_to = outside_tests.filter_map(|path| self.file_of(&path.absolute(&self.modules)?));
            leads_to.filter(|other| *other != number).collect()
        };
        self.files.iter().enumerate().map(named).collect()
    }

    /// The files that lead back to themselves, each with those that it shares a circle with.
    fn circles(&self) -> BTreeSet<BTreeSet<&str>> {
        let arrows = self.arrows();
        let reach: Vec<BTreeSet<usize>> = (0..arrows.len()).map(|from| reachable(&arrows, from)).collect();
        let circle = |file: usize| {
            let mutual = reach[file].iter().filter(|other| reach[**other].contains(&file));
            mutual.map(|other| self.files[*other].name.as_str()).collect()
        };
        (0..arrows.len()).filter(|file| reach[*file].contains(file)).map(circle).collect()
    }
}

fn reachable(arrows: &[BTreeSet<usize>], from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<usize> = arrows[from].iter().copied().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(&arrows[file]);
        }
    }
    reached
}

fn floor_of(path: &[String]) -> &str {
    path.first().map_or("lib", String::as_str)
}

fn height(rows: &[&[&str]], name: &str) -> Option<usize> {
    rows.iter().position(|row| row.contains(&name))
}

fn begins_with(segments: &[String], words: &[&str]) -> bool {
    segments.iter().map(String::as_str).take(words.len()).eq(words.iter().copied())
}

fn against_the_libraries(floor: &str, segments: &[String]) -> Option<String> {
    let library = LIBRARIES.iter().find(|(library, floors)| segments[0] == *library && !floors.contains(&floor));
    if let Some((library, floors)) = library {
        return Some(format!("names {library}, which is for {}", floors.join(", ")));
    }
    let begins = |impure: &&&[&str]| begins_with(segments, impure);
    let ends =
        |impure: &&&[&str]| segments.ends_with(&impure.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    let impure = IMPURE.iter().find(|impure| floor == "domain" && (begins(impure) || ends(impure)));
    impure.map(|impure| format!("names {}, but domain has no input, output or clock", impure.join("::")))
}

/// The items of a face that are neither names of others nor in [`IN_FACES`].
fn code_of_a_face(file: &SourceFile) -> Vec<&str> {
    let items = file.items.iter().map(String::as_str);
    let is_name = |item: &str| item.starts_with("mod ") || item.starts_with("use ");
    items.filter(|item| !is_name(item) && !IN_FACES.contains(&(file.name.as_str(), item))).collect()
}

#[test]
fn read_every_file_finds_no_path_against_the_arrows() {
    let house = House::read();
    assert!(house.files.len() > 100, "{} files were read", house.files.len());
    for file in &house.files {
        let floor = floor_of(&file.module);
        assert!(height(&FLOORS, floor).is_some(), "{floor} is no floor of the house");
        let room = file.module.get(1).filter(|_| ROOMS.iter().any(|(of, _)| *of == floor));
        let has_place =
            room.is_none_or(|room| ROOMS.iter().any(|(of, rooms)| *of == floor && height(rooms, room).is_some()));
        assert!(has_place, "src/{}: {room:?} has no place among the rooms", file.name);
    }
    let faults: BTreeSet<String> = house.files.iter().flat_map(|file| house.faults_of(file)).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn read_every_file_finds_no_circle() {
    let house = House::read();
    let circles = house.circles();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn read_every_file_finds_faces_without_code_and_files_and_folders_of_a_size_that_can_be_read() {
    let house = House::read();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for file in &house.files {
        let (folder, name) = file.name.rsplit_once('/').unwrap_or(("", &file.name));
        *folders.entry(folder).or_default() += 1;
        if file.lines > MOST_LINES && !TABLES.contains(&file.name.as_str()) {
            faults.push(format!("{} has {} lines", file.name, file.lines));
        }
        if name == "mod.rs" && folder != "cli" {
            faults.extend(code_of_a_face(file).iter().map(|item| format!("{} is a face, and holds {item}", file.name)));
        }
    }
    let crowded = folders.iter().filter(|(_, files)| **files > MOST_FILES);
    faults.extend(crowded.map(|(folder, files)| format!("{folder} has {files} files beside each other")));
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn read_a_face_finds_code_of_every_kind() {
    let code = |source: &str| code_of_a_face(&SourceFile::parse("db/mod.rs", source)).len();
    for source in
        ["const A: u8 = 1;", "pub type A = u8;", "pub union A { a: u8 }", "pub fn a() {}", "static A: u8 = 1;"]
    {
        assert_eq!(code(source), 1, "{source}");
    }
    assert_eq!(code("mod url;\npub use url::{Url, Error as UrlError};"), 0);
}

#[test]
fn read_every_file_finds_no_name_that_two_public_types_share() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in SourceFile::all() {
        for name in file.public_types {
            places.entry(name).or_default().push(file.name.clone());
        }
    }
    for made_by_a_macro in ["SiteKind", "SiteId", "ProvinceId", "OpenDispute"] {
        assert!(places.contains_key(made_by_a_macro), "{made_by_a_macro} is read");
    }
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

/// A house of the files that are under test and of those that their paths lead to.
fn faults(name: &str, source: &str) -> BTreeSet<String> {
    let rooms = ROOMS.iter().flat_map(|(floor, rows)| {
        let room = move |room: &&str| format!("{floor}/{room}/mod.rs");
        rows.iter().flat_map(|row| row.iter()).map(room).chain([format!("{floor}/mod.rs")])
    });
    let others = rooms.chain(["settings.rs", "app.rs", "cli/mod.rs", "lib.rs"].map(str::to_owned));
    let mut files: Vec<SourceFile> = others.map(|other| SourceFile::parse(&other, "")).collect();
    files.push(SourceFile::parse(name, source));
    let house = House::of(files);
    house.faults_of(house.files.last().unwrap())
}

#[test]
fn read_a_made_up_violation_is_found() {
    let cases = [
        ("domain/records/site.rs", "use crate::db::Database;"),
        ("domain/records/site.rs", "use crate::{\n    domain::values::Code,\n    register::{Engine, Clock},\n};"),
        ("domain/records/site.rs", "fn f() { let x = crate::api::documentation::document(); }"),
        ("domain/reference/target.rs", "use super::super::super::settings::Settings;"),
        ("domain/values/date.rs", "fn f() { let today = chrono::Utc::now(); }"),
        ("domain/values/date.rs", "use std::{fs, io};"),
        ("domain/values/date.rs", "use std::time::{Duration, SystemTime};"),
        ("domain/values/date.rs", "fn f() { let now = std::time::Instant::now(); }"),
        ("domain/values/date.rs", "use crate::domain::refusals::Refusal;"),
        ("domain/rules/correct.rs", "use crate::domain::counting::Cell;"),
        ("domain/records/site.rs", "vec![crate::domain::rules::Stamp]"),
        ("db/tables/site_rows.rs", "pub use crate::register::Clock;"),
        ("db/tables/site_rows.rs", "use super::super::super::app;"),
        ("db/engine/url.rs", "use crate::db::tables::schema;"),
        ("register/writer/writer.rs", "use diesel::prelude::*;"),
        ("register/writer/writer.rs", "#[derive(diesel::Queryable)] struct Row;"),
        ("register/writer/writer.rs", "fn f() { let s = \"https://x\"; actix_web::web::block(f); }"),
        ("register/decide/decide.rs", "use crate::register::writer::Clock;"),
        ("api/routes.rs", "const Q: char = '\"'; use crate::app::start;"),
        ("api/http/error.rs", "use crate::api::state::AppState;"),
        ("api/http/error.rs", "use crate::settings::Settings;"),
        ("api/sites/handlers.rs", "use crate::db::write_batch::Batch;"),
        ("api/sites/handlers.rs", "fn f() { crate::db::engine::transaction::write(c, f); }"),
        ("cli/erase.rs", "use crate::db::{Url, engine::transaction};"),
        ("api/installations/view.rs", "use crate::api::review::Decision;"),
        ("cli/mod.rs", "fn f() { actix_web::rt::System::new(); }"),
        ("app.rs", "use green_homes::cli;"),
    ];
    for (file, source) in cases {
        assert_eq!(faults(file, source).len(), 1, "{file}: {source}: {:?}", faults(file, source));
    }
}

#[test]
fn read_what_the_arrows_allow_is_no_violation() {
    let cases = [
        (
            "cli/mod.rs",
            "use crate::{app, api::documentation, domain::values::Code, register::Clock, settings::Settings};",
        ),
        ("app.rs", "use crate::settings::Settings; use actix_web::App;"),
        ("api/sites/handlers.rs", "use crate::{db::records::Found, domain::values::Code, api::http::ApiError};"),
        ("cli/migrate.rs", "use crate::db::engine::migrations;"),
        ("register/writer/follow.rs", "use crate::db::engine::transaction;"),
        ("db/tables/site_rows.rs", "use diesel::prelude::*; use crate::db::engine::Connection; $crate::db::Connection"),
        ("domain/records/site.rs", "// use crate::db::Database;\n/* diesel:: /* actix_web:: */ crate::api */"),
        (
            "domain/records/site.rs",
            "/// As `crate::api::view` shows it.\nuse super::id::Code; const S: &str = r#\"crate::db\"#;",
        ),
        ("domain/reference/target.rs", "use super::super::values::Quantity;"),
        ("domain/values/date.rs", "#[cfg(test)]\nmod tests { use super::*; use crate::domain::records::Site; }"),
        ("settings.rs", "use crate::db::Url;\n#[cfg(test)]\nmod tests { use super::*; }"),
        ("register/writer/writer.rs", "fn f<'a>(x: &'a str) { let my_diesel = 1; let actix_webs = 'a'; }"),
    ];
    for (file, source) in cases {
        assert_eq!(faults(file, source), BTreeSet::new(), "{file}: {source}");
    }
}

#[test]
fn read_a_made_up_circle_names_its_files() {
    let circles = |sources: [(&str, &str); 3]| {
        let house = House::of(sources.map(|(name, source)| SourceFile::parse(name, source)).into());
        house
            .circles()
            .into_iter()
            .map(|circle| circle.into_iter().map(str::to_owned).collect())
            .collect::<Vec<Vec<String>>>()
    };
    let none: [Vec<String>; 0] = [];
    let through_a_face = [
        ("db/engine/mod.rs", "mod url;\npub use url::Url;"),
        ("db/engine/url.rs", "use crate::db::tables::Row;"),
        ("db/tables/mod.rs", "pub fn f() -> crate::db::engine::Url {}"),
    ];
    assert_eq!(circles(through_a_face), [vec!["db/engine/mod.rs", "db/engine/url.rs", "db/tables/mod.rs"]]);
    let to_the_own_face = [
        ("db/engine/mod.rs", "mod url;\npub use url::Url;"),
        ("db/engine/url.rs", "use super::Error;"),
        ("db/tables/mod.rs", ""),
    ];
    assert_eq!(circles(to_the_own_face), [vec!["db/engine/mod.rs", "db/engine/url.rs"]]);
    let in_tests_alone = [
        ("db/engine/mod.rs", "mod url;\npub use url::Url;"),
        ("db/engine/url.rs", "#[cfg(test)]\nmod tests { use super::*; use crate::db::engine::Url; }"),
        ("db/tables/mod.rs", "use crate::db::engine::{self, Url};"),
    ];
    assert_eq!(circles(in_tests_alone), none);
}
