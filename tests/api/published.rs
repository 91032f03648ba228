//! What the public sees of a register: counts at once, figures of publication points, and nothing in between.

use chrono::Days;
use green_homes::domain::records::Role;
use green_homes::domain::reference::{Place, ProvinceId};
use green_homes::domain::rules::{Registrant, SiteClaim};
use green_homes::domain::values::{Code, Tier};
use green_homes::register::{Command, Done, InstallationChange};
use serde_json::{Value, json};

use crate::clients::added;
use crate::points::grown;
use crate::recompute::recompute;
use crate::support::{
    App, Client, Passing, TestDatabase, clock_at, db_execute, db_lines, new_installation, on_both_databases,
};
use crate::tampering::{copy_of, db_execute as db_tamper};

mod every_point;

on_both_databases!(
    read_a_register_before_its_first_point_gives_counts_and_no_figures,
    register_a_home_moves_counts_at_once_and_no_figure,
    read_every_page_of_a_point_adds_up_and_is_redone_from_public_data,
    verify_a_few_homes_of_a_province_shows_them_in_their_region_and_not_in_a_row_of_their_own,
    read_pages_of_past_points_are_as_they_were_published,
    ask_for_figures_of_a_day_that_has_none_says_why,
    read_as_a_reviewer_gives_everything_and_as_others_what_is_published,
    change_a_page_of_a_point_is_found_and_named,
);

/// The tables whose rows add up to the headline.
const ADDITIVE: [&str; 7] = ["provinces", "former_provinces", "regions", "kinds", "evidence_tiers", "months", "years"];

async fn read(client: &Client, path: &str) -> Value {
    let reply = client.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.body
}

fn sum(rows: &Value, column: &str) -> f64 {
    rows["data"].as_array().unwrap().iter().map(|row| row[column].as_f64().unwrap()).sum()
}

fn warns(body: &Value, code: &str) -> bool {
    body["meta"]["warnings"].as_array().unwrap().contains(&json!(code))
}

async fn read_a_register_before_its_first_point_gives_counts_and_no_figures(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.grow("a", 49);
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    let anybody = days.app.public();
    for progress in [read(&anybody, "/v1/progress").await, days.kept_of(first).await] {
        assert_eq!(progress["data"]["live"]["sites"]["in_operation"], json!(49));
        assert_eq!((&progress["data"]["figures_as_of"], &progress["data"]["figures"]), (&json!(null), &json!(null)));
        assert!(warns(&progress, "nothing_published_yet"), "{}", progress["meta"]);
        assert_eq!(progress["meta"]["methodology_version"], json!(null), "nothing is estimated");
    }
    for path in ["/v1/tables/provinces", "/v1/progress/provinces", "/v1/progress/timeline"] {
        let page = read(&anybody, path).await;
        assert!(page["data"] == json!([]) && warns(&page, "nothing_published_yet"), "{path}: {page}");
        let (table, rest) = path.rsplit_once('/').unwrap();
        let csv = anybody.get(&format!("{table}/{rest}.csv")).await;
        assert_eq!((csv.status, csv.text.lines().count()), (200, 1), "{path}: {}", csv.text);
    }
    let map = read(&anybody, "/v1/progress/provinces.geojson").await;
    assert!(map["features"].as_array().unwrap().iter().all(|one| one["properties"].get("sites_verified").is_none()));
    let recorded = read(&anybody, "/v1/progress/timeline?basis=recorded_on").await;
    assert!(warns(&recorded, "nothing_published_yet"), "{}", recorded["meta"]);
    let text = anybody.get("/v1/progress.txt").await.text;
    assert!(text.contains("No figures are published yet") && text.contains("Chưa công bố số liệu"), "{text}");
    let row = &recorded["data"][0];
    assert_eq!(
        (&row["sites_verified_cumulative"], &row["capacity_kwp_verified_cumulative"]),
        (&json!(39), &json!(null))
    );
    days.app.stop().await;
}

async fn register_a_home_moves_counts_at_once_and_no_figure(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let anybody = days.app.public();
    let paths =
        ["/v1/tables/provinces", "/v1/progress/provinces", "/v1/progress/timeline", "/v1/tables/programme_sums.csv"];
    let mut before = Vec::new();
    for path in paths {
        before.push(anybody.get(path).await.bytes);
    }
    let then = read(&anybody, "/v1/progress").await;
    days.verify_a_home("one");
    days.app.progress_at(days.app.db_version()).await;
    let now = read(&anybody, "/v1/progress").await;
    let verified = |progress: &Value| progress["data"]["live"]["sites"]["verified"].as_i64().unwrap();
    assert_eq!(verified(&now), verified(&then) + 1);
    assert_eq!(now["data"]["figures"], then["data"]["figures"]);
    for (path, before) in paths.iter().zip(&before) {
        assert_eq!(anybody.get(path).await.bytes, *before, "{path}");
    }
    // Nor does one home make a point.
    days.pass_to(days.today() + Days::new(1)).await;
    let next = read(&anybody, "/v1/progress").await;
    assert_eq!(next["data"]["figures"], then["data"]["figures"]);
    assert_eq!(days.kept_of(days.today() - Days::new(1)).await["data"]["figures"], then["data"]["figures"]);
    assert_eq!(read(&anybody, "/v1/tables/provinces").await["meta"]["as_of"], then["data"]["figures_as_of"]);
    days.app.stop().await;
}

/// The tables of a point add up to its headline.
async fn check_tables(anybody: &Client, query: &str) {
    let progress = read(anybody, &format!("/v1/progress{query}")).await;
    let figures = &progress["data"]["figures"];
    for name in ADDITIVE {
        let table = read(anybody, &format!("/v1/tables/{name}{query}")).await;
        assert_eq!(table["meta"]["as_of"], progress["data"]["figures_as_of"], "{name}");
        let rows = table["data"].as_array().unwrap();
        assert!(rows.last().unwrap().as_object().unwrap().values().any(|value| value == "not_yet_detailed"), "{name}");
        for (column, [of, part]) in [
            ("sites_verified", ["sites", "verified"]),
            ("installations_verified", ["installations", "verified"]),
            ("capacity_kwp_verified", ["capacity_kwp", "verified"]),
            ("annual_avoided_tco2e", ["annual", "avoided_tco2e"]),
            ("annual_generation_kwh", ["annual", "generation_kwh"]),
            ("to_date_avoided_tco2e_high", ["to_date", "avoided_tco2e_high"]),
        ] {
            let (found, expected) = (sum(&table, column), figures[of][part].as_f64().unwrap());
            assert!((found - expected).abs() < 1e-6, "{name} {column}: {found} is not {expected}");
        }
    }
}

async fn read_every_page_of_a_point_adds_up_and_is_redone_from_public_data(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let anybody = days.app.public();
    for query in ["", "?methodology=1"] {
        check_tables(&anybody, query).await;
        let (code, printed) = recompute(&[&days.app.address, query]).await;
        assert_eq!(code, Some(0), "{query}: {printed}");
        let progress = read(&anybody, &format!("/v1/progress{query}")).await;
        let figures = &progress["data"]["figures"];
        for path in ["/v1/progress/timeline?interval=month", "/v1/progress/timeline?interval=year"] {
            let joint = query.replace('?', "&");
            let timeline = read(&anybody, &format!("{path}{joint}")).await;
            let last = timeline["data"].as_array().unwrap().last().unwrap();
            assert_eq!(last["period"], json!("not_yet_detailed"));
            assert_eq!(last["avoided_tco2e_cumulative"], figures["to_date"]["avoided_tco2e"], "{path}");
            assert!(
                (sum(&timeline, "sites_verified_new") - figures["sites"]["verified"].as_f64().unwrap()).abs() < 0.5
            );
        }
        for list in ["34", "63"] {
            let joint = query.replace('?', "&");
            let provinces = read(&anybody, &format!("/v1/progress/provinces?list={list}{joint}")).await;
            let expected = figures["annual"]["avoided_tco2e"].as_f64().unwrap();
            assert!((sum(&provinces, "annual_avoided_tco2e") - expected).abs() < 1e-6, "{list}");
        }
    }
    assert!(warns(&read(&anybody, "/v1/progress?methodology=1").await, "methodology_not_in_force"));
    for path in [
        "/v1/progress",
        "/v1/tables/kinds",
        "/v1/progress/provinces?list=63",
        "/v1/progress/timeline",
        "/v1/tables/kinds?methodology=1",
    ] {
        let link = read(&anybody, path).await["meta"]["permalink"].as_str().unwrap().to_owned();
        let place = link.find("/v1/").unwrap();
        let found = anybody.get(&link[place..]).await;
        let is_of_today = path == "/v1/progress";
        assert_eq!(found.status, if is_of_today { 422 } else { 200 }, "{path} leads to {link}: {}", found.text);
    }
    // Four provinces of 25 homes each: all of them have moved, on days that the rows say.
    let provinces = read(&anybody, "/v1/tables/provinces").await;
    let ha_noi = provinces["data"].as_array().unwrap().iter().find(|row| row["province_code"] == "01").unwrap();
    assert!(ha_noi["sites_verified"].as_i64() > Some(10) && ha_noi["cells_as_of"].is_string(), "{ha_noi}");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn verify_a_few_homes_of_a_province_shows_them_in_their_region_and_not_in_a_row_of_their_own(
    database: TestDatabase,
) {
    let (days, _) = grown(database).await;
    let anybody = days.app.public();
    let column = async |table: &str, code: &str| {
        let rows = read(&anybody, &format!("/v1/tables/{table}")).await["data"].as_array().unwrap().clone();
        let is = |row: &&Value| row[code_of(table)] == code;
        rows.iter().find(is).unwrap()["sites_verified"].as_i64().unwrap()
    };
    let before = (
        column("regions", "red_river_delta").await,
        column("provinces", "not_yet_detailed").await,
        column("provinces", "01").await,
    );
    // Three homes in Hải Phòng, and twelve in Hà Nội, of the same region.
    for number in 0..15 {
        let mut home = new_installation(&format!("few-{number}"));
        let SiteClaim::Described { facts, .. } = &mut home.site else { panic!("a described site") };
        let province = if number < 3 { "31" } else { "01" };
        facts.place = Place::new(ProvinceId::parse(province).unwrap(), None, None).unwrap();
        let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
        let Ok(Done::Registered { id, .. }) = days.change(Command::Register { by, new: Box::new(home) }) else {
            panic!("not registered")
        };
        days.change(InstallationChange::Verify { tier: Tier::Document }.of(id)).unwrap();
    }
    days.pass_to(days.today() + Days::new(1)).await;
    assert_eq!(column("provinces", "31").await, 0, "three are no company");
    assert_eq!(column("regions", "red_river_delta").await, before.0 + 15);
    // Three alone in what no row shows would be told by subtraction, so five of Hà Nội wait with them, and the other seven do not.
    assert_eq!(column("provinces", "not_yet_detailed").await, before.1 + 8);
    assert_eq!(column("provinces", "01").await, before.2 + 7);
    check_tables(&anybody, "").await;
    days.app.stop().await;
}

/// The column with the code of a row.
fn code_of(table: &str) -> &'static str {
    if table == "regions" { "region_code" } else { "province_code" }
}

async fn read_pages_of_past_points_are_as_they_were_published(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let first = days.today();
    days.grow("a", 65);
    days.pass_to(first + Days::new(1)).await;
    let anybody = days.app.public();
    let lived = read(&anybody, "/v1/tables/kinds").await;
    days.grow("b", 25);
    days.pass_to(first + Days::new(4)).await;
    let kept = read(&anybody, &format!("/v1/tables/kinds?as_of={first}")).await;
    assert_eq!(kept, lived, "what was published does not change");
    assert!(kept["meta"]["permalink"].as_str().unwrap().ends_with(&format!("/v1/tables/kinds?as_of={first}")));
    // The figures of a quiet day are those of the point before it.
    let second = first + Days::new(1);
    for quiet in [second + Days::new(1), second + Days::new(2)] {
        let progress = days.kept_of(quiet).await;
        assert_eq!(progress["data"]["figures_as_of"], json!(second));
        let table = read(&anybody, &format!("/v1/tables/kinds?as_of={quiet}")).await;
        assert_eq!(table["meta"]["as_of"], json!(second));
    }
    let (code, printed) = recompute(&[&days.app.address, &format!("?as_of={first}")]).await;
    assert_eq!(code, Some(0), "{printed}");
    let csv = anybody.get(&format!("/v1/tables/kinds.csv?as_of={first}")).await.text;
    assert!(csv.contains(&format!(",{first},")), "{csv}");
    // Made again, they are the same bytes.
    let body = if days.app.database.is_sqlite() { "hex(body)" } else { "encode(body, 'hex')" };
    let all = format!("SELECT CAST(point AS TEXT) || name || {body} AS line FROM point_pages ORDER BY point, name");
    let url = days.app.database.url.clone();
    let before = db_lines(&url, &all);
    assert!(before.len() > 30, "{before:?}");
    let now = days.now.clone();
    let database = days.app.stop().await;
    db_execute(&url, "DELETE FROM days; DELETE FROM points; DELETE FROM point_pages").unwrap();
    let app = App::start_at(database, clock_at(now)).await;
    assert_eq!(db_lines(&url, &all), before);
    assert_eq!(read(&app.public(), &format!("/v1/tables/kinds?as_of={first}")).await["data"], lived["data"]);
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn ask_for_figures_of_a_day_that_has_none_says_why(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let today = days.today().to_string();
    for (query, expected) in [
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
    let open = days.app.public().get(&format!("/v1/progress?as_of={today}")).await;
    assert_eq!((open.status, open.errors()), (422, vec![("as_of".to_owned(), "day_not_closed".to_owned())]));
    days.app.stop().await;
}

async fn read_as_a_reviewer_gives_everything_and_as_others_what_is_published(database: TestDatabase) {
    let (days, _) = grown(database).await;
    days.verify_a_home("one");
    days.app.progress_at(days.app.db_version()).await;
    let day = days.today() - Days::new(1);
    let before = days.today() - Days::new(3);
    let paths = [
        "/v1/progress".to_owned(),
        "/v1/progress.csv".to_owned(),
        "/v1/progress.txt".to_owned(),
        format!("/v1/progress?as_of={day}"),
        "/v1/progress/timeline".to_owned(),
        "/v1/progress/timeline.csv?basis=recorded_on".to_owned(),
        "/v1/progress/provinces".to_owned(),
        "/v1/progress/provinces.csv".to_owned(),
        "/v1/progress/provinces.geojson?list=63".to_owned(),
        format!("/v1/progress/bridge?from={before}&to={day}"),
        format!("/v1/progress/bridge.csv?from={before}&to={day}"),
        "/v1/tables/provinces".to_owned(),
        format!("/v1/tables/kinds.csv?as_of={day}"),
    ];
    let anybody = days.app.public();
    for role in [Role::Reviewer, Role::Admin] {
        let reader = days.app.role(role).await;
        for path in &paths {
            let (inside, outside) = (reader.get(path).await, anybody.get(path).await);
            assert_eq!((inside.status, outside.status), (200, 200), "{path}: {} {}", inside.text, outside.text);
            assert_eq!(inside.header("cache-control"), "no-store", "{path}");
            for reply in [&inside, &outside] {
                assert!(reply.header("vary").contains("Authorization"), "{path}");
            }
            if outside.body["meta"].is_object() {
                assert_eq!(
                    (&inside.body["meta"]["scope"], &outside.body["meta"]["scope"]),
                    (&json!("internal"), &json!("public"))
                );
                assert_eq!(inside.body["meta"]["citable"], json!(null), "{path}");
                assert_eq!(
                    (&inside.body["meta"]["license"], &outside.body["meta"]["license"]),
                    (&json!(null), &json!("CC-BY-4.0"))
                );
            }
            if path == "/v1/progress.txt" {
                assert!(inside.text.contains("not to be cited") && !inside.text.contains("/v1/progress"), "{path}");
            }
            assert_ne!(inside.text, outside.text, "{path}");
        }
    }
    let published = |client: Client| {
        let (paths, anybody) = (paths.clone(), anybody.clone());
        async move {
            for path in &paths {
                assert_eq!(client.get(path).await.text, anybody.get(path).await.text, "{path}");
            }
        }
    };
    let admin = days.app.role(Role::Admin).await;
    let of_province =
        async |role| added(&days.app, &admin, &json!({"role": role, "name": "An", "province_code": "01"})).await;
    let others = [
        days.app.role(Role::Dashboard).await,
        days.app.client(Role::Partner, Some("SOLARCO")).await,
        of_province("dashboard").await,
        of_province("reviewer").await,
    ];
    // Clients are entries.
    days.app.progress_at(days.app.db_version()).await;
    for other in others {
        published(other).await;
    }
    for path in &paths {
        let refused = anybody.with_token("no token").get(path).await;
        assert_eq!(refused.status, 401, "{path}: {}", refused.text);
    }
    days.app.stop().await;
}

async fn change_a_page_of_a_point_is_found_and_named(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let database = days.app.stop().await;
    for (change, named) in [
        ("DELETE FROM point_pages WHERE name LIKE '%kinds'", "page /v1/tables/kinds of "),
        (
            "UPDATE point_pages SET body = (SELECT body FROM point_pages AS other WHERE other.point = point_pages.point AND name \
             = '/v1/tables/years') WHERE name = '/v1/tables/months'",
            "page /v1/tables/months of ",
        ),
    ] {
        let copy = copy_of(&database);
        db_tamper(&copy.url, change);
        let report = green_homes::register::audit::audit(&copy.db_open(), green_homes::api::MAKE).unwrap();
        let is_named = report.findings.iter().any(|finding| finding.what.starts_with(named));
        assert!(!report.ok && is_named, "{change}: {:?}", report.findings);
    }
}
