//! Every kind of answer against the schema that is documented for its route and status.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use green_homes::domain::actor::Role;
use serde_json::{Value, json};

use super::schema::{document, faults};
use crate::support::{App, Client, Reply, TestDatabase, home, run};

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
        let headers = response["headers"].as_object().into_iter().flatten().map(|(name, _)| name);
        let absent = headers.filter(|name| reply.header(name).is_empty());
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
        check_public(&app, &mut checker).await;
        check_tokens(&app, &mut checker).await;
        let document = green_homes::api::openapi::document();
        let operations = green_homes::api::openapi::operations(&document).into_iter();
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
    let id = created.body["data"]["installation"]["id"].as_str().unwrap();
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

async fn check_public(app: &App, checker: &mut Checker) {
    let anybody = app.public();
    app.progress_at(app.db_version()).await;
    for path in [
        "/v1/progress",
        "/v1/measures",
        "/v1/provinces",
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
    ] {
        assert_eq!(checker.get(&anybody, path, path).await.status, 200, "{path}");
    }
    for path in ["/v1/progress", "/v1/measures", "/v1/provinces"] {
        assert_eq!(checker.get(&anybody, path, &format!("{path}?x=1")).await.status, 422);
    }
    for query in ["?q=phuc+xa", "?q=ba+dinh&limit=3", ""] {
        checker.get(&anybody, "/v1/communes", &format!("/v1/communes{query}")).await;
    }
    for code in ["invalid_request", "nothing"] {
        checker.get(&anybody, "/problems/{code}", &format!("/problems/{code}")).await;
    }
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
