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
    /// It is erased in every entry that had a note.
    ErasedWithNotes,
    /// It is kept, and the text says so in these words, Vietnamese and English.
    Kept(&'static str, &'static str),
    /// It names or orders records, and says nothing of the home.
    Links,
}
use Fate::{Erased, ErasedWithNotes, Kept, Links};

const PLACE: Fate = Kept("loại công trình, tỉnh, xã", "its kind, province and commune");
const MEASURES: Fate = Kept("giải pháp, ngày, chi phí và dự án", "measures, day, cost and project");
const USE: Fate = Kept("nguồn vốn, hình thức sở hữu và cách sử dụng điện", "how it is financed, owned and used");
const SOLD: Fate = Kept(
    "việc bán tín chỉ carbon hoặc chứng chỉ năng lượng tái tạo",
    "whether its carbon or renewable attributes are sold",
);
const STATUS: Fate =
    Kept("trạng thái, bậc bằng chứng và lý do thay đổi", "status, evidence tier and reasons of changes");
const NUMBERS: Fate = Kept("số hiệu do đơn vị đối tác đặt", "the numbers that the partner gave it");
const REPORTED: Fate = Kept(
    "ngày, loại và kết quả của các phản ánh bạn đã gửi, không kèm nội dung",
    "the day, kind and outcome of what you reported, without your words",
);
const STATED: Fate = Kept(
    "hộ thu nhập thấp, vùng sâu vùng xa hay phụ nữ làm chủ hộ, nếu đã được khai",
    "low income, remote area or a woman as head of the household, where this was stated",
);
const PROOF: Fate = Kept(
    "ngày bạn đồng ý, số phiên bản của văn bản này và ngày bạn rút lại",
    "the day of your consent, the version of this text and the day of your withdrawal",
);
const CODE: Fate = Kept(
    "giá trị kiểm tra (mã băm) của mã riêng, để mã của bạn vẫn xem được những gì còn lưu",
    "a check value (hash) of your code, so that it still shows what is kept",
);

/// Tables that hold nothing of one home: the directory, keys, totals of many homes, and what the register knows of itself.
const OF_NO_HOME: [&str; 17] = [
    "__diesel_schema_migrations",
    "audits",
    "backups",
    "cells",
    "cells_checkpoint",
    "client_secrets",
    "clients",
    "days",
    "partners",
    "point_pages",
    "points",
    "projects",
    "published_groups",
    "register_head",
    "releases",
    "signing_keys",
    "voided",
];

/// Every other table, with each column. A table or a column that is new has no line here, and the test says so.
const OF_A_HOME: [(&str, &[(&str, Fate)]); 12] = [
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
            ("attributes_sold", SOLD),
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
    ("householder_codes", &[("hash", CODE), ("site", Links), ("issued_at", Links)]),
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
    (
        "entries",
        &[
            ("version", Links),
            ("recorded_at", STATUS),
            ("actor", Links),
            ("action", STATUS),
            ("cause", STATUS),
            ("subject", Links),
            ("digest", Links),
            ("journal_digest", Links),
            ("previous", Links),
            ("hash", Links),
            ("public_version", Links),
        ],
    ),
    ("entry_facts", &[("version", Links), ("salt", ErasedWithNotes), ("facts", STATUS), ("note", Erased)]),
    (
        "journal",
        &[
            ("version", Links),
            ("seq", Links),
            ("recorded_on", STATUS),
            ("cause", STATUS),
            ("cell", PLACE),
            ("deltas", MEASURES),
        ],
    ),
    // A row goes once the public figures show it.
    (
        "waiting",
        &[
            ("place", Links),
            ("partition", Links),
            ("site", Links),
            ("cell", PLACE),
            ("cause", STATUS),
            ("totals", MEASURES),
            ("depth", Links),
            ("stays", Links),
            ("new_to", Links),
        ],
    ),
    // A kept answer says no more than the tables above. The row goes after a day.
    (
        "idempotency_keys",
        &[
            ("client_id", Links),
            ("key", NUMBERS),
            ("request_digest", Links),
            ("response", STATUS),
            ("created_at", Links),
        ],
    ),
];

async fn withdraw_consent_leaves_what_the_text_names_and_nothing_else(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let (id, householder) = partner.register_home(&marked_home("a")).await;
    everybody_writes(&partner, &reviewer, &householder, &id).await;
    let (lat, lon) = (LAT.replace('.', ""), LON.replace('.', ""));
    let personal = [ADDRESS, GRID_CODE, &lat, &lon, NOTE, DISPUTE_NOTE];
    assert_eq!(columns_with(&app.database, &personal).len(), 5, "there is something to erase");
    let noted = db_lines(&app.database.url, &facts_with("note IS NOT NULL"));
    assert!(noted.len() > 5, "{noted:?}");

    // On a busy machine the columns take longer to read than the service keeps a connection open.
    let householder = Client { http: Client::new(&householder.address).http, ..householder };
    let withdrawn = householder.post("/v1/householder/withdraw-consent", &json!({})).await;
    assert_eq!(withdrawn.status, 200, "{}", withdrawn.text);

    assert_eq!(columns_with(&app.database, &personal), BTreeSet::new());
    let known = OF_A_HOME.iter().map(|(table, _)| *table).chain(OF_NO_HOME);
    assert_eq!(tables_of(&app.database), known.map(str::to_owned).collect(), "each table has a line above");
    let text = consent_text(CONSENT_TEXT_VERSION).unwrap();
    for (table, columns) in &OF_A_HOME {
        let listed: BTreeSet<String> = columns.iter().map(|(column, _)| (*column).to_owned()).collect();
        assert_eq!(columns_of(&app.database, table), listed, "{table}");
        for (column, fate) in *columns {
            match fate {
                Kept(vi, en) => {
                    assert!(text.vi.contains(vi), "{table}.{column}: the text does not say “{vi}”");
                    assert!(text.en.contains(en), "{table}.{column}: the text does not say “{en}”");
                }
                Erased => {
                    let left = format!("SELECT 'left' AS line FROM {table} WHERE {column} IS NOT NULL");
                    assert_eq!(db_lines(&app.database.url, &left), Vec::<String>::new(), "{table}.{column}");
                }
                ErasedWithNotes => {
                    let left = facts_with(&format!("{column} IS NOT NULL AND version IN ({})", noted.join(", ")));
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

/// A query for the versions of the facts for which this is so.
fn facts_with(condition: &str) -> String {
    format!("SELECT CAST(version AS TEXT) AS line FROM entry_facts WHERE {condition} ORDER BY version")
}

fn tables_of(database: &TestDatabase) -> BTreeSet<String> {
    let tables = if database.is_sqlite() {
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    } else {
        "SELECT table_name AS line FROM information_schema.tables WHERE table_schema = 'public'"
    };
    db_lines(&database.url, tables).into_iter().collect()
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
