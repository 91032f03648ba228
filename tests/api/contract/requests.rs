//! The documented bodies against what their routes take. A body is declared once, but a route may name another
//! body than it reads, and a field may be read as one type and described as another (`as`, `#[schema(...)]`).

use std::collections::BTreeSet;

use green_homes::domain::records::Role;
use serde_json::{Map, Value, json};

use super::schema::{component, document, resolve};
use crate::erasure::identified;
use crate::support::{App, Client, TestDatabase, home, run};

/// A documented object and how it is sent.
struct Sent<'a> {
    schema: &'static str,
    caller: &'a Client,
    path: String,
    /// The pointer of the object in the body.
    at: &'static str,
    /// The body around it.
    around: fn(Value) -> Value,
}

#[test]
fn send_every_documented_field_is_known_and_nothing_else_is() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
        let admin = app.role(Role::Admin).await;
        let id = partner.register(&home("a")).await;
        let read = partner.get(&format!("/v1/installations/{id}")).await;
        let site = read.body["data"]["site"]["id"].as_str().unwrap().to_owned();
        let (_, householder) = partner.register_home(&identified("b")).await;
        let document = document();
        let sent = |schema, caller, path: &str, at, around| Sent { schema, caller, path: path.to_owned(), at, around };
        let create = "/v1/installations";
        let all = [
            sent("CreateInstallation", &partner, create, "", |body| body),
            sent("CreateSite", &partner, create, "/site", |site| json!({"site": site})),
            sent("CreateMeasure", &partner, create, "/measures/0", |line| json!({"measures": [line]})),
            sent("CreateLocation", &partner, create, "/site/location", |point| json!({"site": {"location": point}})),
            sent("CreateConsent", &partner, create, "/consent", |consent| json!({"consent": consent})),
            sent("VerifyInstallation", &reviewer, &format!("{create}/{id}/verify"), "", |body| body),
            sent("RejectInstallation", &reviewer, &format!("{create}/{id}/reject"), "", |body| body),
            sent("CorrectInstallation", &partner, &format!("{create}/{id}"), "", |body| body),
            sent("CorrectSite", &partner, &format!("/v1/sites/{site}"), "", |body| body),
            sent("CompleteInstallation", &partner, &format!("{create}/{id}/complete"), "", |body| body),
            sent("ResubmitInstallation", &partner, &format!("{create}/{id}/resubmit"), "", |body| body),
            sent("WithdrawInstallation", &partner, &format!("{create}/{id}/withdraw"), "", |body| body),
            sent("DecommissionInstallation", &partner, &format!("{create}/{id}/decommission"), "", |body| body),
            sent("DecideInstallations", &reviewer, "/v1/review/decisions", "", |body| body),
            sent("Decide", &reviewer, "/v1/review/decisions", "/decisions/0", |one| json!({"decisions": [one]})),
            sent("RejectUnverified", &admin, "/v1/review/rejections", "", |body| body),
            sent("SetQuota", &admin, "/v1/partners/SOLARCO/quota", "", |body| body),
            sent("OpenDispute", &householder, "/v1/householder/dispute", "", |body| body),
            sent("CloseDispute", &reviewer, "/v1/review/disputes/1/close", "", |body| body),
            sent("CreatePartner", &admin, "/v1/partners", "", |body| body),
            sent("CreateClient", &admin, "/v1/clients", "", |body| body),
            sent("ResetSecret", &admin, "/v1/clients/c-none/reset-secret", "", |body| body),
            sent("CreateProject", &admin, "/v1/projects", "", |body| body),
            sent("CreateRelease", &admin, "/v1/progress/releases", "", |body| body),
        ];
        let names = every_name(&document);
        for one in &all {
            check_known(&document, one).await;
            check_unknown(&document, one, &names).await;
            check_required(&document, one).await;
        }
        assert_eq!(request_schemas(&document), all.iter().map(|one| one.schema.to_owned()).collect());
        app.stop().await;
    });
}

/// Every documented field, with a value of another type, is found wrong and not unknown.
async fn check_known(document: &Value, one: &Sent<'_>) {
    for (name, schema) in component(document, one.schema)["properties"].as_object().unwrap() {
        let is_string = resolve(document, schema)["type"].to_string().contains("\"string\"");
        let wrong = if is_string { json!(7) } else { json!("seven") };
        let errors = errors(one, json!({name: wrong})).await;
        let expected = (format!("{}/{name}", one.at), "wrong_type".to_owned());
        assert!(errors.contains(&expected), "{} {name}: {errors:?}", one.schema);
    }
}

/// Every other name that stands anywhere in the document is unknown here.
async fn check_unknown(document: &Value, one: &Sent<'_>, names: &BTreeSet<String>) {
    let known = component(document, one.schema)["properties"].as_object().unwrap();
    let others: Vec<_> = names.iter().filter(|name| !known.contains_key(*name)).collect();
    for some in others.chunks(50) {
        let errors =
            errors(one, some.iter().map(|name| ((*name).clone(), json!(1))).collect::<Map<_, _>>().into()).await;
        for name in some {
            let at = format!("{}/{name}", one.at);
            let refused = ["unknown_field", "not_allowed_here"].map(|code| (at.clone(), code.to_owned()));
            assert!(
                refused.iter().any(|one| errors.contains(one)),
                "{} takes {name}, which is not documented",
                one.schema
            );
        }
    }
}

/// What is documented as required is missed.
async fn check_required(document: &Value, one: &Sent<'_>) {
    let Some(required) = component(document, one.schema)["required"].as_array() else { return };
    let errors = errors(one, json!({})).await;
    for name in required {
        let expected = (format!("{}/{}", one.at, name.as_str().unwrap()), "missing".to_owned());
        assert!(errors.contains(&expected), "{} can do without {name}", one.schema);
    }
}

async fn errors(one: &Sent<'_>, object: Value) -> Vec<(String, String)> {
    let method = if one.schema.starts_with("Correct") { "PATCH" } else { "POST" };
    let reply = one.caller.send_json(method, &one.path, &(one.around)(object)).await;
    assert_eq!(reply.status, 422, "{} {}", one.schema, reply.text);
    reply.errors()
}

/// Every name of a property in the document.
fn every_name(document: &Value) -> BTreeSet<String> {
    let schemas = document["components"]["schemas"].as_object().unwrap().values();
    schemas.filter_map(|schema| schema["properties"].as_object()).flat_map(|named| named.keys().cloned()).collect()
}

/// Every object that a JSON body is made of.
fn request_schemas(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for method in ["post", "patch"] {
            let body = &item[method]["requestBody"]["content"]["application/json"]["schema"];
            collect(document, body, &mut found);
        }
    }
    found.retain(|name| component(document, name).get("properties").is_some());
    found
}

fn collect(document: &Value, schema: &Value, found: &mut BTreeSet<String>) {
    for reference in super::references(schema) {
        let name = reference.rsplit('/').next().unwrap();
        if found.insert(name.to_owned()) {
            collect(document, component(document, name), found);
        }
    }
}
