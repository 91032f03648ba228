//! Clients and partners: what limited clients see, new secrets, and shutting somebody out.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use green_homes::db::engine::migrations;
use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::process::{Process, client, command, output, partner_client, printed};
use crate::support::{App, Client, TestDatabase, clock_at, home, on_both_databases, run, token};

on_both_databases!(
    read_as_a_limited_client_shows_its_province_and_nothing_of_its_affiliation,
    reset_a_secret_keeps_the_old_one_for_the_stated_time,
    shut_out_or_let_in_again_twice_writes_one_entry,
    revoke_or_suspend_ends_tokens_in_every_process_within_a_second,
    command_on_an_older_schema_refuses_and_leaves_it,
    command_about_nobody_names_whom_it_did_not_find,
);

/// A client added over HTTP, with a token.
pub async fn added(app: &App, admin: &Client, body: &Value) -> Client {
    let made = admin.post("/v1/clients", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let text = |name: &str| made.body["data"][name].as_str().unwrap().to_owned();
    app.public().with_token(app.token(&text("client_id"), &text("client_secret")).await)
}

async fn read_as_a_limited_client_shows_its_province_and_nothing_of_its_affiliation(database: TestDatabase) {
    let app = App::start(database).await;
    let admin = app.role(Role::Admin).await;
    let (own, other) = (app.partner("OWN").await, app.partner("OTHER").await);
    let mut elsewhere = home("b");
    elsewhere["site"]["province_code"] = json!("79");
    let (mut visible, mut hidden) = (Vec::new(), Vec::new());
    for name in ["a", "c", "d"] {
        hidden.push(own.register(&home(name)).await);
        visible.push(other.register(&home(name)).await);
    }
    hidden.push(other.register(&elsewhere).await);
    let body = json!({"role": "reviewer", "name": "An", "province_code": "01", "affiliation": "OWN"});
    let reviewer = added(&app, &admin, &body).await;
    let me = reviewer.get("/v1/me").await.body["data"].clone();
    assert_eq!((&me["province_code"], &me["affiliation"]), (&json!("01"), &json!("OWN")));
    let pages = [
        reviewer.get("/v1/installations?limit=2").await,
        reviewer.get(&format!("/v1/installations?limit=2&cursor={}", visible[1])).await,
    ];
    let ids = |page: &Value| -> Vec<String> {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!([ids(&pages[0].body), ids(&pages[1].body)], [visible[..2].to_vec(), visible[2..].to_vec()]);
    assert_eq!(pages[0].body["page"]["next_cursor"], json!(visible[1]));
    assert_eq!(ids(&reviewer.get("/v1/installations?province=01&limit=2").await.body), visible[..2].to_vec());
    for path in ["/v1/installations?province=79", "/v1/review/queue?province=79&limit=1"] {
        let elsewhere = reviewer.get(path).await;
        assert_eq!((elsewhere.status, &elsewhere.body["code"]), (403, &json!("forbidden")), "{}", elsewhere.text);
        assert_eq!(
            elsewhere.body["detail"],
            "Tài khoản này chỉ xem được Hà Nội (01); hãy bỏ bộ lọc hoặc chọn tỉnh, thành đó."
        );
        assert_eq!(reviewer.get(&path.replace("79", "999")).await.errors().len(), 1, "a wrong value is named first");
    }
    for id in &hidden {
        let path = format!("/v1/installations/{id}");
        assert_eq!(reviewer.get(&path).await.status, 404);
        assert_eq!(reviewer.post(&format!("{path}/verify"), &json!({"evidence_tier": "document"})).await.status, 404);
        assert_eq!(reviewer.post(&format!("{path}/reject"), &json!({"reason": "other"})).await.status, 404);
    }
    let verify = format!("/v1/installations/{}/verify", visible[0]);
    assert_eq!(reviewer.post(&verify, &json!({"evidence_tier": "document"})).await.status, 200);
    let unknown = json!({"role": "reviewer", "name": "An", "affiliation": "NOBODY"});
    let refused = admin.post("/v1/clients", &unknown).await;
    assert_eq!(refused.errors(), [("/affiliation".to_owned(), "unknown_partner".to_owned())]);
    app.stop().await;
}

async fn reset_a_secret_keeps_the_old_one_for_the_stated_time(database: TestDatabase) {
    let now = Arc::new(Mutex::new(Utc::now()));
    let app = App::start_at(database, clock_at(now.clone())).await;
    let admin = app.role(Role::Admin).await;
    let (id, first) = app.db_add_client(Role::Reviewer, None);
    let path = format!("/v1/clients/{id}/reset-secret");
    let reset = admin.send("POST", &path, &[], None).await;
    assert_eq!((reset.status, reset.header("cache-control")), (200, "no-store"), "{}", reset.text);
    let second = reset.body["data"]["client_secret"].as_str().unwrap().to_owned();
    let works = async |secret: &str| token(&app.address, &id, secret).await.is_some();
    assert!(works(&first).await && works(&second).await, "both work while one takes over");
    assert_eq!(listed(&admin, &id).await["active_secrets"], 2);
    *now.lock().unwrap() += TimeDelta::hours(24) - TimeDelta::seconds(5);
    assert!(works(&first).await, "a day is not over");
    *now.lock().unwrap() += TimeDelta::seconds(10);
    assert!(!works(&first).await && works(&second).await);
    // The admin's token has expired with the day.
    let admin = app.role(Role::Admin).await;
    assert_eq!(listed(&admin, &id).await["active_secrets"], 1);
    let third = admin.post(&path, &json!({"keep_old_hours": 168})).await.body["data"]["client_secret"].clone();
    let fourth = admin.post(&path, &json!({"keep_old_hours": 1})).await.body["data"]["client_secret"].clone();
    let (third, fourth) = (third.as_str().unwrap(), fourth.as_str().unwrap());
    assert!(!works(&second).await, "of three the oldest ends at once");
    assert!(works(third).await && works(fourth).await);
    admin.post(&path, &json!({"keep_old_hours": 0})).await;
    *now.lock().unwrap() += TimeDelta::seconds(1);
    assert!(!works(third).await && !works(fourth).await);
    assert!(app.db_audit().ok);
    app.stop().await;
}

/// A client as the list shows it, found page by page.
async fn listed(admin: &Client, id: &str) -> Value {
    let mut cursor = String::new();
    loop {
        let page = admin.get(&format!("/v1/clients?limit=1{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(!page.text.contains("sha256:"), "{}", page.text);
        if page.body["data"][0]["client_id"] == *id {
            return page.body["data"][0].clone();
        }
        cursor = format!("&cursor={}", page.body["page"]["next_cursor"].as_str().expect("the client is in the list"));
    }
}

async fn shut_out_or_let_in_again_twice_writes_one_entry(database: TestDatabase) {
    let app = App::start(database).await;
    let admin = app.role(Role::Admin).await;
    let partner = app.partner("SOLARCO").await;
    let (id, _) = app.db_add_client(Role::Reviewer, None);
    let list = "/v1/installations";
    let twice = async |path: &str| {
        let before = app.db_version();
        let replies = [admin.post(path, &json!({})).await, admin.send("POST", path, &[], None).await];
        assert_eq!((replies[0].status, &replies[0].text), (200, &replies[1].text), "{}", replies[0].text);
        assert_eq!(app.db_version(), before + 1, "{path}");
        replies[0].body["data"].clone()
    };
    assert_eq!(twice("/v1/partners/SOLARCO/suspend").await["suspended"], true);
    assert_eq!(partner.get(list).await.status, 401);
    assert_eq!(twice("/v1/partners/SOLARCO/resume").await["suspended"], false);
    assert_eq!(partner.get(list).await.status, 200);
    assert!(twice(&format!("/v1/clients/{id}/revoke")).await["revoked_at"].is_string());
    let me = admin.get("/v1/me").await.body["data"]["client_id"].as_str().unwrap().to_owned();
    let own = admin.post(&format!("/v1/clients/{me}/revoke"), &json!({})).await;
    assert_eq!((own.status, &own.body["code"]), (409, &json!("own_client")));
    assert_eq!(admin.get("/v1/me").await.status, 200);
    let late = admin.post(&format!("/v1/clients/{id}/reset-secret"), &json!({})).await;
    assert_eq!((late.status, &late.body["code"]), (409, &json!("client_revoked")));
    assert!(app.db_audit().ok);
    app.stop().await;
}

async fn revoke_or_suspend_ends_tokens_in_every_process_within_a_second(database: TestDatabase) {
    let (id, secret) = partner_client(&database, "SOLARCO");
    let (admin_id, admin_secret) = client(&database, &["--role", "admin", "--name", "tests"]);
    let other_dir = tempfile::tempdir().unwrap();
    let servers = [Process::serve(&database, database.data_dir.path()), Process::serve(&database, other_dir.path())];
    let bearer = token(&servers[0].address, &id, &secret).await.unwrap();
    let callers: Vec<Client> =
        servers.iter().map(|server| Client::new(&server.address).with_token(bearer.as_str())).collect();
    let admin = token(&servers[0].address, &admin_id, &admin_secret).await.unwrap();
    let admin = Client::new(&servers[0].address).with_token(admin);
    until(&callers, 200).await;
    assert_eq!(admin.post("/v1/partners/SOLARCO/suspend", &json!({})).await.status, 200);
    assert!(until(&callers, 401).await < Duration::from_secs(1));
    assert_eq!(admin.post("/v1/partners/SOLARCO/resume", &json!({})).await.status, 200);
    assert!(until(&callers, 200).await < Duration::from_secs(1));
    // From the command line, beside both.
    assert_eq!(output(&database, &["client", "revoke", "--id", &id]).1, Some(0));
    assert!(until(&callers, 401).await < Duration::from_secs(1));
    assert!(token(&servers[1].address, &id, &secret).await.is_none());
    let (clients, _) = output(&database, &["client", "list"]);
    let revoked: Vec<bool> = clients.as_array().unwrap().iter().map(|one| one["revoked_at"].is_string()).collect();
    assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1, "{clients}");
    assert_eq!(output(&database, &["client", "revoke", "--id", "c-none"]).1, Some(1));
    for server in servers {
        assert_eq!(server.terminate(), Some(0));
    }
}

/// How long it takes until every caller is answered so.
async fn until(callers: &[Client], status: u16) -> Duration {
    let began = Instant::now();
    for caller in callers {
        while caller.get("/v1/installations").await.status != status {
            assert!(began.elapsed() < Duration::from_secs(20), "no {status} at {}", caller.address);
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    }
    began.elapsed()
}

/// What a command says on stderr, and its exit code.
fn said(database: &TestDatabase, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = command(database, database.data_dir.path());
    let done = command.args(arguments).stderr(Stdio::piped()).output().unwrap();
    (String::from_utf8(done.stderr).unwrap(), done.status.code())
}

const NOBODY: &str = "c-none";
const NO_RECORD: &str = "0197a5c8-0000-7000-8000-000000000000";
/// Commands that need a register, about nobody.
const COMMANDS: [&[&str]; 16] = [
    &["client", "list"],
    &["client", "add", "--role", "admin", "--name", "x"],
    &["client", "revoke", "--id", NOBODY],
    &["client", "reset-secret", "--id", NOBODY],
    &["partner", "suspend", "--code", "NONE"],
    &["partner", "resume", "--code", "NONE"],
    &["erase", "--installation", NO_RECORD],
    &["erase", "--site", NO_RECORD],
    &["audit"],
    &["migrate"],
    &["clock", "show"],
    &["clock", "accept"],
    &["partner", "list"],
    &["project", "list"],
    &["project", "add", "--code", "SCHOOLS-1", "--name-vi", "Trường học xanh", "--name-en", "Green schools"],
    &["partner", "add", "--code", "SOLARCO", "--name", "Solar Co"],
];

#[test]
fn command_without_a_register_refuses_and_makes_none() {
    let database = TestDatabase::sqlite();
    for arguments in COMMANDS {
        let (said, code) = said(&database, arguments);
        assert!(code == Some(1) && said.contains("there is no database at sqlite://"), "{arguments:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(database.data_dir.path()).unwrap().count(), 0);
    assert_eq!(said(&database, &["init"]).1, Some(0));
    let (said, code) = said(&database, &["partner", "add", "--code", " solarco", "--name", "Solar Co"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("database {}\n", database.url)), "{said}");
    assert!(said.contains("the code  solarco is stored as SOLARCO\n"), "{said}");
}

async fn command_on_an_older_schema_refuses_and_leaves_it(database: TestDatabase) {
    let open = database.db_open();
    migrations::revert_last(&mut open.connection().unwrap()).unwrap();
    let add: &[&str] = &["partner", "add", "--code", "NEW", "--name", "New"];
    // An audit reads whatever it understands.
    let others = COMMANDS.into_iter().filter(|command| !["audit", "migrate"].contains(&command[0]));
    for arguments in others.chain([add]) {
        let (said, code) = said(&database, arguments);
        assert!(code == Some(1) && said.contains("an older green-homes"), "{arguments:?}: {said}");
    }
    assert_eq!(migrations::pending(&mut open.connection().unwrap()).unwrap(), 1);
}

async fn command_about_nobody_names_whom_it_did_not_find(database: TestDatabase) {
    drop(database.db_open());
    for arguments in &COMMANDS[2..8] {
        let (said, code) = said(&database, arguments);
        let (what, whom) = match arguments[..] {
            ["erase", what, id] => (what.trim_start_matches("--"), id),
            [what, .., id] => (what, id),
            _ => unreachable!(),
        };
        let expected = format!("there is no {what} {whom}\n");
        assert!(code == Some(1) && said.contains(&expected), "{arguments:?}: {said}");
    }
}

/// What is the command's own stands first; what every command takes stands in a group of its own.
#[test]
fn help_of_a_command_begins_with_its_own_options() {
    let database = TestDatabase::sqlite();
    for (command, own) in
        [(&["client", "add"][..], "--role"), (&["erase"], "--customer-code"), (&["backup"], "<DIRECTORY>")]
    {
        let (help, _, code) = printed(&database, &[command, &["--help"]].concat());
        let (first, settings) = help.split_once("Settings of the service:").unwrap();
        assert!(code == Some(0) && first.contains(own) && !first.contains("--data-dir"), "{help}");
        assert!(settings.contains("--data-dir") && !settings.contains(own), "{help}");
    }
}

#[test]
fn administer_clients_on_the_command_line_prints_what_it_did() {
    run(async {
        let database = TestDatabase::sqlite();
        output(&database, &["init"]);
        output(&database, &["partner", "add", "--code", "OWN", "--name", "Own"]);
        let (id, secret) = client(&database, &["--role", "dashboard", "--province", "01", "--name", "Excel"]);
        let (reset, code) = output(&database, &["client", "reset-secret", "--id", &id, "--keep-old-hours", "2"]);
        assert_eq!((code, &reset["client_id"]), (Some(0), &json!(id)));
        let (clients, _) = output(&database, &["client", "list"]);
        assert_eq!((&clients[0]["province_code"], &clients[0]["active_secrets"]), (&json!("01"), &json!(2)));
        for (state, suspended) in [("suspend", true), ("resume", false)] {
            assert_eq!(output(&database, &["partner", state, "--code", "OWN"]).0["suspended"], suspended);
            let (partners, _) = output(&database, &["partner", "list"]);
            assert_eq!(
                partners,
                json!([{"code": "OWN", "name": "Own", "quota": null, "sandbox": false, "suspended": suspended}])
            );
        }
        let schools =
            json!({"code": "SCHOOLS-1", "name_vi": "Trường học xanh", "name_en": "Green schools", "funder": null});
        let add =
            ["project", "add", "--code", "schools-1", "--name-vi", "Trường học xanh", "--name-en", "Green schools"];
        assert_eq!(output(&database, &add), (json!({"code": "SCHOOLS-1"}), Some(0)));
        assert_eq!(output(&database, &add).1, Some(1), "the code is taken");
        assert_eq!(output(&database, &["project", "list"]).0, json!([schools]));
        for refused in [["--role", "admin", "--province", "01"], ["--role", "dashboard", "--affiliation", "OWN"]] {
            assert_eq!(output(&database, &[&["client", "add", "--name", "x"], &refused[..]].concat()).1, Some(1));
        }
        let app = App::start(database).await;
        for secret in [secret.as_str(), reset["client_secret"].as_str().unwrap()] {
            app.token(&id, secret).await;
        }
        app.stop().await;
    });
}
