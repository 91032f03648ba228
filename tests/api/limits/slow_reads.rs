//! Reads that the database answers slowly: they hold the places of whoever asked, and nobody else's. Who has which
//! place is decided before the database is asked; PostgreSQL alone can be made to keep readers waiting, so these run there.

use std::time::{Duration, Instant};

use actix_web::rt::task::JoinHandle;
use chrono::Days;
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use green_homes::domain::records::Role;
use serde_json::json;

use crate::support::{App, Client, Passing, Reply, TestDatabase, db_execute, home, run};

/// Whoever reads this table waits for the test; whoever only writes it does not.
fn db_slow_reads(url: &str, table: &str) -> PgConnection {
    let slow = format!(
        "CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN true; END $$;
        ALTER TABLE {table} RENAME TO kept;
        CREATE VIEW {table} AS SELECT * FROM kept WHERE slow();"
    );
    db_execute(url, &slow).unwrap();
    let mut lock = PgConnection::establish(url).unwrap();
    lock.batch_execute("SELECT pg_advisory_lock(7)").unwrap();
    lock
}

/// Asks so many times at once, and waits until so many are refused because the others of the same caller wait.
async fn ask_at_once(caller: &Client, path: &str, times: usize, refused: usize) -> Vec<JoinHandle<Reply>> {
    let asked: Vec<_> = (0..times)
        .map(|_| {
            let (caller, path) = (caller.clone(), path.to_owned());
            actix_web::rt::spawn(async move { caller.get(&path).await })
        })
        .collect();
    let began = Instant::now();
    while asked.iter().filter(|one| one.is_finished()).count() < refused {
        assert!(began.elapsed() < Duration::from_secs(10), "too many wait");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    asked
}

/// Lets them read, and counts how many were answered and how many refused.
async fn let_read(mut lock: PgConnection, asked: Vec<JoinHandle<Reply>>) -> (usize, usize) {
    lock.batch_execute("SELECT pg_advisory_unlock(7)").unwrap();
    let (mut answered, mut refused) = (0, 0);
    for one in asked {
        let reply = one.await.unwrap();
        match reply.status {
            200 => answered += 1,
            429 => refused += 1,
            _ => panic!("{} {}", reply.status, reply.text),
        }
        assert!(reply.status == 200 || reply.header("retry-after") == "1", "{:?}", reply.headers);
    }
    (answered, refused)
}

#[test]
fn read_slowly_by_one_client_of_a_partner_takes_the_places_of_all_its_clients() {
    run(async {
        let app = App::start(TestDatabase::postgres()).await;
        let one = app.partner("SOLARCO").await;
        let (another, other) = (app.client(Role::Partner, Some("SOLARCO")).await, app.role(Role::Reviewer).await);
        one.register(&home("a")).await;
        let lock = db_slow_reads(&app.database.url, "installations");
        let asked = ask_at_once(&one, "/v1/installations", 30, 13).await;
        assert_eq!(another.get("/v1/installations").await.status, 429);
        assert_eq!(other.get("/v1/review/disputes").await.status, 200);
        assert_eq!(let_read(lock, asked).await, (17, 13));
        assert_eq!(another.get("/v1/installations").await.status, 200);
        app.stop().await;
    });
}

#[test]
fn read_slowly_leaves_writes_and_the_reads_of_others_alone() {
    run(async {
        let app = App::start(TestDatabase::postgres()).await;
        let (admin, reader) = (app.role(Role::Admin).await, app.role(Role::Reviewer).await);
        let other = app.role(Role::Reviewer).await;
        app.partner("SOLARCO").await.register(&home("a")).await;
        let lock = db_slow_reads(&app.database.url, "installations");
        // Of eight connections three are for clients, of which a client has one. Sixteen of its requests wait.
        let asked = ask_at_once(&reader, "/v1/installations", 30, 13).await;
        assert_eq!(admin.post("/v1/partners", &json!({"code": "P-1", "name": "P"})).await.status, 201);
        assert_eq!(other.get("/v1/review/disputes").await.status, 200);
        for path in ["/v1/progress", "/v1/progress/timeline", "/v1/tables/provinces", "/v1/progress/releases"] {
            assert_eq!(app.public().get(path).await.status, 200, "{path}");
        }
        assert_eq!(asked.iter().filter(|one| one.is_finished()).count(), 13);
        assert_eq!(let_read(lock, asked).await, (17, 13));
        app.stop().await;
    });
}

/// Whose lists wait has numbers of the past all the same, and keeps nobody from asking for them.
#[test]
fn read_lists_slowly_leaves_slow_queries_alone() {
    run(async {
        let days = Passing::begin(TestDatabase::postgres()).await;
        days.app.partner("SOLARCO").await.register(&home("a")).await;
        let first = days.today();
        days.pass_to(first + Days::new(1)).await;
        let reader = days.app.role(Role::Reviewer).await;
        let lock = db_slow_reads(&days.app.database.url, "installations");
        let asked = ask_at_once(&reader, "/v1/installations", 30, 13).await;
        let past = reader.get(&format!("/v1/aggregates?group_by=province&as_of={first}")).await;
        assert_eq!((past.status, &past.body["meta"]["as_of"]), (200, &json!(first)), "{}", past.text);
        assert_eq!(asked.iter().filter(|one| one.is_finished()).count(), 13);
        assert_eq!(let_read(lock, asked).await, (17, 13));
        days.app.stop().await;
    });
}

#[test]
fn read_past_days_slowly_leaves_clients_pages_of_today_and_days_before_the_register_alone() {
    run(async {
        let days = Passing::begin(TestDatabase::postgres()).await;
        days.app.db_add_partner("SOLARCO", false);
        let (first, third) = (days.today(), days.today() + Days::new(2));
        days.pass_to(third).await;
        let reader = days.app.role(Role::Reviewer).await;
        let lock = db_slow_reads(&days.app.database.url, "days");
        let asked = ask_at_once(&days.app.public(), &format!("/v1/progress/days/{first}/sealed"), 30, 13).await;
        assert_eq!(reader.get("/v1/installations").await.status, 200);
        let others = ["/v1/progress", "/v1/progress/timeline", "/v1/tables/provinces", "/v1/progress?as_of=2020-01-31"];
        for path in others {
            assert_eq!(days.app.public().get(path).await.status, 200, "{path}");
        }
        for (path, status) in [
            ("/v1/tables/provinces?as_of=2020-01-31", 422),
            ("/v1/progress/days/2020-01-31/sealed", 404),
            ("/v1/progress/releases/2020-01-31", 404),
        ] {
            assert_eq!(days.app.public().get(path).await.status, status, "{path}");
        }
        let as_of = format!("/v1/progress?as_of={first}");
        assert_eq!(days.app.public().get(&as_of).await.status, 429, "the address has no place left");
        assert_eq!(asked.iter().filter(|one| one.is_finished()).count(), 13);
        assert_eq!(let_read(lock, asked).await, (17, 13));
        assert_eq!(days.app.public().get(&as_of).await.status, 200);
        days.app.stop().await;
    });
}
