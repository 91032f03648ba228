//! Sums as they were at the close of a day, and by when they were recorded.

use chrono::{Datelike, Days, Months};
use green_homes::domain::records::Role;
use green_homes::domain::values::DecommissionReason;
use green_homes::register::InstallationChange;
use serde_json::json;

use super::added;
use crate::support::{Passing, TestDatabase, on_both_databases, side_by_side};

on_both_databases!(
    add_up_as_of_a_day_comes_to_its_headline,
    add_up_what_was_recorded_month_by_month,
    ask_for_times_that_do_not_go_together_names_every_fault,
);

async fn add_up_as_of_a_day_comes_to_its_headline(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    days.verify_a_home("b");
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    days.verify_a_home("c");
    days.register_a_home("d");
    days.pass_to(first + Days::new(40)).await;
    let reviewer = days.app.client(Role::Reviewer, None).await;
    for (day, sites) in [(first, 2), (first + Days::new(1), 3), (first + Days::new(20), 3)] {
        let headline = days.at_close_of(day).await;
        let then = added(&reviewer, &format!("?as_of={day}&group_by=province")).await;
        assert_eq!((&then["meta"]["as_of"], &then["meta"]["version"]), (&json!(day), &headline["meta"]["version"]));
        assert_eq!((&then["total"]["sites"], &then["data"][0]["sites"]), (&json!(sites), &json!(sites)));
        for (column, figure) in [("to_date_avoided_tco2e", "to_date"), ("annual_avoided_tco2e", "annual")] {
            let expected = headline["data"][figure]["avoided_tco2e"].as_f64().unwrap();
            let found = then["total"][column].as_f64().unwrap();
            assert!((found - expected).abs() <= 1e-9 * expected, "{column} of {day}: {found} is not {expected}");
        }
    }
    // The headline of a past day by a methodology of choice is counted anew, for reviewers: by that of then it is the same.
    let restated = format!("/v1/progress?as_of={first}&methodology=2");
    let counted = days.app.inside().await.get(&restated).await;
    assert_eq!((counted.status, counted.header("cache-control")), (200, "no-store"), "{}", counted.text);
    assert_eq!(side_by_side(counted.body)["data"], days.at_close_of(first).await["data"]);
    let dashboard = days.app.client(Role::Dashboard, None).await;
    for (other, status) in [(&dashboard, 403), (&days.app.public(), 401)] {
        assert_eq!(other.get(&restated).await.status, status, "what was published of it was made then");
    }
    let today = added(&reviewer, &format!("?as_of={}", days.today())).await;
    let now = added(&reviewer, "").await;
    assert_eq!((&today["data"], &today["total"]), (&now["data"], &now["total"]));
    let before = added(&reviewer, "?as_of=2020-02-24").await;
    assert_eq!((&before["total"]["sites"], &before["data"]), (&json!(0), &json!([])));
    assert!(before["meta"]["warnings"].as_array().unwrap().contains(&json!("before_the_register")), "{before}");
    assert_eq!(days.app.public().get("/v1/aggregates?as_of=2020-02-24").await.status, 401);
    days.app.stop().await;
}

async fn add_up_what_was_recorded_month_by_month(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let month = |n: u32| days.today().with_day(1).unwrap().checked_add_months(Months::new(n)).unwrap();
    let (first, second, third) = (month(0), month(1), month(2));
    days.pass_to(second + Days::new(3)).await;
    days.verify_a_home("b");
    let (c, _) = days.verify_a_home("c");
    days.pass_to(third + Days::new(3)).await;
    let (on, reason) = (second, DecommissionReason::Removed);
    days.change(InstallationChange::Decommission { on, reason }.of(c)).unwrap();
    let version = days.app.db_version();
    days.app.progress_at(version).await;
    let reviewer = days.app.client(Role::Reviewer, None).await;
    let by_month = added(&reviewer, "?basis=recorded_on&group_by=month").await;
    let rows = by_month["data"].as_array().unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row["period_start"].clone(), row["sites"].clone())).collect();
    let expected = [(first, 1), (second, 2), (third, -1)].map(|(start, sites)| (json!(start), json!(sites)));
    assert_eq!(told, expected, "{by_month:#}");
    assert_eq!(by_month["total"]["sites"], json!(2));
    let total = added(&reviewer, "").await["total"].clone();
    assert_eq!(by_month["total"]["capacity_kwp"], total["capacity_kwp"]);
    let some =
        added(&reviewer, &format!("?basis=recorded_on&from={second}&to={third}&group_by=province,quarter")).await;
    assert_eq!(some["total"]["sites"], json!(2));
    assert_eq!(some["data"].as_array().unwrap().len(), 1, "{some:#}");
    days.app.stop().await;
}

async fn ask_for_times_that_do_not_go_together_names_every_fault(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let reviewer = days.app.client(Role::Reviewer, None).await;
    for (query, expected) in [
        ("?as_of=2999-01-01", vec![("as_of", "in_the_future")]),
        ("?as_of=yesterday&basis=soon", vec![("as_of", "not_a_date"), ("basis", "unknown_value")]),
        ("?as_of=2020-02-24&basis=recorded_on", vec![("basis", "not_allowed_here")]),
        ("?as_of=2020-02-24&group_by=partner", vec![("as_of", "not_allowed_here")]),
        ("?basis=recorded_on&partner=SOLARCO", vec![("basis", "not_allowed_here")]),
        ("?group_by=partner,project", vec![("group_by", "not_allowed_here")]),
        ("?partner=SOLARCO&project=P-1", vec![("project", "not_allowed_here")]),
        ("?partner=NOBODY", vec![("partner", "unknown_partner")]),
        ("?group_by=partner&partner=-", vec![("partner", "unknown_partner")]),
    ] {
        let reply = reviewer.get(&format!("/v1/aggregates{query}")).await;
        let expected: Vec<_> = expected.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        assert_eq!((reply.status, reply.errors()), (422, expected), "{query}");
    }
    days.app.stop().await;
}
