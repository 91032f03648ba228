//! Who asks too often, who guesses, who reads too slowly: each is told so, and nobody else waits.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Days, TimeDelta, Utc};
use green_homes::api::documentation;
use green_homes::api::routes::ROUTES;
use green_homes::domain::records::Role;
use green_homes::domain::values::Month;
use green_homes::register::{Clock, system_clock};
use green_homes::settings::Settings;
use serde_json::json;

use crate::support::{App, Client, Passing, Reply, TestDatabase, clock_at, on_both_databases, run};

mod slow_reads;

on_both_databases!(use_basic_as_a_dashboard_reads_until_its_secret_ends);

async fn start(settings: impl FnOnce(&mut Settings), clock: Clock) -> App {
    let database = TestDatabase::sqlite();
    let mut own = database.settings();
    settings(&mut own);
    App::start_with(database, own, clock).await
}

/// Calls until it is refused for the first time.
async fn until_refused(caller: &Client, method: &str, path: &str) -> (usize, Reply) {
    for answered in 0..200 {
        let reply = caller.send(method, path, &[], None).await;
        if reply.status == 429 {
            return (answered, reply);
        }
    }
    panic!("{path} is not limited");
}

#[test]
fn ask_too_often_as_a_client_answers_429_and_leaves_others_alone() {
    run(async {
        let app = start(|settings| settings.client_rate = 1, system_clock()).await;
        let (hasty, other) = (app.role(Role::Reviewer).await, app.role(Role::Reviewer).await);
        let first = hasty.get("/v1/me").await;
        assert_eq!(first.header("ratelimit-policy"), "\"client\";q=10;w=10");
        assert!(first.header("ratelimit").starts_with("\"client\";r="), "{:?}", first.headers);
        let (answered, refused) = until_refused(&hasty, "GET", "/v1/me").await;
        assert!(answered >= 8, "ten seconds' worth may come at once, its token among them: {answered}");
        assert_eq!((&refused.body["code"], refused.header("retry-after")), (&json!("too_many_requests"), "1"));
        assert!(refused.body["detail"].as_str().unwrap().contains("1 giây"), "{}", refused.text);
        assert!(refused.header("ratelimit").starts_with("\"client\";r=0;t="), "{:?}", refused.headers);
        assert_eq!(refused.header("content-type"), "application/problem+json");
        assert_eq!(other.get("/v1/me").await.status, 200);
        let progress = app.public().get("/v1/progress").await;
        assert_eq!((progress.status, progress.header("ratelimit")), (200, ""));
        app.stop().await;
    });
}

#[test]
fn ask_too_often_from_an_address_is_refused_on_every_route_that_counts_addresses() {
    run(async {
        let app = start(|settings| settings.address_rate = 1, system_clock()).await;
        let bearer = app.role(Role::Reviewer).await;
        let forged = app.public().with_token("forged");
        let (answered, refused) = until_refused(&forged, "GET", "/v1/installations").await;
        assert!((1..=12).contains(&answered), "{answered}");
        assert!(refused.header("ratelimit").starts_with("\"address\";r=0"), "{:?}", refused.headers);
        for row in ROUTES.iter().filter(|row| row.counts_addresses) {
            let path = format!("{}?q=a", row.path);
            let reply = until_refused(&app.public(), row.method.as_str(), &path).await.1;
            assert!(!reply.header("retry-after").is_empty(), "{}", row.path);
            if row.path == "/oauth/token" {
                assert_eq!((&reply.body["error"], reply.header("cache-control")), (&json!("slow_down"), "no-store"));
            }
        }
        // Whoever has a token is counted by it, and what memory serves is served.
        assert_eq!(bearer.get("/v1/me").await.status, 200);
        assert_eq!(app.public().get("/v1/progress").await.status, 200);
        app.stop().await;
    });
}

#[test]
fn ask_in_vain_on_a_route_that_needs_a_caller_counts_for_the_address() {
    run(async {
        for kind in ["nobody", "suspended", "basic"] {
            let app = start(|settings| settings.address_rate = 1, system_clock()).await;
            let (admin, partner) = (app.role(Role::Admin).await, app.partner("SOLARCO").await);
            assert_eq!(admin.post("/v1/partners/SOLARCO/suspend", &json!({})).await.status, 200);
            let caller = if kind == "suspended" { partner } else { app.public() };
            let basic = [("authorization", "Basic Og==")];
            let headers = if kind == "basic" { &basic[..] } else { &[] };
            let mut answered = 0;
            let refused = loop {
                let reply = caller.send("POST", "/v1/installations", headers, None).await;
                if reply.status == 429 {
                    break reply;
                }
                assert_eq!(reply.status, 401, "{kind}: {}", reply.text);
                answered += 1;
                assert!(answered < 30, "{kind} is not limited");
            };
            assert!(refused.header("ratelimit").starts_with("\"address\";r=0"), "{kind}: {:?}", refused.headers);
            // Whoever has a token is counted by it, and the public reads on.
            assert_eq!(admin.get("/v1/me").await.status, 200, "{kind}");
            for path in ["/v1/progress", "/v1/measures", "/readyz"] {
                assert_eq!(app.public().get(path).await.status, 200, "{kind} {path}");
            }
            app.stop().await;
        }
    });
}

/// Routes that count addresses for `as_of` alone.
const OF_PAST_DAYS: [&str; 3] = ["/v1/progress", "/v1/tables/{name}", "/v1/tables/{name}.csv"];

#[test]
fn document_names_429_on_every_limited_route_and_no_other() {
    let document = serde_json::to_value(documentation::document(ROUTES)).unwrap();
    for row in ROUTES {
        let operation = &document["paths"][row.path][row.method.as_str().to_lowercase()];
        if operation.is_object() {
            // Past days are counted where they are not kept.
            let is_limited = row.is_limited() || OF_PAST_DAYS.contains(&row.path);
            assert_eq!(operation["responses"]["429"].is_object(), is_limited, "{} {}", row.method, row.path);
        }
    }
}

#[test]
fn ask_through_a_trusted_proxy_counts_whom_it_names() {
    run(async {
        for (proxies, expected) in [("127.0.0.0/8", 200), ("", 429)] {
            let set = |settings: &mut Settings| {
                settings.address_rate = 1;
                settings.trusted_proxies = Some(proxies.to_owned());
            };
            let app = start(set, system_clock()).await;
            let ask = async |address: &str| {
                let forwarded = [("x-forwarded-for", address)];
                app.public().send("GET", "/v1/communes?q=a", &forwarded, None).await.status
            };
            let mut left = 50;
            while ask("6.6.6.6, 198.51.100.1").await != 429 {
                left -= 1;
                assert!(left > 0, "not limited");
            }
            assert_eq!(ask("198.51.100.2").await, expected, "behind {proxies:?}");
            app.stop().await;
        }
    });
}

#[test]
fn guess_secrets_without_pause_never_keeps_the_owner_of_the_client_out() {
    run(async {
        // By address nobody is slowed down, so that every guess is looked at; then the guesser is.
        for address_rate in [0, 1] {
            let app = start(|settings| settings.address_rate = address_rate, system_clock()).await;
            let (id, secret) = app.db_add_client(Role::Dashboard, None);
            let guesser = app.public().at_address([127, 0, 0, 2]);
            let stop = Rc::new(Cell::new(false));
            // More at a time than any queue for checks would hold.
            let guessers: Vec<_> =
                (0..100).map(|_| actix_web::rt::spawn(guess(guesser.clone(), id.clone(), stop.clone()))).collect();
            for round in 0..20 {
                // The owner's own mistakes and those of its neighbours keep it out as little.
                assert!([401, 429].contains(&app.public().ask_for_token(&id, "wrong").await.status));
                let token = app.public().ask_for_token(&id, &secret).await;
                assert_eq!(token.status, 200, "round {round}: {}", token.text);
                let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
                let read = app.public().send("GET", "/v1/me", &[("authorization", &basic)], None).await;
                assert_eq!(read.status, 200, "round {round}: {}", read.text);
            }
            stop.set(true);
            let mut seen = BTreeSet::new();
            for guesser in guessers {
                seen.extend(guesser.await.unwrap());
            }
            let expected = if address_rate == 0 { vec![401] } else { vec![401, 429] };
            assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
            app.stop().await;
        }
    });
}

/// Sends wrong secrets until it is told to stop, ten at least, and gives the statuses that came back.
async fn guess(caller: Client, id: String, stop: Rc<Cell<bool>>) -> BTreeSet<u16> {
    let mut seen = BTreeSet::new();
    for guessed in 0.. {
        if stop.get() && guessed >= 10 {
            break;
        }
        seen.insert(caller.ask_for_token(&id, "wrong").await.status);
    }
    seen
}

#[test]
fn ask_for_tokens_too_often_with_the_right_secret_counts_for_the_client() {
    run(async {
        let app = start(|settings| (settings.client_rate, settings.address_rate) = (1, 1), system_clock()).await;
        let ((id, secret), (other, same)) =
            (app.db_add_client(Role::Reviewer, None), app.db_add_client(Role::Admin, None));
        let mut answered = 0;
        let refused = loop {
            let reply = app.public().ask_for_token(&id, &secret).await;
            if reply.status != 200 {
                break reply;
            }
            answered += 1;
            assert!(answered < 30, "tokens are not limited");
        };
        assert!(answered >= 9, "ten seconds' worth may come at once: {answered}");
        assert_eq!((refused.status, &refused.body["error"]), (429, &json!("slow_down")), "{}", refused.text);
        assert!(refused.header("ratelimit").starts_with("\"client\";r=0"), "{:?}", refused.headers);
        assert_eq!(app.public().ask_for_token(&other, &same).await.status, 200, "another client at the same address");
        app.stop().await;
    });
}

async fn use_basic_as_a_dashboard_reads_until_its_secret_ends(database: TestDatabase) {
    let now = Arc::new(Mutex::new(Utc::now()));
    let app = App::start_at(database, clock_at(now.clone())).await;
    let admin = app.role(Role::Admin).await;
    let (id, secret) = app.db_add_client(Role::Dashboard, None);
    let (reviewer, _) = app.db_add_client(Role::Reviewer, None);
    let read = async |method: &str, path: &str, id: &str, secret: &str| {
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        app.public().send(method, path, &[("authorization", &basic)], None).await
    };
    let me = read("GET", "/v1/me", &id, &secret).await;
    assert_eq!((me.status, &me.body["data"]["role"]), (200, &json!("dashboard")), "{}", me.text);
    assert_eq!(read("HEAD", "/v1/me", &id, &secret).await.status, 200);
    assert_eq!(read("GET", "/v1/partners", &id, &secret).await.status, 403);
    for (method, path, id, secret) in [
        ("GET", "/v1/me", reviewer.as_str(), secret.as_str()),
        ("GET", "/v1/me", &id, "wrong"),
        ("POST", "/v1/partners", &id, &secret),
    ] {
        let refused = read(method, path, id, secret).await;
        assert_eq!((refused.status, &refused.body["code"]), (401, &json!("basic_refused")), "{}", refused.text);
    }
    let reset = admin.post(&format!("/v1/clients/{id}/reset-secret"), &json!({"keep_old_hours": 1})).await;
    let second = reset.body["data"]["client_secret"].as_str().unwrap();
    *now.lock().unwrap() += TimeDelta::minutes(60) - TimeDelta::seconds(5);
    assert_eq!(read("GET", "/v1/me", &id, &secret).await.status, 200);
    *now.lock().unwrap() += TimeDelta::seconds(10);
    // It was right ten seconds ago.
    assert_eq!(read("GET", "/v1/me", &id, &secret).await.status, 401);
    assert_eq!(read("GET", "/v1/me", &id, second).await.status, 200);
    let admin = app.role(Role::Admin).await;
    assert_eq!(admin.post(&format!("/v1/clients/{id}/revoke"), &json!({})).await.status, 200);
    assert_eq!(read("GET", "/v1/me", &id, second).await.status, 401);
    app.stop().await;
}

#[test]
fn ask_for_past_days_too_often_from_an_address_is_refused_but_for_what_is_kept() {
    run(async {
        let days = Passing::begin(TestDatabase::sqlite()).await;
        days.app.db_add_partner("SOLARCO", false);
        let end = Month::of(days.today()).last_day();
        days.pass_to(end + Days::new(2)).await;
        let (database, now) = (days.app.stop().await, days.now);
        let settings = Settings { address_rate: 1, ..database.settings() };
        let app = App::start_with(database, settings, clock_at(now)).await;
        let table = format!("/v1/tables/provinces?as_of={end}");
        let kept = app.public().get(&table).await;
        assert_eq!(kept.status, 200, "{}", kept.text);
        // Each of these asks the database.
        let (answered, refused) = until_refused(&app.public(), "GET", &format!("/v1/progress/days/{end}/sealed")).await;
        assert!(answered <= 10 && refused.header("ratelimit").starts_with("\"address\";r=0"), "{answered}");
        let others = [format!("/v1/progress?as_of={end}"), format!("/v1/tables/kinds.csv?as_of={end}")];
        for path in others {
            assert_eq!(app.public().get(&path).await.status, 429, "{path}");
        }
        for path in [&*table, "/v1/progress?as_of=2020-01-31", "/v1/progress"] {
            assert_eq!(app.public().get(path).await.status, 200, "{path}");
        }
        app.stop().await;
    });
}

#[test]
fn open_more_connections_than_allowed_waits_for_one_to_close() {
    run(async {
        let app = start(|settings| settings.max_connections = 2, system_clock()).await;
        let address = app.address.strip_prefix("http://").unwrap().to_owned();
        let open = || std::net::TcpStream::connect(&address).unwrap();
        let held = [open(), open()];
        let livez =
            || async { actix_web::rt::time::timeout(Duration::from_millis(500), app.public().get("/livez")).await };
        assert!(livez().await.is_err(), "both connections are taken");
        drop(held);
        let began = Instant::now();
        while !livez().await.is_ok_and(|reply| reply.status == 200) {
            assert!(began.elapsed() < Duration::from_secs(10), "no connection was freed");
        }
        app.stop().await;
    });
}
