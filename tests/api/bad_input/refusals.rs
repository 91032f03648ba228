//! Requests that are wrong before or beside their body: queries, decisions, sizes, types, paths.

use std::collections::BTreeSet;

use green_homes::domain::records::Role;
use serde_json::json;

use super::{assert_nothing_recorded, assert_problem};
use crate::support::{App, Reply, TestDatabase, home, run};

#[test]
fn send_wrong_queries_names_every_parameter() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let list = "/v1/installations?limit=0&status=nope&province=99&cursor=x&site=y&made_up=1&external_id=%00a";
        let cases = [
            (
                list,
                "limit out_of_range, status unknown_value, province unknown_province, cursor not_a_cursor, \
                    site not_an_id, made_up unknown_field, external_id forbidden_character",
            ),
            ("/v1/installations?limit=201&limit=1", "limit duplicate_field"),
            ("/v1/installations?limit=201", "limit out_of_range"),
            ("/v1/communes", "q missing"),
            ("/v1/communes?q=&province=74", "q empty, province retired_province_code"),
            ("/v1/progress?as_of=2026-02-30", "as_of not_a_date"),
            ("/v1/progress?at=2026-01-01", "at unknown_field"),
            ("/v1/measures?x=1", "x unknown_field"),
            ("/v1/provinces?x", "x unknown_field"),
        ];
        for (path, expected) in cases {
            let reply = partner.get(path).await;
            assert_problem(&reply, 422, "invalid_request");
            let mut found: Vec<_> = reply.errors().iter().map(|(at, code)| format!("{at} {code}")).collect();
            let mut expected: Vec<_> = expected.split(", ").map(|one| one.trim().to_owned()).collect();
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{path}");
        }
        let posted = partner.post("/v1/installations?dry_run=1", &home("a")).await;
        assert_eq!(posted.errors(), [("dry_run".to_owned(), "unknown_value".to_owned())]);
        assert_eq!(partner.get("/v1/installations").await.body["data"], json!([]));
        let path = format!("/v1/installations/{}", partner.register(&home("a")).await);
        let reviewer = app.role(Role::Reviewer).await;
        let verify = json!({"evidence_tier": "document"});
        let verified = reviewer.post(&format!("{path}/verify?dry_run=true"), &verify).await;
        for reply in [verified, partner.get(&format!("{path}?dry_run=1")).await] {
            assert_problem(&reply, 422, "invalid_request");
            assert_eq!(reply.errors(), [("dry_run".to_owned(), "unknown_field".to_owned())]);
        }
        assert_eq!(partner.get(&path).await.body["data"]["status"], "installed");
        app.stop().await;
    });
}

#[test]
fn send_bad_decisions_and_registrations_of_partners_are_refused() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
        let admin = app.role(Role::Admin).await;
        let id = partner.register(&home("a")).await;
        let version = app.db_version();
        let (verify, reject) = (format!("/v1/installations/{id}/verify"), format!("/v1/installations/{id}/reject"));
        let long = "x".repeat(501);
        let cases = [
            (&reviewer, verify.as_str(), json!({}), "/evidence_tier", "missing"),
            (&reviewer, &verify, json!({"evidence_tier": "seen"}), "/evidence_tier", "unknown_value"),
            (&reviewer, &verify, json!({"evidence_tier": "sampled"}), "/evidence_tier", "tier_not_available"),
            (&reviewer, &verify, json!({"evidence_tier": "metered", "note": long}), "/note", "too_long"),
            (&reviewer, &reject, json!({"reason": "mood"}), "/reason", "unknown_value"),
            (&reviewer, &reject, json!({"reason": "other", "why": 1}), "/why", "unknown_field"),
            (&admin, "/v1/partners", json!({"code": "a b", "name": "x"}), "/code", "not_a_code"),
            (&admin, "/v1/clients", json!({"role": "partner", "name": "x"}), "/partner", "missing"),
            (
                &admin,
                "/v1/clients",
                json!({"role": "partner", "partner": "NO", "name": "x"}),
                "/partner",
                "unknown_partner",
            ),
            (&admin, "/v1/clients", json!({"role": "king", "name": "x"}), "/role", "unknown_value"),
            (&admin, "/v1/projects", json!({"code": "P1", "name_vi": "x"}), "/name_en", "missing"),
        ];
        for (caller, path, body, at, code) in cases {
            let reply = caller.post(path, &body).await;
            assert_problem(&reply, 422, "invalid_request");
            assert_eq!(reply.errors(), [(at.to_owned(), code.to_owned())], "{path} {body}");
        }
        let taken = admin.post("/v1/partners", &json!({"code": "SOLARCO", "name": "x"})).await;
        assert_problem(&taken, 409, "code_taken");
        let nobody = format!("/v1/installations/{}/verify", uuid::Uuid::now_v7());
        assert_problem(&reviewer.post(&nobody, &json!({"evidence_tier": "document"})).await, 404, "not_found");
        assert_eq!(app.db_version(), version);
        app.stop().await;
    });
}

#[test]
fn send_too_much_or_another_type_is_refused_unread() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        let version = app.db_version();
        let good = home("a").to_string();
        let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
        let at_the_limit = partner.post_raw("/v1/installations?x", padded(64 * 1024)).await;
        assert_problem(&at_the_limit, 422, "invalid_request");
        for length in [64 * 1024 + 1, 10 << 20] {
            assert_problem(&partner.post_raw("/v1/installations", padded(length)).await, 413, "too_large");
        }
        let types: [&[(&str, &str)]; 6] = [
            &[("content-type", "text/plain")],
            &[("content-type", "application/json5")],
            &[("content-type", "application/x-www-form-urlencoded")],
            &[("content-type", "application/json"), ("content-encoding", "gzip")],
            &[("content-type", "application/json"), ("content-encoding", "br")],
            &[],
        ];
        for headers in types {
            let reply = partner.send("POST", "/v1/installations", headers, Some(good.clone().into())).await;
            assert_problem(&reply, 415, "unsupported_media_type");
        }
        assert_nothing_recorded(&app, version, &partner).await;
        let charset = [("content-type", "Application/JSON; charset=utf-8")];
        let reply = partner.send("POST", "/v1/installations", &charset, Some(good.into())).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        app.stop().await;
    });
}

#[test]
fn call_an_unknown_path_or_method_is_a_problem_with_what_is_allowed() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let partner = app.partner("SOLARCO").await;
        for path in ["/nowhere", "/v1", "/v1/installations/", "/v2/progress", "/problems/nothing", "/%00", "/docs/none"]
        {
            assert_problem(&partner.get(path).await, 404, "not_found");
        }
        for id in ["none", "%00", "018f3c5e8c7b7abc8def0123456789ab", &"9".repeat(5000)] {
            assert_problem(&partner.get(&format!("/v1/installations/{id}")).await, 404, "not_found");
        }
        let cases = [
            ("DELETE", "/v1/installations", "GET, HEAD, POST"),
            ("PATCH", "/v1/progress", "GET, HEAD"),
            ("GET", "/oauth/token", "POST"),
            ("GET", "/v1/projects", "POST"),
            ("BREW", "/livez", "GET, HEAD"),
        ];
        for (method, path, allow) in cases {
            let reply = partner.send(method, path, &[], None).await;
            assert_problem(&reply, 405, "method_not_allowed");
            let allowed: BTreeSet<_> = reply.header("allow").split(", ").collect();
            assert_eq!(allowed, allow.split(", ").collect(), "{method} {path}");
        }
        app.stop().await;
    });
}

#[test]
fn follow_the_type_of_a_problem_describes_it_in_both_languages() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (partner, anybody) = (app.partner("SOLARCO").await, app.public());
        let id = partner.register(&home("a")).await;
        let different = super::changed(&home("a"), "/cost_vnd", json!(1));
        let replies: [Reply; 8] = [
            anybody.post("/v1/installations", &home("b")).await,
            partner.post("/v1/partners", &json!({})).await,
            partner.post("/v1/installations", &json!({})).await,
            partner.post("/v1/installations", &different).await,
            partner.post_raw("/v1/installations", "{").await,
            partner.send("POST", "/v1/installations", &[("content-type", "text/plain")], None).await,
            partner.send("DELETE", &format!("/v1/installations/{id}"), &[], None).await,
            anybody.get("/nowhere").await,
        ];
        let types: BTreeSet<_> = replies.iter().map(|reply| reply.body["type"].as_str().unwrap().to_owned()).collect();
        assert_eq!(types.len(), replies.len(), "each is another problem: {types:?}");
        for reply in &replies {
            let page = anybody.get(reply.body["type"].as_str().unwrap()).await;
            assert_eq!((page.status, page.header("content-type")), (200, "application/json"), "{}", page.text);
            assert_eq!((&page.body["code"], &page.body["title_vi"]), (&reply.body["code"], &reply.body["title"]));
            assert!(["title_en", "detail_vi", "detail_en"].iter().all(|name| page.body[name].is_string()));
        }
        app.stop().await;
    });
}
