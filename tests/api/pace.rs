//! The pace towards the million: what the register gained, what was built, and what that comes to if it goes on.

use chrono::{Datelike, Days, Months, NaiveDate};
use green_homes::domain::values::DecommissionReason;
use green_homes::register::InstallationChange;
use serde_json::{Value, json};

use crate::recompute::redo;
use crate::support::{Passing, TestDatabase, on_both_databases, pilot};

on_both_databases!(
    read_the_pace_of_closed_months,
    enter_a_backlog_of_2020_in_one_month_projects_no_growth,
    read_the_pace_projects_the_openings_of_the_timeline,
    read_the_pace_of_a_past_day_is_as_it_was,
    read_the_pace_after_the_day_of_the_target_projects_nothing,
);

/// The pace of now, once the register is published with everything in it.
async fn pace(days: &Passing) -> Value {
    days.app.progress_at(days.app.db_version()).await["data"]["pace"].clone()
}

/// The first day of the month that lies so many months before that of `day`.
fn months_before(day: NaiveDate, months: u32) -> NaiveDate {
    day.with_day(1).unwrap() - Months::new(months)
}

/// Verifies homes that were built in months in a row; `last` months before the month of today were the last built.
fn verify_by_month(days: &Passing, homes: &[usize], last: u32) -> Vec<green_homes::domain::values::InstallationId> {
    let back = (last..).take(homes.len()).collect::<Vec<_>>().into_iter().rev();
    let built = |(homes, back): (&usize, u32)| vec![months_before(days.today(), back); *homes];
    let built: Vec<NaiveDate> = homes.iter().zip(back).flat_map(built).collect();
    days.verify_homes_of(&format!("from {last}"), &built)
}

async fn read_the_pace_of_closed_months(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let begin = days.today().checked_add_months(Months::new(1)).unwrap();
    let begin = begin.with_day(1).unwrap_or(begin);
    for month in 0..4_u32 {
        days.pass_to(begin.checked_add_months(Months::new(month)).unwrap()).await;
        for n in 0..=month {
            days.verify_a_home(&format!("{month}-{n}"));
        }
    }
    let progress = days.app.progress_at(days.app.db_version()).await;
    let pace = &progress["data"]["pace"];
    // In the three closed months before this one: 1, 2 and 3; the four of this month are not closed.
    assert_eq!(progress["data"]["sites"]["verified"], json!(10));
    assert_eq!(pace["recorded"], json!({"last_3_months_per_month": 2.0, "last_12_months_per_month": null}), "{pace}");
    assert!(pace["required_per_month"].as_f64().unwrap() > 0.0, "{pace}");
    days.app.stop().await;
}

async fn enter_a_backlog_of_2020_in_one_month_projects_no_growth(database: TestDatabase) {
    let days = Passing::begin_on(database, "2027-01-20").await;
    let day_of = |line: &Value| line["installed_on"].as_str().unwrap().parse().unwrap();
    let built: Vec<NaiveDate> = pilot().iter().map(day_of).collect();
    assert!(built.len() == 601 && built.iter().all(|day| day.year() <= 2020), "the homes of the pilot");
    days.verify_homes_of("pilot", &built);
    days.pass_to(months_before(days.today(), 0) + Months::new(3)).await;
    let progress = days.pass_to("2028-01-15".parse().unwrap()).await;
    let pace = &progress["data"]["pace"];
    // The register gained 601 homes in the first of twelve closed months. None of them was built in the last two years.
    assert_eq!(progress["data"]["sites"]["verified"], json!(601));
    assert_eq!(pace["recorded"]["last_12_months_per_month"], json!(50.083), "{pace}");
    assert_eq!(pace["recorded"]["last_3_months_per_month"], json!(0.0), "{pace}");
    for figure in ["installed", "projected_2030", "projected_date"] {
        assert_eq!(pace[figure], json!(null), "{figure}: {pace}");
    }
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

/// 60 verified homes on 2028-11-25: net openings of 5, 6, 8, 9, 12 and 14 from April to September, 6 since then.
async fn with_openings(database: TestDatabase) -> Passing {
    let days = Passing::begin_on(database, "2028-11-25").await;
    let ids = verify_by_month(&days, &[5, 6, 8, 10, 12, 14, 2, 4], 0);
    let end =
        InstallationChange::Decommission { on: "2028-07-20".parse().unwrap(), reason: DecommissionReason::Removed };
    days.change(end.of(ids[0])).unwrap();
    days
}

async fn read_the_pace_projects_the_openings_of_the_timeline(database: TestDatabase) {
    let days = with_openings(database).await;
    // A home that waits to be verified is no part of the pace.
    days.register_a_home("waits");
    let pace = pace(&days).await;
    let installed = &pace["installed"];
    assert_eq!(
        (&installed["first_month"], &installed["last_month"], &installed["months"]),
        (&json!("2028-04"), &json!("2028-09"), &json!(6)),
        "{pace}"
    );
    assert_eq!((&installed["sites"], &installed["mean_per_month"]), (&json!(54), &json!(9.0)));
    let timeline = days.app.inside().await.get("/v1/progress/timeline?interval=month&basis=installed_on").await.body;
    let rows = timeline["data"].as_array().unwrap().iter();
    let rows =
        rows.filter(|row| row["period"].as_str() >= Some("2028-04") && row["period"].as_str() <= Some("2028-09"));
    let opened: Vec<i64> = rows.map(|row| row["sites_verified_new"].as_i64().unwrap()).collect();
    assert_eq!(opened, [5, 6, 8, 9, 12, 14], "as the timeline says");
    // s² = (16 + 9 + 1 + 0 + 9 + 25) / 5 = 12. Of 5 degrees of freedom t is 2.015048. 25 months are left until December 2030.
    // 2.015048 × √12 × √(25 + 25² / 6) = 6.98033 × 11.36515 = 79.33; 60 + 25 × 9 = 285.
    assert!((installed["deviation_per_month"].as_f64().unwrap() - 12.0_f64.sqrt()).abs() < 1e-3, "{installed}");
    let projected = &pace["projected_2030"];
    assert_eq!(
        [&projected["low"], &projected["central"], &projected["high"]],
        [206, 285, 364].map(|n| json!(n)).each_ref()
    );
    let basis = "continuation at the present speed of building and verifying, not a forecast";
    assert_eq!(projected["basis"]["en"], json!(basis));
    assert!(projected["basis"]["vi"].as_str().unwrap().contains("không phải là dự báo"), "{projected}");
    assert_eq!((&pace["target_reached"], &pace["projected_date"]), (&json!(false), &json!(null)), "too far to say");
    let csv = days.app.inside().await.get("/v1/progress.csv").await.text;
    for line in [
        "figures.pace.installed.mean_per_month,9.0,",
        "figures.pace.installed.first_month,",
        "figures.pace.projected_2030.central,285,",
        "figures.pace.projected_2030.low,206,",
    ] {
        assert!(csv.contains(line), "{line}: {csv}");
    }
    let (code, printed) = redo(&days.app, "").await;
    assert_eq!(code, Some(0), "from the public sums: {printed}");
    let high = printed.lines().find(|line| line.starts_with("pace.projected_2030.high")).unwrap();
    assert_eq!(high.split_whitespace().collect::<Vec<_>>(), ["pace.projected_2030.high", "364", "364", "0.0e+00"]);
    days.app.stop().await;
}

async fn read_the_pace_of_a_past_day_is_as_it_was(database: TestDatabase) {
    let days = with_openings(database).await;
    let (day, lived) = (days.today(), pace(&days).await);
    days.pass_to(day + Days::new(1)).await;
    // Late reports raise what was built; the day that is over keeps what was known.
    verify_by_month(&days, &[30, 30], 3);
    let now = pace(&days).await;
    assert_eq!(now["installed"]["sites"], json!(54 + 60), "{now}");
    assert_eq!(days.at_close_of(day).await["data"]["pace"], lived);
    let anew = days.app.inside().await.get(&format!("/v1/progress?as_of={day}&methodology=1")).await;
    assert_eq!((anew.status, &anew.body["data"]["figures"]["pace"]), (200, &lived), "counted anew from the journal");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn read_the_pace_after_the_day_of_the_target_projects_nothing(database: TestDatabase) {
    let days = Passing::begin_on(database, "2030-11-29").await;
    verify_by_month(&days, &[5; 6], 2);
    let before = pace(&days).await;
    assert_eq!(before["projected_2030"]["central"], json!(35), "one month is left: {before}");
    for day in ["2030-12-01", "2030-12-31", "2031-01-01"] {
        let after = days.pass_to(day.parse().unwrap()).await["data"]["pace"].clone();
        for figure in ["required_per_month", "projected_2030", "projected_date"] {
            assert_eq!(after[figure], json!(null), "{figure} on {day}: {after}");
        }
        assert_eq!(after["target_reached"], json!(false), "{after}");
        assert_eq!(after["installed"]["sites"], json!(30), "what was built stays: {after}");
    }
    days.app.stop().await;
}
