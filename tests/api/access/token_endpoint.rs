//! How tokens are asked for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use green_homes::domain::records::Role;
use serde_json::json;

use crate::support::{App, Reply, TestDatabase, run};

use super::{ROLES, SCOPES};

#[test]
fn ask_for_a_token_wrongly_is_refused_in_the_form_of_oauth() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (id, secret) = app.db_add_client(Role::Reviewer, None);
        let secret = secret.replace(' ', "+");
        let good = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let wrong_secret = ask(&app, &good.replace(&secret, "wrong"), None).await;
        let unknown = ask(&app, &good.replace(&id, "c-unknown"), None).await;
        assert_eq!(wrong_secret.text, unknown.text, "nobody learns which clients there are");
        assert_refused(&wrong_secret, 401, "invalid_client");
        assert_refused(&unknown, 401, "invalid_client");
        assert!(wrong_secret.header("www-authenticate").starts_with("Basic"));
        let cases = [
            (good.replace("client_credentials", "password"), 400, "unsupported_grant_type"),
            (format!("{good}&scope=register%3Aadmin"), 400, "invalid_scope"),
            (format!("{good}&scope=installations%3Areview+made%3Aup"), 400, "invalid_scope"),
            ("grant_type=client_credentials".to_owned(), 401, "invalid_client"),
            (String::new(), 400, "unsupported_grant_type"),
        ];
        for (form, status, error) in cases {
            assert_refused(&ask(&app, &form, None).await, status, error);
        }
        let json = [("content-type", "application/json")];
        let no_form = app.public().send("POST", "/oauth/token", &json, Some(b"{}".to_vec())).await;
        assert_refused(&no_form, 400, "invalid_request");
        assert_refused(&app.public().send("POST", "/oauth/token", &[], None).await, 400, "invalid_request");
        app.stop().await;
    });
}

#[test]
fn ask_for_a_token_by_form_or_basic_gives_the_scopes_of_the_role() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        app.db_add_partner("SOLARCO", false);
        let (id, secret) = app.db_add_client(Role::Reviewer, None);
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let form = format!(
            "grant_type=client_credentials&client_id={id}&client_secret={}&scope=installations%3Areview",
            secret.replace(' ', "+")
        );
        for reply in [ask(&app, "grant_type=client_credentials", Some(&basic)).await, ask(&app, &form, None).await] {
            assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"), "{}", reply.text);
            assert_eq!((&reply.body["token_type"], &reply.body["expires_in"]), (&json!("Bearer"), &json!(900)));
            assert_eq!(reply.body["scope"], SCOPES[2]);
            let token = reply.body["access_token"].as_str().unwrap();
            assert_eq!(app.public().with_token(token).get("/v1/installations").await.status, 200);
        }
        for (role, scopes) in ROLES.into_iter().zip(SCOPES) {
            let partner = (role == Role::Partner).then_some("SOLARCO");
            let me = app.client(role, partner).await.get("/v1/me").await;
            assert_eq!(me.body["data"]["scopes"], json!(scopes.split(' ').collect::<Vec<_>>()), "{role:?}");
        }
        let wrong = format!("Basic {}", STANDARD.encode(format!("{id}:wrong")));
        assert_refused(&ask(&app, "grant_type=client_credentials", Some(&wrong)).await, 401, "invalid_client");
        app.stop().await;
    });
}

async fn ask(app: &App, form: &str, authorization: Option<&str>) -> Reply {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(authorization.map(|value| ("authorization", value)));
    app.public().send("POST", "/oauth/token", &headers, Some(form.as_bytes().to_vec())).await
}

fn assert_refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!((reply.status, &reply.body["error"]), (status, &json!(error)), "{}", reply.text);
    assert_eq!((reply.header("cache-control"), reply.header("content-type")), ("no-store", "application/json"));
    assert!(reply.body["error_description"].is_string() && reply.body["type"].is_null(), "{}", reply.text);
}
