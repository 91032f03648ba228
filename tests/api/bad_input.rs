//! What people send by mistake or on purpose. Everything wrong is named, in their language, at
//! its place, and nothing of it is recorded.

mod refusals;
mod resending;
mod sites;
mod teaching;

use serde_json::{Value, json};

use crate::support::{App, Client, Reply, TestDatabase, home, on_both_databases, run};

on_both_databases!(send_every_wrong_value_names_it_and_records_nothing);

async fn send_every_wrong_value_names_it_and_records_nothing(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, other) = (app.partner("SOLARCO").await, app.partner("OTHER").await);
    other.register(&home("theirs")).await;
    let theirs = other.get("/v1/installations").await.body["data"][0]["site"]["id"].clone();
    let version = app.db_version();
    for (pointer, value, at, code) in wrong_values(&theirs) {
        let body = changed(&home("mine"), pointer, value);
        let reply = partner.post("/v1/installations", &body).await;
        assert_problem(&reply, 422, "invalid_request");
        assert_eq!(reply.errors(), [(at.to_owned(), code.to_owned())], "{body}");
    }
    assert_nothing_recorded(&app, version, &partner).await;
    app.stop().await;
}

/// What is put where, and the one fault that comes of it.
fn wrong_values(another_partners_site: &Value) -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let line = |measure: &str, quantity: f64| json!([{"measure": measure, "quantity": quantity}]);
    let tomorrow = chrono::Utc::now() + chrono::TimeDelta::days(2);
    let twice = json!([{"measure": "led_lighting", "quantity": 1}, {"measure": "led_lighting", "quantity": 2}]);
    let site = json!({"kind": "home", "province_code": "01"});
    let with = |name: &str, value: Value| changed(&site, &format!("/{name}"), value);
    let quantity = "/measures/0/quantity";
    vec![
        ("/surname", json!("x"), "/surname", "unknown_field"),
        ("/site/phone", json!("x"), "/site/phone", "unknown_field"),
        ("/external_id", Value::Null, "/external_id", "missing"),
        ("/site", Value::Null, "/site", "missing"),
        ("/measures", Value::Null, "/measures", "missing"),
        ("/external_id", json!(7), "/external_id", "wrong_type"),
        ("/site", json!("x"), "/site", "wrong_type"),
        ("/measures", json!({}), "/measures", "wrong_type"),
        (quantity, json!("5.4"), quantity, "wrong_type"),
        ("/external_id", json!("  "), "/external_id", "empty"),
        ("/external_id", json!("é".repeat(101)), "/external_id", "too_long"),
        ("/external_id", json!("a\u{0}b"), "/external_id", "forbidden_character"),
        ("/external_id", json!("a\u{202e}b"), "/external_id", "forbidden_character"),
        (quantity, json!(0), quantity, "not_positive"),
        (quantity, json!(-5.4), quantity, "not_positive"),
        (quantity, json!(5.4321), quantity, "too_many_decimals"),
        (quantity, json!(100_000.001), quantity, "above_ceiling"),
        (quantity, json!(1e300), quantity, "above_ceiling"),
        (quantity, json!(i64::MAX), quantity, "above_ceiling"),
        ("/measures", line("led_lighting", 2.5), quantity, "not_whole"),
        ("/measures", line("perpetual_motion", 1.0), "/measures/0/measure", "unknown_measure"),
        ("/measures", json!([]), "/measures", "empty"),
        ("/measures", twice, "/measures/1/measure", "duplicate_measure"),
        ("/measures", json!(vec![home("x")["measures"][0].clone(); 21]), "/measures", "too_many"),
        ("/installed_on", json!(tomorrow.format("%Y-%m-%d").to_string()), "/installed_on", "in_the_future"),
        ("/installed_on", json!("2026-02-30"), "/installed_on", "not_a_date"),
        ("/installed_on", json!("1999-12-31"), "/installed_on", "too_early"),
        ("/installed_on", Value::Null, "/installed_on", "missing"),
        ("/status", json!("pledged"), "/installed_on", "not_allowed_here"),
        ("/status", json!("verified"), "/status", "unknown_value"),
        ("/site", with("province_code", json!("99")), "/site/province_code", "unknown_province"),
        ("/site", with("province_code", json!("74")), "/site/province_code", "retired_province_code"),
        ("/site", with("commune_code", json!("25747")), "/site/commune_code", "commune_of_another_province"),
        ("/site", with("address", json!("12 Hàng Bài")), "/consent", "consent_required"),
        ("/site", with("location", json!({"lat": 21.0, "lon": 105.8})), "/consent", "consent_required"),
        ("/site", json!({"id": another_partners_site}), "/site/id", "unknown_site"),
        ("/site", json!({"id": uuid::Uuid::now_v7()}), "/site/id", "unknown_site"),
        ("/project_code", json!("NO-SUCH"), "/project_code", "unknown_project"),
        ("/cost_vnd", json!(1.5), "/cost_vnd", "not_whole"),
        ("/support_vnd", json!(-1), "/support_vnd", "negative"),
        ("/extra", nested(20), "/extra", "unknown_field"),
        ("/external_id", nested(20), "/external_id", "wrong_type"),
    ]
}

#[test]
fn send_what_is_no_json_says_line_and_column() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let version = app.db_version();
        let good = home("a").to_string();
        let cases = [
            ("{\n \"external_id\": NaN}".to_owned(), 2, 17),
            (good.replace("5.4", "1e400"), 1, 0),
            (good.replace("5.4", "NaN"), 1, 0),
            (good.replace("5.4", "5,4"), 1, 0),
            (format!("{good}\n x"), 2, 2),
            (format!("{good}{good}"), 1, good.len() + 1),
            (good[..good.len() - 1].to_owned(), 1, good.len() - 1),
            (format!("\u{feff}{good}"), 1, 1),
        ];
        for (body, line, column) in cases {
            let english = [("content-type", "application/json"), ("accept-language", "en")];
            let reply = partner.send("POST", "/v1/installations", &english, Some(body.clone().into_bytes())).await;
            assert_problem(&reply, 400, "malformed_json");
            let detail = reply.body["detail"].as_str().unwrap();
            assert!(detail.contains(&format!("line {line}, column ")), "{body}: {detail}");
            assert!(column == 0 || detail.contains(&format!("column {column},")), "{body}: {detail}");
        }
        let broken = partner.post_raw("/v1/installations", b"{\"external_id\": \"\xff\"}".to_vec()).await;
        assert_problem(&broken, 400, "malformed_json");
        assert_nothing_recorded(&app, version, &partner).await;
        app.stop().await;
    });
}

#[test]
fn send_many_wrong_values_names_them_all_in_either_language() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let body = json!({
            "extra": 1, "status": "installed", "installed_on": "2150-01-01",
            "site": {"kind": "castle", "province_code": "74", "a/b~c": 1},
            "measures": [{"quantity": 0}, {"measure": "led_lighting", "quantity": 1, "inverter_kw": 2}]
        });
        let expected = [
            ("/external_id", "missing"),
            ("/extra", "unknown_field"),
            ("/installed_on", "in_the_future"),
            ("/measures/0/measure", "missing"),
            ("/measures/0/quantity", "not_positive"),
            ("/measures/1/inverter_kw", "not_allowed_here"),
            ("/site/a~1b~0c", "unknown_field"),
            ("/site/kind", "unknown_value"),
            ("/site/province_code", "retired_province_code"),
        ];
        let said = |reply: &Reply, pointer: &str| {
            let errors = reply.body["errors"].as_array().unwrap().clone();
            let error = errors.iter().find(|error| error["pointer"] == pointer).unwrap();
            error["detail"].as_str().unwrap().to_owned()
        };
        for (accepted, language, missing) in [
            ("", "vi", "Thiếu trường bắt buộc."),
            ("fr", "vi", "Thiếu trường bắt buộc."),
            ("en", "en", "This field is required."),
            ("vi;q=0.5, en-GB", "en", "This field is required."),
        ] {
            let headers = [("content-type", "application/json"), ("accept-language", accepted)];
            let reply = partner.send("POST", "/v1/installations", &headers, Some(body.to_string().into())).await;
            assert_problem(&reply, 422, "invalid_request");
            let mut errors = reply.errors();
            errors.sort();
            assert_eq!(errors, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
            assert_eq!((reply.header("content-language"), reply.header("vary")), (language, "Accept-Language"));
            assert_eq!(said(&reply, "/external_id"), missing);
            let retired = said(&reply, "/site/province_code");
            assert!(retired.contains("74") && retired.contains("Bình Dương") && retired.contains("79"), "{retired}");
        }
        app.stop().await;
    });
}

/// The body with one member changed; `null` takes it away.
pub fn changed(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match value {
        Value::Null => drop(parent.as_object_mut().unwrap().remove(name)),
        value => parent[name] = value,
    }
    body
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

/// That an answer is a problem of this code in every way that a problem is one.
pub fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, &reply.body["code"]), (status, &json!(code)), "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.body["status"], status);
    assert_eq!(reply.body["type"], format!("/problems/{code}"));
    let request_id = reply.header("x-request-id");
    assert!(!request_id.is_empty() && reply.body["request_id"] == request_id, "{}", reply.text);
    for name in ["title", "detail"] {
        assert!(reply.body[name].as_str().is_some_and(|text| !text.is_empty()), "{}", reply.text);
    }
    assert!(reply.body["errors"].is_array(), "{}", reply.text);
}

/// Nothing was written, not even by half.
pub async fn assert_nothing_recorded(app: &App, version: i64, partner: &Client) {
    assert_eq!(app.db_version(), version);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    assert_eq!(partner.get("/v1/installations").await.body["data"], json!([]));
}
