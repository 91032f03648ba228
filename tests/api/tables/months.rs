//! The public tables as they were at the end of each month.

use chrono::{Datelike, Days, Months};
use green_homes::api::MAKE;
use green_homes::register::audit::audit;
use serde_json::json;

use crate::support::{App, Passing, TestDatabase, clock_at, db_execute, db_lines, on_both_databases};
use crate::tampering::{copy_of, db_execute as db_tamper};

on_both_databases!(read_a_table_as_it_was_at_the_end_of_a_month, ask_for_a_table_of_a_day_that_is_no_end_of_a_month,);

async fn read_a_table_as_it_was_at_the_end_of_a_month(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let next = days.today().with_day(1).unwrap().checked_add_months(Months::new(1)).unwrap();
    let end = next - Days::new(1);
    days.app.progress_at(days.app.db_version()).await;
    let lived = days.app.public().get("/v1/tables/kinds").await.body;
    days.pass_to(next).await;
    days.verify_a_home("b");
    days.pass_to(next + Days::new(3)).await;
    let path = |form: &str| format!("/v1/tables/kinds{form}?as_of={end}");
    let kept = days.app.public().get(&path("")).await;
    assert_eq!((kept.status, &kept.body["meta"]["as_of"]), (200, &json!(end)), "{}", kept.text);
    for (kept, lived) in kept.body["data"].as_array().unwrap().iter().zip(lived["data"].as_array().unwrap()) {
        assert_eq!((&kept["kind_code"], &kept["sites_verified"]), (&lived["kind_code"], &lived["sites_verified"]));
    }
    assert_eq!(kept.body["data"][0]["sites_verified"], json!(1));
    assert!(kept.body["meta"]["permalink"].as_str().unwrap().ends_with(&path("")), "{}", kept.body["meta"]);
    let headline = days.at_close_of(end).await;
    assert_eq!(kept.body["data"][0]["annual_avoided_tco2e"], headline["data"]["annual"]["avoided_tco2e"]);
    let csv = days.app.public().get(&path(".csv")).await;
    let mut rows = csv::Reader::from_reader(csv.text.trim_start_matches('\u{feff}').as_bytes());
    let header = rows.headers().unwrap().clone();
    let first = rows.records().next().unwrap().unwrap();
    let cell = |name: &str| first.get(header.iter().position(|column| column == name).unwrap()).unwrap().to_owned();
    assert_eq!(
        (cell("kind_code"), cell("sites_verified"), cell("as_of")),
        ("home".into(), "1".into(), end.to_string())
    );
    // What a server missed is made up to the same bytes.
    let all = "SELECT CAST(day AS TEXT) || name || body AS line FROM month_tables ORDER BY day, name";
    let url = days.app.database.url.clone();
    let before = db_lines(&url, all);
    assert_eq!(before.len(), 10);
    let now = days.now.clone();
    let database = days.app.stop().await;
    db_execute(&url, "DELETE FROM days; DELETE FROM month_tables").unwrap();
    let database = App::start_at(database, clock_at(now)).await.stop().await;
    assert_eq!(db_lines(&url, all), before);
    let report = audit(&database.db_open(), MAKE).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    for change in
        ["UPDATE month_tables SET body = replace(body, '1', '2') WHERE name = 'kinds'", "DELETE FROM month_tables"]
    {
        let copy = copy_of(&database);
        db_tamper(&copy.url, change);
        let report = audit(&copy.db_open(), MAKE).unwrap();
        let named = report.findings.iter().any(|finding| finding.what == format!("table kinds of {end}"));
        assert!(!report.ok && named, "{change}: {:?}", report.findings);
    }
}

async fn ask_for_a_table_of_a_day_that_is_no_end_of_a_month(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let today = days.today().to_string();
    for (query, expected) in [
        ("?as_of=2026-02-27", vec![("as_of", "not_a_last_of_month")]),
        ("?as_of=2020-02-29", vec![("as_of", "before_the_register")]),
        (&*format!("?as_of={today}"), vec![("as_of", "day_not_closed")]),
        ("?as_of=never&methodology=99", vec![("as_of", "not_a_date"), ("methodology", "unknown_methodology")]),
        ("?as_of=2020-02-29&methodology=1", vec![("methodology", "not_allowed_here")]),
    ] {
        for form in ["", ".csv"] {
            let reply = days.app.public().get(&format!("/v1/tables/months{form}{query}")).await;
            let expected: Vec<_> = expected.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
            assert_eq!((reply.status, reply.errors()), (422, expected), "{form}{query}");
        }
    }
    let restated = days.app.public().get("/v1/tables/kinds?methodology=1").await;
    assert_eq!((restated.status, &restated.body["meta"]["methodology_version"]), (200, &json!(1)));
    days.app.stop().await;
}
