//! Lists of installations: every filter of every role finds what it should, page by page, and no list takes longer for what it
//! does not find.

mod plans;

use std::collections::BTreeSet;
use std::time::Duration;

use green_homes::db::records::{Filter, InstallationPage, installation_list};
use green_homes::domain::records::{Actor, Role};
use green_homes::domain::reference::{PLACE_VERSION, ProvinceId};
use green_homes::domain::values::{Code, SiteKind, Status, Text};
use serde_json::json;

use crate::support::{App, Client, TestDatabase, db_execute, db_lines, home, on_both_databases};

on_both_databases!(
    list_by_every_filter_and_role_finds_what_passes_and_no_other,
    list_what_is_rare_answers_an_empty_page_with_a_cursor_in_time,
    correct_the_province_of_a_site_moves_its_installations_in_lists,
);

/// Adds this many sites with an installation each, behind the register's back. `columns` says, for the number `n` of each, what
/// partner, status, province, kind, project and sandbox it has.
fn db_fill(database: &TestDatabase, count: usize, columns: &[(&str, &str); 6]) {
    let numbers = if database.is_sqlite() {
        format!("WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < {count}), ")
    } else {
        format!("WITH counted AS (SELECT n FROM generate_series(1, {count}) AS n), ")
    };
    let columns: Vec<String> = columns.iter().map(|(name, value)| format!("{value} AS {name}")).collect();
    let digits = if database.is_sqlite() { "substr('00000000' || n, -8)" } else { "lpad(n::text, 8, '0')" };
    let (no, yes) = if database.is_sqlite() { ("0", "1") } else { ("false", "true") };
    let facts = format!("{numbers} facts AS (SELECT n, {digits} AS digits, {} FROM counted)", columns.join(", "));
    db_execute(
        &database.url,
        &format!(
            "INSERT INTO sites (id, partner, kind, province_code, place_version, revision, version)
             {facts} SELECT '019a0000-0000-7000-9000-0000' || digits, partner, kind, province, {PLACE_VERSION}, 1, 1 FROM facts;
             INSERT INTO installations (id, site, partner, sandbox, external_id, project, installed_on, status, evidence_tier,
                 reported_at, verified_at, decommissioned_on, registered_version, revision, version, province_code)
             {facts} SELECT '019a0000-0000-7000-8000-0000' || digits, '019a0000-0000-7000-9000-0000' || digits, partner,
                 CASE WHEN sandbox THEN {yes} ELSE {no} END, 'E-' || digits, project, {day}, status,
                 CASE status WHEN 'verified' THEN 'document' END, {instant},
                 CASE status WHEN 'verified' THEN {instant} END, CASE status WHEN 'decommissioned' THEN {day} END,
                 1, 1, 1, province FROM facts;
             INSERT INTO installation_measures (installation, measure, quantity)
             {facts} SELECT '019a0000-0000-7000-8000-0000' || digits, 1 + n % 2, 5400 FROM facts;",
            day = if database.is_sqlite() { "'2026-01-15'" } else { "DATE '2026-01-15'" },
            instant = if database.is_sqlite() { "'2026-01-20 00:00:00'" } else { "TIMESTAMP '2026-01-20 00:00:00'" },
        ),
    )
    .unwrap();
}

/// Partners AA and BB, six statuses, four provinces, two kinds, a project, a sandbox.
const VARIED: [(&str, &str); 6] = [
    ("partner", "CASE WHEN n % 3 = 0 THEN 'AA' ELSE 'BB' END"),
    (
        "status",
        "CASE n % 7 WHEN 1 THEN 'pledged' WHEN 2 THEN 'verified' WHEN 3 THEN 'rejected' WHEN 4 THEN 'withdrawn' \
         WHEN 5 THEN 'decommissioned' ELSE 'installed' END",
    ),
    ("province", "CASE n % 5 WHEN 0 THEN '48' WHEN 1 THEN '01' WHEN 2 THEN '79' ELSE '04' END"),
    ("kind", "CASE WHEN n % 4 = 0 THEN 'office' ELSE 'home' END"),
    ("project", "CASE WHEN n % 6 = 0 THEN 'SCHOOLS' END"),
    ("sandbox", "n % 11 = 0"),
];

/// Every combination of the conditions of a filter, for every role.
fn filters() -> Vec<Filter> {
    let of = |role, partner: Option<&str>, affiliation: Option<&str>, province: Option<&str>| Actor {
        client_id: "c".to_owned(),
        role,
        partner: partner.map(|code| Code::parse(code).unwrap()),
        affiliation: affiliation.map(|code| Code::parse(code).unwrap()),
        province: province.and_then(ProvinceId::parse),
    };
    let actors = [
        of(Role::Admin, None, None, None),
        of(Role::Partner, Some("AA"), None, None),
        of(Role::Partner, Some("AA"), None, Some("48")),
        of(Role::Reviewer, None, None, Some("01")),
        of(Role::Reviewer, None, Some("AA"), None),
    ];
    let mut filters: Vec<Filter> = actors.iter().map(Filter::seen_by).collect();
    let mut add = |with: fn(&mut Filter)| {
        let more: Vec<Filter> = filters
            .iter()
            .map(|filter| {
                let mut filter = filter.clone();
                with(&mut filter);
                filter
            })
            .collect();
        filters.extend(more);
    };
    add(|filter| filter.status = Some(Status::Installed));
    add(|filter| filter.province = ProvinceId::parse("48"));
    add(|filter| filter.partner = Code::parse("AA").ok());
    add(|filter| filter.kind = Some(SiteKind::Office));
    add(|filter| filter.project = Code::parse("SCHOOLS").ok());
    add(|filter| filter.sandbox = Some(false));
    add(|filter| filter.external_id = Text::parse("E-00000030").ok());
    filters
}

/// What a filter should find, by a condition in plain SQL.
fn condition(filter: &Filter) -> String {
    let actor = filter.seen_by.as_ref().unwrap();
    let equals = |column: &str, value: Option<String>| value.map(|value| format!("{column} = '{value}'"));
    let conditions = [
        equals("i.partner", actor.partner.as_ref().map(ToString::to_string)),
        equals("s.province_code", actor.province.map(|province| province.code().to_owned())),
        actor.affiliation.as_ref().map(|employer| format!("i.partner <> '{employer}'")),
        equals("i.status", filter.status.map(|status| status.as_str().to_owned())),
        equals("s.province_code", filter.province.map(|province| province.code().to_owned())),
        equals("i.partner", filter.partner.as_ref().map(ToString::to_string)),
        equals("s.kind", filter.kind.map(|kind| kind.as_str().to_owned())),
        equals("i.project", filter.project.as_ref().map(ToString::to_string)),
        filter.sandbox.map(|sandbox| if sandbox { "i.sandbox".to_owned() } else { "NOT i.sandbox".to_owned() }),
        equals("i.external_id", filter.external_id.as_ref().map(|id| id.as_str().to_owned())),
    ];
    conditions.into_iter().flatten().fold("1 = 1".to_owned(), |all, one| format!("{all} AND {one}"))
}

async fn list_by_every_filter_and_role_finds_what_passes_and_no_other(database: TestDatabase) {
    let app = App::start(database).await;
    app.db_add_partner("AA", false);
    app.db_add_partner("BB", false);
    let database = app.stop().await;
    let project =
        "INSERT INTO projects (code, name_vi, name_en, created_at) VALUES ('SCHOOLS', 'a', 'b', '2026-01-01 00:00:00')";
    db_execute(&database.url, project).unwrap();
    db_fill(&database, 330, &VARIED);
    let open = database.db_open();
    let mut connection = open.connection().unwrap();
    let filters = filters();
    let mut expected_in_all = 0;
    for filter in &filters {
        let condition = condition(filter);
        let sql = format!(
            "SELECT i.id AS line FROM installations i JOIN sites s ON s.id = i.site WHERE {condition} ORDER BY i.id"
        );
        let expected = db_lines(&database.url, &sql);
        expected_in_all += expected.len();
        // However often the time is over.
        for within in [Duration::ZERO, Duration::from_mins(1)] {
            let (mut found, mut next) = (Vec::new(), filter.clone());
            loop {
                let page = installation_list::list(&mut connection, &next, 7, within).unwrap();
                assert!(page.installations.len() <= 7);
                found.extend(ids(&page));
                let Some(after) = page.next else { break };
                assert!(next.after < Some(after), "a cursor goes forward");
                next.after = Some(after);
            }
            assert_eq!(found, expected, "{condition}");
        }
    }
    assert!(filters.len() == 640 && expected_in_all > 3_000, "{} {expected_in_all}", filters.len());
}

fn ids(page: &InstallationPage) -> impl Iterator<Item = String> {
    page.installations.iter().map(|one| one.id.to_string())
}

/// A reviewer looks for the three offices behind many homes.
async fn list_what_is_rare_answers_an_empty_page_with_a_cursor_in_time(database: TestDatabase) {
    let app = App::start(database).await;
    app.db_add_partner("AA", false);
    let reviewer = app.role(Role::Reviewer).await;
    let mut columns = VARIED;
    columns[0].1 = "'AA'";
    columns[1].1 = "'installed'";
    columns[3].1 = "CASE WHEN n > 5997 THEN 'office' ELSE 'home' END";
    columns[4].1 = "NULL";
    columns[5].1 = "n = -1";
    db_fill(&app.database, 6_000, &columns);
    let offices = Filter { status: Some(Status::Installed), kind: Some(SiteKind::Office), ..Filter::default() };
    let mut connection = app.database.db_open().connection().unwrap();
    let first = installation_list::list(&mut connection, &offices, 50, Duration::ZERO).unwrap();
    assert!(first.installations.is_empty(), "it stops when its time is over");
    assert_eq!(first.next.unwrap().to_string(), "019a0000-0000-7000-8000-000000000051", "and says how far it came");
    let whole = installation_list::list(&mut connection, &offices, 50, Duration::from_mins(1)).unwrap();
    assert_eq!((whole.installations.len(), whole.next), (3, None));
    // Over HTTP, however many pages it takes.
    let found = walk(&reviewer, "/v1/review/queue?kind=office").await;
    assert_eq!(found, ids(&whole).collect::<BTreeSet<_>>());
    app.stop().await;
}

/// The ids on every page of a list.
async fn walk(caller: &Client, path: &str) -> BTreeSet<String> {
    let (mut found, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let reply = caller.get(&format!("{path}{cursor}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let data = reply.body["data"].as_array().unwrap();
        found.extend(data.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = reply.body["page"]["next_cursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

async fn correct_the_province_of_a_site_moves_its_installations_in_lists(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let first = partner.register(&home("a")).await;
    let site = partner.get(&format!("/v1/installations/{first}")).await.body["data"]["site"].clone();
    let mut second = home("b");
    second["site"] = json!({"external_id": "S-a", "kind": "home", "province_code": "01"});
    second["measures"] = json!([{"measure": "led_lighting", "quantity": 4}]);
    let second = partner.register(&second).await;
    let path = format!("/v1/sites/{}", site["id"].as_str().unwrap());
    let headers = [("if-match", "*"), ("content-type", "application/json")];
    let body = json!({"province_code": "48", "reason": "data_entry_error"}).to_string();
    let corrected = partner.send("PATCH", &path, &headers, Some(body.into_bytes())).await;
    assert_eq!(corrected.status, 200, "{}", corrected.text);
    assert_eq!(walk(&partner, "/v1/installations?province=48").await, BTreeSet::from([first, second]));
    assert_eq!(walk(&partner, "/v1/installations?province=01").await, BTreeSet::new());
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    db_execute(&app.database.url, "UPDATE installations SET province_code = '01'").unwrap();
    let report = app.db_audit();
    assert!(report.findings.iter().all(|finding| finding.what.starts_with("installation ")), "{report:?}");
    assert_eq!(report.findings.len(), 2, "{report:?}");
    app.stop().await;
}
