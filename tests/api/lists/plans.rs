//! What the database reads for a list: along an index, from the cursor on, and nothing else. Not a clock but the plan says so.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use green_homes::db::Connection;
use green_homes::db::records::{Filter, installation_list, suspended};
use green_homes::domain::records::{Actor, Role};
use green_homes::domain::reference::ProvinceId;
use green_homes::domain::values::{Code, SiteId, Status, Text};

use crate::support::{App, TestDatabase, db_execute, db_lines, on_both_databases, run};

use super::{VARIED, db_fill};

on_both_databases!(list_by_each_filter_and_role_reads_along_an_index_that_ends_where_it_ends);

/// Indexes of which PostgreSQL reads all rows of one value: at most one for each partner, and at most a hundred.
const OF_EXTERNAL_ID: &str = "installations_by_external_id";
const OF_SITE: &str = "installations_by_site";
const INDEXES: [(&str, &str); 6] = [
    ("installations_by_status", "status, id"),
    ("installations_by_province", "province_code, status, id"),
    ("installations_by_partner", "partner, status, id"),
    ("installations_by_partner_and_province", "partner, province_code, status, id"),
    (OF_SITE, "site, id"),
    (OF_EXTERNAL_ID, ""),
];

/// Each role with each filter that it may use alone, and with status and province together.
fn filters() -> Vec<(&'static str, Filter)> {
    let actor = |role, partner: Option<&str>, province: Option<&str>| Actor {
        client_id: "c".to_owned(),
        role,
        partner: partner.map(|code| Code::parse(code).unwrap()),
        affiliation: None,
        province: province.and_then(ProvinceId::parse),
    };
    let roles = [
        ("partner", actor(Role::Partner, Some("AA"), None)),
        ("partner in a province", actor(Role::Partner, Some("AA"), Some("48"))),
        ("reviewer", actor(Role::Reviewer, None, None)),
        ("reviewer in a province", actor(Role::Reviewer, None, Some("48"))),
        ("admin", actor(Role::Admin, None, None)),
    ];
    let wanted: [fn(&mut Filter); 7] = [
        |_| {},
        |filter| filter.status = Some(Status::Decommissioned),
        |filter| filter.province = ProvinceId::parse("48"),
        |filter| (filter.status, filter.province) = (Some(Status::Decommissioned), ProvinceId::parse("48")),
        |filter| filter.partner = Code::parse("AA").ok(),
        |filter| filter.external_id = Text::parse("E-00000030").ok(),
        |filter| filter.site = SiteId::parse("019a0000-0000-7000-9000-000000000030").ok(),
    ];
    let all = roles.iter().flat_map(|(role, actor)| {
        wanted.iter().map(|with| {
            let mut filter = Filter::seen_by(actor);
            with(&mut filter);
            (*role, filter)
        })
    });
    all.collect()
}

/// The filters whose plan reads rows that it need not read.
fn unbounded(connection: &mut Connection) -> Vec<String> {
    let mut found = Vec::new();
    for (role, filter) in filters() {
        let plan = installation_list::plan(connection, &filter, 200).unwrap();
        let is_sqlite = matches!(connection, Connection::Sqlite(_));
        if !(if is_sqlite { is_bounded_on_sqlite(&plan) } else { is_bounded_on_postgres(&plan) }) {
            found.push(format!("{role}: {filter:?}\n{}", plan.join("\n")));
        }
    }
    found
}

/// SQLite names the columns by which it searches an index: all up to the id, so that the next rows are the next of the page.
fn is_bounded_on_sqlite(plan: &[String]) -> bool {
    let mut reads = plan.iter().filter(|line| line.contains(" installations")).peekable();
    reads.peek().is_some()
        && reads.all(|line| {
            let Some((name, by)) =
                line.strip_prefix("SEARCH installations USING ").and_then(|line| line.split_once(" ("))
            else {
                return false;
            };
            match name.strip_prefix("INDEX ") {
                None => (name, by) == ("PRIMARY KEY", "id>? AND id<?)"),
                Some(OF_EXTERNAL_ID) => by == "external_id>? AND external_id<?)",
                Some(index) => columns(index).is_some_and(|columns| {
                    by.starts_with(&format!("({})>(", columns.replace(", ", ","))) && by.contains(" AND (")
                }),
            }
        })
}

/// PostgreSQL names the index and what bounds the rows that it reads of it, and throws none of them away.
fn is_bounded_on_postgres(plan: &[String]) -> bool {
    let few = ["ROW(external_id, id)", "ROW(site, id)"];
    let mut reads =
        plan.iter().zip(plan.iter().skip(1)).filter(|(line, _)| line.contains(" on installations")).peekable();
    reads.peek().is_some()
        && !plan.iter().any(|line| line.contains("Filter: ") && !few.iter().any(|few| line.contains(few)))
        && reads.all(|(line, bounds)| {
            let named = line.split_once("Index Scan using ").and_then(|(_, rest)| rest.split_once(' '));
            let by = bounds.trim_start().trim_start_matches("Index Cond: (");
            match named {
                None => false,
                Some(("installations_pkey", _)) => by.starts_with("(id > "),
                Some((OF_EXTERNAL_ID, _)) => by.starts_with("(external_id >= "),
                Some((OF_SITE, _)) => by.starts_with("(site >= "),
                Some((index, _)) => {
                    columns(index).is_some_and(|columns| by.starts_with(&format!("(ROW({columns}) > ROW(")))
                }
            }
        })
}

/// The columns of an index up to the id; none of an index that is not made for lists.
fn columns(index: &str) -> Option<&'static str> {
    INDEXES.iter().find(|(name, _)| *name == index).map(|(_, columns)| *columns)
}

async fn list_by_each_filter_and_role_reads_along_an_index_that_ends_where_it_ends(database: TestDatabase) {
    let app = App::start(database).await;
    app.db_add_partner("AA", false);
    app.db_add_partner("BB", false);
    let database = app.stop().await;
    let mut columns = VARIED;
    columns[4].1 = "NULL";
    db_fill(&database, 40_000, &columns);
    // Through a connection of its own, because SQLite explains by the schema that the connection knows.
    let unbounded = || unbounded(&mut database.db_open().connection().unwrap());
    // Whatever the planner knows: nothing yet, then all.
    let analyze = if database.is_sqlite() { "SELECT 1" } else { "ANALYZE" };
    for known in ["SELECT 1", analyze] {
        db_execute(&database.url, known).unwrap();
        assert_eq!(unbounded(), Vec::<String>::new());
    }
    for (index, _) in INDEXES {
        let made = if database.is_sqlite() {
            format!("SELECT sql AS line FROM sqlite_master WHERE name = '{index}'")
        } else {
            format!("SELECT indexdef AS line FROM pg_indexes WHERE indexname = '{index}'")
        };
        let made = db_lines(&database.url, &made).remove(0);
        db_execute(&database.url, &format!("DROP INDEX {index}")).unwrap();
        assert_ne!(unbounded(), Vec::<String>::new(), "{index} is there for nothing");
        db_execute(&database.url, &made).unwrap();
    }
}

/// Whenever the register moved it is asked whether a suspension has something left to do: by two indexes that are empty where nothing is.
/// SQLite has no planner that would rather read the table.
#[test]
fn ask_what_a_suspension_has_left_to_do_reads_no_row_where_nothing_is() {
    run(async {
        let app = App::start(TestDatabase::postgres()).await;
        app.db_add_partner("AA", false);
        app.db_add_partner("BB", false);
        let database = app.stop().await;
        db_fill(&database, 40_000, &VARIED);
        let settled = "UPDATE partners SET suspended_at = now() WHERE code = 'BB'; \
             UPDATE installations SET set_aside = true WHERE partner = 'BB' AND NOT sandbox AND evidence_tier IS NULL \
             AND status IN ('pledged', 'installed', 'decommissioned')";
        db_execute(&database.url, settled).unwrap();
        let rows = "SELECT CAST(seq_tup_read + idx_tup_fetch AS TEXT) AS line FROM pg_stat_user_tables WHERE relname = 'installations'";
        let rows = || db_lines(&database.url, rows)[0].parse::<i64>().unwrap();
        let open = database.db_open();
        let mut connection = open.connection().unwrap();
        let until = Instant::now() + Duration::from_secs(20);
        while rows() < 10_000 {
            assert!(Instant::now() < until, "the rows that the update read are not counted");
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        for known in ["SELECT 1", "ANALYZE"] {
            db_execute(&database.url, known).unwrap();
            let before = rows();
            assert!(!suspended::are_to_settle(&mut connection).unwrap());
            let Connection::Postgres(session) = &mut connection else { panic!("this is PostgreSQL") };
            session.batch_execute("SELECT pg_stat_force_next_flush()").unwrap();
            assert!(rows() - before < 10, "{} rows were read, {known}", rows() - before);
        }
    });
}
