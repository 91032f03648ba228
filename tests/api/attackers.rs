//! What somebody learns of one home who reads every public page, as often as he likes.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use green_homes::domain::records::{Actor, MeasureLine, MeasureLines, Role};
use green_homes::domain::reference::{MeasureId, Place, ProvinceId};
use green_homes::domain::rules::{Amend, Correction, SiteCorrection};
use green_homes::domain::values::{Code, CorrectReason, InstallationId, Quantity, SiteId, SiteKind, Tier};
use green_homes::register::{BatchTransaction, Command, ExpectedRevision, InstallationChange, Request};
use serde_json::{Value, json};

use crate::points::grown;
use crate::support::{Client, Passing, Reply, TestDatabase, clock_at, db_lines, on_both_databases};

mod few_homes;
mod linear_program;
mod two_figures;

on_both_databases!(change_a_home_in_any_way_changes_no_public_answer_but_its_version);

/// A value of each parameter, by its name. A new one has to be added here, or the test fails.
fn values_of(parameter: &str, day: NaiveDate) -> Vec<String> {
    let day = || vec![day.to_string()];
    let of = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    match parameter {
        "as_of" | "day" | "id" | "to" => day(),
        "from" => vec![(day()[0].parse::<NaiveDate>().unwrap() - Days::new(1)).to_string()],
        "methodology" | "version" => of(&["1", "2"]),
        "list" => of(&["34", "63"]),
        "interval" => of(&["month", "quarter", "year"]),
        "basis" => of(&["installed_on", "recorded_on"]),
        "archipelagos" => of(&["apart"]),
        "q" => of(&["noi"]),
        "province" => of(&["01"]),
        "limit" => of(&["5"]),
        "code" => of(&["voided"]),
        other => panic!("a value for the parameter {other}"),
    }
}

/// What anybody is answered at each address.
async fn read_all(anybody: &Client, addresses: &[String]) -> Vec<Answer> {
    let mut answers = Vec::new();
    for address in addresses {
        answers.push(answer(anybody, address).await);
    }
    answers
}

/// Every public address of the document, each with every value of each parameter.
async fn addresses(anybody: &Client, day: NaiveDate) -> Vec<String> {
    let document = anybody.get("/openapi.json").await.body;
    let tables = anybody.get("/v1/tables").await.body;
    let names: Vec<String> =
        tables["data"].as_array().unwrap().iter().map(|table| table["name"].as_str().unwrap().to_owned()).collect();
    let values = |parameter: &str| if parameter == "name" { names.clone() } else { values_of(parameter, day) };
    let mut addresses = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let get = &operations["get"];
        if !get.is_object() || get["security"].is_array() {
            continue;
        }
        let (in_path, in_query): (Vec<&Value>, Vec<&Value>) =
            get["parameters"].as_array().into_iter().flatten().partition(|one| one["in"] == "path");
        let mut paths = vec![path.clone()];
        for name in in_path.iter().map(|one| one["name"].as_str().unwrap()) {
            let filled = |path: &String| {
                values(name).into_iter().map(|value| path.replace(&format!("{{{name}}}"), &value)).collect::<Vec<_>>()
            };
            paths = paths.iter().flat_map(filled).collect();
        }
        for path in paths {
            let name = |one: &&Value| one["name"].as_str().unwrap().to_owned();
            let pairs: Vec<String> = in_query
                .iter()
                .map(name)
                .flat_map(|name| values(&name).into_iter().map(move |value| format!("{name}={value}")))
                .collect();
            // Where one has to be given, all are; else one after the other.
            if in_query.iter().any(|one| one["required"] == true) {
                addresses.push(format!("{path}?{}", pairs.join("&")));
                continue;
            }
            addresses.extend(pairs.iter().map(|pair| format!("{path}?{pair}")));
            addresses.push(path);
        }
    }
    addresses
}

/// Names and values, in order.
type Headers = Vec<(String, String)>;

/// A public answer, and how it is sent.
struct Answer {
    status: u16,
    text: String,
    /// Its headers and bytes as they are and compressed, so its tag and its size as well.
    sent: Vec<(Headers, Vec<u8>)>,
}

async fn answer(anybody: &Client, address: &str) -> Answer {
    let reply = anybody.get(address).await;
    let text = match reply.body["request_id"].as_str() {
        Some(of_moment) => reply.text.replace(of_moment, ""),
        None => reply.text.clone(),
    };
    let status = reply.status;
    let mut sent = vec![(headers(&reply), text.clone().into_bytes())];
    for coding in ["gzip", "br"].iter().filter(|_| status == 200) {
        let accepted = format!("{coding}, identity;q=0");
        let reply = anybody.send("GET", address, &[("accept-encoding", &accepted)], None).await;
        sent.push((headers(&reply), reply.bytes));
    }
    Answer { status, text, sent }
}

/// The headers of an answer but those of the moment and of this caller.
fn headers(reply: &Reply) -> Headers {
    let of_moment = ["date", "x-request-id", "ratelimit"];
    let kept = reply.headers.iter().filter(|(name, _)| !of_moment.contains(&name.as_str()));
    let mut headers: Headers =
        kept.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort();
    headers
}

async fn change_a_home_in_any_way_changes_no_public_answer_but_its_version(database: TestDatabase) {
    let (days, homes) = grown(database).await;
    let anybody = days.app.public();
    let day = days.today() - Days::new(1);
    let addresses = addresses(&anybody, day).await;
    assert!(addresses.len() > 60, "{addresses:?}");
    let admin = days.app.role(Role::Admin).await;
    assert_eq!(admin.post("/v1/progress/releases", &json!({"as_of": day})).await.status, 201);
    // So that the newest entry is of today.
    CHANGES[0](&days, &homes[2]);
    days.app.progress_at(days.app.db_version()).await;
    let mut then = anybody.get("/v1/progress").await.body;
    let mut before = read_all(&anybody, &addresses).await;
    let mut live = BTreeSet::new();
    for change in CHANGES {
        change(&days, &homes[1]);
        days.app.progress_at(days.app.db_version()).await;
        let headlines = [then, anybody.get("/v1/progress").await.body];
        let after = read_all(&anybody, &addresses).await;
        for ((address, before), after) in addresses.iter().zip(before).zip(&after) {
            assert!(
                [200, 404, 503].contains(&after.status) && after.status == before.status,
                "{address}: {}",
                after.text
            );
            if after.text == before.text {
                assert_eq!(after.sent, before.sent, "{address}: its tags and sizes are those of its body");
                continue;
            }
            live.insert(address.split('?').next().unwrap());
            let [before, after] = [&before, after].map(|answer| without_version(&answer.text, &headlines));
            assert_eq!(before, after, "{address}");
        }
        let [_, now] = headlines;
        (then, before) = (now, after);
    }
    let expected = [
        "/readyz",
        "/v1/progress",
        "/v1/progress.csv",
        "/v1/progress.txt",
        "/v1/progress/timeline",
        "/v1/progress/timeline.csv",
    ];
    assert!(live.iter().all(|page| expected.contains(page)), "live are counts alone: {live:?}");
    days.app.stop().await;
}

/// What may become of a verified home so that no count moves: another size, another day, another place, kind or answer about its people,
/// and better evidence.
const CHANGES: [fn(&Passing, &InstallationId); 6] = [
    |days, home| {
        let (measure, quantity) = (MeasureId::parse("rooftop_solar_pv").unwrap(), Quantity::stored(8_000));
        let line = MeasureLine { measure, quantity, inverter_w: None };
        correct(days, *home, Correction { measures: MeasureLines::new(vec![line]).ok(), ..Correction::default() });
    },
    |days, home| {
        let installed_on = NaiveDate::from_ymd_opt(2022, 3, 4);
        correct(days, *home, Correction { installed_on, ..Correction::default() });
    },
    |days, home| {
        let place = Place::new(ProvinceId::parse("24").unwrap(), None, None).ok();
        correct_site(days, *home, SiteCorrection { place, ..SiteCorrection::default() });
    },
    |days, home| {
        correct_site(days, *home, SiteCorrection { kind: Some(SiteKind::Office), ..SiteCorrection::default() });
    },
    |days, home| {
        let (low_income, woman_headed) = (Amend::Set(true), Amend::Set(true));
        correct_site(days, *home, SiteCorrection { low_income, woman_headed, ..SiteCorrection::default() });
    },
    |days, home| {
        days.change(InstallationChange::Verify { tier: Tier::Metered }.of(*home)).unwrap();
    },
];

/// Corrects a home, and verifies it again.
fn correct(days: &Passing, home: InstallationId, correction: Correction) {
    let (expected, reason) = (ExpectedRevision::Any, CorrectReason::DataEntryError);
    let correct = InstallationChange::Correct { expected, correction: Box::new(correction), reason };
    days.change(correct.of(home)).unwrap();
    verify(days, home, Tier::Inspected);
}

fn correct_site(days: &Passing, home: InstallationId, correction: SiteCorrection) {
    let sites = format!("SELECT site AS line FROM installations WHERE id = '{home}'");
    let id = SiteId::new(db_lines(&days.app.database.url, &sites)[0].parse().unwrap());
    let (expected, reason) = (ExpectedRevision::Any, CorrectReason::DataEntryError);
    let correct = Command::CorrectSite { id, expected, correction: Box::new(correction), reason, note: None };
    let by = Actor { role: Role::Partner, partner: Code::parse("SOLARCO").ok(), ..Actor::operator("test") };
    let engine = BatchTransaction::new(days.app.database.db_open(), clock_at(days.now.clone()));
    engine.execute(&[&Request::new(by, correct)]).results.remove(0).unwrap();
    verify(days, home, Tier::Inspected);
}

/// Verifies a home, unless it is still verified.
fn verify(days: &Passing, home: InstallationId, tier: Tier) {
    let status = format!("SELECT status AS line FROM installations WHERE id = '{home}'");
    if db_lines(&days.app.database.url, &status) != ["verified"] {
        days.change(InstallationChange::Verify { tier }.of(home)).unwrap();
    }
}

/// A text without version and instant of the newest entry, as these headlines name them.
fn without_version(text: &str, headlines: &[Value]) -> String {
    let mut text = text.to_owned();
    for (headline, member) in headlines.iter().flat_map(|headline| [(headline, "version"), (headline, "generated_at")])
    {
        let value = &headline["meta"][member];
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text = text.replace(&value, member);
    }
    text
}
