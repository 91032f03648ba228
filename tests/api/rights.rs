//! Files that others may read, and links that lead elsewhere: a start refuses or mends them in words, and a restoration follows
//! none.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Process, output, partner_client, printed};
use crate::support::{Client, TestDatabase, run};

/// Serves, answers once and ends; what was said and logged.
fn served(database: &TestDatabase) -> String {
    let server = Process::serve(database, database.data_dir.path());
    assert_eq!(run(async { Client::new(&server.address).get("/livez").await.status }), 200);
    let (code, said) = server.terminate_and_listen();
    assert_eq!(code, Some(0), "{said}");
    said
}

/// A register on SQLite with a key, and the path of a file beside it.
fn used() -> (TestDatabase, impl Fn(&str) -> PathBuf) {
    let data_dir = tempfile::tempdir().unwrap();
    let place = data_dir.path().to_owned();
    let url = format!("sqlite://{}", place.join("green-homes.db").display());
    let database = TestDatabase { url, data_dir };
    partner_client(&database, "SOLARCO");
    served(&database);
    (database, move |file: &str| place.join(file))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn serve_with_a_signing_key_that_others_may_read_is_refused_in_words() {
    let (database, at) = used();
    for open in [0o644, 0o640, 0o604, 0o660] {
        set_mode(&at("signing-key.pem"), open);
        let (_, said, code) = printed(&database, &["serve"]);
        let words = ["signing-key.pem".to_owned(), format!("{open:04o}"), "chmod 600".to_owned()];
        assert!(code == Some(1) && words.iter().all(|word| said.contains(word)), "{said}");
    }
    set_mode(&at("signing-key.pem"), 0o400);
    served(&database);
}

#[test]
fn serve_with_files_that_others_may_read_takes_the_rights_away_and_says_so() {
    let (database, at) = used();
    fs::create_dir(at("backups")).unwrap();
    fs::write(at("green-homes.db-journal"), "").unwrap();
    let closed = [
        ("", 0o755, 0o700),
        ("green-homes.db", 0o644, 0o600),
        ("green-homes.db-journal", 0o664, 0o600),
        ("backups", 0o755, 0o700),
    ];
    for (file, open, _) in closed {
        set_mode(&at(file), open);
    }
    let said = served(&database);
    for (file, open, expected) in closed {
        let path = at(file);
        assert!(!path.exists() || mode(&path) == expected, "{file}: {:o}", mode(&path));
        let line = said.lines().find(|line| line.contains("WARN") && line.contains(&format!("{open:04o}")));
        assert!(line.is_some_and(|line| line.contains("others")), "{file}: {said}");
    }
    let said = served(&database);
    assert!(!said.contains("others"), "once: {said}");
}

#[test]
fn serve_in_a_folder_that_everybody_shares_is_refused_and_the_folder_left() {
    let (database, at) = used();
    set_mode(database.data_dir.path(), 0o1777);
    let (_, said, code) = printed(&database, &["serve"]);
    assert!(code == Some(1) && said.contains("1777") && said.contains("--data-dir"), "{said}");
    assert_eq!(mode(&at("")), 0o1777);
}

/// A backup, and a folder beside it.
fn backed_up(database: &TestDatabase) -> (TempDir, PathBuf, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let (backup, elsewhere) = (place.path().join("one"), place.path().join("elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    assert_eq!(output(database, &["backup", backup.to_str().unwrap()]).1, Some(0));
    (place, backup, elsewhere)
}

/// An empty data directory to restore into.
fn empty() -> TestDatabase {
    let data_dir = tempfile::tempdir().unwrap();
    TestDatabase { url: format!("sqlite://{}", data_dir.path().join("green-homes.db").display()), data_dir }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn restore_of_a_backup_with_a_link_or_a_pipe_in_it_is_refused() {
    let (database, _) = used();
    let (_place, backup, elsewhere) = backed_up(&database);
    for file in ["manifest.json", "green-homes.db", "manifest.sig"] {
        let (plain, moved) = (backup.join(file), elsewhere.join(file));
        fs::rename(&plain, &moved).unwrap();
        let link = || symlink(&moved, &plain).unwrap();
        let pipe = || assert!(Command::new("mkfifo").arg(&plain).status().unwrap().success());
        for (put, word) in [(&link as &dyn Fn(), "symbolic link"), (&pipe, "no file")] {
            put();
            let new = empty();
            let (_, said, code) = printed(&new, &["restore", backup.to_str().unwrap()]);
            assert!(code == Some(1) && said.contains(file) && said.contains(word), "{file}: {said}");
            assert!(is_empty(new.data_dir.path()), "{file}");
            fs::remove_file(&plain).unwrap();
        }
        fs::rename(&moved, &plain).unwrap();
    }
    assert_eq!(printed(&empty(), &["restore", backup.to_str().unwrap()]).2, Some(0), "the same as plain files");
}

#[test]
fn restore_over_a_link_is_refused_and_nothing_is_written_where_it_leads() {
    let (database, _) = used();
    let (_place, backup, elsewhere) = backed_up(&database);
    let nowhere = elsewhere.join("nowhere");
    for file in ["green-homes.db", "green-homes.db-wal", "green-homes.db-shm", "green-homes.db-journal"] {
        let new = empty();
        symlink(&nowhere, new.data_dir.path().join(file)).unwrap();
        let (_, said, code) = printed(&new, &["restore", backup.to_str().unwrap()]);
        assert!(code == Some(1) && said.contains(file), "{file}: {said}");
        assert!(!nowhere.exists(), "{file}");
        assert_eq!(fs::read_dir(new.data_dir.path()).unwrap().count(), 1, "{file}: the link alone");
    }
}
