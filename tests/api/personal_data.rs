//! Personal data and secrets stay where they belong: marked values go in through every field that
//! takes one, and are then looked for in every table, log line, metric and error text.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use green_homes::app;
use green_homes::domain::values::hex;
use green_homes::register::system_clock;
use green_homes::settings::Settings;
use serde_json::{Value, json};

use crate::process::{Process, client, partner_client};
use crate::support::{Client, Reply, TestDatabase, db_lines, home, on_both_databases, token};

on_both_databases!(send_personal_data_everywhere_leaves_it_in_its_own_table);

pub const ADDRESS: &str = "Hẻm 4711 đường Dấu Vết";
pub const GRID_CODE: &str = "PE99000471199";
pub const LAT: &str = "21.047119";
pub const LON: &str = "105.947118";
const CONSENT_ON: &str = "2026-01-23";
pub const NOTE: &str = "ghi chú dấu vết 4712";
const REASON_NOTE: &str = "ghi chú dấu vết 4713";
pub const DISPUTE_NOTE: &str = "phản ánh dấu vết 4714";

async fn send_personal_data_everywhere_leaves_it_in_its_own_table(database: TestDatabase) {
    let (client_id, secret) = partner_client(&database, "SOLARCO");
    let (reviewer_id, reviewer_secret) = client(&database, &["--role", "reviewer", "--name", "reviewers"]);
    let server = Process::serve_logging(&database, database.data_dir.path(), "trace");
    let address = server.address.clone();
    let partner = Client::new(&address).with_token(token(&address, &client_id, &secret).await.unwrap());
    let reviewer = Client::new(&address).with_token(token(&address, &reviewer_id, &reviewer_secret).await.unwrap());

    let (stored, householder) = partner.register_home(&marked_home("a")).await;
    let refused = partner.register(&marked_home("b")).await;
    let verify = json!({"evidence_tier": "inspected", "note": NOTE});
    assert_eq!(reviewer.post(&format!("/v1/installations/{stored}/verify"), &verify).await.status, 200);
    let reject = json!({"reason": "not_eligible", "note": REASON_NOTE});
    let rejected = reviewer.post(&format!("/v1/installations/{refused}/reject"), &reject).await;
    assert_eq!(rejected.status, 200, "{}", rejected.text);
    assert_eq!(partner.get(&format!("/v1/installations/{stored}")).await.status, 200);
    assert_eq!(partner.get("/v1/installations?limit=10").await.status, 200);

    let dispute = json!({"reason": "wrong_facts", "installation": stored, "note": DISPUTE_NOTE});
    let opened = householder.post("/v1/householder/dispute", &dispute).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    let close = format!("/v1/review/disputes/{}/close", opened.body["data"]["id"]);
    let closed = reviewer.post(&close, &json!({"outcome": "upheld", "note": REASON_NOTE})).await;
    assert_eq!(closed.status, 200, "{}", closed.text);
    assert!(householder.get("/v1/householder").await.text.contains(ADDRESS));

    let mut texts: Vec<(String, String)> = Vec::new();
    let mut refused = errors(&partner, &reviewer, &stored).await;
    refused.extend(householder_errors(&householder, &reviewer, &close).await);
    for (name, reply) in refused {
        assert!((400..500).contains(&reply.status), "{name}: {} {}", reply.status, reply.text);
        texts.push((name.to_owned(), reply.text));
    }
    for path in ["/v1/progress", "/readyz"] {
        texts.push((path.to_owned(), Client::new(&address).get(path).await.text));
    }
    let verbose = Client::new(&server.metrics_address).get("/readyz?verbose").await.text;
    texts.push(("/readyz?verbose".to_owned(), verbose));
    let metrics = Client::new(&server.metrics_address).get("/metrics").await;
    assert_eq!(metrics.status, 200);
    texts.push(("/metrics".to_owned(), metrics.text));
    let tokens = [partner.token.clone().unwrap(), reviewer.token.clone().unwrap()];
    let (code, log) = server.terminate_and_listen();
    assert_eq!(code, Some(0));
    assert!(log.contains("/v1/installations"), "there is something to look through");
    texts.push(("the log".to_owned(), log));

    let micro = |degrees: &str| degrees.replace('.', "");
    let personal =
        [ADDRESS, GRID_CODE, LAT, LON, &micro(LAT), &micro(LON), CONSENT_ON, NOTE, REASON_NOTE, DISPUTE_NOTE];
    let code = householder.code.unwrap();
    let plain = code.replace('-', "");
    let secrets = [&secret, &reviewer_secret, &tokens[0], &tokens[1], &code, &plain].map(String::as_str);
    for (name, text) in &texts {
        for marker in personal.iter().chain(&secrets) {
            assert!(!text.contains(*marker), "{marker} is in {name}: {text}");
        }
    }

    assert_eq!(columns_with(&database, &secrets), BTreeSet::new());
    let own = ["address", "consent_on", "grid_customer_code", "lat_microdeg", "lon_microdeg"];
    let mut expected: BTreeSet<String> = own.iter().map(|column| format!("site_private.{column}")).collect();
    expected.insert("entry_facts.note".to_owned());
    assert_eq!(columns_with(&database, &personal), expected);
}

pub fn marked_home(name: &str) -> Value {
    let mut body = home(name);
    body["site"]["address"] = ADDRESS.into();
    body["site"]["grid_customer_code"] = GRID_CODE.into();
    body["site"]["location"] = serde_json::from_str(&format!("{{\"lat\": {LAT}, \"lon\": {LON}}}")).unwrap();
    body["consent"] = json!({"on": CONSENT_ON, "text_version": 1});
    body
}

#[test]
fn open_a_new_register_on_sqlite_keeps_its_files_to_their_owner() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("new/data");
    let settings = Settings { data_dir: data_dir.clone(), database_url: None, ..TestDatabase::sqlite().settings() };
    let database = app::open_database(&settings, &system_clock()).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data_dir), 0o700);
    let files: Vec<PathBuf> = data_dir.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().any(|file| file.ends_with("green-homes.db-wal")), "{files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    drop(database);
}

/// Every mistake that has personal data or a secret in it.
async fn errors(partner: &Client, reviewer: &Client, verified: &str) -> Vec<(&'static str, Reply)> {
    let changed = |pointer: &str, value: Value| {
        let mut body = marked_home("wrong");
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let long = format!("{ADDRESS} {}", "x".repeat(300));
    let mut unknown = marked_home("wrong");
    unknown["site"]["adress"] = ADDRESS.into();
    let mut without_consent = marked_home("wrong");
    without_consent.as_object_mut().unwrap().remove("consent");
    let mut again = marked_home("a");
    again["measures"][0]["quantity"] = json!(7.5);
    let bodies = [
        ("an address too long", changed("/site/address", json!(long))),
        ("an address with bidi", changed("/site/address", json!(format!("{ADDRESS}\u{202e}")))),
        ("an address in a list", changed("/site/address", json!([ADDRESS]))),
        ("no grid code", changed("/site/grid_customer_code", json!(format!("{GRID_CODE}?")))),
        ("a text as latitude", changed("/site/location/lat", json!(LAT))),
        ("a place abroad", changed("/site/location", json!({"lat": 47.11, "lon": 105.947_118}))),
        ("a misspelt member", unknown),
        ("an address as province", changed("/site/province_code", json!(ADDRESS))),
        ("an address as kind", changed("/site/kind", json!(ADDRESS))),
        ("no consent", without_consent),
        ("another quantity", again),
    ];
    let mut replies = Vec::new();
    for (name, body) in bodies {
        replies.push((name, partner.post("/v1/installations", &body).await));
    }
    let half = marked_home("wrong").to_string().replace('}', "");
    replies.push(("half a body", partner.post_raw("/v1/installations", half).await));
    let verify =
        |body: Value| async move { reviewer.post(&format!("/v1/installations/{verified}/verify"), &body).await };
    let note = format!("{NOTE} {}", "x".repeat(500));
    replies.push(("a note too long", verify(json!({"evidence_tier": "metered", "note": note})).await));
    replies.push(("a note as tier", verify(json!({"evidence_tier": NOTE})).await));
    replies.push(("an address in the path", partner.get(&format!("/v1/installations/{GRID_CODE}")).await));
    replies.push(("an address as cursor", partner.get(&format!("/v1/installations?cursor={GRID_CODE}")).await));
    let token = partner.token.clone().unwrap();
    let form = format!("grant_type=client_credentials&client_id=nobody&client_secret={token}");
    let header = [("content-type", "application/x-www-form-urlencoded")];
    replies.push(("a token as secret", partner.send("POST", "/oauth/token", &header, Some(form.into())).await));
    replies
}

/// Mistakes of a householder and of who answers, with personal data or the code in them.
async fn householder_errors(householder: &Client, reviewer: &Client, close: &str) -> Vec<(&'static str, Reply)> {
    let code = householder.code.clone().unwrap();
    let dispute = |body: Value| async move { householder.post("/v1/householder/dispute", &body).await };
    let long = format!("{DISPUTE_NOTE} {}", "x".repeat(500));
    vec![
        ("a dispute's note too long", dispute(json!({"reason": "other", "note": long})).await),
        ("a note as reason", dispute(json!({"reason": DISPUTE_NOTE})).await),
        ("an address as installation", dispute(json!({"reason": "other", "installation": ADDRESS})).await),
        ("an answer's note too long", reviewer.post(close, &json!({"outcome": "upheld", "note": long})).await),
        ("another outcome", reviewer.post(close, &json!({"outcome": "dismissed", "note": DISPUTE_NOTE})).await),
        ("a code in the address", householder.get(&format!("/v1/householder?code={code}")).await),
        ("a code in the path", reviewer.get(&format!("/v1/householder/{code}")).await),
        ("a grid code as code", householder.with_code(GRID_CODE).get("/v1/householder").await),
        ("a code as token", householder.with_token(code).get("/v1/installations").await),
    ]
}

/// Which columns of which tables hold one of the texts.
pub fn columns_with(database: &TestDatabase, texts: &[&str]) -> BTreeSet<String> {
    let columns = if database.is_sqlite() {
        "SELECT m.name || '.' || c.name AS line FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
    } else {
        "SELECT table_name || '.' || column_name AS line FROM information_schema.columns WHERE table_schema = 'public'"
    };
    let columns = db_lines(&database.url, columns);
    assert!(columns.len() > 50, "{columns:?}");
    // Bytes are read as hexadecimal digits.
    let bytes: Vec<String> = texts.iter().map(|text| hex(text.as_bytes())).collect();
    let holds = |column: &String| {
        let (table, column) = column.split_once('.').unwrap();
        let text = if database.is_sqlite() { format!("quote({column})") } else { format!("CAST({column} AS TEXT)") };
        let values = db_lines(&database.url, &format!("SELECT {text} AS line FROM {table} WHERE {column} IS NOT NULL"));
        let has = |value: &String| {
            let digits = value.to_lowercase();
            texts.iter().any(|text| value.contains(text)) || bytes.iter().any(|bytes| digits.contains(bytes))
        };
        values.iter().any(has)
    };
    columns.into_iter().filter(holds).collect()
}
