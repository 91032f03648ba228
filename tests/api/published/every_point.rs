//! What holds at every point and between any two: tables add up, public data redo them, bridges sum exactly, and an activation moves no count.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use green_homes::register::{Command, DirectoryChange, InstallationChange};
use serde_json::{Value, json};

use super::{check_tables, read, sum};
use crate::points::grown;
use crate::recompute::recompute;
use crate::support::{App, TestDatabase, db_lines, on_both_databases};

on_both_databases!(
    bridge_any_two_points_sums_exactly,
    read_every_point_adds_up_and_is_redone_from_public_data,
    activate_a_methodology_makes_a_point_at_which_no_count_moves,
);

async fn bridge_any_two_points_sums_exactly(database: TestDatabase) {
    let (days, homes) = grown(database).await;
    for home in homes.iter().skip(1).step_by(3).take(14) {
        let reason = green_homes::domain::values::WithdrawReason::Cancelled;
        let _ = days.change(InstallationChange::Withdraw { reason }.of(*home));
    }
    days.grow("d", 23);
    days.pass_to(days.today() + Days::new(1)).await;
    let (anybody, today) = (days.app.public(), days.today());
    let ends: Vec<NaiveDate> = (1..=5).map(|back| today - Days::new(back)).collect();
    let mut moved = BTreeMap::new();
    for from in &ends {
        for to in ends.iter().filter(|to| *to > from) {
            let bridge = read(&anybody, &format!("/v1/progress/bridge?from={from}&to={to}")).await;
            moved.insert((*from, *to), by_cause(&bridge));
            for column in [
                "sites_verified",
                "sites_reported",
                "sites_pledged",
                "capacity_kwp_verified",
                "to_date_avoided_tco2e",
                "annual_avoided_tco2e",
                "lifetime_avoided_tco2e",
            ] {
                let [opening, closing] = ["opening", "closing"].map(|end| bridge[end][column].as_f64().unwrap());
                assert!((opening + sum(&bridge, column) - closing).abs() < 1e-6, "{column} from {from} to {to}");
            }
            for (end, day) in [("opening", from), ("closing", to)] {
                let Some(figures) = days.app.is_kept(*day).await else { continue };
                assert_eq!(bridge[end]["figures_as_of"], figures["figures_as_of"]);
                if figures["figures"].is_null() {
                    continue;
                }
                let figures = &figures["figures"];
                assert_eq!(bridge[end]["sites_verified"], figures["sites"]["verified"], "{end} {day}");
                assert_eq!(bridge[end]["to_date_avoided_tco2e"], figures["to_date"]["avoided_tco2e"], "{end} {day}");
                assert_eq!(bridge[end]["lifetime_avoided_tco2e"], figures["lifetime"]["avoided_tco2e"], "{end} {day}");
            }
        }
    }
    for ((from, to), whole) in &moved {
        for between in ends.iter().filter(|day| (from..to).contains(day) && *day != from) {
            let parts = [&moved[&(*from, *between)], &moved[&(*between, *to)]];
            for (cause, whole) in whole {
                let of_parts: [f64; 2] = [0, 1].map(|column| parts.iter().map(|part| part[cause][column]).sum());
                let near = whole.iter().zip(of_parts).all(|(whole, parts)| (whole - parts).abs() < 1e-6);
                assert!(near, "{cause} from {from} over {between} to {to}: {whole:?} is not {of_parts:?}");
            }
        }
    }
    days.app.stop().await;
}

/// The sites and the capacity that each cause moved: what does not depend on the day of its value.
fn by_cause(bridge: &Value) -> BTreeMap<String, [f64; 2]> {
    let of = |row: &Value| ["sites_verified", "capacity_kwp_verified"].map(|column| row[column].as_f64().unwrap());
    let rows = bridge["data"].as_array().unwrap();
    rows.iter().map(|row| (row["cause"].as_str().unwrap().to_owned(), of(row))).collect()
}

async fn read_every_point_adds_up_and_is_redone_from_public_data(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let (anybody, mut points) = (days.app.public(), 0);
    for day in (1..=3).map(|back| days.today() - Days::new(back)) {
        let query = format!("?as_of={day}");
        let cells = read(&anybody, &format!("/v1/tables/provinces{query}")).await["data"].clone();
        assert!(cells.as_array().unwrap().iter().all(|row| row["cells_as_of"].as_str() <= Some(&*day.to_string())));
        points += u8::from(cells.as_array().unwrap().iter().any(|row| row["cells_as_of"] == day.to_string()));
        check_tables(&anybody, &query).await;
        let (code, printed) = recompute(&[&days.app.address, &query]).await;
        assert_eq!(code, Some(0), "{query}: {printed}");
    }
    assert!(points > 1, "rows moved at {points} points");
    days.app.stop().await;
}

async fn activate_a_methodology_makes_a_point_at_which_no_count_moves(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let anybody = days.app.public();
    let before = read(&anybody, "/v1/progress").await["data"]["figures"].clone();
    days.grow("d", 20);
    days.change(Command::Directory(DirectoryChange::ActivateMethodology(1))).unwrap();
    days.pass_to(days.today() + Days::new(1)).await;
    let activated = read(&anybody, "/v1/progress").await;
    assert_eq!(activated["data"]["figures_as_of"], json!((days.today() - Days::new(1)).to_string()));
    assert_eq!(activated["meta"]["methodology_version"], json!(1));
    let figures = &activated["data"]["figures"];
    for counted in ["sites", "installations", "by_kind", "by_evidence_tier", "capacity_kwp"] {
        assert_eq!(figures[counted], before[counted], "{counted}");
    }
    let [old, new] = [&before, figures].map(|figures| figures["lifetime"]["avoided_tco2e"].as_f64().unwrap());
    assert!((old - new).abs() > 0.01, "{old} by the methodology before, {new} by the one of now");
    check_tables(&anybody, "").await;
    let moved =
        "SELECT CAST(COUNT(DISTINCT cells_version) AS TEXT) || ' ' || CAST(COUNT(*) AS TEXT) AS line FROM points";
    assert_eq!(db_lines(&days.app.database.url, moved), ["3 4"], "the fourth point has the cells of the third");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    // What waited for it moves at the next point.
    days.verify_a_home("next");
    days.pass_to(days.today() + Days::new(1)).await;
    let next = read(&anybody, "/v1/progress").await["data"]["figures"]["sites"]["verified"].as_i64();
    assert!(next > before["sites"]["verified"].as_i64(), "{next:?}");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

impl App {
    /// The data of the headline that was kept of a day; none before the register.
    async fn is_kept(&self, day: NaiveDate) -> Option<Value> {
        let reply = self.public().get(&format!("/v1/progress?as_of={day}")).await;
        (reply.status == 200).then(|| reply.body["data"].clone())
    }
}
