//! What README.md and `docs/` say is so: their blocks marked `run` run against a real service and answer as they say, and
//! the links, paths, routes, commands and flags that they name exist.

mod answers;
mod commands;
pub mod markdown;
mod readers;
mod references;
mod shell;

use std::path::Path;
use std::process::Command;

use green_homes::domain::reference::{Company, Disclosure, WithToken, target};

use self::markdown::Document;
use self::readers::Reader;
use self::shell::{Outcome, Script};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn run_the_blocks_of_readme_each_answers_as_it_says() {
    let files = run_blocks(|name| name == "README.md");
    assert_eq!(files, ["README.md"]);
}

#[test]
fn run_the_blocks_of_the_guides_each_answers_as_it_says() {
    let files = run_blocks(|name| name.starts_with("docs/") && !name.starts_with("docs/internals/"));
    for guide in ["partners", "reviewers", "chu-nha", "public-data", "dashboards", "operations", "reference"] {
        assert!(files.contains(&format!("docs/{guide}.md")), "{guide} has no block that runs");
    }
}

#[test]
fn run_the_blocks_of_the_internals_each_answers_as_it_says() {
    let files = run_blocks(|name| name.starts_with("docs/internals/"));
    assert_eq!(files, ["docs/internals/chain.md", "docs/internals/one-home.md"]);
}

/// Runs the documents that are chosen and have something to run, each with a service of its own; their names.
fn run_blocks(is_chosen: impl Fn(&str) -> bool) -> Vec<String> {
    let mut files = Vec::new();
    for document in Document::all() {
        if !is_chosen(&document.name) || !document.blocks.iter().any(markdown::Block::runs) {
            continue;
        }
        let reader = Reader::of(&document.name);
        let outcome = reader.run(&Script::of(&document));
        assert!(outcome.succeeded, "{}", outcome.failure(&document));
        let wrong = answers::wrong(&document, &outcome);
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
        files.push(document.name);
    }
    files
}

#[test]
fn walk_where_a_step_fails_stops_and_names_the_step() {
    let document = Document::read("README.md");
    let script = Script::of(&document);
    let reader = Reader::of("README.md");
    // Somebody else listens where the walk would.
    let taken = reader.run_with(&script, "GREEN_HOMES_LISTEN", reader.address.trim_start_matches("http://"));
    assert_stopped(&taken, "Start the service", "cannot listen on");
    // A machine with a shell and nothing else.
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/sh", programs.path().join("sh")).unwrap();
    let bare = reader.run_with(&script, "PATH", programs.path().to_str().unwrap());
    assert_stopped(&bare, "Look for the programs that the walk needs", "curl is missing");
}

#[test]
fn read_the_roads_of_the_architecture_each_file_has_the_function_that_is_named() {
    let document = Document::read("ARCHITECTURE.md");
    let places = references::places_in_files(&document);
    assert!(places.len() > 15, "{places:?}");
    assert!(!references::declares("src/api/submit.rs", "subm"), "a part of a name is no name");
    let missing: Vec<_> = places.iter().filter(|(_, file, name)| !references::declares(file, name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

fn assert_stopped(outcome: &Outcome, step: &str, why: &str) {
    let printed = outcome.printed();
    assert!(!outcome.succeeded, "{printed}");
    assert!(printed.trim_end().ends_with(&format!("STOPPED at the step: {step}")), "{printed}");
    assert!(printed.contains(why), "{printed}");
}

#[test]
fn read_the_blocks_that_do_not_run_the_shell_understands_each() {
    let mut blocks = 0;
    for document in Document::all() {
        for block in document.blocks.iter().filter(|block| block.info == "sh") {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &block.text).unwrap();
            let read = Command::new("sh").arg("-n").arg(file.path()).output().unwrap();
            let said = String::from_utf8_lossy(&read.stderr);
            assert!(read.status.success(), "{}:{}: {said}", document.name, block.line);
            blocks += 1;
        }
    }
    assert!(blocks > 10, "{blocks} blocks were read");
}

#[test]
fn read_the_documents_every_block_says_what_it_is() {
    let known = ["", "sh", "sh run", "python run", "json answer", "text answer", "json", "text"];
    for document in Document::all() {
        for block in &document.blocks {
            assert!(known.contains(&block.info.as_str()), "{}:{}: {}", document.name, block.line, block.info);
        }
    }
}

#[test]
fn read_the_documents_each_opens_with_whom_it_is_for() {
    for document in Document::all() {
        if !document.name.starts_with("docs/") && document.name != "tests/README.md" {
            continue;
        }
        let mut lines = document.text.lines();
        let (title, empty, opening) = (lines.next(), lines.next(), lines.next().unwrap_or_default());
        assert!(title.is_some_and(|line| line.starts_with("# ")) && empty == Some(""), "{}", document.name);
        let is_said = opening.starts_with("For ") || opening.starts_with("Dành cho ");
        assert!(is_said, "{} opens with: {opening}", document.name);
    }
}

#[test]
fn read_the_documents_every_link_leads_somewhere() {
    let documents = Document::all();
    let links: usize = documents.iter().map(|document| references::links(&document.text).len()).sum();
    assert!(links > 60, "{links} links were read");
    let broken: Vec<String> = documents.iter().flat_map(references::broken_links).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn read_the_documents_every_path_is_there() {
    let documents = Document::all();
    let paths: usize = documents.iter().map(|document| references::paths(document).len()).sum();
    assert!(paths > 100, "{paths} paths were read");
    let is_missing = |(_, path): &(usize, String)| !Path::new(ROOT).join(path).exists();
    for document in &documents {
        let missing: Vec<_> = references::paths(document).into_iter().filter(is_missing).collect();
        assert!(missing.is_empty(), "{} names what is not there: {missing:?}", document.name);
    }
}

#[test]
fn read_the_documents_every_route_and_parameter_is_served() {
    let mut routes = 0;
    for document in Document::all() {
        routes += references::routes(&document).len();
        let unknown = references::unknown_routes(&document);
        assert!(unknown.is_empty(), "{} names what is not served: {unknown:#?}", document.name);
    }
    assert!(routes > 80, "{routes} routes were read");
}

#[test]
fn read_the_documents_every_command_and_flag_is_known() {
    let mut help = commands::Help::default();
    let mut found = 0;
    for document in Document::all() {
        for (line, words) in commands::of_the_program(&document) {
            let wrong = help.fault(&words);
            assert!(wrong.is_none(), "{}:{line}: {words:?}: {}", document.name, wrong.unwrap());
            found += 1;
        }
    }
    assert!(found > 50, "{found} commands were read");
}

#[test]
fn read_the_commands_what_is_made_up_is_found() {
    let mut help = commands::Help::default();
    let words = |line: &str| commands::in_line(line).remove(0);
    for good in ["green-homes client add --role admin --name 'A B'", "green-homes --data-dir x audit 2> log"] {
        assert_eq!(help.fault(&words(good)), None, "{good}");
    }
    for bad in ["green-homes clients list", "green-homes audit --quick", "green-homes client add --rolle admin"] {
        assert!(help.fault(&words(bad)).is_some(), "{bad}");
    }
}

#[test]
fn read_the_reference_every_setting_stands_there() {
    let reference = Document::read("docs/reference.md").text;
    let missing: Vec<String> = commands::Help::default()
        .flags(&[])
        .into_iter()
        .filter(|flag| !reference.contains(&format!("`{flag}`")))
        .collect();
    assert_eq!(missing, ["--version"]);
}

#[test]
fn read_the_documents_the_rules_of_disclosure_have_the_numbers_in_force() {
    let Disclosure { company, least_sites, people_known, with_token } = target().disclosure;
    let Company { in_nation, in_row, most_of_one_percent, most_of_two_percent } = company;
    let WithToken { least_sites: in_row_with_token, money_least_sites, money_least_partners } = with_token;
    let one = format!("none more than {most_of_one_percent} % of what moves");
    let in_words = [
        (
            "public-data",
            format!("at least {in_nation} sites move it together, a row of a table if at least {in_row} do"),
        ),
        ("public-data", format!("of fewer than {least_sites} sites in operation")),
        ("public-data", format!("null where it is known of {people_known} sites or fewer")),
        ("processing-register", format!("{in_nation} sites in a figure of the country, {in_row} in a row, {one}")),
        ("processing-register", format!("no two more than {most_of_two_percent} %")),
        ("processing-register", format!("in a programme of fewer than {least_sites} sites")),
        ("processing-register", format!("above {people_known} known answers")),
        ("processing-register", format!("over at least {in_row_with_token} sites a row")),
        ("processing-register", format!("money over {money_least_sites} sites and {money_least_partners} partners")),
    ];
    for (name, words) in in_words {
        let document = Document::read(&format!("docs/{name}.md"));
        assert!(document.text.contains(&words), "{name} does not say: {words}");
    }
}

#[test]
fn read_the_documents_every_make_target_and_test_module_is_there() {
    let makefile = std::fs::read_to_string(Path::new(ROOT).join("Makefile")).unwrap();
    for document in Document::all() {
        for (line, words) in commands::of_programs(&document, &["make", "cargo"]) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let is_there = match words[..] {
                ["make", target, ..] => makefile.contains(&format!("\n{target}: ")),
                ["cargo", "test", "--test", "api", module] => {
                    Path::new(ROOT).join(format!("tests/api/{module}.rs")).exists()
                }
                _ => true,
            };
            assert!(is_there, "{}:{line}: {words:?}", document.name);
        }
    }
}
