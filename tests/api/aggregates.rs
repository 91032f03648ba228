//! The register added up by any dimension.

mod few_sites;
mod scopes;
mod times;

use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::lifecycle::{People, act};
use crate::process::client;
use crate::support::{App, Client, TestDatabase, home, on_both_databases};

on_both_databases!(
    add_up_by_any_dimension_comes_to_the_headline,
    add_up_by_measure_counts_a_site_behind_each_of_its_measures,
    ask_for_what_cannot_be_added_up_names_every_fault,
    add_up_for_a_client_of_one_province_shows_that_one_alone,
);

const PATH: &str = "/v1/aggregates";

async fn added(caller: &Client, query: &str) -> Value {
    let reply = caller.get(&format!("{PATH}{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {}", reply.text);
    reply.body
}

/// Homes and an office in two provinces, with and without a battery, verified and not.
pub async fn register_some(people: &People) {
    let lines = |measures: &[(&str, f64)]| -> Value {
        measures.iter().map(|(measure, quantity)| json!({"measure": measure, "quantity": quantity})).collect()
    };
    for (name, kind, province, on, measures, flag, verified) in [
        (
            "a",
            "home",
            "01",
            "2024-05-03",
            lines(&[("rooftop_solar_pv", 5.4), ("solar_water_heater", 2.0)]),
            json!(true),
            true,
        ),
        ("b", "home", "79", "2025-11-20", lines(&[("rooftop_solar_pv", 3.0)]), json!(false), true),
        ("c", "office", "79", "2026-01-15", lines(&[("led_lighting_workplace", 200.0)]), json!(null), true),
        ("d", "home", "01", "2026-02-15", lines(&[("biogas_digester", 1.0)]), json!(null), false),
        ("e", "home", "01", "2018-02-15", lines(&[("rooftop_solar_pv", 100.0)]), json!(null), true),
    ] {
        let mut body = home(name);
        body["site"] =
            json!({"external_id": format!("S-{name}"), "kind": kind, "province_code": province, "low_income": flag});
        body["installed_on"] = json!(on);
        body["measures"] = measures;
        body["cost_vnd"] = json!(10_000_000);
        let id = people.owner.register(&body).await;
        if verified {
            assert_eq!(act(&people.reviewer, &id, "verify").await.status, 200);
        }
    }
}

async fn add_up_by_any_dimension_comes_to_the_headline(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    register_some(&people).await;
    let headline = app.progress_at(app.db_version()).await["data"].clone();
    let reviewer = &people.reviewer;
    let whole = added(reviewer, "").await;
    let total = &whole["total"];
    assert_eq!(whole["meta"]["warnings"], json!(["day_not_closed", "verified_only"]));
    assert_eq!((&total["sites"], &total["capacity_kwp"]), (&json!(3), &json!(8.4)), "what is older is no part of it");
    assert_eq!((&total["cost_vnd"], &total["cost_known"]), (&json!(30_000_000), &json!(3)));
    for (column, figure) in [
        ("to_date_avoided_tco2e", &headline["to_date"]["avoided_tco2e"]),
        ("annual_generation_kwh", &headline["annual"]["generation_kwh"]),
        ("annual_avoided_tco2e_high", &headline["annual"]["avoided_tco2e_high"]),
    ] {
        let (found, expected) = (total[column].as_f64().unwrap(), figure.as_f64().unwrap());
        assert!((found - expected).abs() <= 1e-9 * expected, "{column}: {found} is not {expected}");
    }
    for dimension in [
        "province",
        "former_province",
        "region",
        "kind",
        "stage",
        "evidence_tier",
        "low_income",
        "remote",
        "woman_headed",
        "year",
        "quarter",
        "month",
    ] {
        let grouped = added(reviewer, &format!("?group_by={dimension}")).await;
        let rows = grouped["data"].as_array().unwrap();
        let sum = |column: &str| rows.iter().map(|row| row[column].as_f64().unwrap()).sum::<f64>();
        let all = &grouped["total"];
        assert!((sum("sites") - all["sites"].as_f64().unwrap()).abs() < 1e-9, "{dimension}: {grouped}");
        assert!(
            (sum("annual_avoided_tco2e_low") - all["annual_avoided_tco2e_low"].as_f64().unwrap()).abs() < 1e-9,
            "{dimension}"
        );
        assert_eq!(grouped["sites_additive"], json!(true));
    }
    let provinces = added(reviewer, "?group_by=province,year&stage=verified,reported").await;
    let told = |row: &Value| json!([row["province_code"], row["province_name_vi"], row["period"], row["sites"]]);
    let expected = [
        json!(["01", "Hà Nội", "2024", 1]),
        json!(["01", "Hà Nội", "2026", 1]),
        json!(["79", "TP. Hồ Chí Minh", "2025", 1]),
        json!(["79", "TP. Hồ Chí Minh", "2026", 1]),
    ];
    let rows: Vec<Value> = provinces["data"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(rows.len(), 4, "{provinces}");
    for (row, expected) in rows.iter().zip(expected) {
        assert_eq!((&row[0], &row[2], &row[3]), (&expected[0], &expected[2], &expected[3]));
    }
    assert_eq!(added(reviewer, "?low_income=true").await["total"]["sites"], json!(1));
    assert_eq!(added(reviewer, "?low_income=unknown&kind=office").await["total"]["sites"], json!(1));
    assert_eq!(added(reviewer, "?from=2025-11-01&to=2026-01-01").await["total"]["sites"], json!(1));
    assert_eq!(added(reviewer, "?stage=reported").await["total"]["sites"], json!(1));
    app.stop().await;
}

async fn add_up_by_measure_counts_a_site_behind_each_of_its_measures(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    register_some(&people).await;
    let by_measure = added(&people.reviewer, "?group_by=measure").await;
    let told = |row: &Value| json!([row["measure_code"], row["sites"], row["quantity"], row["installations"]]);
    let rows: Vec<Value> = by_measure["data"].as_array().unwrap().iter().map(told).collect();
    let expected = [
        json!(["rooftop_solar_pv", 2, 8.4, null]),
        json!(["solar_water_heater", 1, 2.0, null]),
        json!(["led_lighting_workplace", 1, 200.0, null]),
    ];
    assert_eq!(rows, expected);
    assert_eq!((&by_measure["sites_additive"], &by_measure["total"]["sites"]), (&json!(false), &json!(3)));
    let several = added(&people.reviewer, "?measure=rooftop_solar_pv,solar_water_heater").await;
    assert_eq!(several["total"]["sites"], json!(null), "one site may have both");
    assert_eq!(several["meta"]["warnings"], json!(["day_not_closed", "sites_not_countable", "verified_only"]));
    let one = added(&people.reviewer, "?measure=rooftop_solar_pv&group_by=province").await;
    assert_eq!(one["data"][0]["quantity"], json!(5.4), "{one}");
    app.stop().await;
}

async fn ask_for_what_cannot_be_added_up_names_every_fault(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    for (query, expected) in [
        (
            "?group_by=colour&province=99&x=1",
            vec![("group_by", "unknown_value"), ("province", "unknown_province"), ("x", "unknown_field")],
        ),
        ("?province=01,74", vec![("province", "retired_province_code")]),
        ("?measure=windmill", vec![("measure", "unknown_code")]),
        ("?group_by=year,month", vec![("group_by", "not_allowed_here")]),
        ("?group_by=kind,kind", vec![("group_by", "duplicate_field")]),
        ("?from=2026-02-01&to=2026-02-01", vec![("to", "empty_span")]),
        ("?from=2001-01-01&to=2051-02-01", vec![("to", "span_too_long")]),
        (
            "?from=2026-02-02&methodology=9",
            vec![("from", "not_a_first_of_month"), ("methodology", "unknown_methodology")],
        ),
    ] {
        let reply = people.reviewer.get(&format!("{PATH}{query}")).await;
        let expected: Vec<_> = expected.into_iter().map(|(at, code)| (at.to_owned(), code.to_owned())).collect();
        assert_eq!((reply.status, reply.errors()), (422, expected), "{query}");
    }
    assert_eq!(app.public().get(PATH).await.status, 401);
    let dimensions = app.public().get("/v1/dimensions").await;
    let all = dimensions.body["data"].as_array().unwrap();
    assert_eq!((dimensions.status, all.len()), (200, 16), "{}", dimensions.text);
    let document = app.public().get("/openapi.json").await.body;
    for dimension in all {
        for path in [PATH, "/v1/aggregates.csv"] {
            let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
            let is_filter = parameters.iter().any(|parameter| parameter["name"] == dimension["code"]);
            let is_period = ["year", "quarter", "month"].map(|period| json!(period)).contains(&dimension["code"]);
            assert_ne!(is_filter, is_period, "{path} {dimension}");
        }
        for value in dimension["values"].as_array().unwrap() {
            let filter = format!("?{}={}", dimension["code"].as_str().unwrap(), value["code"].as_str().unwrap());
            if value["code"] == "01" || dimension["values"].as_array().unwrap().len() < 8 {
                added(&people.reviewer, &filter).await;
            }
        }
    }
    app.stop().await;
}

async fn add_up_for_a_client_of_one_province_shows_that_one_alone(database: TestDatabase) {
    let app = App::start(database).await;
    let people = People::of(&app).await;
    register_some(&people).await;
    let (id, secret) = client(&app.database, &["--role", "reviewer", "--province", "79", "--name", "Sở Công Thương"]);
    app.progress_at(app.db_version()).await;
    let agency = app.public().with_token(app.token(&id, &secret).await);
    let own = added(&agency, "?group_by=province").await;
    let codes: Vec<&Value> = own["data"].as_array().unwrap().iter().map(|row| &row["province_code"]).collect();
    assert_eq!((codes, &own["total"]["sites"]), (vec![&json!("79")], &json!(2)), "{own}");
    let meta = &own["meta"];
    assert_eq!(
        (&meta["limited_to_province"], meta["warnings"].as_array().unwrap().contains(&json!("limited_to_province"))),
        (&json!("79"), true),
        "{meta}"
    );
    let parts = "?former_province=79,77,74,unknown";
    for within in ["?province=79", "?region=southeast", "?region=southeast,red_river_delta", parts] {
        assert_eq!(added(&agency, within).await["total"]["sites"], json!(2), "{within}");
    }
    for elsewhere in ["?province=01", "?province=79,01", "?region=red_river_delta", "?former_province=79,01"] {
        for path in [PATH, "/v1/aggregates.csv"] {
            let english = [("accept-language", "en")];
            let reply = agency.send("GET", &format!("{path}{elsewhere}"), &english, None).await;
            assert_eq!(
                (reply.status, &reply.body["code"]),
                (403, &json!("forbidden")),
                "{path}{elsewhere}: {}",
                reply.text
            );
            let detail = reply.body["detail"].as_str().unwrap();
            assert!(detail.starts_with("This client sees Ho Chi Minh City (79) alone;"), "{detail}");
        }
    }
    let csv = agency.get("/v1/aggregates.csv?group_by=province").await.text;
    assert!(
        csv.contains(",limited_to_province,province,as_of,")
            && csv.lines().nth(1).unwrap().contains(",79 Hồ Chí Minh,79 Hồ Chí Minh,"),
        "{csv}"
    );
    let whole = added(&app.role(Role::Dashboard).await, "").await;
    assert!(whole["meta"].get("limited_to_province").is_none(), "{whole}");
    assert_eq!(app.role(Role::Dashboard).await.get(PATH).await.status, 200);
    app.stop().await;
}
