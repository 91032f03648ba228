//! Headlines published for good: by an administrator, and at the end of each month.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use chrono::{Datelike, Days, Months};
use green_homes::domain::records::Role;
use green_homes::domain::values::hex;
use green_homes::domain::values::sha256;
use serde_json::json;

use crate::support::{App, Passing, TestDatabase, clock_at, db_execute, db_lines, on_both_databases};

on_both_databases!(
    publish_the_headline_of_a_day_for_good,
    publish_the_last_headline_of_each_month_by_itself,
    publish_what_is_no_closed_day_is_refused,
    change_a_release_is_refused_by_the_database,
);

async fn publish_the_headline_of_a_day_for_good(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    let admin = days.app.client(Role::Admin, None).await;
    let made = admin.send_json("POST", "/v1/progress/releases", &json!({"as_of": first})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let url = made.body["data"]["url"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), url);
    let again = admin.send_json("POST", "/v1/progress/releases", &json!({"as_of": first})).await;
    assert_eq!((again.status, &again.body), (200, &made.body), "once");
    let anybody = days.app.public();
    let path = url.strip_prefix("https://register.example").unwrap().to_owned();
    let (released, sealed) = (anybody.get(&path).await, anybody.get(&format!("{path}/sealed")).await);
    let digest = sha256(sealed.text.as_bytes());
    assert_eq!(made.body["data"]["sha256"], json!(hex(&digest)));
    let link = format!("/v1/progress?as_of={first}");
    assert_eq!(sealed.body["meta"]["permalink"], json!(link), "no host that may go away is sealed");
    assert_eq!(released.body["meta"]["permalink"], json!(format!("https://register.example{link}")));
    assert!(!sealed.text.contains("register.example"), "{}", sealed.text);
    assert_eq!(released.body["data"], sealed.body["data"]);
    let day = anybody.get(&format!("/v1/progress/days/{first}/sealed")).await;
    assert_eq!(day.text, sealed.text, "released or not, a closed day has the same bytes");
    assert_eq!(sealed.header("repr-digest"), format!("sha-256=:{}:", BASE64_STANDARD.encode(digest)));
    assert_eq!(released.body["data"]["live"]["sites"]["verified"], json!(1));
    let listed = anybody.get("/v1/progress/releases").await;
    assert_eq!(listed.body["data"], json!([made.body["data"]]));
    // Whatever comes later, the release stays as it was; so it does where days are made up again.
    days.verify_a_home("b");
    let now = days.now.clone();
    days.pass_to(first + Days::new(3)).await;
    let database = days.app.stop().await;
    db_execute(&database.url, "DELETE FROM days").unwrap();
    let app = App::start_at(database, clock_at(now)).await;
    assert_eq!(app.public().get(&path).await.text, released.text);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn publish_the_last_headline_of_each_month_by_itself(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let begin = days.today().with_day(1).unwrap();
    let month = |n: u32| begin.checked_add_months(Months::new(n)).unwrap();
    days.pass_to(month(1)).await;
    days.verify_a_home("b");
    days.pass_to(month(2) + Days::new(14)).await;
    let ends = [month(2) - Days::new(1), month(1) - Days::new(1)];
    let listed = days.app.public().get("/v1/progress/releases").await.body;
    let ids: Vec<_> = listed["data"].as_array().unwrap().iter().map(|release| release["id"].clone()).collect();
    assert_eq!(ids, ends.map(|end| json!(end)), "{listed:#}");
    for (end, verified) in ends.iter().zip([2, 1]) {
        let released = days.app.public().get(&format!("/v1/progress/releases/{end}")).await;
        assert_eq!(released.body["data"]["live"]["sites"]["verified"], json!(verified));
    }
    let url = days.app.database.url.clone();
    let entries = || db_lines(&url, "SELECT actor || ' ' || subject AS line FROM entries WHERE action = 'release'");
    let before = entries();
    assert_eq!(before.len(), 2, "{before:?}");
    assert!(before[0].starts_with("schedule release/"), "{before:?}");
    // Another start finds them there.
    let now = days.now.clone();
    let app = App::start_at(days.app.stop().await, clock_at(now)).await;
    assert_eq!(entries(), before);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn publish_what_is_no_closed_day_is_refused(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let admin = days.app.client(Role::Admin, None).await;
    let today = days.today().to_string();
    let refused = [(today.as_str(), "day_not_closed"), ("2020-02-24", "before_the_register"), ("soon", "not_a_date")];
    for (day, code) in refused {
        let reply = admin.send_json("POST", "/v1/progress/releases", &json!({"as_of": day})).await;
        assert_eq!((reply.status, reply.errors()), (422, vec![("/as_of".to_owned(), code.to_owned())]), "{day}");
    }
    for path in ["2020-02-24", "newest", "2026-13-01"] {
        let reply = days.app.public().get(&format!("/v1/progress/releases/{path}")).await;
        assert_eq!((reply.status, &reply.body["code"]), (404, &json!("not_found")), "{path}");
    }
    days.app.stop().await;
}

async fn change_a_release_is_refused_by_the_database(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    let admin = days.app.client(Role::Admin, None).await;
    assert_eq!(admin.send_json("POST", "/v1/progress/releases", &json!({"as_of": first})).await.status, 201);
    let url = days.app.database.url.clone();
    for change in ["UPDATE releases SET body = '{}'", "DELETE FROM releases"] {
        assert!(db_execute(&url, change).is_err(), "{change}");
    }
    days.app.stop().await;
}
