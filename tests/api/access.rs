//! Who may do what. Every row of the route table is walked with no token, with tokens of every
//! role, and with tokens that somebody forged.

mod forger;
mod keys;
mod token_endpoint;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use forger::{Forger, OUT_OF_DATE, TOO_EARLY, claims};
use green_homes::api::documentation;
use green_homes::api::routes::{ROUTES, Route};
use green_homes::api::{Access, Scope};
use green_homes::domain::records::Role;
use serde_json::json;

use crate::erasure::identified;
use crate::support::{App, Client, Reply, TestDatabase, clock_at, db_lines, home, run};

const ROLES: [Role; 4] = [Role::Partner, Role::Dashboard, Role::Reviewer, Role::Admin];
/// What each of them may do, once more beside the program's own table.
const SCOPES: [&str; 4] = [
    "installations:write installations:read aggregates:read",
    "aggregates:read",
    "installations:read installations:review installations:reject aggregates:read",
    "installations:read installations:reject register:admin aggregates:read",
];
/// Routes for people with a browser: not part of the documented interface.
const UNDOCUMENTED: [&str; 3] = ["/docs", "/docs/{file:.*}", "/"];

#[test]
fn call_every_route_answers_each_role_by_its_scopes() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        app.db_add_partner("SOLARCO", false);
        let mut callers = Vec::new();
        for role in ROLES {
            callers.push((role, app.client(role, (role == Role::Partner).then_some("SOLARCO")).await));
        }
        let (_, householder) = callers[0].1.register_home(&identified("a")).await;
        for row in ROUTES {
            let anonymous = call(&app.public(), row).await;
            if row.access == Access::Householder {
                assert_wrong_code(&anonymous, row.path);
                for (_, caller) in &callers {
                    assert_wrong_code(&call(caller, row).await, row.path);
                }
                let reply = call(&householder, row).await;
                assert!(![401, 403].contains(&reply.status), "{} {}", row.path, reply.text);
                continue;
            }
            if row.access == Access::AnyClient {
                assert_unauthorized(&anonymous, "Bearer", row.path);
                for (role, caller) in &callers {
                    assert_eq!(call(caller, row).await.status, 200, "{role:?} {}", row.path);
                }
                continue;
            }
            let Access::Needs(scope) = row.access else {
                assert!(![401, 403].contains(&anonymous.status) || row.path == "/oauth/token", "{}", row.path);
                continue;
            };
            assert_unauthorized(&anonymous, "Bearer", row.path);
            let head = app.public().send("HEAD", &path_of(row), &[], None).await;
            let expected = match ROUTES.iter().find(|other| other.path == row.path && other.method == "GET") {
                Some(read) if read.access == Access::Public => 200,
                Some(_) => 401,
                None => 405,
            };
            assert_eq!(head.status, expected, "HEAD {}", row.path);
            assert!(ROLES.iter().any(|role| scope.is_held_by(*role)), "nobody may {}", row.path);
            for (role, caller) in &callers {
                let reply = call(caller, row).await;
                let allowed = ![401, 403].contains(&reply.status);
                assert_eq!(allowed, scope.is_held_by(*role), "{role:?} {} {}", row.path, reply.text);
                if !allowed {
                    assert_forbidden(&reply, scope);
                }
            }
        }
        app.stop().await;
    });
}

#[test]
fn call_every_documented_route_with_an_unknown_parameter_names_it() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        app.db_add_partner("SOLARCO", false);
        let partner = app.client(Role::Partner, Some("SOLARCO")).await;
        let (_, householder) = partner.register_home(&identified("a")).await;
        for row in ROUTES.iter().filter(|row| row.path.starts_with("/v1/")) {
            let role = match row.access {
                Access::Needs(scope) => ROLES.into_iter().find(|role| scope.is_held_by(*role)).unwrap(),
                Access::Open | Access::Public | Access::AnyClient | Access::Householder => Role::Partner,
            };
            let caller = app.client(role, (role == Role::Partner).then_some("SOLARCO")).await;
            let caller = if row.access == Access::Householder { householder.clone() } else { caller };
            let path = format!("{}?made_up=1", path_of(row));
            let body = (row.method != "GET").then(|| b"{}".to_vec());
            let headers = [("content-type", "application/json"), ("if-match", "*")];
            let reply = caller.send(row.method.as_str(), &path, &headers, body).await;
            let unknown = ("made_up".to_owned(), "unknown_field".to_owned());
            assert!(
                reply.status == 422 && reply.errors().contains(&unknown),
                "{} {}: {}",
                row.method,
                row.path,
                reply.text
            );
        }
        app.stop().await;
    });
}

#[test]
fn call_every_route_with_a_forged_token_is_unauthorized() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        app.db_add_partner("SOLARCO", false);
        let forger = Forger::of(&app);
        for row in ROUTES {
            let scope = match row.access {
                Access::Needs(scope) => scope,
                Access::AnyClient => Scope::ReadAggregates,
                Access::Open | Access::Public | Access::Householder => continue,
            };
            let role = ROLES.into_iter().find(|role| scope.is_held_by(*role)).unwrap();
            let (client_id, secret) = app.db_add_client(role, (role == Role::Partner).then_some("SOLARCO"));
            app.token(&client_id, &secret).await;
            // Of a process whose clock is four seconds ahead.
            let mut genuine = claims(&client_id);
            genuine["nbf"] = json!(Utc::now().timestamp() + 4);
            let genuine = forger.sign(&forger.header(), &genuine);
            let control = call(&app.public().with_token(genuine), row).await;
            assert!(![401, 403].contains(&control.status), "the forger's own key must work: {}", control.text);
            for (what, token) in forger.forgeries(&client_id) {
                let reply = call(&app.public().with_token(token), row).await;
                // Genuine tokens whose time is wrong; nothing else is.
                let code = match &*what {
                    OUT_OF_DATE => "token_expired",
                    TOO_EARLY => "token_not_yet_valid",
                    _ => "unauthorized",
                };
                assert_refused_token(&reply, code, "Bearer error=\"invalid_token\"", &format!("{what} {}", row.path));
            }
            let basic = [("authorization", "Basic Og==")];
            let reply = app.public().send(row.method.as_str(), &path_of(row), &basic, None).await;
            let challenge = "Basic realm=\"green-homes\"";
            assert_eq!((reply.status, &reply.body["code"]), (401, &json!("basic_refused")), "{}", reply.text);
            assert_eq!(reply.header("www-authenticate"), challenge, "{}", row.path);
        }
        app.stop().await;
    });
}

#[test]
fn call_wrongly_while_the_caller_is_checked_is_unauthorized() {
    run(async {
        let app = App::start(TestDatabase::postgres()).await;
        // A wrong secret is looked for among newer ones of other processes; the query is refused long before.
        let (id, _) = app.db_add_client(Role::Dashboard, None);
        let wrong = format!("Basic {}", STANDARD.encode(format!("{id}:wrong")));
        let path = "/v1/installations/none?made_up=1";
        let reply = app.public().send("GET", path, &[("authorization", &wrong)], None).await;
        assert_eq!((reply.status, &reply.body["code"]), (401, &json!("basic_refused")), "{}", reply.text);
        // An unknown token waits for the keys, which are locked; the body is refused meanwhile.
        let mut lock = PgConnection::establish(&app.database.url).unwrap();
        lock.batch_execute("BEGIN; LOCK TABLE signing_keys").unwrap();
        let path = format!("/v1/installations/{}/verify", uuid::Uuid::now_v7());
        let (url, caller, posted) = (app.database.url.clone(), app.public().with_token("unknown"), path.clone());
        let waits = "SELECT query AS line FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        // The keys are read once a second at most, so the first tokens may be refused without them.
        let until = Instant::now() + Duration::from_secs(20);
        let asked = loop {
            let (caller, posted) = (caller.clone(), posted.clone());
            let asked = actix_web::rt::spawn(async move { caller.post_raw(&posted, "{").await });
            while !asked.is_finished() && db_lines(&url, waits).is_empty() {
                assert!(Instant::now() < until, "nobody reads the keys");
                actix_web::rt::time::sleep(Duration::from_millis(10)).await;
            }
            if !asked.is_finished() {
                break asked;
            }
        };
        lock.batch_execute("COMMIT").unwrap();
        assert_unauthorized(&asked.await.unwrap(), "Bearer error=\"invalid_token\"", &path);
        app.stop().await;
    });
}

#[test]
fn call_with_a_token_that_has_expired_says_so() {
    run(async {
        let now = Arc::new(Mutex::new(Utc::now()));
        let app = App::start_at(TestDatabase::sqlite(), clock_at(now.clone())).await;
        let partner = app.partner("SOLARCO").await;
        assert_eq!(partner.get("/v1/me").await.status, 200);
        *now.lock().unwrap() += TimeDelta::minutes(15);
        for (language, sentence) in [
            ("vi", "Token đã hết hạn (15 phút); hãy lấy token mới từ /oauth/token."),
            ("en", "The token has expired (15 minutes); get a new one from /oauth/token."),
        ] {
            let reply = partner.send("GET", "/v1/me", &[("accept-language", language)], None).await;
            assert_refused_token(&reply, "token_expired", "Bearer error=\"invalid_token\"", language);
            assert_eq!(reply.body["detail"], sentence);
            assert_eq!(app.public().get("/problems/token_expired").await.body["code"], "token_expired");
        }
        app.stop().await;
    });
}

#[test]
fn read_another_partners_installation_finds_nothing() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (owner, other) = (app.partner("SOLARCO").await, app.partner("OTHER").await);
        let id = owner.register(&home("a")).await;
        let path = format!("/v1/installations/{id}");
        assert_eq!(owner.get(&path).await.status, 200);
        let (hidden, absent) = (other.get(&path).await, other.get("/v1/installations/none").await);
        assert_eq!((hidden.status, &hidden.body["code"]), (404, &json!("not_found")));
        assert_eq!((&hidden.body["detail"], &hidden.body["title"]), (&absent.body["detail"], &absent.body["title"]));
        let site = owner.get(&path).await.body["data"]["site"]["id"].as_str().unwrap().to_owned();
        for query in ["", "?external_id=I-a", &format!("?site={site}"), &format!("?cursor={}", uuid::Uuid::nil())] {
            let list = other.get(&format!("/v1/installations{query}")).await;
            assert_eq!((list.status, &list.body["data"]), (200, &json!([])), "{query}: {}", list.text);
        }
        let verify = json!({"evidence_tier": "document"});
        for partner in [&owner, &other] {
            assert_eq!(partner.post(&format!("{path}/verify"), &verify).await.status, 403);
        }
        app.stop().await;
    });
}

#[test]
fn document_and_route_table_name_the_same_operations() {
    let documented: BTreeSet<_> = documentation::operations(&documentation::document(ROUTES)).into_iter().collect();
    let served = ROUTES.iter().filter(|row| !UNDOCUMENTED.contains(&row.path));
    let served: BTreeSet<_> = served.map(|row| (row.method.as_str(), row.path.to_owned())).collect();
    assert_eq!(documented, served);
}

#[test]
fn ask_a_public_route_with_what_links_carry_along_is_answered() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let reviewer = app.role(Role::Reviewer).await;
        let along = "fbclid=IwAR0x&utm_source=zalo&_=1732";
        for path in ["/v1/progress", "/v1/measures", "/v1/provinces"] {
            assert_eq!(app.public().get(&format!("{path}?{along}")).await.status, 200, "{path}");
        }
        let found = app.public().get(&format!("/v1/communes?q=ba+dinh&{along}")).await;
        assert_eq!(found.status, 200, "{}", found.text);
        assert_eq!(app.public().get("/v1/progress?utm=1").await.status, 422);
        assert_eq!(reviewer.get(&format!("/v1/review/queue?{along}")).await.status, 422, "no link leads there");
        app.stop().await;
    });
}

/// A refusal is no reason to connect anew: behind a proxy, that costs more than the refusal.
#[test]
fn send_a_body_that_is_refused_unread_keeps_the_connection() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let host = app.address.trim_start_matches("http://").to_owned();
        let mut connection = std::net::TcpStream::connect(&host).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let body = home("a").to_string();
        let length = body.len();
        let request = format!(
            "POST /v1/installations HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        let asked = actix_web::web::block(move || {
            for time in 0..3 {
                connection.write_all(request.as_bytes()).unwrap();
                let mut answer = [0; 4096];
                let count = connection.read(&mut answer).unwrap();
                let answer = String::from_utf8_lossy(&answer[..count]).to_lowercase();
                assert!(answer.starts_with("http/1.1 401 "), "{time}: {answer}");
                assert!(!answer.contains("connection: close"), "{answer}");
            }
        });
        asked.await.unwrap();
        app.stop().await;
    });
}

/// Calls a route; a body, where it takes one, is `{}`, which none takes for good.
async fn call(caller: &Client, row: &Route) -> Reply {
    match row.method.as_str() {
        "GET" => caller.get(&path_of(row)).await,
        method => caller.send_json(method, &path_of(row), &json!({})).await,
    }
}

fn path_of(row: &Route) -> String {
    let id = uuid::Uuid::now_v7().to_string();
    row.path
        .replace("{id}", &id)
        .replace("{code}", "not_found")
        .replace("{version}", "1")
        .replace("{client_id}", "c-none")
        .replace("{file:.*}", "index.html")
}

fn assert_unauthorized(reply: &Reply, challenge: &str, what: &str) {
    assert_refused_token(reply, "unauthorized", challenge, what);
}

fn assert_refused_token(reply: &Reply, code: &str, challenge: &str, what: &str) {
    assert_eq!((reply.status, &reply.body["code"]), (401, &json!(code)), "{what}: {}", reply.text);
    assert_eq!(reply.header("www-authenticate"), challenge, "{what}");
    assert_eq!(reply.header("content-type"), "application/problem+json", "{what}");
}

fn assert_wrong_code(reply: &Reply, what: &str) {
    assert_eq!((reply.status, &reply.body["code"]), (401, &json!("wrong_code")), "{what}: {}", reply.text);
    assert_eq!(reply.header("www-authenticate"), "Householder-Code", "{what}");
    assert_eq!(reply.header("content-type"), "application/problem+json", "{what}");
}

fn assert_forbidden(reply: &Reply, scope: Scope) {
    assert_eq!((reply.status, &reply.body["code"]), (403, &json!("forbidden")), "{}", reply.text);
    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", scope.as_str());
    assert_eq!(reply.header("www-authenticate"), challenge);
    assert_eq!(reply.header("content-type"), "application/problem+json");
}
