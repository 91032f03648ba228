//! Every kind of answer against the schema that is documented for its route and status.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Days;
use green_homes::domain::records::Role;
use serde_json::{Value, json};

use super::schema::{document, faults};
use crate::erasure::identified;
use crate::support::{App, Client, Passing, Reply, TestDatabase, home, run};

/// Holds answers against the document, and remembers which it saw.
struct Checker {
    document: Value,
    seen: BTreeSet<(String, String)>,
    faults: Vec<String>,
}

impl Checker {
    fn check(&mut self, method: &str, path: &str, reply: &Reply) {
        let status = reply.status.to_string();
        let operation = &self.document["paths"][path][method];
        self.seen.insert((method.to_owned(), path.to_owned()));
        let Some(response) = operation["responses"].get(&status) else {
            return self.faults.push(format!("{method} {path} {status} is not documented"));
        };
        let headers = response["headers"].as_object().into_iter().flatten();
        let required = headers.filter(|(_, header)| header["required"] == true).map(|(name, _)| name);
        let absent = required.filter(|name| reply.header(name).is_empty());
        self.faults.extend(absent.map(|name| format!("{method} {path} {status} has no {name}")));
        let content_type = reply.header("content-type").split(';').next().unwrap();
        let Some(content) = response["content"].get(content_type) else {
            return self.faults.push(format!("{method} {path} {status} is {content_type}, which is not documented"));
        };
        if content_type.ends_with("json") && path != "/openapi.json" {
            let found = faults(&self.document, &content["schema"], &reply.body, "");
            self.faults.extend(found.into_iter().map(|fault| format!("{method} {path} {status}: {fault}")));
        }
    }

    async fn get(&mut self, caller: &Client, path: &str, sent: &str) -> Reply {
        let reply = caller.get(sent).await;
        self.check("get", path, &reply);
        reply
    }

    async fn patch(&mut self, caller: &Client, path: &str, sent: &str, etag: &str, body: &Value) -> Reply {
        let reply = caller.patch(sent, etag, body).await;
        self.check("patch", path, &reply);
        reply
    }

    async fn post(&mut self, caller: &Client, path: &str, sent: &str, body: &Value) -> Reply {
        let reply = caller.post(sent, body).await;
        self.check("post", path, &reply);
        reply
    }
}

#[test]
fn answer_of_every_route_is_as_documented() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let mut checker = Checker { document: document(), seen: BTreeSet::new(), faults: Vec::new() };
        check_administration(&app, &mut checker).await;
        check_installations(&app, &mut checker).await;
        check_lifecycle(&app, &mut checker).await;
        check_public(&app, &mut checker).await;
        check_tokens(&app, &mut checker).await;
        check_closed_days(&mut checker).await;
        let document = green_homes::api::documentation::document(green_homes::api::routes::ROUTES);
        let operations = green_homes::api::documentation::operations(&document).into_iter();
        let documented: BTreeSet<_> = operations.map(|(method, path)| (method.to_lowercase(), path)).collect();
        assert_eq!(checker.seen, documented);
        assert!(checker.faults.is_empty(), "{:#?}", checker.faults);
        app.stop().await;
    });
}

async fn check_administration(app: &App, checker: &mut Checker) {
    let admin = app.role(Role::Admin).await;
    let partner = json!({"code": "SOLARCO", "name": "Solar", "kind": "company", "vcca_role": "member", "listed": true,
        "sandbox": false});
    let project = json!({"code": "P-1", "name_vi": "Dự án", "name_en": "Project", "funder": "Fund"});
    let client = json!({"role": "partner", "partner": "SOLARCO", "name": "ERP"});
    for (path, body) in [("/v1/partners", partner), ("/v1/projects", project), ("/v1/clients", client)] {
        let made = checker.post(&admin, path, path, &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        checker.post(&admin, path, path, &json!({})).await;
        checker.post(&app.public(), path, path, &body).await;
    }
    checker.post(&admin, "/v1/partners", "/v1/partners", &json!({"code": "SOLARCO", "name": "Solar"})).await;
    checker.post(&admin, "/v1/projects", "/v1/projects", &json!({"code": "P-1", "name_vi": "a", "name_en": "b"})).await;
    checker.get(&admin, "/v1/partners", "/v1/partners").await;
    for change in ["suspend", "resume"] {
        let documented = format!("/v1/partners/{{code}}/{change}");
        for (code, status) in [("SOLARCO", 200), ("NOBODY", 404)] {
            let sent = format!("/v1/partners/{code}/{change}");
            assert_eq!(checker.post(&admin, &documented, &sent, &json!({})).await.status, status);
        }
    }
    let quota = json!({"daily_installations": 20_000, "until": "2099-12-31"});
    for (code, body, status) in [("SOLARCO", &quota, 200), ("NOBODY", &quota, 404), ("SOLARCO", &json!({}), 422)] {
        let sent = format!("/v1/partners/{code}/quota");
        assert_eq!(checker.post(&admin, "/v1/partners/{code}/quota", &sent, body).await.status, status);
    }
    let span =
        json!({"partner": "SOLARCO", "recorded_from": "2026-01-01", "recorded_to": "2099-01-01", "reason": "other"});
    let rejections = "/v1/review/rejections";
    assert_eq!(checker.post(&admin, rejections, rejections, &span).await.status, 200);
    assert_eq!(checker.post(&admin, rejections, &format!("{rejections}?dry_run=true"), &span).await.status, 200);
    assert_eq!(checker.post(&admin, rejections, rejections, &json!({})).await.status, 422);
    check_clients(app, &admin, checker).await;
}

async fn check_clients(app: &App, admin: &Client, checker: &mut Checker) {
    let (revoke, reset) = ("/v1/clients/{client_id}/revoke", "/v1/clients/{client_id}/reset-secret");
    let own = checker.get(admin, "/v1/me", "/v1/me").await.body["data"]["client_id"].clone();
    let (other, _) = app.db_add_client(Role::Reviewer, None);
    let at = |path: &str, id: &str| path.replace("{client_id}", id);
    for (path, id, body, status) in [
        (reset, other.as_str(), json!({"keep_old_hours": 1}), 200),
        (reset, "c-none", json!({}), 404),
        (reset, &other, json!({"keep_old_hours": 169}), 422),
        (revoke, own.as_str().unwrap(), json!({}), 409),
        (revoke, &other, json!({}), 200),
        (revoke, "c-none", json!({}), 404),
        (revoke, &other, json!({"reason": "left"}), 422),
        (reset, &other, json!({}), 409),
    ] {
        let reply = checker.post(admin, path, &at(path, id), &body).await;
        assert_eq!(reply.status, status, "{path} {}", reply.text);
    }
    checker.get(admin, "/v1/clients", "/v1/clients?limit=1").await;
    checker.get(admin, "/v1/clients", "/v1/clients?cursor=x").await;
    checker.get(&app.public(), "/v1/me", "/v1/me").await;
}

async fn check_installations(app: &App, checker: &mut Checker) {
    let partner = app.client(Role::Partner, Some("SOLARCO")).await;
    let reviewer = app.role(Role::Reviewer).await;
    let (create, one) = ("/v1/installations", "/v1/installations/{id}");
    let created = checker.post(&partner, create, create, &everything()).await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert!(!created.body["data"]["warnings"].as_array().unwrap().is_empty(), "an example with a warning");
    assert_eq!(checker.post(&partner, create, create, &everything()).await.status, 200);
    let mut different = home("a");
    different["installed_on"] = json!("2026-01-16");
    assert_eq!(checker.post(&partner, create, create, &different).await.status, 409);
    checker.post(&partner, create, create, &json!({})).await;
    checker.post(&reviewer, create, create, &home("b")).await;
    for (headers, body) in [("application/json", "{"), ("text/plain", "{}")] {
        let reply = partner.send("POST", create, &[("content-type", headers)], Some(body.into())).await;
        checker.check("post", create, &reply);
    }
    checker.check("post", create, &partner.post_raw(create, " ".repeat(100_000)).await);
    checker.get(&partner, create, "/v1/installations?limit=1").await;
    checker.get(&partner, create, "/v1/installations?limit=0").await;
    let code = created.body["data"]["householder"]["code"].as_str().unwrap();
    let id = created.body["data"]["installation"]["id"].as_str().unwrap();
    check_householders(app, checker, [&partner, &reviewer], id, code).await;
    let path = format!("/v1/installations/{id}");
    for caller in [&partner, &reviewer] {
        let read = checker.get(caller, one, &path).await;
        assert!(read.body["data"]["site"]["private"]["location"].is_object(), "{}", read.text);
    }
    checker.get(&partner, one, "/v1/installations/none").await;
    let decisions = [
        ("verify", json!({"evidence_tier": "inspected", "note": "seen"}), json!({"evidence_tier": "document"})),
        ("reject", json!({"reason": "other", "note": "moved"}), json!({})),
    ];
    for (name, good, bad) in decisions {
        let (documented, sent) = (format!("{one}/{name}"), format!("{path}/{name}"));
        assert_eq!(checker.post(&reviewer, &documented, &sent, &good).await.status, 200);
        checker.post(&reviewer, &documented, &sent, &bad).await;
        checker.post(&partner, &documented, &sent, &good).await;
        checker.post(&reviewer, &documented, &format!("/v1/installations/none/{name}"), &good).await;
    }
    let verify = format!("{path}/verify");
    let ended =
        checker.post(&reviewer, "/v1/installations/{id}/verify", &verify, &json!({"evidence_tier": "metered"})).await;
    assert_eq!(ended.status, 409, "{}", ended.text);
}

async fn check_lifecycle(app: &App, checker: &mut Checker) {
    let partner = app.client(Role::Partner, Some("SOLARCO")).await;
    let reviewer = app.role(Role::Reviewer).await;
    let one = "/v1/installations/{id}";
    let mut pledge = home("pledge");
    pledge["status"] = json!("pledged");
    pledge.as_object_mut().unwrap().remove("installed_on");
    let path = format!("/v1/installations/{}", partner.register(&pledge).await);
    let read = partner.get(&path).await;
    let site = format!("/v1/sites/{}", read.body["data"]["site"]["id"].as_str().unwrap());
    for (documented, sent) in [(one, path.as_str()), ("/v1/sites/{id}", site.as_str())] {
        let wrong = json!({"made_up": 1});
        let fields = if documented == one { json!({"cost_vnd": 1}) } else { json!({"remote": true}) };
        let mut good = fields;
        good["reason"] = json!("other");
        checker.get(&partner, documented, sent).await;
        assert_eq!(checker.patch(&partner, documented, sent, "\"0\"", &good).await.status, 412);
        assert_eq!(checker.patch(&partner, documented, sent, "*", &good).await.status, 200);
        assert_eq!(checker.patch(&partner, documented, sent, "*", &wrong).await.status, 422);
        assert_eq!(checker.patch(&reviewer, documented, sent, "*", &good).await.status, 403);
        let missing = partner.send("PATCH", sent, &[("content-type", "application/json")], Some(b"{}".to_vec())).await;
        assert_eq!(missing.status, 428);
        checker.check("patch", documented, &missing);
    }
    let steps = [
        (&partner, "complete", json!({"installed_on": "2026-01-15"})),
        (&reviewer, "reject", json!({"reason": "other"})),
        (&partner, "resubmit", json!({"note": "again"})),
        (&partner, "decommission", json!({"decommissioned_on": "2026-02-01", "reason": "removed"})),
        (&partner, "withdraw", json!({"reason": "other"})),
    ];
    for (caller, name, body) in steps {
        let reply = checker.post(caller, &format!("{one}/{name}"), &format!("{path}/{name}"), &body).await;
        assert_eq!(reply.status, if name == "withdraw" { 409 } else { 200 }, "{}", reply.text);
    }
    let other = format!("/v1/installations/{}", partner.register(&home("other")).await);
    let withdrawn = json!({"reason": "other"});
    checker.post(&partner, &format!("{one}/withdraw"), &format!("{other}/withdraw"), &withdrawn).await;
    for query in ["", "?methodology=99"] {
        checker.get(&partner, &format!("{one}/estimate"), &format!("{path}/estimate{query}")).await;
    }
    let history = checker.get(&partner, &format!("{one}/history"), &format!("{path}/history")).await;
    assert_eq!(history.body["data"].as_array().unwrap().len(), 7, "{}", history.text);
    checker.get(&reviewer, "/v1/review/queue", "/v1/review/queue").await;
    for query in ["?group_by=province,month", "?group_by=colour"] {
        for path in ["/v1/aggregates", "/v1/aggregates.csv"] {
            checker.get(&reviewer, path, &format!("{path}{query}")).await;
        }
    }
    let decision = json!({"installation": path.rsplit('/').next(), "action": "verify", "evidence_tier": "document"});
    let decided = json!({"decisions": [decision]});
    let reply = checker.post(&reviewer, "/v1/review/decisions", "/v1/review/decisions", &decided).await;
    assert_eq!((reply.status, &reply.body["data"][0]["outcome"]), (200, &json!("refused")), "{}", reply.text);
}

async fn check_householders(app: &App, checker: &mut Checker, callers: [&Client; 2], id: &str, code: &str) {
    let [partner, reviewer] = callers;
    let (me, dispute, withdraw) = ("/v1/householder", "/v1/householder/dispute", "/v1/householder/withdraw-consent");
    let householder = app.public().with_code(code);
    let about_one = json!({"installation": id, "reason": "other", "note": "Sai ngày lắp"});
    let opened = checker.post(&householder, dispute, dispute, &about_one).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    for (number, status) in
        [(0, 201), (0, 200), (1, 201), (2, 201), (3, 201), (4, 201), (5, 201), (6, 201), (7, 201), (8, 201), (9, 409)]
    {
        let body = json!({"reason": "not_here", "note": format!("lần {number}")});
        assert_eq!(checker.post(&householder, dispute, dispute, &body).await.status, status, "{number}");
    }
    checker.post(&householder, dispute, dispute, &json!({})).await;
    let (list, close) = ("/v1/review/disputes", "/v1/review/disputes/{id}/close");
    assert_eq!(checker.get(reviewer, list, "/v1/review/disputes?limit=1").await.status, 200);
    checker.get(reviewer, list, "/v1/review/disputes?limit=0").await;
    checker.get(partner, list, list).await;
    let sent = format!("/v1/review/disputes/{}/close", opened.body["data"]["id"]);
    for (outcome, status) in [("upheld", 200), ("upheld", 200), ("dismissed", 409), ("odd", 422)] {
        let reply = checker.post(reviewer, close, &sent, &json!({"outcome": outcome, "note": "đã sửa"})).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    checker.post(reviewer, close, "/v1/review/disputes/none/close", &json!({"outcome": "upheld"})).await;
    checker.post(partner, close, &sent, &json!({"outcome": "upheld"})).await;
    assert_eq!(checker.get(&householder, me, me).await.status, 200);
    for (path, body) in [(dispute, &about_one), (withdraw, &json!({}))] {
        checker.post(&app.public(), path, path, body).await;
    }
    checker.get(&app.public(), me, me).await;
    checker.post(&householder, withdraw, withdraw, &json!({"x": 1})).await;
    let (other_id, other) = partner.register_home(&identified("of-another")).await;
    assert_eq!(checker.post(&other, withdraw, withdraw, &json!({})).await.status, 200);
    let issue = "/v1/installations/{id}/householder-code";
    for (caller, id, status) in
        [(partner, other_id.as_str(), 200), (partner, id, 409), (partner, "none", 404), (reviewer, id, 403)]
    {
        let reply = checker.post(caller, issue, &format!("/v1/installations/{id}/householder-code"), &json!({})).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
}

async fn check_public(app: &App, checker: &mut Checker) {
    let anybody = app.public();
    app.progress_at(app.db_version()).await;
    for path in [
        "/v1/progress",
        "/v1/progress.csv",
        "/v1/progress.txt",
        "/v1/methodology",
        "/v1/dimensions",
        "/v1/disclosure",
        "/v1/progress/provinces",
        "/v1/progress/provinces.geojson",
        "/v1/provinces.geojson",
        "/v1/tables",
        "/v1/measures",
        "/v1/provinces",
        "/livez",
        "/readyz",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
    ] {
        assert_eq!(checker.get(&anybody, path, path).await.status, 200, "{path}");
    }
    for path in ["/v1/progress", "/v1/measures", "/v1/provinces", "/readyz"] {
        assert_eq!(checker.get(&anybody, path, &format!("{path}?x=1")).await.status, 422);
    }
    for query in ["?q=phuc+xa", "?q=ba+dinh&limit=3", ""] {
        checker.get(&anybody, "/v1/communes", &format!("/v1/communes{query}")).await;
    }
    for version in ["1", "2", "01"] {
        checker.get(&anybody, "/v1/consent/{version}", &format!("/v1/consent/{version}")).await;
    }
    for version in ["1", "99", "01"] {
        checker.get(&anybody, "/v1/methodology/{version}", &format!("/v1/methodology/{version}")).await;
    }
    for query in ["", "?interval=year&basis=recorded_on", "?interval=week", "?methodology=1"] {
        checker.get(&anybody, "/v1/progress/timeline", &format!("/v1/progress/timeline{query}")).await;
    }
    for name in ["provinces", "months", "people", "programme_sums", "none"] {
        for end in ["", ".csv"] {
            checker.get(&anybody, &format!("/v1/tables/{{name}}{end}"), &format!("/v1/tables/{name}{end}")).await;
        }
    }
    for path in [
        "/v1/progress.csv",
        "/v1/progress.txt",
        "/v1/progress/timeline.csv",
        "/v1/progress/provinces",
        "/v1/progress/provinces.csv",
        "/v1/progress/provinces.geojson",
    ] {
        for query in ["?methodology=1", "?methodology=99"] {
            checker.get(&anybody, path, &format!("{path}{query}")).await;
        }
    }
    for query in ["?as_of=2020-02-24", "?as_of=2999-01-01", "?methodology=1", "?as_of=2020-02-24&methodology=1"] {
        checker.get(&anybody, "/v1/progress", &format!("/v1/progress{query}")).await;
    }
    for code in ["invalid_request", "nothing"] {
        checker.get(&anybody, "/problems/{code}", &format!("/problems/{code}")).await;
    }
}

/// What only a register has that is older than a day.
async fn check_closed_days(checker: &mut Checker) {
    // No last day of a month, because that is released by itself.
    let days = Passing::begin_on(TestDatabase::sqlite(), "2027-02-10").await;
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to(first + Days::new(2)).await;
    let (admin, anybody) = (days.app.client(Role::Admin, None).await, days.app.public());
    let (releases, one) = ("/v1/progress/releases", "/v1/progress/releases/{id}");
    for (day, status) in [(json!(first), 201), (json!(first), 200), (json!("soon"), 422)] {
        let made = checker.post(&admin, releases, releases, &json!({"as_of": day})).await;
        assert_eq!(made.status, status, "{}", made.text);
    }
    checker.get(&anybody, releases, releases).await;
    for (id, status) in [(first.to_string(), 200), ("2020-02-24".to_owned(), 404)] {
        assert_eq!(checker.get(&anybody, one, &format!("{releases}/{id}")).await.status, status);
        for (path, address) in [
            ("/v1/progress/releases/{id}/sealed", format!("{releases}/{id}/sealed")),
            ("/v1/progress/days/{day}/sealed", format!("/v1/progress/days/{id}/sealed")),
        ] {
            assert_eq!(checker.get(&anybody, path, &address).await.status, status);
        }
    }
    let bridge = "/v1/progress/bridge";
    for (query, status) in [(format!("?from={first}&to={}", first + Days::new(1)), 200), (String::new(), 422)] {
        assert_eq!(checker.get(&anybody, bridge, &format!("{bridge}{query}")).await.status, status);
        let (path, table) = ("/v1/progress/bridge.csv", format!("/v1/progress/bridge.csv{query}"));
        assert_eq!(checker.get(&anybody, path, &table).await.status, status);
    }
    checker.get(&anybody, "/v1/progress", &format!("/v1/progress?as_of={first}")).await;
    days.app.stop().await;
}

async fn check_tokens(app: &App, checker: &mut Checker) {
    let (id, secret) = app.db_add_client(Role::Dashboard, None);
    for (secret, grant, status) in [
        (secret.as_str(), "client_credentials", 200),
        ("wrong", "client_credentials", 401),
        (secret.as_str(), "password", 400),
    ] {
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let headers = [("authorization", basic.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        let form = format!("grant_type={grant}").into_bytes();
        let reply = app.public().send("POST", "/oauth/token", &headers, Some(form)).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        checker.check("post", "/oauth/token", &reply);
    }
}

/// A registration with every field, and with something to warn of.
fn everything() -> Value {
    json!({
        "external_id": "I-a", "status": "installed", "installed_on": "2026-01-15",
        "site": {"external_id": "S-a", "kind": "home", "province_code": "01", "commune_code": "00004",
            "former_province_code": "01", "address": "12 Hàng Bài", "grid_customer_code": "X1",
            "location": {"lat": 21.03, "lon": 105.85}, "low_income": true, "remote": false, "woman_headed": true},
        "measures": [{"measure": "rooftop_solar_pv", "quantity": 500.5, "inverter_kw": 5},
            {"measure": "led_lighting", "quantity": 12}],
        "project_code": "P-1", "cost_vnd": 90_000_000, "support_vnd": 10_000_000, "finance": "loan",
        "system_owner": "occupant", "power_use": "sells_surplus", "attributes_sold": "none",
        "consent": {"on": "2026-01-02", "text_version": 1}
    })
}
