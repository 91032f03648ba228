//! Publication points: what may be published of each day, made at its close from the journal alone. Each test ends with an audit,
//! which makes every point again.

use chrono::{Days, TimeDelta};
use green_homes::db::ledger::site_postings;
use green_homes::domain::records::MeasureLines;
use green_homes::domain::reference::{Place, ProvinceId};
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim};
use green_homes::domain::values::{Code, InstallationId, Quantity, SiteId, Tier, WithdrawReason};
use green_homes::register::{Command, Done, InstallationChange};

use crate::days::kept_days;
use crate::support::{App, Passing, TestDatabase, clock_at, db_execute, db_lines, new_installation, on_both_databases};

on_both_databases!(
    close_days_of_a_growing_register_makes_points_that_the_journal_gives_again,
    close_a_day_of_many_entries_makes_one_point_of_several_steps,
    read_the_past_of_a_site_with_very_many_entries,
    close_days_of_a_small_register_makes_no_point,
    set_the_clock_back_voids_the_points_of_days_that_had_not_come,
    set_the_clock_back_to_the_first_day_keeps_the_void_points,
    change_what_waits_or_a_point_is_found_and_named,
    delete_days_and_they_are_made_as_before_with_their_points,
);

const PROVINCES: [&str; 4] = ["01", "79", "48", "92"];

impl Passing {
    /// Registers homes of many sizes in four provinces, and verifies each but every fifth.
    pub fn grow(&self, name: &str, count: usize) -> Vec<InstallationId> {
        let register = |number: usize| {
            let mut home = new_installation(&format!("{name}-{number}"));
            let SiteClaim::Described { facts, .. } = &mut home.site else { panic!("a described site") };
            facts.place = Place::new(ProvinceId::parse(PROVINCES[number % 4]).unwrap(), None, None).unwrap();
            let mut lines = home.measures.as_slice().to_vec();
            lines[0].quantity = Quantity::stored(3_000 + 100 * i64::try_from(number % 37).unwrap());
            let measures = MeasureLines::new(lines).unwrap();
            let home = NewInstallation { measures, ..home };
            let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
            let Ok(Done::Registered { id, .. }) = self.change(Command::Register { by, new: Box::new(home) }) else {
                panic!("not registered")
            };
            if !number.is_multiple_of(5) {
                let tier = [Tier::Document, Tier::Inspected][number % 2];
                self.change(InstallationChange::Verify { tier }.of(id)).unwrap();
            }
            id
        };
        (0..count).map(register).collect()
    }

    fn points(&self) -> Vec<String> {
        points(&self.app.database)
    }
}

/// Number, day and whether it is void, of each point.
fn points(database: &TestDatabase) -> Vec<String> {
    let all = "SELECT CAST(number AS TEXT) || ' ' || CAST(day AS TEXT) || CASE WHEN is_void THEN ' void' ELSE '' END AS line \
               FROM points ORDER BY number";
    db_lines(&database.url, all)
}

/// Everything that is stored of points and of what waits.
fn everything(database: &TestDatabase) -> Vec<String> {
    let queries = [
        "SELECT CAST(number AS TEXT) || CAST(day AS TEXT) || CAST(version AS TEXT) || CAST(cells_version AS TEXT) || national || by_cause || gathered \
         AS line FROM points ORDER BY number",
        "SELECT partition || site || CAST(cell AS TEXT) || coalesce(cause, '') || totals || CAST(depth AS TEXT) || stays \
         || CAST(new_to AS TEXT) AS line FROM waiting ORDER BY place",
        "SELECT partition || CAST(strand AS TEXT) || path || earlier || shown || sizes AS line FROM published_groups ORDER BY partition, strand, path",
    ];
    queries.iter().flat_map(|query| db_lines(&database.url, query)).collect()
}

/// A register with three points: of a day with 60 homes and of two days after it.
pub async fn grown(database: TestDatabase) -> (Passing, Vec<InstallationId>) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let homes = days.grow("a", 65);
    days.pass_to(days.today() + Days::new(1)).await;
    days.grow("b", 21);
    days.pass_to(days.today() + Days::new(1)).await;
    days.grow("c", 17);
    days.pass_to(days.today() + Days::new(1)).await;
    (days, homes)
}

async fn close_days_of_a_growing_register_makes_points_that_the_journal_gives_again(database: TestDatabase) {
    let (days, homes) = grown(database).await;
    let began = days.today() - Days::new(3);
    let of = |number: u64| format!("{} {}", number + 1, began + Days::new(number));
    assert_eq!(days.points(), [of(0), of(1), of(2)]);
    // One home is no company.
    let reason = WithdrawReason::Cancelled;
    days.change(InstallationChange::Withdraw { reason }.of(homes[1])).unwrap();
    days.pass_to(days.today() + Days::new(1)).await;
    assert_eq!(days.points().len(), 3);
    assert_ne!(db_lines(&days.app.database.url, "SELECT site AS line FROM waiting LIMIT 1"), Vec::<String>::new());
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    // A process that starts later goes on where this one was.
    let now = days.now.clone();
    let days = Passing { app: App::start_at(days.app.stop().await, clock_at(now.clone())).await, now };
    days.grow("d", 30);
    days.pass_to(days.today() + Days::new(1)).await;
    assert_eq!(days.points().len(), 4);
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
}

/// So that memory stays small, and nobody takes the writer for one that hangs.
async fn close_a_day_of_many_entries_makes_one_point_of_several_steps(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let began = days.today();
    days.verify_homes_of("a", &[began - Days::new(30); 2_510]);
    let version = days.app.db_version();
    days.pass_to(began + Days::new(1)).await;
    assert_eq!(days.points(), [format!("2 {began}")], "5,020 entries are two steps");
    let shown = "SELECT CAST(cells_version AS TEXT) AS line FROM points";
    assert_eq!(db_lines(&days.app.database.url, shown), [version.to_string()]);
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
}

/// A partner may correct one home as often as it likes, and a statement of SQLite takes 32,766 parameters.
async fn read_the_past_of_a_site_with_very_many_entries(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_homes_of("a", &[days.today() - Days::new(30)]);
    let url = &days.app.database.url;
    let numbers =
        "WITH RECURSIVE numbers (number) AS (SELECT 10 UNION ALL SELECT number + 1 FROM numbers WHERE number < 33000)";
    let copies = [
        "INSERT INTO entries (version, recorded_at, actor, action, cause, subject, digest, journal_digest, previous, hash) \
         SELECT version + number, recorded_at, actor, action, cause, subject, digest, journal_digest, previous, hash \
         FROM entries CROSS JOIN numbers WHERE action = 'verify'",
        "INSERT INTO journal (version, seq, recorded_on, cause, cell, deltas) \
         SELECT version + number, seq, recorded_on, cause, cell, deltas FROM journal CROSS JOIN numbers WHERE cause = 'verified' AND version < 10",
    ];
    for copy in copies {
        db_execute(url, &format!("{numbers} {copy}")).unwrap();
    }
    let site = SiteId::parse(&db_lines(url, "SELECT site AS line FROM installations")[0]).unwrap();
    let mut connection = days.app.database.db_open().connection().unwrap();
    let past = site_postings::earlier(&mut connection, &[site], i64::from(i32::MAX)).unwrap();
    assert!(past[&site].len() > 33_000, "{}", past[&site].len());
}

async fn close_days_of_a_small_register_makes_no_point(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.grow("a", 49);
    days.pass_to(days.today() + Days::new(1)).await;
    assert_eq!(days.points(), Vec::<String>::new());
    days.grow("b", 1);
    days.pass_to(days.today() + Days::new(1)).await;
    assert_eq!(days.points().len(), 1, "fifty sites are a programme");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
}

async fn set_the_clock_back_voids_the_points_of_days_that_had_not_come(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let right = *days.now.lock().unwrap();
    let today = days.today();
    days.pass_to(today + Days::new(15)).await;
    days.grow("meanwhile", 12);
    days.pass_to(today + Days::new(16)).await;
    assert_eq!(days.points().len(), 4);
    *days.now.lock().unwrap() = right + TimeDelta::minutes(5);
    days.change(Command::SetClockBack).unwrap();
    days.app.progress_at(days.app.db_version()).await;
    let void = format!("4 {} void", today + Days::new(15));
    assert_eq!(days.points()[3..], *std::slice::from_ref(&void));
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.grow("after", 15);
    days.pass_to(today + Days::new(1)).await;
    assert_eq!(days.points()[3..], [void, format!("5 {today}")], "its number is not given again");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
}

/// They were public, so the points after them are held against them, though no closed day is left.
async fn set_the_clock_back_to_the_first_day_keeps_the_void_points(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let right = *days.now.lock().unwrap();
    let today = days.today();
    days.grow("before", 10);
    days.pass_to(today + Days::new(15)).await;
    days.grow("meanwhile", 65);
    days.pass_to(today + Days::new(16)).await;
    let void = format!("1 {} void", today + Days::new(15));
    assert_eq!(days.points().len(), 1);
    *days.now.lock().unwrap() = right + TimeDelta::minutes(5);
    days.change(Command::SetClockBack).unwrap();
    days.app.progress_at(days.app.db_version()).await;
    assert_eq!(days.points(), std::slice::from_ref(&void));
    days.grow("after", 15);
    days.pass_to(today + Days::new(1)).await;
    assert_eq!(days.points(), [void, format!("2 {today}")]);
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
}

async fn change_what_waits_or_a_point_is_found_and_named(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let url = days.app.database.url.clone();
    let finding = || days.app.db_audit().findings.into_iter().map(|one| one.what).collect::<Vec<_>>();
    assert_eq!(finding(), Vec::<String>::new());
    for (change, back, named) in [
        ("UPDATE waiting SET depth = depth + 1", "UPDATE waiting SET depth = depth - 1", "waiting"),
        (
            "UPDATE published_groups SET moved_at = moved_at + 1",
            "UPDATE published_groups SET moved_at = moved_at - 1",
            "waiting",
        ),
        (
            "UPDATE points SET cells_version = cells_version - 1 WHERE number = 2",
            "UPDATE points SET cells_version = cells_version + 1 WHERE number = 2",
            "point of ",
        ),
        (
            "UPDATE points SET gathered = '0 [1]' || gathered WHERE number = 2",
            "UPDATE points SET gathered = substr(gathered, 6) WHERE number = 2",
            "point of ",
        ),
        ("UPDATE points SET number = 9 WHERE number = 3", "UPDATE points SET number = 3 WHERE number = 9", "point of "),
    ] {
        db_execute(&url, change).unwrap();
        let found = finding();
        assert!(found.iter().any(|what| what.starts_with(named)), "{change}: {found:?}");
        db_execute(&url, back).unwrap();
    }
    assert_eq!(finding(), Vec::<String>::new());
}

async fn delete_days_and_they_are_made_as_before_with_their_points(database: TestDatabase) {
    let (days, _) = grown(database).await;
    let before = (kept_days(&days.app.database.url), everything(&days.app.database));
    let now = days.now.clone();
    let mut database = days.app.stop().await;
    for deleted in ["day >= (SELECT max(day) FROM points)", "day > (SELECT min(day) FROM points)", "1 = 1"] {
        db_execute(&database.url, &format!("DELETE FROM days WHERE {deleted}")).unwrap();
        let app = App::start_at(database, clock_at(now.clone())).await;
        assert_eq!((kept_days(&app.database.url), everything(&app.database)), before, "{deleted}");
        assert!(app.db_audit().ok, "{deleted}: {:?}", app.db_audit());
        database = app.stop().await;
    }
}
