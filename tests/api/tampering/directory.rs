//! Whoever has the database's password and adds an administrator, gives a client more, lets a suspended partner in, or puts a
//! secret of their own beside another, is found.

use std::fmt::Write;

use chrono::TimeDelta;
use green_homes::api::MAKE;
use green_homes::db::ledger::audit_scan;
use green_homes::domain::chain::{GENESIS, SealedColumns, chain_hash, facts_digest};
use green_homes::domain::records::{NewClient, NewPartner, NewProject, Role};
use green_homes::domain::reference::ProvinceId;
use green_homes::domain::values::{Code, Name, hex};
use green_homes::register::audit::audit;
use green_homes::register::{Command, DirectoryChange};
use serde_json::{Map, Value};

use crate::support::{App, Passing, TestDatabase, clock_at, db_lines, on_both_databases};

use super::{copy_of, db_execute, names};

on_both_databases!(
    change_the_directory_is_found_and_named,
    delete_a_secret_is_found_until_it_has_ended,
    audit_entries_of_an_older_program_proves_what_they_sealed_and_no_more,
);

const CHANGES: [(&str, &str); 35] = [
    (
        "INSERT INTO clients (client_id, name, role, created_at) VALUES ('c-new', 'x', 'admin', '2026-01-01 00:00:00')",
        "client c-new",
    ),
    ("UPDATE clients SET role = 'admin' WHERE client_id = 'c-reviewer'", "client c-reviewer"),
    ("UPDATE clients SET province_code = NULL WHERE client_id = 'c-reviewer'", "client c-reviewer"),
    ("UPDATE clients SET affiliation = NULL WHERE client_id = 'c-reviewer'", "client c-reviewer"),
    ("UPDATE clients SET partner = 'TRYOUT' WHERE client_id = 'c-partner'", "client c-partner"),
    ("UPDATE clients SET revoked_at = NULL WHERE client_id = 'c-gone'", "client c-gone"),
    ("UPDATE clients SET revoked_at = '2026-01-01 00:00:00' WHERE client_id = 'c-gone'", "client c-gone"),
    ("UPDATE clients SET revoked_at = created_at WHERE client_id = 'c-admin'", "client c-admin"),
    ("UPDATE clients SET created_at = '2026-01-01 00:00:00' WHERE client_id = 'c-admin'", "client c-admin"),
    ("DELETE FROM clients WHERE client_id = 'c-gone'", "client c-gone"),
    ("UPDATE clients SET client_id = 'c-other' WHERE client_id = 'c-gone'", "client c-other"),
    ("UPDATE partners SET suspended_at = NULL WHERE code = 'SHUT'", "partner SHUT"),
    ("UPDATE partners SET suspended_at = created_at WHERE code = 'AGAIN'", "partner AGAIN"),
    ("UPDATE partners SET sandbox = NOT sandbox WHERE code = 'TRYOUT'", "partner TRYOUT"),
    ("UPDATE partners SET sandbox = NOT sandbox WHERE code = 'SOLARCO'", "partner SOLARCO"),
    ("UPDATE partners SET listed = NOT listed WHERE code = 'SOLARCO'", "partner SOLARCO"),
    ("UPDATE partners SET name = 'Another' WHERE code = 'SOLARCO'", "partner SOLARCO"),
    ("UPDATE partners SET kind = 'state' WHERE code = 'SOLARCO'", "partner SOLARCO"),
    ("UPDATE partners SET vcca_role = NULL WHERE code = 'SOLARCO'", "partner SOLARCO"),
    (
        "INSERT INTO partners SELECT 'NEW', name, kind, vcca_role, listed, sandbox, NULL, created_at, NULL, NULL FROM partners \
         WHERE code = 'SOLARCO'",
        "partner NEW",
    ),
    ("UPDATE partners SET daily_installations = 9000000 WHERE code = 'AGAIN'", "partner AGAIN"),
    ("UPDATE partners SET quota_until = '2099-01-01' WHERE code = 'AGAIN'", "partner AGAIN"),
    (
        "UPDATE partners SET daily_installations = 5, quota_until = '2099-01-01' WHERE code = 'SOLARCO'",
        "partner SOLARCO",
    ),
    ("DELETE FROM partners WHERE code = 'AGAIN'", "partner AGAIN"),
    ("UPDATE projects SET name_en = 'Another'", "project P-1"),
    ("UPDATE projects SET funder = 'Another'", "project P-1"),
    ("INSERT INTO projects SELECT 'P-2', name_vi, name_en, funder, created_at FROM projects", "project P-2"),
    ("DELETE FROM projects", "project P-1"),
    (
        "INSERT INTO client_secrets (client_id, hash, created_at) SELECT client_id, 'mine', created_at FROM clients \
         WHERE client_id = 'c-admin'",
        "secret of client c-admin",
    ),
    ("UPDATE client_secrets SET hash = 'mine' WHERE client_id = 'c-admin'", "secret of client c-admin"),
    ("UPDATE client_secrets SET expires_at = NULL WHERE client_id = 'c-two'", "secret of client c-two"),
    (
        "UPDATE client_secrets SET expires_at = '2099-01-01 00:00:00' WHERE expires_at IS NOT NULL AND client_id = 'c-two'",
        "secret of client c-two",
    ),
    ("DELETE FROM client_secrets WHERE client_id = 'c-admin'", "secret of client c-admin"),
    ("DELETE FROM client_secrets WHERE client_id = 'c-two'", "secret of client c-two"),
    ("UPDATE client_secrets SET client_id = 'c-admin' WHERE client_id = 'c-reviewer'", "secret of client c-admin"),
];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn new_client(role: Role) -> NewClient {
    NewClient { role, partner: None, affiliation: None, province: None, name: name("client") }
}

/// A register with a directory in which everything was done that can be done, some of it twice.
async fn administered(database: TestDatabase) -> Passing {
    let days = Passing::begin(database).await;
    let change = |change: DirectoryChange| days.change(Command::Directory(change)).map(drop).unwrap();
    let partner = |code: &str, sandbox: bool| NewPartner {
        code: Code::parse(code).unwrap(),
        name: name(code),
        kind: Some(name("company")),
        vcca_role: Some(name("member")),
        listed: true,
        sandbox,
    };
    for (code, sandbox) in [("SOLARCO", false), ("TRYOUT", true), ("SHUT", false), ("AGAIN", false)] {
        change(DirectoryChange::AddPartner(partner(code, sandbox)));
    }
    let code = |code: &str| Code::parse(code).unwrap();
    for shut in ["SHUT", "AGAIN", "AGAIN"] {
        change(DirectoryChange::SuspendPartner(code(shut)));
    }
    change(DirectoryChange::ResumePartner(code("AGAIN")));
    let project = NewProject {
        code: Code::parse("P-1").unwrap(),
        name_vi: name("Một"),
        name_en: name("One"),
        funder: Some(name("Fund")),
    };
    change(DirectoryChange::AddProject(project));
    let reviewer = NewClient {
        affiliation: Some(code("TRYOUT")),
        province: ProvinceId::parse("01"),
        ..new_client(Role::Reviewer)
    };
    let of_partner = NewClient { partner: Some(code("SOLARCO")), ..new_client(Role::Partner) };
    for (client_id, new) in [
        ("c-admin", new_client(Role::Admin)),
        ("c-reviewer", reviewer),
        ("c-partner", of_partner),
        ("c-gone", new_client(Role::Dashboard)),
        ("c-two", new_client(Role::Dashboard)),
    ] {
        let (client_id, secret_hash) = (client_id.to_owned(), format!("first hash of {client_id}"));
        change(DirectoryChange::AddClient { new, client_id, secret_hash });
    }
    for _ in 0..2 {
        change(DirectoryChange::RevokeClient { client_id: "c-gone".to_owned() });
    }
    for secret_hash in ["second", "third"] {
        let (client_id, keep_old) = ("c-two".to_owned(), TimeDelta::hours(24));
        change(DirectoryChange::ResetSecret { client_id, secret_hash: secret_hash.to_owned(), keep_old });
    }
    days
}

async fn change_the_directory_is_found_and_named(database: TestDatabase) {
    let database = administered(database).await.app.stop().await;
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    for (change, named) in CHANGES {
        let copy = copy_of(&database);
        db_execute(&copy.url, change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(!report.ok && names(&report, named), "{change}: {:?}", report.findings);
    }
    if database.is_sqlite() {
        let copy = copy_of(&database);
        db_execute(
            &copy.url,
            "UPDATE clients SET created_at = 'never'; UPDATE register_head SET recorded_at = '2030-01-01 00:00:00'",
        );
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(names(&report, "directory") && names(&report, "head"), "{report:?}");
        let copy = copy_of(&database);
        db_execute(&copy.url, "UPDATE entries SET recorded_at = 'never' WHERE version = 5");
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(!report.ok && names(&report, "register"), "{report:?}");
    }
    let facts = db_lines(&database.url, "SELECT facts AS line FROM entry_facts").concat();
    assert!(facts.contains("secret_sha256") && !facts.contains("hash of"), "a digest of the hash, and not the hash");
}

/// The end of a secret is past once an entry stands after it. Its row opens nothing then.
async fn delete_a_secret_is_found_until_it_has_ended(database: TestDatabase) {
    let Passing { app, now } = administered(database).await;
    let database = app.stop().await;
    let ended = "DELETE FROM client_secrets WHERE expires_at IS NOT NULL";
    let copy = copy_of(&database);
    db_execute(&copy.url, ended);
    assert!(names(&audit(&copy.db_open(), MAKE).unwrap(), "secret of client c-two"));
    *now.lock().unwrap() += TimeDelta::days(2);
    let days = Passing { app: App::start_at(database, clock_at(now.clone())).await, now };
    days.change(Command::Directory(DirectoryChange::ResumePartner(Code::parse("SHUT").unwrap()))).unwrap();
    let database = days.app.stop().await;
    db_execute(&database.url, ended);
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

async fn audit_entries_of_an_older_program_proves_what_they_sealed_and_no_more(database: TestDatabase) {
    let database = administered(database).await.app.stop().await;
    reseal(&database, |facts| {
        for younger in ["kind", "vcca_role", "listed", "funder", "secret_sha256"] {
            facts.remove(younger);
        }
    });
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    for unproved in [
        "UPDATE partners SET listed = NOT listed",
        "UPDATE projects SET funder = NULL",
        "UPDATE client_secrets SET hash = 'mine' WHERE client_id = 'c-admin'",
    ] {
        let copy = copy_of(&database);
        db_execute(&copy.url, unproved);
        assert!(audit(&copy.db_open(), MAKE).unwrap().ok, "{unproved}");
    }
    for (change, named) in CHANGES {
        let younger = ["SET listed", "SET kind", "SET vcca_role", "SET funder", "SET hash"];
        if younger.iter().any(|column| change.contains(column)) {
            continue;
        }
        let copy = copy_of(&database);
        db_execute(&copy.url, change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        assert!(!report.ok && names(&report, named), "{change}: {:?}", report.findings);
    }
}

/// Makes the chain anew as a program would have made it that sealed other facts.
fn reseal(database: &TestDatabase, change: impl Fn(&mut Map<String, Value>)) {
    let open = database.db_open();
    let mut connection = open.connection().unwrap();
    let entries = audit_scan::entries(&mut connection, 0, i64::MAX).unwrap();
    let facts = audit_scan::facts(&mut connection, 0, i64::MAX).unwrap();
    drop(connection);
    drop(open);
    let bytes = |bytes: &[u8]| {
        let hex = hex(bytes);
        if database.is_sqlite() { format!("X'{hex}'") } else { format!("'\\x{hex}'") }
    };
    let (mut previous, mut script) = (GENESIS.to_vec(), String::new());
    for (entry, facts) in entries.iter().zip(&facts) {
        let mut sealed: Value = serde_json::from_str(&facts.facts).unwrap();
        change(sealed.as_object_mut().unwrap());
        let text = sealed.to_string();
        let digest = facts_digest(facts.salt.as_ref().unwrap(), &text, facts.note.as_deref());
        let hash = chain_hash(&SealedColumns {
            version: entry.version,
            recorded_at: entry.recorded_at,
            words: [&entry.actor, &entry.action, &entry.cause, &entry.subject],
            digest: &digest,
            journal_digest: &entry.journal_digest,
            previous: &previous,
        });
        let (version, before) = (entry.version, bytes(&previous));
        writeln!(
            script,
            "UPDATE entry_facts SET facts = '{text}' WHERE version = {version};
             UPDATE entries SET digest = {}, previous = {before}, hash = {} WHERE version = {version};",
            bytes(&digest),
            bytes(&hash)
        )
        .unwrap();
        previous = hash.to_vec();
    }
    write!(script, "UPDATE register_head SET hash = {}", bytes(&previous)).unwrap();
    db_execute(&database.url, &script);
}
