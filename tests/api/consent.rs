//! What the newest consent text promises, held against every place where something of a home can stand.

use std::collections::BTreeSet;

use green_homes::domain::records::{CONSENT_TEXT_VERSION, Role, consent_text};
use serde_json::{Value, json};

use crate::erasure::{assert_audit_is_clean, assert_no_bytes_of};
use crate::personal_data::{ADDRESS, DISPUTE_NOTE, GRID_CODE, LAT, LON, NOTE, columns_with, marked_home};
use crate::support::{App, Client, TestDatabase, db_lines, on_both_databases};

on_both_databases!(withdraw_consent_leaves_what_the_text_names_and_nothing_else);

/// What becomes of a column when the householder withdraws.
enum Fate {
    /// Nothing of the home stands there any more.
    Erased,
    /// It is kept, and the text says so in these words.
    Kept(&'static str),
    /// It names or orders records, and says nothing of the home.
    Links,
}
use Fate::{Erased, Kept, Links};

const PLACE: Fate = Kept("its kind, province and commune");
const MEASURES: Fate = Kept("measures, day, cost and project");
const USE: Fate = Kept("how it is financed, owned and used");
const STATUS: Fate = Kept("status, evidence tier and reasons of changes");
const NUMBERS: Fate = Kept("the numbers that the partner gave it");
const REPORTED: Fate = Kept("the day, kind and outcome of what you reported, without your words");
const STATED: Fate = Kept("low income, remote area or a woman as head of the household, where this was stated");
const PROOF: Fate = Kept("the day of your consent, the version of this text and the day of your withdrawal");

/// Every column that says something of a home. A column that is new has no line here, and the test says so.
const OF_A_HOME: [(&str, &[(&str, Fate)]); 8] = [
    (
        "sites",
        &[
            ("id", Links),
            ("partner", Links),
            ("kind", PLACE),
            ("province_code", PLACE),
            ("former_province_code", PLACE),
            ("commune_code", PLACE),
            ("place_version", Links),
            ("low_income", STATED),
            ("remote", STATED),
            ("woman_headed", STATED),
            ("superseded_by", Links),
            ("revision", Links),
            ("version", Links),
        ],
    ),
    ("site_refs", &[("partner", Links), ("external_id", NUMBERS), ("site", Links), ("version", Links)]),
    (
        "site_private",
        &[
            ("site", Links),
            ("address", Erased),
            ("grid_customer_code", Erased),
            ("lat_microdeg", Erased),
            ("lon_microdeg", Erased),
            ("consent_on", PROOF),
            ("consent_text_version", PROOF),
            ("consent_withdrawn_on", PROOF),
        ],
    ),
    (
        "installations",
        &[
            ("id", Links),
            ("site", Links),
            ("partner", Links),
            ("sandbox", Links),
            ("external_id", NUMBERS),
            ("project", MEASURES),
            ("installed_on", MEASURES),
            ("status", STATUS),
            ("evidence_tier", STATUS),
            ("reported_at", STATUS),
            ("verified_at", STATUS),
            ("decommissioned_on", STATUS),
            ("cost_vnd", MEASURES),
            ("support_vnd", USE),
            ("finance", USE),
            ("system_owner", USE),
            ("power_use", USE),
            ("attributes_sold", Kept("whether its carbon or renewable attributes are sold")),
            ("registered_version", Links),
            ("revision", Links),
            ("version", Links),
            ("province_code", PLACE),
            ("set_aside", STATUS),
        ],
    ),
    (
        "installation_measures",
        &[("installation", Links), ("measure", MEASURES), ("quantity", MEASURES), ("inverter_w", MEASURES)],
    ),
    ("householder_codes", &[("hash", Kept("a checksum of your code")), ("site", Links), ("issued_at", Links)]),
    (
        "disputes",
        &[
            ("id", Links),
            ("site", Links),
            ("installation", Links),
            ("reason", REPORTED),
            ("opened_at", REPORTED),
            ("closed_at", REPORTED),
            ("closed_version", Links),
            ("outcome", REPORTED),
        ],
    ),
    ("entry_facts", &[("version", Links), ("salt", Links), ("facts", STATUS), ("note", Erased)]),
];

async fn withdraw_consent_leaves_what_the_text_names_and_nothing_else(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let (id, householder) = partner.register_home(&marked_home("a")).await;
    everybody_writes(&partner, &reviewer, &householder, &id).await;
    let (lat, lon) = (LAT.replace('.', ""), LON.replace('.', ""));
    let personal = [ADDRESS, GRID_CODE, &lat, &lon, NOTE, DISPUTE_NOTE];
    assert_eq!(columns_with(&app.database, &personal).len(), 5, "there is something to erase");

    let withdrawn = householder.post("/v1/householder/withdraw-consent", &json!({})).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);

    assert_eq!(columns_with(&app.database, &personal), BTreeSet::new());
    let text = consent_text(CONSENT_TEXT_VERSION).unwrap().en;
    for (table, columns) in &OF_A_HOME {
        let listed: BTreeSet<String> = columns.iter().map(|(column, _)| (*column).to_owned()).collect();
        assert_eq!(columns_of(&app.database, table), listed, "{table}");
        for (column, fate) in *columns {
            match fate {
                Kept(words) => assert!(text.contains(words), "{table}.{column}: the text does not say “{words}”"),
                Erased => {
                    let left = format!("SELECT 'left' AS line FROM {table} WHERE {column} IS NOT NULL");
                    assert_eq!(db_lines(&app.database.url, &left), Vec::<String>::new(), "{table}.{column}");
                }
                Links => {}
            }
        }
    }
    assert_audit_is_clean(&app.database);
    assert_no_bytes_of(&[ADDRESS, GRID_CODE, NOTE, DISPUTE_NOTE], &app.stop().await);
}

/// Notes of everybody who can write one, each request with an idempotency key, whose answer is kept.
async fn everybody_writes(partner: &Client, reviewer: &Client, householder: &Client, id: &str) {
    let of = |what: &str| format!("/v1/installations/{id}{what}");
    let site = partner.get(&of("")).await.body["data"]["site"]["id"].as_str().unwrap().to_owned();
    let moved = json!({"address": format!("{ADDRESS} b"), "reason": "other"});
    let steps = [
        (reviewer, "POST", of("/verify"), json!({"evidence_tier": "inspected"})),
        (partner, "PATCH", of(""), json!({"cost_vnd": 5_000_000, "reason": "other"})),
        (partner, "PATCH", format!("/v1/sites/{site}"), moved),
        (reviewer, "POST", of("/reject"), json!({"reason": "not_eligible"})),
        (partner, "POST", of("/resubmit"), json!({})),
        (householder, "POST", "/v1/householder/dispute".to_owned(), json!({"reason": "other"})),
        (reviewer, "POST", "/v1/review/disputes/{dispute}/close".to_owned(), json!({"outcome": "upheld"})),
        (partner, "POST", of("/withdraw"), json!({"reason": "other"})),
    ];
    let mut dispute = Value::Null;
    for (number, (who, method, path, mut body)) in steps.into_iter().enumerate() {
        let path = path.replace("{dispute}", &dispute.to_string());
        body["note"] = if path.ends_with("/dispute") { DISPUTE_NOTE.into() } else { NOTE.into() };
        let key = format!("key-{number}");
        let mut headers = vec![("content-type", "application/json"), ("idempotency-key", &key)];
        if method == "PATCH" {
            headers.push(("if-match", "*"));
        }
        let reply = who.send(method, &path, &headers, Some(body.to_string().into())).await;
        assert!(reply.status < 300, "{method} {path}: {} {}", reply.status, reply.text);
        if path.ends_with("/dispute") {
            dispute = reply.body["data"]["id"].clone();
        }
    }
}

fn columns_of(database: &TestDatabase, table: &str) -> BTreeSet<String> {
    let columns = if database.is_sqlite() {
        format!("SELECT name AS line FROM pragma_table_info('{table}')")
    } else {
        format!(
            "SELECT column_name AS line FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}'"
        )
    };
    db_lines(&database.url, &columns).into_iter().collect()
}
