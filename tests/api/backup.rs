//! The drill: a backup under load, the loss of the disk, a restoration, and a register that goes on.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Process, command, output, partner_client};
use crate::support::{Client, TestDatabase, db_execute, db_lines, home, progress_at, run, token};

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
        assert_eq!(progress["data"]["sites"]["reported"], json!(version - 3), "{progress}");
        partner.register(&home("after")).await;
        assert_eq!(progress_at(&server.address, version + 2).await["data"]["sites"]["reported"], json!(version - 2));
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

#[test]
fn restore_into_a_used_directory_is_refused_and_changes_nothing() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    let before = fs::read(database.data_dir.path().join("green-homes.db")).unwrap();
    let refused = carry_out(&database, &["restore", directory.to_str().unwrap()]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("is there already"), "{}", said(&refused));
    assert_eq!(fs::read(database.data_dir.path().join("green-homes.db")).unwrap(), before);
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Signs the manifest of a backup anew, as whoever has the key of a data directory can, after `change` has changed it.
fn sign_again(directory: &Path, data_dir: &Path, change: impl Fn(&mut Value)) {
    let pem = fs::read_to_string(data_dir.join("signing-key.pem")).unwrap();
    let der = STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    let key = Ed25519KeyPair::from_pkcs8(&der).unwrap();
    let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
    let thumbprint = digest(&SHA256, format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{x}\"}}").as_bytes());
    let path = directory.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["kid"] = json!(URL_SAFE_NO_PAD.encode(thumbprint));
    let database = fs::read(directory.join("green-homes.db")).unwrap();
    let sha256 = digest(&SHA256, &database);
    let sha256 = sha256.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    manifest["files"][0] = json!({"name": "green-homes.db", "bytes": database.len(), "sha256": sha256});
    change(&mut manifest);
    let manifest = manifest.to_string();
    let signature = URL_SAFE_NO_PAD.encode(key.sign(manifest.as_bytes()));
    fs::write(path, manifest).unwrap();
    fs::write(directory.join("manifest.sig"), json!({"public_key": x, "signature": signature}).to_string()).unwrap();
}

/// A restoration that is refused for this reason and leaves nothing behind.
fn check_refused(directory: &Path, arguments: &[&str], why: &str) {
    let new = installed();
    let refused = carry_out(&new, &[&["restore", directory.to_str().unwrap()], arguments].concat());
    assert!(refused.status.code() == Some(1) && said(&refused).contains(why), "{why}: {}", said(&refused));
    assert_eq!(names(new.data_dir.path()), Vec::<String>::new(), "{why}");
}

#[test]
fn restore_a_backup_with_a_changed_byte_is_refused() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    let path = directory.join("green-homes.db");
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(&path, changed).unwrap();
    check_refused(&directory, &[], "green-homes.db is not what was backed up");
    fs::write(&path, whole).unwrap();
    let files = ["manifest.json", "manifest.sig"].map(|name| directory.join(name));
    let whole = files.clone().map(|path| fs::read_to_string(path).unwrap());
    let put_back = || files.iter().zip(&whole).for_each(|(path, text)| fs::write(path, text).unwrap());
    for (from, to, why) in [
        ("\"format\": 2", "\"format\": 1", "the format 1, and is not signed"),
        ("\"format\": 2", "\"format\": 3", "format 3"),
        ("\"version\": 3", "\"version\": 4", "is not the signature of its manifest.json"),
        ("\"made_at\": \"2", "\"made_at\": \"3", "is not the signature of its manifest.json"),
        ("{", "", "broken"),
    ] {
        assert!(whole[0].contains(from), "{from}");
        fs::write(&files[0], whole[0].replacen(from, to, 1)).unwrap();
        check_refused(&directory, &[], why);
    }
    put_back();
    for (text, why) in
        [(String::new(), "manifest.sig is broken"), (whole[1].replace('"', "'"), "manifest.sig is broken")]
    {
        fs::write(&files[1], text).unwrap();
        check_refused(&directory, &[], why);
    }
    fs::remove_file(&files[1]).unwrap();
    check_refused(&directory, &[], "its manifest.sig cannot be read");
    put_back();
    // Even who has the key cannot make it say what the database does not.
    sign_again(&directory, database.data_dir.path(), |manifest| manifest["version"] = json!(4));
    check_refused(&directory, &[], "another version");
    sign_again(&directory, database.data_dir.path(), |manifest| {
        manifest["version"] = json!(3);
        manifest["files"][0]["name"] = json!("../green-homes.db");
    });
    check_refused(&directory, &[], "names the file");
    put_back();
    restored(&installed(), &directory);
}

/// Whoever changes a backup can sign it with a key of their own: only a key that is known apart from the backup tells.
#[test]
fn restore_a_backup_that_another_key_signed_is_refused_where_the_key_is_known() {
    let (database, other) = (installed(), installed());
    for database in [&database, &other] {
        partner_client(database, "WRITER");
    }
    let (_place, directory) = place();
    let kid = backed_up(&database, &directory)["kid"].as_str().unwrap().to_owned();
    let (_elsewhere, elsewhere) = place();
    let other_kid = backed_up(&other, &elsewhere)["kid"].as_str().unwrap().to_owned();
    assert_ne!(kid, other_kid);

    let new = installed();
    let done = carry_out(&new, &["restore", directory.to_str().unwrap(), "--kid", &kid]);
    assert!(done.status.success() && !said(&done).contains("compare this id"), "{}", said(&done));
    assert_eq!(serde_json::from_slice::<Value>(&done.stdout).unwrap()["trusted"], json!(true));

    sign_again(&directory, other.data_dir.path(), |_| {});
    check_refused(&directory, &["--kid", &kid], &format!("signed by the key {other_kid}, and not by {kid}"));
    let keyed = installed();
    let key = fs::read(database.data_dir.path().join("signing-key.pem")).unwrap();
    let keyed_file = keyed.data_dir.path().join("signing-key.pem");
    fs::write(&keyed_file, &key).unwrap();
    fs::set_permissions(&keyed_file, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = carry_out(&keyed, &["restore", directory.to_str().unwrap()]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("and not by"), "{}", said(&refused));
    assert_eq!(names(keyed.data_dir.path()), ["signing-key.pem"]);
    // Whoever says so may restore what an earlier key signed. The key that is there stays.
    let done = carry_out(&keyed, &["restore", directory.to_str().unwrap(), "--kid", &other_kid]);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(fs::read(keyed.data_dir.path().join("signing-key.pem")).unwrap(), key);
    // Where no key is known, the command says which it was.
    let done = carry_out(&installed(), &["restore", directory.to_str().unwrap()]);
    assert!(done.status.success() && said(&done).contains(&format!("by the key {other_kid}")), "{}", said(&done));
    assert!(said(&done).contains("compare this id"), "{}", said(&done));
    // A key that the manifest does not name.
    fs::copy(elsewhere.join("manifest.sig"), directory.join("manifest.sig")).unwrap();
    check_refused(&directory, &[], "is not the signature of its manifest.json");
}

/// A change of the copy is found even where the manifest was made again with the right key.
#[test]
fn restore_a_copy_that_was_changed_and_signed_again_is_refused_by_the_audit() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    let path = directory.join("green-homes.db");
    let whole = fs::read(&path).unwrap();
    let url = format!("sqlite://{}", path.display());
    let admin =
        "INSERT INTO clients (client_id, name, role, created_at) VALUES ('c-new', 'x', 'admin', '2026-01-01 00:00:00')";
    for (change, named) in [
        (admin, "client c-new: was added by no entry"),
        ("DROP TRIGGER entries_refuse_update", "schema trigger entries_refuse_update: is missing"),
    ] {
        fs::write(&path, &whole).unwrap();
        db_execute(&url, &format!("PRAGMA journal_mode = DELETE; {change}")).unwrap();
        sign_again(&directory, database.data_dir.path(), |_| {});
        check_refused(&directory, &[], named);
    }
}

#[test]
fn restore_what_is_refused_leaves_nothing_behind() {
    let database = installed();
    partner_client(&database, "WRITER");
    let (_place, directory) = place();
    backed_up(&database, &directory);
    // Refused at once, and after the database was copied.
    let whole = fs::read(directory.join("green-homes.db")).unwrap();
    let refuse = |what: &str| {
        let parent = tempfile::tempdir().unwrap();
        let new = parent.path().join("new").join("data");
        let mut restore = command(&database, &new);
        restore.env("DATABASE_URL", format!("sqlite://{}/green-homes.db", new.display()));
        let refused = restore.arg("restore").arg(&directory).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert_eq!(names(parent.path()), Vec::<String>::new(), "{what}");
    };
    fs::write(directory.join("green-homes.db"), b"no database").unwrap();
    refuse("another file");
    fs::write(directory.join("green-homes.db"), whole).unwrap();
    sign_again(&directory, database.data_dir.path(), |manifest| manifest["version"] = json!(4));
    refuse("another version");
    sign_again(&directory, database.data_dir.path(), |manifest| manifest["version"] = json!(3));
    let new = installed();
    let done = carry_out(&new, &["restore", directory.to_str().unwrap()]);
    let made_at = serde_json::from_slice::<Value>(&done.stdout).unwrap()["backup"]["made_at"].clone();
    assert!(said(&done).contains("revoke clients, suspend partners, reset secrets"), "{}", said(&done));
    let day = &made_at.as_str().unwrap()[..10];
    assert!(said(&done).contains(&format!("what was done after {day}")), "{}", said(&done));
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
            assert!(refused.status.code() == Some(1) && said(&refused).contains("is no backup"), "{}", said(&refused));
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

#[test]
fn migrate_a_database_in_use_keeps_a_copy_of_it_first() {
    let database = installed();
    partner_client(&database, "WRITER");
    {
        let open = database.db_open();
        green_homes::db::engine::revert_last(&mut open.connection().unwrap()).unwrap();
    }
    let schema = "SELECT max(version) AS line FROM __diesel_schema_migrations";
    let before = db_lines(&database.url, schema);
    let migrated = carry_out(&database, &["--log", "info", "migrate"]);
    assert!(migrated.status.success(), "{}", said(&migrated));
    let kept = database.data_dir.path().join("backups");
    let copies = names(&kept);
    assert!(copies.len() == 1 && copies[0].starts_with(&format!("schema-{}-", before[0])), "{copies:?}");
    assert!(said(&migrated).contains(&copies[0]), "the log says where: {}", said(&migrated));
    assert_eq!((mode(&kept), mode(&kept.join(&copies[0]))), (0o700, 0o600));
    let copy = format!("sqlite://{}", kept.join(&copies[0]).display());
    assert_eq!(db_lines(&copy, schema), before, "it is the database as it was");
    assert_eq!(db_lines(&copy, "SELECT code AS line FROM partners"), ["WRITER"]);
    assert_ne!(db_lines(&database.url, schema), before);
    assert!(carry_out(&database, &["migrate"]).status.success());
    assert_eq!(names(&kept).len(), 1, "nothing changes, nothing is kept");
}

#[test]
fn migrate_where_there_is_no_room_for_the_copy_leaves_no_draft() {
    let database = installed();
    partner_client(&database, "WRITER");
    {
        let open = database.db_open();
        green_homes::db::engine::revert_last(&mut open.connection().unwrap()).unwrap();
    }
    let migrate = command(&database, database.data_dir.path());
    let mut shell = Command::new("sh");
    // No file may grow beyond 32 KiB or so: the copy does not fit.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]).arg(migrate.get_program());
    shell.args(migrate.get_args()).arg("migrate").env_remove("DATABASE_URL_FILE").env("DATABASE_URL", &database.url);
    for _ in 0..2 {
        let failed = shell.output().unwrap();
        assert!(failed.status.code() == Some(1) && said(&failed).contains("no copy"), "{}", said(&failed));
        assert_eq!(names(&database.data_dir.path().join("backups")), Vec::<String>::new());
    }
}
