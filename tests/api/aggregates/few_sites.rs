//! What somebody learns who has a token, but does not check the numbers: figures of points, over some sites, and money of some partners.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use green_homes::domain::records::{MeasureLine, MeasureLines, Role};
use green_homes::domain::reference::{MeasureId, Place, ProvinceId};
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim};
use green_homes::domain::values::{Code, Quantity, Tier, Vnd};
use green_homes::register::{Command, Done, InstallationChange};
use serde_json::{Value, json};

use super::added;
use crate::support::{Client, Passing, TestDatabase, new_installation, on_both_databases};

on_both_databases!(
    ask_with_the_token_of_a_dashboard_is_answered_as_of_the_newest_point,
    ask_with_the_token_of_a_dashboard_any_question_is_told_no_row_of_few_sites,
    ask_by_measure_where_two_homes_have_the_same_two_joins_a_third_row,
    ask_for_a_period_that_leaves_out_two_sites_is_told_nothing,
    ask_for_money_is_told_where_three_partners_stand_behind_it,
    ask_as_a_partner_shows_its_own_in_full_and_others_as_to_a_dashboard,
    ask_as_a_partner_that_tries_things_out_shows_these_alone,
);

/// Partners, provinces and how many homes of each partner stand there.
const HOMES: [(&str, [(&str, usize); 5]); 3] = [
    ("SOLARCO", [("01", 20), ("79", 12), ("48", 2), ("24", 2), ("92", 1)]),
    ("HEATCO", [("01", 9), ("79", 3), ("48", 1), ("24", 0), ("92", 0)]),
    ("SUNCO", [("01", 5), ("79", 0), ("48", 1), ("24", 0), ("92", 0)]),
];

/// Verifies a home of so many watts at a cost of a million a kilowatt.
fn verify(days: &Passing, partner: &str, name: &str, province: &str, watts: i64) {
    verify_home(days, partner, new_installation(name), province, watts);
}

fn verify_home(days: &Passing, partner: &str, mut home: NewInstallation, province: &str, watts: i64) {
    let SiteClaim::Described { facts, .. } = &mut home.site else { panic!("a described site") };
    facts.place = Place::new(ProvinceId::parse(province).unwrap(), None, None).unwrap();
    let mut lines = home.measures.as_slice().to_vec();
    lines[0].quantity = Quantity::stored(watts);
    let mut home = NewInstallation { measures: MeasureLines::new(lines).unwrap(), ..home };
    home.terms.cost = Some(Vnd::stored(watts * 1_000));
    let sandbox = partner == "TRYOUT";
    let by = Registrant { partner: Code::parse(partner).unwrap(), sandbox };
    let Ok(Done::Registered { id, .. }) = days.change(Command::Register { by, new: Box::new(home) }) else {
        panic!("not registered")
    };
    days.change(InstallationChange::Verify { tier: Tier::Document }.of(id)).unwrap();
}

/// Homes of three partners in five provinces, at a point.
async fn grown(database: TestDatabase) -> Passing {
    let days = Passing::begin(database).await;
    for (partner, provinces) in HOMES {
        days.app.db_add_partner(partner, false);
        for (province, homes) in provinces {
            for number in 0..homes {
                let watts = 4_000 + 100 * i64::try_from(number).unwrap();
                verify(&days, partner, &format!("{partner}-{province}-{number}"), province, watts);
            }
        }
    }
    days.pass_to(days.today() + Days::new(1)).await;
    days
}

fn rows(answer: &Value) -> &Vec<Value> {
    answer["data"].as_array().unwrap()
}

fn warns(answer: &Value, code: &str) -> bool {
    answer["meta"]["warnings"].as_array().unwrap().contains(&json!(code))
}

async fn ask_with_the_token_of_a_dashboard_is_answered_as_of_the_newest_point(database: TestDatabase) {
    let days = Passing::begin(database).await;
    let dashboard = days.app.role(Role::Dashboard).await;
    let nothing = added(&dashboard, "?group_by=province").await;
    assert!(rows(&nothing).is_empty() && warns(&nothing, "nothing_published_yet"), "{nothing}");
    let (scope, day) = (&nothing["meta"]["scope"], json!((days.today() - Days::new(1)).to_string()));
    assert_eq!(
        (scope, &nothing["meta"]["as_of"]),
        (&json!("internal"), &day),
        "no point yet, so of a day that is over"
    );
    assert_eq!((&nothing["total"]["sites"], &nothing["total"]["capacity_kwp"]), (&json!(null), &json!(null)));
    let database = days.app.stop().await;
    let days = grown(database).await;
    let dashboard = days.app.role(Role::Dashboard).await;
    let point = days.today() - Days::new(1);
    let then = added(&dashboard, "?group_by=region").await;
    assert_eq!((&then["meta"]["as_of"], &then["total"]["sites"]), (&json!(point.to_string()), &json!(56)));
    verify(&days, "SOLARCO", "next", "01", 5_000);
    days.app.progress_at(days.app.db_version()).await;
    assert_eq!(added(&dashboard, "?group_by=region").await, then, "one home is told at no time");
    days.pass_to(days.today() + Days::new(1)).await;
    let dashboard = days.app.role(Role::Dashboard).await;
    assert_eq!(added(&dashboard, "?group_by=region").await, then, "it makes no point");
    let of_that_day = added(&dashboard, &format!("?group_by=region&as_of={}", days.today() - Days::new(1))).await;
    let of_sites = |answer: &Value| rows(answer).iter().map(|row| row["sites"].clone()).collect::<Vec<_>>();
    assert_eq!((of_sites(&of_that_day), of_that_day["total"]["sites"].clone()), (of_sites(&then), json!(56)));
    assert_eq!(of_that_day["total"]["cost_vnd"], json!(null), "of whom it is known for the newest point alone");
    let recorded = added(&dashboard, "?basis=recorded_on&group_by=month").await;
    assert_eq!(recorded["total"]["sites"], json!(56), "{recorded}");
    let reviewer = days.app.role(Role::Reviewer).await;
    assert_eq!(added(&reviewer, "").await["total"]["sites"], json!(57));
    for query in ["?group_by=partner", "?partner=SOLARCO", "?group_by=project"] {
        let at = if query.contains("group_by") { "group_by" } else { "partner" };
        let refused = dashboard.get(&format!("/v1/aggregates{query}")).await;
        assert_eq!((refused.status, refused.errors()), (422, vec![(at.to_owned(), "not_allowed_here".to_owned())]));
    }
    days.app.stop().await;
}

async fn ask_by_measure_where_two_homes_have_the_same_two_joins_a_third_row(database: TestDatabase) {
    let days = grown(database).await;
    let register = |name: String, measures: &[&str]| {
        let home = new_installation(&name);
        let line = |code: &&str| MeasureLine {
            measure: MeasureId::parse(code).unwrap(),
            quantity: Quantity::stored(2_000),
            inverter_w: None,
        };
        let measures = MeasureLines::new(measures.iter().map(line).collect()).unwrap();
        let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
        let new = Box::new(NewInstallation { measures, ..home });
        let Ok(Done::Registered { id, .. }) = days.change(Command::Register { by, new }) else { panic!("{name}") };
        days.change(InstallationChange::Verify { tier: Tier::Document }.of(id)).unwrap();
    };
    (0..2).for_each(|number| register(format!("both-{number}"), &["solar_water_heater", "efficient_fan"]));
    (0..5).for_each(|number| register(format!("biogas-{number}"), &["biogas_digester"]));
    (0..12).for_each(|number| register(format!("more-{number}"), &["rooftop_solar_pv"]));
    days.pass_to(days.today() + Days::new(1)).await;
    let dashboard = days.app.role(Role::Dashboard).await;
    let answer = added(&dashboard, "?group_by=measure").await;
    let codes: Vec<&Value> = rows(&answer).iter().map(|row| &row["measure_code"]).collect();
    assert_eq!(
        codes,
        [&json!("rooftop_solar_pv"), &json!("other")],
        "two homes, though they are two in each row: {answer}"
    );
    days.app.stop().await;
}

/// Every row is of three sites or more, and so is the total.
fn check(answer: &Value, question: &str) {
    let sites = |row: &Value| row["sites"].as_i64();
    if warns(answer, "too_few_sites") {
        assert!(rows(answer).is_empty(), "{question}: {answer}");
        assert!(answer["total"].as_object().unwrap().values().all(Value::is_null), "{question}: {answer}");
    }
    // Where sites may count twice, installations are told.
    let Some(total) = sites(&answer["total"]) else { return };
    assert!(total >= 3, "{question}: {answer}");
    let told: Vec<i64> = rows(answer).iter().filter_map(sites).collect();
    assert!(told.iter().all(|sites| *sites >= 3), "{question}: {told:?}");
    let column = |name: &str| rows(answer).iter().map(|row| row[name].as_f64().unwrap()).sum::<f64>();
    if !rows(answer).is_empty() && answer["sites_additive"] == json!(true) {
        let near = (column("capacity_kwp") - answer["total"]["capacity_kwp"].as_f64().unwrap()).abs() < 1e-6;
        assert!(told.iter().sum::<i64>() == total && near, "{question} adds up: {answer}");
    }
}

async fn ask_with_the_token_of_a_dashboard_any_question_is_told_no_row_of_few_sites(database: TestDatabase) {
    let days = grown(database).await;
    let (dashboard, reviewer) = (days.app.role(Role::Dashboard).await, days.app.role(Role::Reviewer).await);
    let dimensions = days.app.public().get("/v1/dimensions").await.body["data"].clone();
    let mut few = 0;
    for dimension in dimensions.as_array().unwrap() {
        let code = dimension["code"].as_str().unwrap();
        if ["partner", "project"].contains(&code) {
            continue;
        }
        let grouped = added(&dashboard, &format!("?group_by={code}")).await;
        check(&grouped, code);
        // A single filter, and what it leaves of the whole.
        let everything = added(&reviewer, &format!("?group_by={code}")).await;
        let whole = everything["total"]["sites"].as_i64();
        for row in rows(&everything) {
            let Some(value) = row[format!("{code}_code")].as_str() else { continue };
            let question = format!("?{code}={value}");
            let filtered = added(&dashboard, &question).await;
            check(&filtered, &question);
            // Without the filter a subtraction tells the rest.
            let tells_rest = |sites: i64| whole.is_some_and(|whole| (1..3).contains(&(whole - sites)));
            let alone = row["sites"].as_i64().is_some_and(|sites| sites < 3 || tells_rest(sites));
            assert_eq!(warns(&filtered, "too_few_sites"), alone, "{question}: {filtered}");
            few += u8::from(alone);
        }
    }
    assert!(few > 0, "some province has few homes");
    let provinces = added(&dashboard, "?group_by=province").await;
    let told: BTreeMap<&str, i64> = rows(&provinces)
        .iter()
        .map(|row| (row["province_code"].as_str().unwrap(), row["sites"].as_i64().unwrap()))
        .collect();
    // Bắc Ninh has two homes and Cần Thơ one.
    assert_eq!(told, BTreeMap::from([("01", 34), ("79", 15), ("48", 4), ("other", 3)]));
    for (question, is_told) in
        [("?province=01,79,48,24", false), ("?province=01,79,48,92", false), ("?province=01,79,48", true)]
    {
        let answer = added(&dashboard, question).await;
        assert_eq!(warns(&answer, "too_few_sites"), !is_told, "{question}: {answer}");
    }
    let csv = dashboard.get("/v1/aggregates.csv?group_by=province,kind").await;
    assert!(csv.text.lines().any(|line| line.starts_with("other,Khác,Other,other,Khác,Other,3,")), "{}", csv.text);
    days.app.stop().await;
}

async fn ask_for_a_period_that_leaves_out_two_sites_is_told_nothing(database: TestDatabase) {
    let days = grown(database).await;
    for name in ["old-1", "old-2"] {
        let on = NaiveDate::from_ymd_opt(2021, 5, 1).unwrap();
        let home = NewInstallation { installed_on: Some(on), ..new_installation(name) };
        verify_home(&days, "SOLARCO", home, "01", 5_000);
    }
    (0..10).for_each(|number| verify(&days, "SOLARCO", &format!("new-{number}"), "01", 5_000));
    days.pass_to(days.today() + Days::new(1)).await;
    let dashboard = days.app.role(Role::Dashboard).await;
    assert_eq!(added(&dashboard, "").await["total"]["sites"], json!(68));
    for (period, is_told) in [
        ("from=2020-01-01", true),
        ("from=2020-01-01&to=2030-01-01", true),
        ("from=2022-01-01", false),
        ("to=2022-01-01", false),
        ("from=2022-01-01&to=2030-01-01", false),
        ("from=2020-01-01&to=2022-01-01", false),
    ] {
        let answer = added(&dashboard, &format!("?{period}")).await;
        assert_eq!(warns(&answer, "too_few_sites"), !is_told, "{period}: {answer}");
        assert_eq!(answer["meta"]["scope"], json!("internal"), "{period}");
    }
    days.app.stop().await;
}

async fn ask_for_money_is_told_where_three_partners_stand_behind_it(database: TestDatabase) {
    let days = grown(database).await;
    let dashboard = days.app.role(Role::Dashboard).await;
    let provinces = added(&dashboard, "?group_by=province").await;
    let money = |row: &Value| (row["cost_vnd"].is_null(), row["cost_known"].is_null());
    let told: Vec<(&str, (bool, bool))> =
        rows(&provinces).iter().map(|row| (row["province_code"].as_str().unwrap(), money(row))).collect();
    let (yes, no) = ((false, false), (true, true));
    // Three partners have four sites in Đà Nẵng. Two stand in TP. Hồ Chí Minh, one behind the row of the others.
    assert_eq!(told, [("01", yes), ("48", no), ("79", no), ("other", no)], "{provinces}");
    assert_eq!(money(&provinces["total"]), yes, "the rows that hide it are of three partners");
    let without = added(&dashboard, "?group_by=province&province=01,79,24,92").await;
    assert_eq!(money(&without["total"]), no, "the total less the other rows is of two partners");
    assert_eq!(money(&added(&dashboard, "").await["total"]), yes);
    let alone = added(&dashboard, "?province=79").await;
    assert_eq!(money(&alone["total"]), no, "{alone}");
    let regions = added(&dashboard, "?group_by=region").await;
    assert!(rows(&regions).iter().any(|row| row["cost_vnd"].is_i64()), "{regions}");
    days.app.stop().await;
}

async fn ask_as_a_partner_shows_its_own_in_full_and_others_as_to_a_dashboard(database: TestDatabase) {
    let days = grown(database).await;
    let heat = days.app.client(Role::Partner, Some("HEATCO")).await;
    verify(&days, "HEATCO", "live", "24", 6_000);
    days.app.progress_at(days.app.db_version()).await;
    let own = added(&heat, "?group_by=partner,province").await;
    let told: Vec<(&str, i64)> =
        rows(&own).iter().map(|row| (row["province_code"].as_str().unwrap(), row["sites"].as_i64().unwrap())).collect();
    assert_eq!(told, [("01", 9), ("24", 1), ("48", 1), ("79", 3)], "as it is now");
    assert!(rows(&own).iter().all(|row| row["cost_vnd"].is_i64()), "{own}");
    let all = added(&heat, "?group_by=province").await;
    check(&all, "of a partner");
    assert_eq!((&all["total"]["sites"], &all["total"]["cost_vnd"]), (&json!(56), &json!(null)));
    days.app.stop().await;
}

async fn ask_as_a_partner_that_tries_things_out_shows_these_alone(database: TestDatabase) {
    let days = grown(database).await;
    days.app.db_add_partner("TRYOUT", true);
    let caller: Client = days.app.client(Role::Partner, Some("TRYOUT")).await;
    verify(&days, "TRYOUT", "one", "79", 7_000);
    for query in ["", "?group_by=province", "?group_by=partner"] {
        let tried = added(&caller, query).await;
        assert_eq!((&tried["total"]["sites"], &tried["total"]["capacity_kwp"]), (&json!(1), &json!(7.0)), "{tried}");
        assert!(warns(&tried, "sandbox"), "{tried}");
    }
    let past = caller.get("/v1/aggregates?as_of=2020-02-24").await;
    assert_eq!((past.status, past.errors()), (422, vec![("as_of".to_owned(), "not_allowed_here".to_owned())]));
    days.app.stop().await;
}
