//! What the documentation promises is what the service does: the document in the repository, the
//! fields of requests and answers, the reference data, the pages for people.

mod requests;
mod responses;
mod schema;

use std::io::{Read, Write};
use std::path::Path;

use green_homes::api::Access;
use green_homes::api::routes::ROUTES;
use serde_json::{Value, json};

use crate::support::{App, TestDatabase, home, run};

/// The document as the repository keeps it.
const DOCUMENT: &str = include_str!("../../openapi/openapi.json");

#[test]
fn document_in_the_repository_is_that_of_the_code() {
    let current = green_homes::api::documentation::document_json(ROUTES);
    let differs = DOCUMENT.lines().zip(current.lines()).position(|(kept, now)| kept != now);
    assert!(DOCUMENT == current, "openapi/openapi.json differs from line {differs:?} on: run `make openapi`");
}

#[test]
fn document_is_whole_and_names_each_operation_once() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut operations = Vec::new();
    let mut wordless = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(operation["operationId"].as_str().expect("an operationId").to_owned());
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                if response["description"].as_str().is_none_or(str::is_empty) {
                    wordless.push(format!("{method} {path} {status}"));
                }
            }
        }
    }
    let count = operations.len();
    operations.sort();
    operations.dedup();
    assert_eq!(operations.len(), count);
    let broken: Vec<_> = references(&document).into_iter().filter(|r| document.pointer(r).is_none()).collect();
    assert!(broken.is_empty(), "{broken:?} lead nowhere");
    assert!(wordless.is_empty(), "OpenAPI 3.1 requires a description of every response: {wordless:?}");
}

#[test]
fn get_the_document_and_its_page_needs_no_other_host() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let anybody = app.public();
        let served = anybody.get("/openapi.json").await;
        assert_eq!((served.status, served.header("content-type")), (200, "application/json"));
        assert_eq!(served.header("access-control-allow-origin"), "*");
        assert!(served.text == DOCUMENT, "the served document differs from openapi/openapi.json: run `make openapi`");
        for path in ["/", "/docs"] {
            let redirect = unfollowed(&app.address, path);
            assert!(redirect.contains("location: /docs/\r\n"), "{redirect}");
        }
        let page = anybody.get("/docs/").await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html"), "{}", page.text);
        let files = linked(&page.text);
        let is = |file: &str, extension| Path::new(file).extension().is_some_and(|found| found == extension);
        assert!(files.iter().any(|file| is(file, "js")) && files.iter().any(|file| is(file, "css")));
        for file in files {
            assert!(!file.contains("//"), "{file} is on another host");
            let reply = anybody.get(&format!("/docs/{}", file.trim_start_matches("./"))).await;
            assert!(reply.status == 200 && !reply.text.is_empty(), "{file}: {}", reply.status);
            if is(&file, "css") {
                assert!(!reply.text.contains("url(http") && !reply.text.contains("@import"), "{file}");
            }
        }
        let initializer = anybody.get("/docs/swagger-initializer.js").await.text;
        assert!(initializer.contains("/openapi.json") && !initializer.contains("://"), "{initializer}");
        // The standalone layout would send the document's address to validator.swagger.io.
        assert!(initializer.contains("\"layout\": \"BaseLayout\""), "{initializer}");
        app.stop().await;
    });
}

#[test]
fn list_reference_data_gives_all_of_it_to_any_page() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let anybody = app.public();
        let measures = anybody.get("/v1/measures").await;
        assert_eq!(measures.body["data"].as_array().unwrap().len(), 32);
        let provinces = anybody.get("/v1/provinces").await;
        let provinces_now = provinces.body["data"].as_array().unwrap();
        let former: usize = provinces_now.iter().map(|province| province["former"].as_array().unwrap().len()).sum();
        assert_eq!((provinces_now.len(), former), (34, 63));
        let cases = [
            // Today's name, without diacritics, and by code.
            ("Ba+%C4%90%C3%ACnh&province=01", "00004"),
            ("ba+dinh&province=01", "00004"),
            ("00004&limit=1", "00004"),
            // Only before July 2025: Phúc Xá went to Hồng Hà.
            ("phuc+xa&province=01", "00097"),
            ("00001&province=01", "00097"),
        ];
        for (query, code) in cases {
            let found = anybody.get(&format!("/v1/communes?q={query}")).await;
            assert!(
                found.body["data"].as_array().unwrap().iter().any(|one| one["code"] == code),
                "{query}: {}",
                found.text
            );
        }
        let by_former = anybody.get("/v1/communes?q=phuc+xa&province=01").await;
        let phuc_xa =
            json!({"code": "00001", "name_vi": "Phường Phúc Xá", "district_vi": "Quận Ba Đình", "now": ["00097"]});
        assert_eq!(by_former.body["data"][0]["found_by_former"], phuc_xa, "{}", by_former.text);
        assert_eq!(anybody.get("/v1/communes?q=atlantis").await.body["data"], json!([]));
        for reply in [&measures, &provinces, &by_former] {
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            assert!(reply.header("cache-control").starts_with("public"));
        }
        app.stop().await;
    });
}

#[test]
fn ask_from_a_page_of_another_origin_may_send_an_etag_and_read_errors() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let page = ("origin", "https://a.page.example");
        for row in ROUTES.iter().filter(|row| row.method == "GET" && !row.path.contains('{')) {
            let asked = [page, ("access-control-request-method", "GET")];
            let preflight = app.public().send("OPTIONS", row.path, &asked, None).await;
            let wrong = app.public().send("GET", &format!("{}?made_up=1", row.path), &[page], None).await;
            let allowed =
                ["access-control-allow-headers", "access-control-allow-origin"].map(|name| preflight.header(name));
            if row.access == Access::Public {
                assert_eq!((preflight.status, allowed), (204, ["*", "*"]), "{}", row.path);
                assert_eq!(
                    (wrong.header("access-control-allow-origin"), wrong.header("access-control-expose-headers")),
                    ("*", "ETag, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id")
                );
            } else {
                assert_eq!((preflight.status, allowed), (405, ["", ""]), "{}", row.path);
                assert_eq!(wrong.header("access-control-allow-origin"), "", "{}", row.path);
            }
        }
        app.stop().await;
    });
}

#[test]
fn an_answer_has_the_id_of_its_log_line_and_one_that_caches_repeat_has_none() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (anybody, partner) = (app.public(), app.partner("SOLARCO").await);
        let logged = [anybody.get("/v1/nowhere").await, partner.get("/v1/installations").await];
        let [first, second] = logged.each_ref().map(|reply| reply.header("x-request-id"));
        assert!(first.len() == 16 && second.len() == 16 && first != second, "{first} {second}");
        let public = anybody.get("/v1/progress").await;
        assert_eq!((public.status, public.header("x-request-id")), (200, ""));
        for reply in logged.iter().chain([&public]) {
            assert_eq!(reply.header("x-content-type-options"), "nosniff");
        }
        for reply in &logged {
            assert_eq!(reply.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
            assert_eq!(reply.header("referrer-policy"), "no-referrer");
        }
        let page = anybody.get("/docs/").await;
        assert!(page.header("content-security-policy").starts_with("default-src 'self'"), "{:?}", page.headers);
        app.stop().await;
    });
}

#[test]
fn get_progress_again_with_its_etag_is_not_modified_until_it_changes() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let (anybody, partner) = (app.public(), app.partner("SOLARCO").await);
        app.progress_at(app.db_version()).await;
        let first = anybody.get("/v1/progress").await;
        let etag = first.header("etag").to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        let origin = ("origin", "https://a.page.example");
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let reply = anybody.send("GET", "/v1/progress", &[("if-none-match", &known), origin], None).await;
            assert_eq!((reply.status, reply.text.as_str(), reply.header("etag")), (304, "", etag.as_str()), "{known}");
            assert_eq!(reply.header("access-control-allow-origin"), "*");
        }
        let head = anybody.send("HEAD", "/v1/progress", &[], None).await;
        assert_eq!((head.status, head.text.as_str(), head.header("etag")), (200, "", etag.as_str()));
        partner.register(&home("a")).await;
        app.progress_at(app.db_version()).await;
        let changed = anybody.send("GET", "/v1/progress", &[("if-none-match", &etag)], None).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), etag);
        app.stop().await;
    });
}

#[test]
fn ask_whether_the_service_is_well_answers_old_clients_too() {
    run(async {
        let app = App::start(TestDatabase::sqlite()).await;
        let anybody = app.public();
        assert_eq!(anybody.get("/livez").await.body, json!({"status": "alive"}));
        let ready = anybody.get("/readyz").await;
        assert_eq!(
            (ready.status, &ready.body["status"], &ready.body["database"]),
            (200, &json!("ready"), &json!(true))
        );
        // A load balancer may speak HTTP/1.0 and send no Host.
        let old = raw(&app.address, "GET /readyz HTTP/1.0\r\n\r\n");
        assert!(old.starts_with("HTTP/1.0 200") && old.contains("\"ready\""), "{old}");
        app.stop().await;
    });
}

/// The answer to a `GET` that follows no redirect.
fn unfollowed(address: &str, path: &str) -> String {
    raw(address, &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"))
}

/// The bytes that come back for these, until the other side closes.
fn raw(address: &str, request: &str) -> String {
    let (address, request) = (address.trim_start_matches("http://").to_owned(), request.to_owned());
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// What a page links to by `src` and `href`.
fn linked(html: &str) -> Vec<String> {
    let after = |attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
    after("src=\"").chain(after("href=\"")).map(str::to_owned).collect()
}

/// Every `$ref` as a JSON pointer.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str).map(|r| r.trim_start_matches('#').to_owned());
            own.into_iter().chain(members.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
