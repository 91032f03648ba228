//! Public pages as browsers and caches ask for them: compressed, again with their `ETag`, by `HEAD`;
//! and the same bytes from every process.

use std::io::Read;

use chrono::{Days, NaiveDate};
use flate2::read::GzDecoder;
use green_homes::api::Access;
use green_homes::api::routes::ROUTES;
use green_homes::domain::records::Role;
use green_homes::register::Command;

use crate::lifecycle::act;
use crate::support::{App, Client, Passing, Reply, TestDatabase, home, on_both_databases};

on_both_databases!(
    read_every_public_page_in_each_coding_gives_the_same_page_with_an_etag_of_its_own,
    change_the_register_changes_the_etag_of_every_coding,
    start_again_gives_the_same_bytes_and_etags,
    read_of_many_at_once_gives_all_the_same_page,
);

/// Whatever stands in `Accept-Encoding`, what is sent is asked for by name.
const CODINGS: [(&str, &str); 3] = [("identity", ""), ("gzip, identity;q=0", "gzip"), ("br, identity;q=0", "br")];

/// Numbers in forms that the table of routes does not show.
const VARIANTS: [&str; 14] = [
    "/v1/progress?methodology=1",
    "/v1/progress?as_of=2020-02-24",
    "/v1/progress/timeline?interval=quarter",
    "/v1/progress/timeline?interval=year&basis=recorded_on",
    "/v1/progress/provinces?list=63",
    "/v1/progress/timeline.csv?interval=year&basis=recorded_on",
    "/v1/provinces.geojson?archipelagos=apart",
    "/v1/progress/provinces.geojson?list=63",
    "/v1/tables/measures",
    "/v1/tables/people",
    "/v1/tables/programme_sums.csv",
    "/v1/tables/years.csv",
    "/v1/communes?q=ha&limit=100",
    "/v1/communes?q=atlantis",
];

/// Every public page, each of the table of routes at least once; without a release none of that.
fn public_pages(release: Option<NaiveDate>) -> Vec<String> {
    let routes = ROUTES.iter().filter(|row| row.method == "GET" && row.access == Access::Public);
    let example = |path: &str| match path {
        "/v1/communes" => Some(format!("{path}?q=phuc+xa")),
        "/v1/progress/bridge" | "/v1/progress/bridge.csv" => Some(format!("{path}?from=2020-02-24&to=2020-03-24")),
        "/v1/progress/releases/{id}" | "/v1/progress/releases/{id}/sealed" | "/v1/progress/days/{day}/sealed" => {
            release.map(|day| path.replace("{id}", &day.to_string()).replace("{day}", &day.to_string()))
        }
        path => Some(path.replace("{version}", "1").replace("{name}", "provinces")),
    };
    routes.filter_map(|row| example(row.path)).chain(VARIANTS.map(str::to_owned)).collect()
}

/// A register with a closed day, which was published for good, and something after it.
async fn with_a_release(database: TestDatabase) -> (Passing, NaiveDate) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    days.app.progress_at(days.app.db_version()).await;
    let first = days.today();
    days.pass_to(first + Days::new(40)).await;
    days.change(Command::Release(first)).unwrap();
    days.verify_a_home("b");
    days.register_a_home("c");
    days.app.progress_at(days.app.db_version()).await;
    (days, first)
}

async fn get(client: &Client, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    client.send(method, path, headers, None).await
}

/// A page in each coding.
async fn in_each_coding(client: &Client, path: &str) -> Vec<Reply> {
    let mut replies = Vec::new();
    for (accepted, coding) in CODINGS {
        let reply = get(client, "GET", path, &[("accept-encoding", accepted)]).await;
        assert_eq!((reply.status, reply.header("content-encoding")), (200, coding), "{path}: {}", reply.text);
        replies.push(reply);
    }
    replies
}

fn decoded(reply: &Reply) -> Vec<u8> {
    let mut plain = Vec::new();
    match reply.header("content-encoding") {
        "gzip" => drop(GzDecoder::new(&*reply.bytes).read_to_end(&mut plain).unwrap()),
        "br" => brotli::BrotliDecompress(&mut &*reply.bytes, &mut plain).unwrap(),
        _ => plain.clone_from(&reply.bytes),
    }
    plain
}

/// Every header but the clock's, in order.
fn headers(reply: &Reply) -> Vec<(String, String)> {
    let text = |value: &awc::http::header::HeaderValue| value.to_str().unwrap().to_owned();
    let all = reply.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    let mut all: Vec<_> = all.filter(|(name, _)| name != "date" && !name.starts_with("ratelimit")).collect();
    all.sort();
    all
}

async fn read_every_public_page_in_each_coding_gives_the_same_page_with_an_etag_of_its_own(database: TestDatabase) {
    let (Passing { app, .. }, release) = with_a_release(database).await;
    for path in public_pages(Some(release)) {
        let replies = in_each_coding(&app.public(), &path).await;
        let plain = &replies[0];
        let etags: Vec<&str> = replies.iter().map(|reply| reply.header("etag")).collect();
        assert!(etags[0] != etags[1] && etags[1] != etags[2] && etags[0] != etags[2], "{path}: {etags:?}");
        for ((accepted, _), reply) in CODINGS.into_iter().zip(&replies) {
            let etag = reply.header("etag");
            assert!(
                etag.len() > 30 && etag.starts_with('"') && etag.ends_with('"'),
                "{path}: {etag} is no strong ETag"
            );
            assert!(reply.header("cache-control").starts_with("public, max-age="), "{path}");
            assert_eq!(reply.header("vary"), "Accept-Encoding, Authorization", "{path}");
            assert_eq!(reply.header("content-type"), plain.header("content-type"), "{path}");
            assert!(decoded(reply) == plain.bytes, "{path} in {accepted}");
            assert_eq!(reply.header("content-length"), reply.bytes.len().to_string(), "{path}");
            let head = get(&app.public(), "HEAD", &path, &[("accept-encoding", accepted)]).await;
            assert_eq!((head.status, head.bytes.len()), (200, 0), "{path}");
            assert_eq!(headers(&head), headers(reply), "{path}");
            for known in &etags {
                let asked = [("accept-encoding", accepted), ("if-none-match", *known)];
                let again = get(&app.public(), "GET", &path, &asked).await;
                if *known != etag {
                    assert_eq!((again.status, again.header("etag")), (200, etag), "{path}: another representation");
                    continue;
                }
                assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
                for name in ["etag", "cache-control", "vary", "access-control-allow-origin"] {
                    assert_eq!(again.header(name), reply.header(name), "{path} {name}");
                }
                for name in ["content-type", "content-encoding", "content-length"] {
                    assert_eq!(again.header(name), "", "{path} {name}");
                }
            }
        }
        // Whether a browser gets it compressed depends on whether it gains.
        let browser = get(&app.public(), "GET", &path, &[("accept-encoding", "gzip, deflate, br, zstd")]).await;
        let gains = plain.bytes.len() >= 1024;
        assert_eq!(browser.header("etag"), if gains { etags[2] } else { etags[0] }, "{path}");
        assert!(!gains || browser.bytes.len() < plain.bytes.len() * 2 / 3, "{path}: {}", browser.bytes.len());
    }
    app.stop().await;
}

async fn change_the_register_changes_the_etag_of_every_coding(database: TestDatabase) {
    let app = App::start(database).await;
    let partner = app.partner("SOLARCO").await;
    let verified = partner.register(&home("verified")).await;
    assert_eq!(act(&app.role(Role::Reviewer).await, &verified, "verify").await.status, 200);
    app.progress_at(app.db_version()).await;
    // What moves with each change: the counts. Figures move at points.
    let is_headline = |path: &str| path.starts_with("/v1/progress") && !path[1..].contains("/progress/");
    let is_live = |path: &String| is_headline(path) && !path.contains("as_of") || path.contains("recorded_on");
    let numbers: Vec<String> = public_pages(None).into_iter().filter(is_live).collect();
    assert_eq!(numbers.len(), 6, "{numbers:?}");
    let mut before = Vec::new();
    for path in &numbers {
        before.push(in_each_coding(&app.public(), path).await);
    }
    partner.register(&home("a")).await;
    app.progress_at(app.db_version()).await;
    for (path, before) in numbers.iter().zip(&before) {
        for ((accepted, _), before) in CODINGS.into_iter().zip(before) {
            let known = before.header("etag");
            let asked = [("accept-encoding", accepted), ("if-none-match", known)];
            let now = get(&app.public(), "GET", path, &asked).await;
            assert_eq!(now.status, 200, "{path} {accepted}");
            assert_ne!(now.header("etag"), known, "{path} {accepted}");
        }
    }
    app.stop().await;
}

async fn start_again_gives_the_same_bytes_and_etags(database: TestDatabase) {
    let (days, first) = with_a_release(database).await;
    let mut pages = public_pages(Some(first));
    pages.extend([0, 3].map(|day| format!("/v1/progress?as_of={}", first + Days::new(day))));
    pages.push(format!("/v1/progress/bridge?from={first}&to={}", first + Days::new(39)));
    let before = all_of(&days.app.public(), &pages).await;
    let clock = crate::support::clock_at(days.now.clone());
    let app = App::start_at(days.app.stop().await, clock).await;
    let after = all_of(&app.public(), &pages).await;
    assert_same(&pages, &before, &after);
    app.stop().await;
}

async fn read_of_many_at_once_gives_all_the_same_page(database: TestDatabase) {
    let app = App::start(database).await;
    // Far more than there are places for reads.
    let asking = (0..300).map(|n| {
        let client = app.public();
        let path = ["/v1/progress/provinces.geojson", "/v1/progress/timeline", "/openapi.json"][n % 3];
        actix_web::rt::spawn(async move { get(&client, "GET", path, &[("accept-encoding", "br")]).await })
    });
    let mut etags = [const { Vec::new() }; 3];
    for (n, asked) in asking.collect::<Vec<_>>().into_iter().enumerate() {
        let reply = asked.await.unwrap();
        assert_eq!(reply.status, 200, "{}", reply.text);
        etags[n % 3].push(reply.header("etag").to_owned());
    }
    for etags in &mut etags {
        etags.dedup();
        assert_eq!(etags.len(), 1, "{etags:?}");
    }
    app.stop().await;
}

/// Bytes and `ETag` of each page in each coding.
async fn all_of(client: &Client, pages: &[String]) -> Vec<Vec<(Vec<u8>, String)>> {
    let mut all = Vec::new();
    for path in pages {
        let replies = in_each_coding(client, path).await.into_iter();
        all.push(replies.map(|reply| (reply.bytes.clone(), reply.header("etag").to_owned())).collect());
    }
    all
}

fn assert_same(pages: &[String], one: &[Vec<(Vec<u8>, String)>], other: &[Vec<(Vec<u8>, String)>]) {
    for ((path, one), other) in pages.iter().zip(one).zip(other) {
        for ((_, coding), (one, other)) in CODINGS.into_iter().zip(one.iter().zip(other)) {
            let [ours, theirs] = [one, other].map(|(bytes, _)| String::from_utf8_lossy(bytes));
            assert!(one.0 == other.0, "{path} {coding}:\n{ours}\n{theirs}");
            assert_eq!(one.1, other.1, "{path} {coding}");
        }
    }
}

/// Holds every public page of processes that stand at one version against each other.
pub async fn give_the_same(clients: &[Client]) {
    let pages = public_pages(None);
    let first = all_of(&clients[0], &pages).await;
    for other in &clients[1..] {
        assert_same(&pages, &first, &all_of(other, &pages).await);
    }
}
