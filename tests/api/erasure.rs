//! Erasure: the person goes, the count and the chain stay.

use std::io::Write;
use std::process::Stdio;

use diesel::connection::SimpleConnection;
use green_homes::api::MAKE;
use green_homes::domain::records::{Actor, Role};
use green_homes::domain::values::Tier;
use green_homes::domain::values::{InstallationId, Note, SiteId};
use green_homes::register::audit::audit;
use green_homes::register::{
    BatchTransaction, Command, Done, HomeCommand, HomeDone, InstallationChange, Request, SitesChange, system_clock,
};
use serde_json::{Value, json};

use crate::process::{command, output};
use crate::support::{App, Client, TestDatabase, db_lines, home, on_both_databases, run};
use crate::tampering::{copy_of, db_execute};

on_both_databases!(
    erase_a_site_takes_the_person_and_leaves_the_count,
    erase_a_site_in_the_batch_of_its_note_takes_the_note,
    erase_a_site_twice_in_one_batch_is_one_erasure,
    erase_a_site_takes_those_that_were_merged_into_it,
    erase_finds_the_home_by_what_its_householder_says_and_asks,
    erase_without_an_entry_or_name_what_is_still_there_is_found,
    look_for_what_is_still_held_finds_notes_alone,
);

const ADDRESS: &str = "Ngõ 4715 phố Dấu Vết";
const GRID_CODE: &str = "PE99000471599";
const NOTE: &str = "chủ nhà đi vắng 4716";

async fn erase_a_site_takes_the_person_and_leaves_the_count(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let (id, other) = (partner.register(&identified("a")).await, partner.register(&home("b")).await);
    let path = format!("/v1/installations/{id}");
    verify(&reviewer, &id, NOTE).await;
    verify(&reviewer, &other, "another's").await;
    let before = partner.get(&path).await;
    let counted = app.counted_at(app.db_version()).await;

    let (erased, code) = output(&app.database, &["erase", "--installation", &id, "--yes"]);
    assert_eq!(code, Some(0), "{erased}");
    assert_eq!(erased["personal_data"], json!(["address", "grid_customer_code", "location"]));
    assert_eq!((&erased["changed"], erased["notes"].as_array().unwrap().len()), (&json!(true), 1), "{erased}");

    let after = partner.get(&path).await;
    assert_ne!(after.header("etag"), before.header("etag"));
    let consent = json!({"on": "2026-01-23", "text_version": 1});
    let private = json!({"address": null, "grid_customer_code": null, "location": null, "consent": consent,
        "consent_withdrawn_on": erased["consent_withdrawn_on"]});
    assert_eq!(after.body["data"]["site"]["private"], private);
    assert_eq!(notes(&app.database), ["another's"]);
    let version = app.db_version();
    assert_eq!(app.counted_at(version).await, counted);
    assert_audit_is_clean(&app.database);

    let again = partner.post("/v1/installations", &identified("a")).await;
    assert_eq!((again.status, &again.body["data"]["outcome"]), (200, &json!("unchanged")), "{}", again.text);
    let warnings = again.body["data"]["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|one| one["code"] == "site_differs"), "{}", again.text);
    assert_eq!(partner.get(&path).await.body["data"]["site"]["private"], private);
    let site = after.body["data"]["site"]["id"].as_str().unwrap();
    let (repeated, code) = output(&app.database, &["erase", "--site", site, "--yes"]);
    assert_eq!((code, &repeated["changed"], app.db_version()), (Some(0), &json!(false), version), "{repeated}");
    assert_eq!(output(&app.database, &["erase", "--site", &uuid::Uuid::nil().to_string()]).1, Some(1));
    assert_eq!(output(&app.database, &["erase"]).1, Some(2));
    let database = app.stop().await;
    assert_no_bytes_linger(&database);
}

/// A note that the same batch writes is not in the database yet.
async fn erase_a_site_in_the_batch_of_its_note_takes_the_note(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let id = partner.register(&identified("a")).await;
    let site = partner.get(&format!("/v1/installations/{id}")).await.body["data"]["site"]["id"].clone();
    let (id, site) = (InstallationId::parse(&id).unwrap(), SiteId::parse(site.as_str().unwrap()).unwrap());
    let verify = Command::Installation {
        id,
        change: InstallationChange::Verify { tier: Tier::Inspected },
        note: Note::parse(NOTE).ok(),
    };
    let by = |command| Request::new(Actor::operator("test"), command);
    let erase = || by(Command::Home(HomeCommand::Erase { site }));
    let requests = [by(verify), erase(), erase()];
    let executed = BatchTransaction::new(app.database.db_open(), system_clock()).execute(&requests.each_ref());
    assert_eq!(executed.committed.len(), 1, "one batch");
    let [Ok(_), Ok(Done::Home(HomeDone::Erased(erased))), Ok(Done::Home(HomeDone::Erased(again)))] =
        &executed.results[..]
    else {
        panic!("{:?}", executed.results)
    };
    assert_eq!(erased.notes, [executed.committed[0].version - 1]);
    assert!(!again.changed && again.notes.is_empty(), "what is erased is erased: {again:?}");
    assert_eq!(notes(&app.database), Vec::<String>::new());
    assert_audit_is_clean(&app.database);
    app.stop().await;
}

/// A note that was written before still stands in the database when the same batch erases it twice.
async fn erase_a_site_twice_in_one_batch_is_one_erasure(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let id = partner.register(&identified("a")).await;
    verify(&reviewer, &id, NOTE).await;
    let site = partner.get(&format!("/v1/installations/{id}")).await.body["data"]["site"]["id"].clone();
    let site = SiteId::parse(site.as_str().unwrap()).unwrap();
    let erase = || Request::new(Actor::operator("test"), Command::Home(HomeCommand::Erase { site }));
    let executed = BatchTransaction::new(app.database.db_open(), system_clock()).execute(&[&erase(), &erase()]);
    let changed: Vec<bool> = executed
        .results
        .iter()
        .map(|result| matches!(result, Ok(Done::Home(HomeDone::Erased(erased))) if erased.changed))
        .collect();
    assert_eq!(changed, [true, false]);
    assert_audit_is_clean(&app.database);
    app.stop().await;
}

async fn erase_a_site_takes_those_that_were_merged_into_it(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let mut second = identified("b");
    second["site"]["grid_customer_code"] = "PE99000471588".into();
    let (_, stays) = partner.register_home(&identified("a")).await;
    let (_, goes) = partner.register_home(&second).await;
    let (into, from) = (site_of(&stays).await, site_of(&goes).await);
    let merge = Request::new(Actor::operator("test"), Command::Sites(SitesChange::Merge { from, into }));
    let merged = BatchTransaction::new(app.database.db_open(), system_clock()).execute(&[&merge]);
    assert!(merged.results.iter().all(Result::is_ok), "{:?}", merged.results);
    assert_eq!(site_of(&goes).await, into, "the code of the one that went opens the one that stayed");
    let (erased, code) = output(&app.database, &["erase", "--site", &from.to_string(), "--yes"]);
    assert_eq!((code, erased["sites"].as_array().unwrap().len()), (Some(0), 2), "{erased}");
    let held = "SELECT site AS line FROM site_private WHERE address IS NOT NULL OR grid_customer_code IS NOT NULL \
                OR lat_microdeg IS NOT NULL OR consent_withdrawn_on IS NULL";
    assert_eq!(db_lines(&app.database.url, held), Vec::<String>::new());
    assert_audit_is_clean(&app.database);
    app.stop().await;
}

async fn erase_finds_the_home_by_what_its_householder_says_and_asks(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let mut home = identified("a");
    home["site"]["external_id"] = "SITE-A".into();
    let id = partner.register(&home).await;
    let mut neighbour = identified("b");
    neighbour["site"]["grid_customer_code"] = "PE99000471588".into();
    neighbour["site"]["address"] = "Ngõ 4715 phố Đồng Dấu".into();
    partner.register(&neighbour).await;
    let erase = |how: &[&str], answer: &str| answered(&app.database, &[&["erase"], how].concat(), answer);

    let ways: [&[&str]; 6] = [
        &["--partner", "solarco", "--external-id", "I-a"],
        &["--partner", "SOLARCO", "--external-id", "SITE-A"],
        &["--customer-code", "PE 9900.0471-599"],
        &["--address", "4715 PHO DAU VET"],
        &["--installation", &id],
        &["--address", "phố Dấu"],
    ];
    for how in ways {
        let (said, code) = erase(how, "no\n");
        assert_eq!(code, Some(1), "{how:?}: {said}");
        assert!(said.contains(ADDRESS) && said.contains(&id) && said.contains("nothing was erased"), "{how:?}: {said}");
        assert!(!said.contains("Đồng Dấu"), "{how:?}: {said}");
    }
    let (said, code) = erase(ways[0], "");
    assert!(code == Some(1) && said.contains("nothing was erased"), "nobody answers: {said}");
    let (said, code) = erase(&["--customer-code", "PE99000471599", "--partner", "SOLARCO"], "yes\n");
    assert!(
        code == Some(2) && said.contains("cannot be used with"),
        "it would look as if it narrowed the search: {said}"
    );
    // Another partner recorded the same home.
    let other = app.partner("VOLTCO").await.register(&identified("v")).await;
    let (said, code) = erase(ways[0], "no\n");
    assert!(code == Some(1) && said.contains("has the same customer code"), "{other}: {said}");
    assert_eq!(erase(&["--installation", &other], "yes\n").1, Some(0));
    let version = app.db_version();
    let (said, code) = erase(&["--address", "ngo 4715"], "yes\n");
    assert!(
        code == Some(1) && said.contains("2 sites are meant: erase each that is this person's by --site"),
        "{said}"
    );
    for nobody in [
        &["--partner", "OTHER", "--external-id", "I-a"][..],
        &["--customer-code", "PE00000000000"],
        &["--address", "phố Không Ai"],
    ] {
        let (said, code) = erase(nobody, "yes\n");
        assert!(code == Some(1) && said.contains("there is no "), "{nobody:?}: {said}");
    }
    for half in [&["--external-id", "I-a"][..], &["--partner", "SOLARCO"], &["--site", &id, "--address", "x"]] {
        assert_eq!(erase(half, "yes\n").1, Some(2), "{half:?}");
    }
    assert_eq!(app.db_version(), version, "nothing was erased so far");

    let (said, code) = erase(ways[3], "yes\n");
    assert_eq!(code, Some(0), "{said}");
    let held = "SELECT address AS line FROM site_private WHERE address IS NOT NULL";
    assert_eq!(db_lines(&app.database.url, held), ["Ngõ 4715 phố Đồng Dấu"]);
    assert_eq!(erase(ways[3], "yes\n").1, Some(1), "nobody lives there any more");
    app.stop().await;
}

/// What a command says to this answer, and its exit code.
fn answered(database: &TestDatabase, arguments: &[&str], answer: &str) -> (String, Option<i32>) {
    let mut asked = command(database, database.data_dir.path());
    asked.args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut asked = asked.spawn().unwrap();
    // The command may have refused before it asks.
    let _ = asked.stdin.take().unwrap().write_all(answer.as_bytes());
    let done = asked.wait_with_output().unwrap();
    (String::from_utf8(done.stderr).unwrap(), done.status.code())
}

/// The site that a householder's code opens.
async fn site_of(householder: &Client) -> SiteId {
    let seen = householder.get("/v1/householder").await;
    SiteId::parse(seen.body["data"]["site"].as_str().unwrap()).unwrap()
}

async fn erase_without_an_entry_or_name_what_is_still_there_is_found(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let id = partner.register(&identified("a")).await;
    verify(&reviewer, &id, NOTE).await;
    let noted = app.db_version();
    let database = app.stop().await;
    let salt = if database.is_sqlite() { "quote(salt)" } else { "'''\\x' || encode(salt, 'hex') || ''''" };
    let salt = db_lines(&database.url, &format!("SELECT {salt} AS line FROM entry_facts WHERE version = {noted}"));
    assert_eq!(output(&database, &["erase", "--installation", &id, "--yes"]).1, Some(0));
    assert_audit_is_clean(&copy_of(&database));
    let restored = format!("SET salt = {}, note = '{NOTE}' WHERE version = {noted}", salt[0]);
    let changes = [
        (format!("UPDATE entry_facts {restored}"), format!("facts {noted}"), "they were not"),
        (
            format!("UPDATE entry_facts SET note = 'x' WHERE version = {noted}"),
            format!("facts {noted}"),
            "without a salt",
        ),
        (
            format!("UPDATE entry_facts SET salt = NULL WHERE version = {}", noted - 1),
            format!("facts {}", noted - 1),
            "no entry says so",
        ),
        (
            format!("UPDATE entry_facts SET salt = NULL WHERE version = {}", noted + 1),
            format!("facts {noted}"),
            "no entry says so",
        ),
        (
            format!("UPDATE entry_facts SET facts = replace(facts, '[{noted}]', '[]') WHERE version = {}", noted + 1),
            format!("facts {}", noted + 1),
            "do not match",
        ),
    ];
    for (change, what, problem) in changes {
        let copy = copy_of(&database);
        db_execute(&copy.url, &change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        let found = report.findings.iter().any(|found| found.what == what && found.problem.contains(problem));
        assert!(found, "{change}: {:?}", report.findings);
    }
}

/// The query of docs/operations.md for the day on which the promised time is over.
async fn look_for_what_is_still_held_finds_notes_alone(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let id = partner.register(&identified("address")).await;
    let address = partner.get(&format!("/v1/installations/{id}")).await.body["data"]["site"]["id"].clone();
    verify(&reviewer, &partner.register(&home("note")).await, NOTE).await;
    let mut withdrawn = identified("dispute");
    withdrawn["site"]["grid_customer_code"] = "PE99000471588".into();
    let (_, householder) = partner.register_home(&withdrawn).await;
    partner.register(&home("nothing")).await;
    assert_eq!(householder.post("/v1/householder/withdraw-consent", &json!({})).await.status, 200);
    let dispute = json!({"reason": "other", "note": NOTE});
    assert!(householder.post("/v1/householder/dispute", &dispute).await.status < 300);

    let document = include_str!("../../docs/operations.md");
    let (_, query) = document.split_once("\nheld=\"").unwrap();
    let (query, _) = query.split_once("\"\n").unwrap();
    let held = format!("SELECT site AS line FROM ({query}) AS held");
    let found = db_lines(&app.database.url, &held);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().any(|site| *site == address) && found.contains(&site_of(&householder).await.to_string()));
    for site in &found {
        assert_eq!(output(&app.database, &["erase", "--site", site, "--yes"]).1, Some(0), "{site}");
    }
    assert_eq!(db_lines(&app.database.url, &held), Vec::<String>::new());
    assert_eq!(notes(&app.database), Vec::<String>::new());
    assert_audit_is_clean(&app.database);
    app.stop().await;
}

/// By the address nobody is found any more, so the command names the site.
#[test]
fn erase_while_somebody_reads_says_how_to_empty_the_log() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (_, householder) = app.partner("SOLARCO").await.register_home(&identified("a")).await;
        let site = site_of(&householder).await;
        let reader = app.database.db_open();
        let mut reading = reader.connection().unwrap();
        let green_homes::db::Connection::Sqlite(sqlite) = &mut reading else { panic!("SQLite") };
        sqlite.batch_execute("BEGIN; SELECT count(*) FROM entries").unwrap();
        let (said, code) = answered(&app.database, &["erase", "--address", ADDRESS, "--yes"], "");
        assert_eq!(code, Some(0), "{said}");
        let again = format!("`green-homes erase --site {site} --yes`");
        assert!(said.contains(&again), "{said}");
        sqlite.batch_execute("ROLLBACK").unwrap();
        let (said, code) = answered(&app.database, &["erase", "--site", &site.to_string(), "--yes"], "");
        assert!(code == Some(0) && !said.contains("write-ahead"), "{said}");
        drop(reading);
        assert_no_bytes_linger(&app.stop().await);
    });
}

/// A home with everything personal that a partner can send.
pub fn identified(name: &str) -> Value {
    let mut body = home(name);
    body["site"]["address"] = ADDRESS.into();
    body["site"]["grid_customer_code"] = GRID_CODE.into();
    body["site"]["location"] = json!({"lat": 21.03, "lon": 105.85});
    body["consent"] = json!({"on": "2026-01-23", "text_version": 1});
    body
}

pub async fn verify(reviewer: &Client, id: &str, note: &str) {
    let verify = json!({"evidence_tier": "inspected", "note": note});
    let reply = reviewer.post(&format!("/v1/installations/{id}/verify"), &verify).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

/// Every note that is kept.
pub fn notes(database: &TestDatabase) -> Vec<String> {
    db_lines(&database.url, "SELECT note AS line FROM entry_facts WHERE note IS NOT NULL ORDER BY version")
}

pub fn assert_audit_is_clean(database: &TestDatabase) {
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

/// Nothing of an [`identified`] home is left in the files of SQLite.
pub fn assert_no_bytes_linger(database: &TestDatabase) {
    assert_no_bytes_of(&[ADDRESS, GRID_CODE, NOTE], database);
}

/// None of these texts is left in the files of SQLite.
pub fn assert_no_bytes_of(texts: &[&str], database: &TestDatabase) {
    let Some(path) = database.url.strip_prefix("sqlite://") else { return };
    for file in [path.to_owned(), format!("{path}-wal")] {
        let bytes = std::fs::read(&file).unwrap_or_default();
        for text in texts {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{text} is still in {file}");
        }
    }
}
