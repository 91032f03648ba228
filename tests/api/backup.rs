//! The drill: a backup under load, the loss of the disk, a restoration, and a register that goes on.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, command, output, partner_client};
use crate::support::{Client, TestDatabase, db_execute, db_lines, home, progress_at, run, token};

mod before_migrating;
mod refused_restorations;

const WRITERS: usize = 8;

/// A register on SQLite whose files are where a default installation has them.
fn installed() -> TestDatabase {
    let data_dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", data_dir.path().join("green-homes.db").display());
    TestDatabase { url, data_dir }
}

fn carry_out(database: &TestDatabase, arguments: &[&str]) -> Output {
    command(database, database.data_dir.path()).args(arguments).stderr(Stdio::piped()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A directory for backups, and the name of one in it.
fn place() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("one");
    (place, path)
}

fn backed_up(database: &TestDatabase, directory: &Path) -> Value {
    let done = carry_out(database, &["backup", directory.to_str().unwrap()]);
    assert!(done.status.success(), "{}", said(&done));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn restored(database: &TestDatabase, directory: &Path) -> Value {
    let done = carry_out(database, &["restore", directory.to_str().unwrap()]);
    assert!(done.status.success(), "{}", said(&done));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn restore_a_backup_made_under_load_goes_on_from_its_version() {
    run(async {
        let lost = installed();
        let (client_id, secret) = partner_client(&lost, "WRITER");
        let server = Process::serve(&lost, lost.data_dir.path());
        let token = token(&server.address, &client_id, &secret).await.unwrap();
        let partner = Client::new(&server.address).with_token(&*token);
        let written = Rc::new(RefCell::new(0));
        let writers = (0..WRITERS).map(|n| actix_web::rt::spawn(write(partner.clone(), n, written.clone())));
        let writers: Vec<_> = writers.collect();
        until(|| *written.borrow() > 20).await;
        let (_place, directory) = place();
        let before = *written.borrow();
        let mut backup = command(&lost, lost.data_dir.path());
        backup.arg("backup").arg(&directory);
        // The writers go on while it is waited for.
        let done = actix_web::web::block(move || backup.output().unwrap()).await.unwrap();
        assert!(done.status.success());
        let manifest: Value = serde_json::from_slice(&done.stdout).unwrap();
        until(|| *written.borrow() > before + 20).await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
        let version = manifest["version"].as_i64().unwrap();
        let files = [("", 0o700), ("green-homes.db", 0o600), ("manifest.json", 0o600), ("manifest.sig", 0o600)];
        for (file, expected) in files {
            assert_eq!(mode(&directory.join(file)), expected, "{file}");
        }
        assert_eq!(names(&directory), ["green-homes.db", "manifest.json", "manifest.sig"], "and no private key");

        let new = installed();
        let report = restored(&new, &directory);
        assert_eq!((&report["version"], &report["void_after"]), (&json!(version + 1), &json!(version)));
        assert_eq!(mode(&new.data_dir.path().join("green-homes.db")), 0o600);
        assert_eq!(report["trusted"], json!(false), "nothing but the backup tells of its key");
        let hash = format!("SELECT lower(hex(hash)) AS line FROM entries WHERE version = {version}");
        assert_eq!(db_lines(&new.url, &hash), [manifest["head_hash"].as_str().unwrap()]);
        assert_eq!(output(&new, &["audit"]).1, Some(0));
        check_entry(&new, &manifest, &report);

        let server = Process::serve(&new, new.data_dir.path());
        // The token of before: the service has another key, and the public one of then came with the database.
        let partner = Client::new(&server.address).with_token(&*token);
        // Three entries began the register and made the partner and its client; every other is a home.
        let progress = progress_at(&server.address, version + 1).await;
        assert_eq!(progress["data"]["live"]["sites"]["reported"], json!(version - 3), "{progress}");
        partner.register(&home("after")).await;
        assert_eq!(
            progress_at(&server.address, version + 2).await["data"]["live"]["sites"]["reported"],
            json!(version - 2)
        );
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(output(&new, &["audit"]).1, Some(0));
        assert_eq!(mode(&new.data_dir.path().join("green-homes.db")), 0o600);
    });
}

/// Registers homes until the server is gone.
async fn write(partner: Client, writer: usize, written: Rc<RefCell<usize>>) {
    for n in 0.. {
        let body = home(&format!("{writer}-{n}")).to_string().into_bytes();
        let headers = [("content-type", "application/json")];
        match partner.try_send("POST", "/v1/installations", &headers, Some(body)).await {
            Some(reply) if reply.status == 201 => *written.borrow_mut() += 1,
            Some(reply) => panic!("{} {}", reply.status, reply.text),
            None => return,
        }
    }
}

async fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "it never came to that");
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The entry of the restoration, as the chain has it.
fn check_entry(database: &TestDatabase, manifest: &Value, report: &Value) {
    let words = "SELECT actor || ' ' || action || ' ' || cause || ' ' || lower(hex(hash)) AS line FROM entries \
                 ORDER BY version DESC LIMIT 1";
    let expected = format!("command-line restore administration {}", report["head_hash"].as_str().unwrap());
    assert_eq!(db_lines(&database.url, words), [expected]);
    let facts = db_lines(&database.url, "SELECT facts AS line FROM entry_facts ORDER BY version DESC LIMIT 1");
    let facts: Value = serde_json::from_str(&facts[0]).unwrap();
    let backup = json!({"version": manifest["version"], "hash": manifest["head_hash"], "made_at": manifest["made_at"]});
    let void = json!({"versions_after": manifest["version"], "published_before": report["restored_at"]});
    assert_eq!(facts, json!({"backup": backup, "void": void}));
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn kill_a_backup_in_the_middle_leaves_none_that_restore_accepts() {
    let database = installed();
    partner_client(&database, "WRITER");
    // So much that copying and auditing it takes a while.
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) \
                INSERT INTO audits SELECT datetime('2026-01-01', i || ' seconds'), 1, 1, 0 FROM n";
    db_execute(&database.url, many).unwrap();
    for attempt in 0.. {
        let (place, directory) = place();
        let mut child = command(&database, database.data_dir.path())
            .arg("backup")
            .arg(&directory)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while names(place.path()).is_empty() {
            assert!(child.try_wait().unwrap().is_none_or(|status| status.success()), "it failed by itself");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let left = names(place.path());
        if left == ["one"] {
            assert!(attempt < 20, "it is never in the middle");
            continue;
        }
        assert!(left.len() == 1 && left[0].starts_with(".one.partial-"), "{left:?}");
        for candidate in [place.path().join(&left[0]), directory] {
            let new = installed();
            let refused = carry_out(&new, &["restore", candidate.to_str().unwrap()]);
            assert_eq!(refused.status.code(), Some(1));
            let why = if candidate.exists() { "is no backup" } else { "there is no directory" };
            assert!(said(&refused).contains(why), "{}", said(&refused));
            assert_eq!(names(new.data_dir.path()), Vec::<String>::new());
        }
        return;
    }
}

#[test]
fn back_up_a_register_that_was_tampered_with_fails_and_says_so() {
    let database = installed();
    partner_client(&database, "WRITER");
    for change in [
        "UPDATE register_head SET recorded_at = '2030-01-01 00:00:00'",
        "UPDATE register_head SET recorded_at = (SELECT max(recorded_at) FROM entries); DROP TRIGGER journal_refuse_update",
    ] {
        db_execute(&database.url, change).unwrap();
        let (place, directory) = place();
        let failed = carry_out(&database, &["backup", directory.to_str().unwrap()]);
        assert!(failed.status.code() == Some(1) && said(&failed).contains("found 1 things"), "{}", said(&failed));
        let left = names(place.path());
        assert!(left.len() == 1 && left[0].starts_with(".one.partial-"), "it is kept to be looked into: {left:?}");
        assert_eq!(names(&place.path().join(&left[0])), ["green-homes.db"], "and has no manifest");
    }
}

#[test]
fn back_up_into_a_directory_in_use_is_refused() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (place, directory) = place();
    let refused = carry_out(&database, &["backup", place.path().join("..").to_str().unwrap()]);
    assert!(refused.status.code() == Some(1), "{}", said(&refused));
    fs::create_dir(&directory).unwrap();
    backed_up(&database, &directory);
    let whole = fs::read(directory.join("manifest.json")).unwrap();
    let link = place.path().join("link");
    symlink("nowhere", &link).unwrap();
    let file = place.path().join("file");
    fs::write(&file, "x").unwrap();
    // Not even a key is made for what is refused.
    fs::remove_file(database.data_dir.path().join("signing-key.pem")).unwrap();
    for (name, why) in [("one", "is not empty"), ("link", "leads nowhere"), ("file", "Not a directory")] {
        let refused = carry_out(&database, &["backup", place.path().join(name).to_str().unwrap()]);
        assert!(refused.status.code() == Some(1) && said(&refused).contains(why), "{}", said(&refused));
        assert_eq!(names(place.path()), ["file", "link", "one"], "{name}");
    }
    assert!(!database.data_dir.path().join("signing-key.pem").exists());
    assert_eq!(fs::read(directory.join("manifest.json")).unwrap(), whole);
}

#[test]
fn back_up_through_a_link_to_an_empty_directory_fills_that_directory() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (place, directory) = place();
    fs::create_dir(&directory).unwrap();
    symlink(&directory, place.path().join("link")).unwrap();
    backed_up(&database, &place.path().join("link"));
    assert_eq!(names(place.path()), ["link", "one"]);
    restored(&installed(), &directory);
}

#[test]
fn back_up_into_the_data_directory_is_refused() {
    let database = installed();
    partner_client(&database, "WRITER");
    let place = tempfile::tempdir().unwrap();
    symlink(database.data_dir.path(), place.path().join("link")).unwrap();
    for inside in [database.data_dir.path().join("backups/one"), place.path().join("link/new/one")] {
        let refused = carry_out(&database, &["backup", inside.to_str().unwrap()]);
        assert!(
            refused.status.code() == Some(1) && said(&refused).contains("lies in the data directory"),
            "{}",
            said(&refused)
        );
        assert!(!inside.exists());
    }
}

/// The second would only find out at its end, when the audit of a big register is done.
#[test]
fn back_up_to_a_name_that_another_backup_is_writing_is_refused_before_it_copies() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (place, directory) = place();
    // As a running backup holds its draft, and as one that was killed left it.
    let [running, killed] = ["running", "killed"].map(|end| place.path().join(format!(".one.partial-{end}")));
    for draft in [&running, &killed] {
        fs::create_dir(draft).unwrap();
    }
    let held = fs::File::open(&running).unwrap();
    held.lock().unwrap();
    let refused = carry_out(&database, &["backup", directory.to_str().unwrap()]);
    let why = format!("another backup is writing {}", running.display());
    assert!(refused.status.code() == Some(1) && said(&refused).contains(&why), "{}", said(&refused));
    assert_eq!(names(place.path()), [".one.partial-killed", ".one.partial-running"]);
    drop(held);
    backed_up(&database, &directory);
    assert_eq!(names(place.path()), [".one.partial-killed", ".one.partial-running", "one"]);
}

/// Of two at once that name the same directory one is whole; the other was refused, and left nothing.
#[test]
fn back_up_twice_at_once_to_one_name_makes_one_backup() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (place, directory) = place();
    let start = || {
        let mut backup = command(&database, database.data_dir.path());
        backup.arg("backup").arg(&directory).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let (done, refused): (Vec<_>, Vec<_>) = both.iter().partition(|output| output.status.success());
    assert_eq!(done.len(), 1, "{}{}", said(&both[0]), said(&both[1]));
    let why = said(refused[0]).to_lowercase();
    assert!(why.contains("another backup is writing") || why.contains("not empty"), "{why}");
    assert_eq!(names(place.path()), ["one"]);
    restored(&installed(), &directory);
}

#[test]
fn back_up_or_restore_on_postgres_names_its_own_tools_without_the_password() {
    let mut database = TestDatabase::postgres();
    database.url = "postgres://keeper:hidden@db.example:5433/green?sslmode=require".to_owned();
    for (name, tool) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
        let refused = carry_out(&database, &[name, "/backups/it's one"]);
        let said = said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.contains(tool) && said.contains("--dbname='postgres://keeper@db.example:5433/green?sslmode=require'")
        );
        assert!(said.contains(r"'/backups/it'\''s one'") && !said.contains("hidden"), "{said}");
    }
}
