//! Characters that nobody sees: what copying leaves behind is removed and remarked, whoever sends it wherever; whatever else
//! hides is refused.

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::bad_input::changed;
use crate::erasure::identified;
use crate::process::printed;
use crate::support::{App, Reply, TestDatabase, home, on_both_databases};

on_both_databases!(
    register_with_strays_keeps_the_cleaned_text_and_remarks_each,
    send_strays_in_any_other_body_is_remarked_too,
    send_what_hides_is_refused_in_every_field,
    add_by_command_with_strays_cleans_and_says_so,
);

const CODE: &str = "invisible_characters_removed";

/// Pointers of the warnings about strays, in an answer or in its data.
fn remarked(reply: &Reply) -> Vec<String> {
    let both = [&reply.body["warnings"], &reply.body["data"]["warnings"]];
    let all = both.into_iter().filter_map(Value::as_array).flatten();
    let strays = all.filter(|warning| warning["code"] == CODE);
    strays.map(|warning| warning["pointer"].as_str().unwrap().to_owned()).collect()
}

async fn register_with_strays_keeps_the_cleaned_text_and_remarks_each(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let clean = identified("a");
    let mut sent = clean.clone();
    for (pointer, value) in [
        ("/external_id", "\u{feff}I\u{200b}-a"),
        ("/site/external_id", "S-a\u{a0}"),
        ("/site/province_code", "01\u{2060}"),
        ("/site/address", "12\u{a0}Hàng\u{202f}Bài\u{ad}, tầng\u{2007}3"),
        ("/site/grid_customer_code", "PD 01\u{a0}000\u{200d}1234567"),
        ("/status", "installed\u{200c}"),
        ("/measures/0/measure", "rooftop_solar_pv\u{3000}"),
    ] {
        sent = changed(&sent, pointer, json!(value));
    }
    let first = partner.post("/v1/installations", &sent).await;
    let mut pointers = remarked(&first);
    pointers.sort();
    let expected = [
        "/external_id",
        "/measures/0/measure",
        "/site/address",
        "/site/external_id",
        "/site/grid_customer_code",
        "/site/province_code",
        "/status",
    ];
    assert_eq!((first.status, &pointers[..]), (201, &expected.map(str::to_owned)[..]), "{}", first.text);
    let installation = &first.body["data"]["installation"];
    assert_eq!(installation["external_id"], "I-a");
    assert_eq!(installation["site"]["external_id"], "S-a");
    let id = installation["id"].as_str().unwrap();
    let read = partner.get(&format!("/v1/installations/{id}")).await;
    let private = &read.body["data"]["site"]["private"];
    assert_eq!(
        (&private["address"], &private["grid_customer_code"]),
        (&json!("12 Hàng Bài, tầng 3"), &json!("PD010001234567"))
    );

    let version = app.db_version();
    let again = partner.post("/v1/installations", &sent).await;
    assert_eq!((again.status, &again.body["data"]["outcome"], remarked(&again).len()), (200, &json!("unchanged"), 7));
    let mut plain = changed(&clean, "/site/address", json!("12 Hàng Bài, tầng 3"));
    plain = changed(&plain, "/site/grid_customer_code", json!("PD010001234567"));
    let again = partner.post("/v1/installations", &plain).await;
    assert_eq!((again.status, &again.body["data"]["outcome"], remarked(&again).len()), (200, &json!("unchanged"), 0));
    assert!(!again.text.contains("site_differs"), "{}", again.text);
    assert_eq!(app.db_version(), version);
    for query in ["external_id=I%E2%80%8B-a", "external_id=%EF%BB%BFI-a", "external_id=I-a%C2%A0"] {
        let found = partner.get(&format!("/v1/installations?{query}")).await;
        assert_eq!(found.body["data"][0]["id"], json!(id), "{query}: {}", found.text);
    }
    let named = plain.to_string().replacen("\"external_id\"", "\"\u{feff}external_id\"", 1);
    let named = partner.post_raw("/v1/installations", named).await;
    assert_eq!((named.status, remarked(&named)), (200, vec!["/external_id".to_owned()]), "{}", named.text);
    let empty = partner.post("/v1/installations", &changed(&plain, "/external_id", json!("\u{200b}\u{a0}"))).await;
    assert_eq!(empty.errors(), [("/external_id".to_owned(), "empty".to_owned())]);
    app.stop().await;
}

async fn send_strays_in_any_other_body_is_remarked_too(database: TestDatabase) {
    let app = App::start(database).await;
    let (partner, reviewer) = (app.partner("SOLARCO").await, app.role(Role::Reviewer).await);
    let admin = app.role(Role::Admin).await;
    let (id, householder) = partner.register_home(&identified("a")).await;
    let site = partner.get(&format!("/v1/installations/{id}")).await.body["data"]["site"]["id"].clone();
    let (installation, site) = (format!("/v1/installations/{id}"), format!("/v1/sites/{}", site.as_str().unwrap()));
    let note = "seen\u{a0}on the\u{200b} roof";
    let decision = json!({"installation": id, "action": "verify", "evidence_tier": "metered", "note": note});
    for (caller, method, path, body, pointers) in [
        (
            &partner,
            "PATCH",
            &*installation,
            json!({"finance": "loan", "reason": "other", "note": note}),
            &["/note"][..],
        ),
        (&partner, "PATCH", &site, json!({"address": "7\u{a0}Hàng Bài", "reason": "other"}), &["/address"]),
        (
            &reviewer,
            "POST",
            &format!("{installation}/verify"),
            json!({"evidence_tier": "document", "note": note}),
            &["/note"],
        ),
        (&reviewer, "POST", "/v1/review/decisions", json!({"decisions": [decision]}), &["/decisions/0/note"]),
        (&householder, "POST", "/v1/householder/dispute", json!({"reason": "other", "note": note}), &["/note"]),
        (&admin, "POST", "/v1/partners", json!({"code": "SUN\u{ad}CO", "name": "Sun\u{a0}Co"}), &["/code", "/name"]),
        (
            &admin,
            "POST",
            "/v1/projects",
            json!({"code": "P1", "name_vi": "Trường\u{feff}", "name_en": "School", "funder": "A\u{a0}B"}),
            &["/funder", "/name_vi"],
        ),
        (&admin, "POST", "/v1/clients", json!({"role": "reviewer", "name": "An\u{2060}h"}), &["/name"]),
    ] {
        let reply = caller.send_json(method, path, &body).await;
        assert!(reply.status == 200 || reply.status == 201, "{path}: {}", reply.text);
        assert_eq!(
            remarked(&reply),
            pointers.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>(),
            "{path}: {}",
            reply.text
        );
        assert!(
            !reply.text.contains(['\u{a0}', '\u{200b}', '\u{feff}', '\u{ad}', '\u{2060}']),
            "{path}: {}",
            reply.text
        );
    }
    let disputes = reviewer.get("/v1/review/disputes").await;
    let dispute = &disputes.body["data"][0]["dispute"];
    assert_eq!(dispute["note"], "seen on the roof", "{}", disputes.text);
    let close = format!("/v1/review/disputes/{}/close", dispute["id"]);
    let closed = reviewer.post(&close, &json!({"outcome": "dismissed", "note": note})).await;
    assert_eq!(
        (remarked(&closed), &closed.body["data"]["answer"]),
        (vec!["/note".to_owned()], &json!("seen on the roof"))
    );
    let partners = admin.get("/v1/partners").await;
    assert!(partners.text.contains("\"SUNCO\"") && partners.text.contains("\"Sun Co\""), "{}", partners.text);
    app.stop().await;
}

async fn send_what_hides_is_refused_in_every_field(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let admin = app.role(Role::Admin).await;
    let version = app.db_version();
    let hidden = [
        "\u{3164}",
        "\u{ffa0}",
        "\u{115f}",
        "\u{e0041}",
        "\u{fe0f}",
        "\u{e0100}",
        "\u{e000}",
        "\u{f0000}",
        "\u{10fffd}",
        "\u{378}",
        "\u{ffff}",
        "\u{202e}",
        "\u{200e}",
        "\u{2028}",
        "\u{2800}",
        "\u{34f}",
        "❤\u{fe0f}",
        "\u{7}",
    ];
    for one in hidden {
        let text = format!("a{one}b");
        for pointer in ["/external_id", "/site/external_id", "/site/address", "/site/grid_customer_code"] {
            let reply = partner.post("/v1/installations", &changed(&identified("a"), pointer, json!(text))).await;
            assert_eq!(reply.errors(), [(pointer.to_owned(), "forbidden_character".to_owned())], "{one:?}");
        }
        let reply = admin.post("/v1/partners", &json!({"code": "SUN", "name": text})).await;
        assert_eq!(reply.errors(), [("/name".to_owned(), "forbidden_character".to_owned())], "{one:?}");
        assert!(!reply.text.contains(one), "{one:?}");
    }
    assert_eq!(app.db_version(), version);
    let smiling = changed(&home("b"), "/external_id", json!("Nhà 🌞 ②"));
    assert_eq!(partner.post("/v1/installations", &smiling).await.status, 201, "what can be seen is taken");
    app.stop().await;
}

async fn add_by_command_with_strays_cleans_and_says_so(database: TestDatabase) {
    drop(database.db_open());
    let add = ["partner", "add", "--code", "\u{feff}SUNCO", "--name", "Sun\u{a0}Co"];
    let (shown, said, code) = printed(&database, &add);
    assert_eq!((code, shown.trim()), (Some(0), "{\"code\":\"SUNCO\"}"), "{said}");
    assert!(said.contains("--code: ") && said.contains("--name: "), "{said}");
    let client = ["client", "add", "--role", "partner", "--partner", "SUN\u{200b}CO", "--name", "tests\u{3164}"];
    let (_, said, code) = printed(&database, &client);
    assert!(code == Some(1) && said.contains("--partner: ") && said.contains("--name: Contains"), "{said}");
    let (_, _, code) = printed(&database, &client.map(|word| if word.starts_with("tests") { "tests" } else { word }));
    assert_eq!(code, Some(0));
    let (_, said, code) = printed(&database, &["openapi", "--publisher", "Green\u{202e}ID"]);
    assert!(code == Some(1) && said.contains("--publisher"), "{said}");
}
