//! The public tables, and aggregates as CSV.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use green_homes::domain::records::Role;
use serde_json::{Value, json};

use crate::aggregates::register_some;
use crate::lifecycle::{People, act};
use crate::support::{App, Client, Reply, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_every_table_has_the_columns_that_the_list_explains,
    add_up_any_table_comes_to_the_headline,
    ask_for_a_table_that_is_none_is_a_problem,
    read_aggregates_as_csv_gives_the_rows_of_the_same_question,
);

/// The columns that name a place by its code and its name, because `01` alone is read as a number.
const LABELS: [&str; 2] = ["province", "former_province"];
const MADE_FROM: [&str; 3] = ["as_of", "version", "methodology_version"];

/// Some sites, a pledge and a home that ended; then the headline.
async fn registered(app: &App) -> (People, Value) {
    let people = People::of(app).await;
    register_some(&people).await;
    let mut pledge = home("pledge");
    pledge["status"] = json!("pledged");
    pledge.as_object_mut().unwrap().remove("installed_on");
    people.owner.register(&pledge).await;
    let gone = people.owner.register(&home("gone")).await;
    assert_eq!(act(&people.reviewer, &gone, "verify").await.status, 200);
    assert_eq!(act(&people.owner, &gone, "decommission").await.status, 200);
    let headline = app.progress_at(app.db_version()).await;
    (people, headline)
}

async fn table(app: &App, name: &str) -> Value {
    let reply = app.inside().await.get(&format!("/v1/tables/{name}")).await;
    assert_eq!(reply.status, 200, "{name}: {}", reply.text);
    reply.body
}

/// The lines of a CSV, the header first.
fn lines(reply: &Reply) -> Vec<Vec<String>> {
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    let text = reply.text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What a value is in CSV.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        number => number.to_string(),
    }
}

/// A CSV has these columns of these rows, then each place once more, and then what they were made from.
fn assert_shows(reply: &Reply, columns: &[String], body: &Value) {
    let lines = lines(reply);
    let labels = LABELS.iter().filter(|label| columns.contains(&format!("{label}_code")));
    let ending: Vec<String> = labels.clone().chain(&MADE_FROM).map(|name| (*name).to_owned()).collect();
    assert_eq!(lines[0], [columns, &ending].concat());
    let rows = body["data"].as_array().unwrap();
    assert_eq!(lines.len(), rows.len() + 1);
    for (line, row) in lines[1..].iter().zip(rows) {
        let of_row = columns.iter().map(|column| shown(&row[column]));
        let label = |label: &&str| {
            format!("{} {}", shown(&row[format!("{label}_code")]), shown(&row[format!("{label}_name_vi")]))
        };
        let expected: Vec<_> =
            of_row.chain(labels.clone().map(label)).chain(MADE_FROM.map(|name| shown(&body["meta"][name]))).collect();
        assert_eq!(*line, expected);
    }
}

async fn read_every_table_has_the_columns_that_the_list_explains(database: TestDatabase) {
    let app = App::start(database).await;
    registered(&app).await;
    let list = app.public().get("/v1/tables").await;
    let tables = list.body["data"].as_array().unwrap();
    assert_eq!(tables.len(), 11, "{}", list.text);
    for described in tables {
        let name = described["name"].as_str().unwrap();
        let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        assert!(text(&described["title_vi"]) && text(&described["title_en"]), "{described}");
        assert!(described["links"]["csv"].as_str().unwrap().ends_with(&format!("/v1/tables/{name}.csv")));
        let mut columns = Vec::new();
        for column in described["columns"].as_array().unwrap() {
            assert!(text(&column["explanation_vi"]) && text(&column["explanation_en"]), "{name} {column}");
            columns.push(column["name"].as_str().unwrap().to_owned());
        }
        assert!(!columns.iter().any(|column| column.contains("vnd")), "money is not public: {columns:?}");
        let body = table(&app, name).await;
        let rows = body["data"].as_array().unwrap();
        let expected: BTreeSet<&String> = columns.iter().collect();
        for row in rows {
            assert_eq!(row.as_object().unwrap().keys().collect::<BTreeSet<_>>(), expected, "{name}");
        }
        assert!(!rows.is_empty(), "{name}");
        assert_eq!(body["sites_additive"], described["sites_additive"], "{name}");
        let csv = app.inside().await.get(&format!("/v1/tables/{name}.csv")).await;
        assert_shows(&csv, &columns, &body);
    }
    app.stop().await;
}

async fn add_up_any_table_comes_to_the_headline(database: TestDatabase) {
    let app = App::start(database).await;
    let (_, progress) = registered(&app).await;
    let headline = &progress["data"];
    for (name, size) in [
        ("provinces", Some(35)),
        ("former_provinces", Some(65)),
        ("regions", Some(7)),
        ("kinds", Some(5)),
        ("evidence_tiers", Some(5)),
        ("months", None),
        ("years", None),
        ("measures", Some(33)),
    ] {
        let body = table(&app, name).await;
        let rows = body["data"].as_array().unwrap();
        assert!(size.is_none_or(|size| rows.len() == size), "{name}: {}", rows.len());
        assert_eq!(body["meta"]["version"], progress["meta"]["version"]);
        let sum = |column: &str| rows.iter().map(|row| row[column].as_f64().unwrap()).sum::<f64>();
        let sites = |stage: &str| headline["sites"][stage].as_f64().unwrap();
        if name != "measures" {
            assert_eq!(body["sites_additive"], json!(true), "{name}");
            assert_eq!((sum("sites_verified"), sum("installations_verified")), (sites("verified"), 3.0), "{name}");
            let has = |column: &str| rows[0].get(column).is_some();
            assert!(!has("sites_reported") || (sum("sites_reported") - sites("reported")).abs() < 0.5, "{name}");
            assert!(!has("sites_pledged") || (sum("sites_pledged") - sites("pledged")).abs() < 0.5, "{name}");
        }
        for (column, figure) in [
            ("capacity_kwp_verified", &headline["capacity_kwp"]["verified"]),
            ("to_date_generation_kwh", &headline["to_date"]["generation_kwh"]),
            ("to_date_saving_kwh", &headline["to_date"]["saving_kwh"]),
            ("to_date_avoided_tco2e", &headline["to_date"]["avoided_tco2e"]),
            ("to_date_avoided_tco2e_low", &headline["to_date"]["avoided_tco2e_low"]),
            ("to_date_avoided_tco2e_high", &headline["to_date"]["avoided_tco2e_high"]),
            ("annual_generation_kwh", &headline["annual"]["generation_kwh"]),
            ("annual_saving_kwh", &headline["annual"]["saving_kwh"]),
            ("annual_avoided_tco2e", &headline["annual"]["avoided_tco2e"]),
            ("annual_avoided_tco2e_low", &headline["annual"]["avoided_tco2e_low"]),
            ("annual_avoided_tco2e_high", &headline["annual"]["avoided_tco2e_high"]),
        ] {
            let (found, expected) = (sum(column), figure.as_f64().unwrap());
            assert!((found - expected).abs() <= 1e-9 * expected, "{name} {column}: {found} is not {expected}");
        }
    }
    check_rows(&app, &progress).await;
    app.stop().await;
}

/// Single rows that the sums do not tell apart.
async fn check_rows(app: &App, progress: &Value) {
    let find = |body: &Value, column: &str, code: &str| {
        let rows = body["data"].as_array().unwrap();
        rows.iter().find(|row| row[column] == code).unwrap_or_else(|| panic!("no {code}")).clone()
    };
    let provinces = table(app, "provinces").await;
    let ha_noi = find(&provinces, "province_code", "01");
    let counts = ["sites_verified", "sites_reported", "sites_pledged"].map(|column| ha_noi[column].clone());
    assert_eq!((counts, &ha_noi["province_name_vi"]), ([json!(1), json!(1), json!(1)], &json!("Hà Nội")));
    assert_eq!(
        find(&provinces, "province_code", "96")["annual_avoided_tco2e_high"],
        json!(0.0),
        "those without anything, too"
    );
    let former = find(&table(app, "former_provinces").await, "former_province_code", "unknown");
    assert_eq!(former["sites_verified"], json!(2), "nobody knows of which of the former provinces");
    let lamps = find(&table(app, "measures").await, "measure_code", "led_lighting_workplace");
    assert_eq!((&lamps["unit"], &lamps["quantity_verified"]), (&json!("lamp"), &json!(200.0)));
    assert_eq!((&lamps["sites_verified"], lamps.get("installations_verified")), (&json!(1), None));

    let months = table(app, "months").await;
    let months = months["data"].as_array().unwrap();
    let begins: Vec<&str> = months.iter().filter_map(|row| row["period_start"].as_str()).collect();
    assert_eq!((begins[0], begins[1], begins[8]), ("2024-05-01", "2024-06-01", "2025-01-01"), "one after the other");
    let now = &progress["meta"]["as_of"].as_str().unwrap()[..7];
    assert_eq!(months[months.len() - 2]["period"], json!(now));
    let years = table(app, "years").await;
    let periods: Vec<&Value> = years["data"].as_array().unwrap().iter().map(|row| &row["period"]).collect();
    assert_eq!(periods[..3], [&json!("2024"), &json!("2025"), &json!("2026")]);

    let people = table(app, "people").await;
    for (row, share) in people["data"].as_array().unwrap().iter().zip(["low_income", "remote", "woman_headed"]) {
        let published = &progress["data"]["shares"][share];
        let found = (&row["group_code"], &row["percent_of_known"]);
        assert_eq!(found, (&json!(share), &published["percent_of_known"]));
    }
    let sums = table(app, "programme_sums").await;
    let gone: Vec<&Value> =
        sums["data"].as_array().unwrap().iter().filter(|row| !row["ended_month"].is_null()).collect();
    assert_eq!(gone.len(), 2, "the counts and the measure of what ended: {gone:?}");
}

async fn ask_for_a_table_that_is_none_is_a_problem(database: TestDatabase) {
    let app = App::start(database).await;
    let anybody = app.public();
    for path in ["/v1/tables/colours", "/v1/tables/colours.csv", "/v1/tables/provinces.xml", "/v1/tables/"] {
        let reply = anybody.get(path).await;
        let told = (reply.status, reply.header("content-type"), &reply.body["code"]);
        assert_eq!(told, (404, "application/problem+json", &json!("not_found")), "{path}");
    }
    for path in ["/v1/tables", "/v1/tables/provinces", "/v1/tables/provinces.csv", "/v1/tables/colours"] {
        let reply = anybody.get(&format!("{path}?group_by=kind")).await;
        let expected = vec![("group_by".to_owned(), "unknown_field".to_owned())];
        assert_eq!((reply.status, reply.errors()), (422, expected), "{path}");
    }
    for name in ["provinces", "programme_sums"] {
        let path = format!("/v1/tables/{name}");
        let first = anybody.get(&path).await;
        let etag = first.header("etag");
        let again = anybody.send("GET", &path, &[("if-none-match", etag)], None).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{etag}");
        assert_ne!(anybody.get(&format!("{path}.csv")).await.header("etag"), etag, "each form has its own");
    }
    let months = table(&app, "months").await;
    let nothing = months["data"].as_array().unwrap();
    assert_eq!((nothing.len(), &nothing[0]["period"]), (1, &json!("not_yet_detailed")), "nothing is installed yet");
    app.stop().await;
}

async fn read_aggregates_as_csv_gives_the_rows_of_the_same_question(database: TestDatabase) {
    let app = App::start(database).await;
    let (people, _) = registered(&app).await;
    for (query, named) in [
        ("", vec![]),
        (
            "?group_by=province,month",
            vec!["province_code", "province_name_vi", "province_name_en", "period", "period_start"],
        ),
        ("?group_by=measure&stage=reported", vec!["measure_code", "measure_name_vi", "measure_name_en"]),
        ("?measure=rooftop_solar_pv,solar_water_heater", vec![]),
    ] {
        let json = people.reviewer.get(&format!("/v1/aggregates{query}")).await;
        let csv = people.reviewer.get(&format!("/v1/aggregates.csv{query}")).await;
        let mut columns: Vec<String> = named.into_iter().map(str::to_owned).collect();
        let rest = lines(&csv)[0][columns.len()..].to_vec();
        columns.extend(rest.into_iter().filter(|column| !MADE_FROM.iter().chain(&LABELS).any(|other| other == column)));
        let row = json.body["data"][0].as_object().unwrap();
        assert_eq!(columns.iter().collect::<BTreeSet<_>>(), row.keys().collect(), "every column, {query}");
        assert_shows(&csv, &columns, &json.body);
    }
    check_who_may_read_csv(&app, &people).await;
    app.stop().await;
}

async fn check_who_may_read_csv(app: &App, people: &People) {
    let path = "/v1/aggregates.csv?group_by=province";
    assert_eq!(app.public().get(path).await.status, 401);
    let wrong = people.reviewer.get("/v1/aggregates.csv?group_by=colour&x=1").await;
    let faults: Vec<String> = wrong.errors().into_iter().map(|(at, code)| format!("{at} {code}")).collect();
    assert_eq!((wrong.status, faults), (422, vec!["group_by unknown_value".to_owned(), "x unknown_field".to_owned()]));
    let (id, secret) = app.db_add_client(Role::Dashboard, None);
    app.progress_at(app.db_version()).await;
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let excel: Client = app.public();
    let read = excel.send("GET", path, &[("authorization", &basic)], None).await;
    assert_eq!(lines(&read).len(), 1, "nothing is published yet: {}", read.text);
    assert_eq!(read.header("cache-control"), "no-store");
}
