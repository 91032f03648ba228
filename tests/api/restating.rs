//! A second methodology, as an operator adds it: a file beside the binary, an entry, and every emission figure is another
//! one; nothing else is.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use green_homes::domain::records::{Actor, MeasureLine, MeasureLines, NewPartner};
use green_homes::domain::reference::MeasureId;
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{Code, InstallationId, Name, Quantity, date};
use green_homes::register::{
    BatchTransaction, Clock, Command as Change, DirectoryChange, Done, InstallationChange, Request,
};
use serde_json::{Value, json};

use crate::process::{Process, faked, ran};
use crate::support::{
    Client, TestDatabase, db_lines, new_installation, on_both_databases, progress_at, side_by_side, token,
};

on_both_databases!(
    activate_another_methodology_moves_every_emission_figure_and_nothing_else,
    serve_without_the_file_that_is_in_force_refuses_in_words,
);

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/methodology");
/// The figures of the headline that a methodology makes.
const FIGURES: [(&str, &[&str]); 3] = [
    (
        "to_date",
        &[
            "generation_kwh",
            "saving_kwh",
            "avoided_tco2e",
            "avoided_tco2e_low",
            "avoided_tco2e_high",
            "provisional_tco2e",
        ],
    ),
    ("annual", &["generation_kwh", "saving_kwh", "avoided_tco2e", "avoided_tco2e_low", "avoided_tco2e_high"]),
    ("lifetime", &["avoided_tco2e", "avoided_tco2e_low", "avoided_tco2e_high", "frozen_grid_tco2e"]),
];

/// A register whose days pass when somebody records something on the next: no process stands behind its register.
struct Register {
    database: TestDatabase,
    /// The instant of the last record.
    now: Cell<DateTime<Utc>>,
}

impl Register {
    fn begin(database: TestDatabase) -> Self {
        let register = Self { database, now: Cell::default() };
        let (code, name) = (Code::parse("SOLARCO").unwrap(), Name::parse("Solarco").unwrap());
        let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox: false };
        register.record(1, Change::Directory(DirectoryChange::AddPartner(new)));
        register
    }

    /// Records something on a day after that of the machine's clock.
    fn record(&self, day: u64, change: Change) -> Done {
        let at = date::start_of(day_after(day)) + TimeDelta::hours(10);
        let clock: Clock = std::sync::Arc::new(move || at);
        self.now.set(at);
        self.database.db_accept(&clock);
        let engine = BatchTransaction::new(self.database.db_open(), clock);
        let request = Request::new(Actor::operator("test"), change);
        engine.execute(&[&request]).results.remove(0).unwrap()
    }

    /// A home with every kind of measure.
    fn register(&self, day: u64, name: &str, installed_on: &str) -> InstallationId {
        let mut new = new_installation(name);
        new.installed_on = installed_on.parse().ok();
        let lines = [
            ("rooftop_solar_pv", 5400),
            ("offgrid_solar_pv", 1000),
            ("solar_water_heater", 2000),
            ("biogas_digester", 1000),
        ];
        let line = |(measure, milli)| MeasureLine {
            measure: MeasureId::parse(measure).unwrap(),
            quantity: Quantity::stored(milli),
            inverter_w: None,
        };
        new.measures = MeasureLines::new(lines.map(line).to_vec()).unwrap();
        let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
        let Done::Registered { id, .. } = self.record(day, Change::Register { by, new: Box::new(new) }) else {
            panic!("a registration")
        };
        id
    }

    fn verify(&self, day: u64, name: &str, installed_on: &str) -> InstallationId {
        let id = self.register(day, name, installed_on);
        self.record(day, InstallationChange::Verify { tier: Tier::Document }.of(id));
        id
    }

    fn version(&self) -> i64 {
        green_homes::db::ledger::version(&mut self.database.db_open().connection().unwrap()).unwrap()
    }

    /// A command of a program that knows the methodologies of a folder, on the day of the last record.
    fn knowing(&self, folder: &Path, arguments: &[&str]) -> Command {
        let offset = format!("+{}s", (self.now.get() - Utc::now()).num_seconds());
        let mut command = faked(&self.database, self.database.data_dir.path(), &offset, arguments);
        command.env("GREEN_HOMES_METHODOLOGY_DIR", folder);
        command
    }

    /// A client, made on the command line: its id and its secret.
    fn client(&self, arguments: &[&str]) -> (String, String) {
        let (made, said, _) = ran(self.knowing(Path::new(FOLDER), &[&["client", "add"], arguments].concat()));
        let client: Value = serde_json::from_str(&made).unwrap_or_default();
        let text = |name: &str| client[name].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
        (text("client_id"), text("client_secret"))
    }

    fn serve(&self) -> Process {
        Process::start(self.knowing(Path::new(FOLDER), &["serve"]))
    }

    fn activate(&self, number: &str) {
        let (_, said, code) = ran(self.knowing(Path::new(FOLDER), &["methodology", "activate", number]));
        assert_eq!(code, Some(0), "{said}");
    }

    /// The journal, the cells and the records: whatever counts.
    fn counted(&self) -> Vec<String> {
        let queries = [
            "SELECT version || ' ' || seq || ' ' || cell || ' ' || deltas AS line FROM journal ORDER BY version, seq",
            "SELECT cell || ' ' || totals AS line FROM cells ORDER BY cell",
            "SELECT id || ' ' || revision AS line FROM installations ORDER BY id",
        ];
        queries.into_iter().flat_map(|query| db_lines(&self.database.url, query)).collect()
    }

    fn entries(&self) -> Vec<String> {
        let query = "SELECT e.version || ' ' || e.action || ' ' || f.facts AS line FROM entries e JOIN entry_facts f ON \
                     f.version = e.version ORDER BY e.version";
        db_lines(&self.database.url, query)
    }

    /// A client with a token of this process.
    async fn caller(&self, address: &str, (id, secret): &(String, String)) -> Client {
        progress_at(address, self.version()).await;
        Client::new(address).with_token(token(address, id, secret).await.unwrap())
    }
}

fn day_after(days: u64) -> NaiveDate {
    date::day_of(Utc::now()) + Days::new(days)
}

async fn read(caller: &Client, path: &str) -> Value {
    let reply = caller.get(path).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.body
}

/// The data of every endpoint that takes a methodology.
async fn every_number(reviewer: &Client, id: InstallationId, query: &str) -> Vec<Value> {
    let mut all = vec![headline(reviewer, query).await["data"].clone()];
    for path in [
        "/v1/progress/timeline".to_owned(),
        "/v1/progress/provinces".to_owned(),
        "/v1/aggregates".to_owned(),
        format!("/v1/installations/{id}/estimate"),
    ] {
        all.push(read(reviewer, &format!("{path}{query}")).await["data"].clone());
    }
    let map = read(reviewer, &format!("/v1/progress/provinces.geojson{query}")).await;
    all.push(map["features"].as_array().unwrap().iter().map(|one| one["properties"].clone()).collect());
    all
}

async fn headline(reviewer: &Client, query: &str) -> Value {
    side_by_side(read(reviewer, &format!("/v1/progress{query}")).await)
}

/// Without the sentences, which tell the minute of the last entry while the day goes on.
fn without_sentence(mut data: Value) -> Value {
    for name in ["sentence", "sentence_of_figures"] {
        data[name].take();
    }
    data
}

async fn activate_another_methodology_moves_every_emission_figure_and_nothing_else(database: TestDatabase) {
    let register = Register::begin(database);
    let id = register.verify(1, "a", "2023-07-01");
    register.verify(1, "b", "2026-01-15");
    let server = register.serve();
    progress_at(&server.address, register.version()).await;
    register.register(2, "c", "2026-02-01");
    let credentials = register.client(&["--role", "reviewer", "--name", "R"]);
    let reviewer = register.caller(&server.address, &credentials).await;
    let closed = format!("?as_of={}", day_after(1));
    let kept = headline(&reviewer, &closed).await;
    assert_eq!(kept["meta"]["methodology_version"], json!(2));

    let before = every_number(&reviewer, id, "").await;
    assert_eq!(every_number(&reviewer, id, "?methodology=2").await, before, "that is in force");
    let asked = every_number(&reviewer, id, "?methodology=3").await;
    check_restated(&register, &reviewer, &before[0], &asked[0]).await;

    // Nobody moves the checkpoint meanwhile.
    assert_eq!(server.terminate(), Some(0));
    let (version, counted) = (register.version(), register.counted());
    register.activate("3");
    assert_eq!(
        (register.version(), register.counted()),
        (version + 1, counted),
        "one entry, and nothing is counted anew"
    );
    let sealed = green_homes::domain::values::hex(&green_homes::domain::values::sha256(
        &fs::read(format!("{FOLDER}/3.json")).unwrap(),
    ));
    let facts =
        format!("{} activate_methodology {{\"before\":2,\"methodology\":3,\"sha256\":\"{sealed}\"}}", version + 1);
    assert_eq!(register.entries().last(), Some(&facts));

    let server = register.serve();
    let reviewer = register.caller(&server.address, &credentials).await;
    let after = every_number(&reviewer, id, "").await;
    let bare = |all: &[Value]| [vec![without_sentence(all[0].clone())], all[1..].to_vec()].concat();
    assert_eq!(bare(&after), bare(&asked), "as it was asked for before");
    let [now, then] = [&after, &asked].map(|all| all[0]["sentence_of_figures"]["en"].as_str().unwrap());
    assert_eq!(then.replace(", by methodology 3 (not the one in force),", ""), now);
    assert_ne!(then, now);
    let meta = headline(&reviewer, "").await["meta"].clone();
    assert_eq!((&meta["methodology_version"], &meta["warnings"]), (&json!(3), &json!(["day_not_closed"])));
    let restated = every_number(&reviewer, id, "?methodology=2").await;
    assert_eq!(bare(&restated), bare(&before));
    assert_eq!(headline(&reviewer, &closed).await["data"], kept["data"], "what is over stays as it was");
    let about = read(&reviewer, "/v1/methodology/3").await["about"].clone();
    assert_eq!((&about["sha256"], &about["in_force"]), (&json!(sealed), &json!(true)), "{about}");
    assert_eq!(about["activations"][0]["version"], json!(version + 1), "{about}");
    let recorded_at: DateTime<Utc> = about["activations"][0]["recorded_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(date::day_of(recorded_at), day_after(2));

    // There and back, beside a server at work.
    register.activate("2");
    progress_at(&server.address, register.version()).await;
    assert_eq!(every_number(&reviewer, id, "").await, before, "as it was");
    register.activate("3");
    register.register(3, "d", "2026-02-01");
    progress_at(&server.address, register.version()).await;
    let second = headline(&reviewer, &format!("?as_of={}", day_after(2))).await;
    assert_eq!(
        (without_sentence(second["data"].clone()), &second["meta"]["methodology_version"]),
        (without_sentence(after[0].clone()), &json!(3)),
        "in force at its close"
    );
    assert_eq!(headline(&reviewer, &closed).await["data"], kept["data"]);
    check_bridge(&reviewer, &before[0], &after[0]).await;
    assert_eq!(server.terminate(), Some(0));
    let (report, _, code) = ran(register.knowing(Path::new(FOLDER), &["audit"]));
    assert_eq!(code, Some(0), "{report}");
    let (report, _, code) = ran(register.knowing(tempfile::tempdir().unwrap().path(), &["audit"]));
    assert!(
        code == Some(1) && report.contains("was closed by a methodology that this program does not know"),
        "{report}"
    );
}

/// What is asked for by another methodology differs in every emission figure and in no count, says so, and is what the
/// command line prints.
async fn check_restated(register: &Register, reviewer: &Client, before: &Value, asked: &Value) {
    let (printed, said, code) = ran(register.knowing(Path::new(FOLDER), &["methodology", "compare", "3"]));
    assert_eq!((code, printed.lines().count()), (Some(0), 25), "{said}");
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("figure\tmethodology 2\tmethodology 3\tdifference"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
    let (mut counts, mut restated_counts) = (before.clone(), asked.clone());
    for (group, names) in FIGURES {
        for name in names {
            let [old, new] = [before, asked].map(|data| data[group][name].as_f64().unwrap());
            assert!((old - new).abs() > 1e-6, "{group}.{name} is {old} with both");
            let row = rows.iter().find(|row| row[0] == format!("{group}.{name}")).unwrap();
            assert_eq!(
                row[1..],
                [old, new, new - old].map(|value| if name.ends_with("_kwh") {
                    format!("{value:.0}")
                } else {
                    format!("{value:.3}")
                }),
                "{row:?}"
            );
        }
        (counts[group], restated_counts[group]) = (json!(null), json!(null));
    }
    let sentences = [before, asked].map(|data| data["sentence_of_figures"]["en"].as_str().unwrap());
    assert_ne!(sentences[0].split("estimated").nth(1), sentences[1].split("estimated").nth(1));
    assert_eq!(without_sentence(counts), without_sentence(restated_counts), "no count moves");
    let meta = headline(reviewer, "?methodology=3").await["meta"].clone();
    assert_eq!(
        (&meta["methodology_version"], &meta["warnings"]),
        (&json!(3), &json!(["methodology_not_in_force", "day_not_closed"]))
    );
    let permalink = meta["permalink"].as_str().unwrap();
    let address = format!("/v1/progress?as_of={}&methodology=3", meta["as_of"].as_str().unwrap());
    assert!(permalink.ends_with(&address), "{permalink}");
    let first = reviewer.get("/v1/progress?methodology=3").await;
    let (etag, text) = (first.header("etag").to_owned(), reviewer.get("/v1/progress.txt?methodology=3").await.text);
    let again = reviewer.send("GET", "/v1/progress?methodology=3", &[("if-none-match", &etag)], None).await;
    assert_eq!((again.status, reviewer.get("/v1/progress").await.header("etag") == etag), (304, false));
    assert!(text.contains(sentences[1]), "{text}");
    let table = reviewer.get("/v1/progress.csv?methodology=3").await.text;
    let high = format!("\nfigures.annual.avoided_tco2e_high,{},", asked["annual"]["avoided_tco2e_high"]);
    assert!(table.contains(&high) && table.lines().nth(1).unwrap().ends_with(",3"), "{table}");
    // The end of the timeline is the headline.
    let timeline = read(reviewer, "/v1/progress/timeline?interval=year&methodology=3").await;
    let last = timeline["data"].as_array().unwrap().last().unwrap();
    assert_eq!(last["avoided_tco2e_cumulative"], asked["to_date"]["avoided_tco2e"]);
    assert_eq!(timeline["meta"]["methodology_version"], json!(3));
    let former = read(reviewer, "/v1/progress/provinces?list=63&methodology=3").await;
    assert_eq!(former["meta"]["warnings"], json!(["methodology_not_in_force", "day_not_closed"]), "{}", former["meta"]);
}

/// Between the days the bridge says what the methodology moved, and sums to the kilogram.
async fn check_bridge(reviewer: &Client, before: &Value, after: &Value) {
    let bridge = read(reviewer, &format!("/v1/progress/bridge?from={}&to={}", day_after(1), day_after(2))).await;
    let rows = bridge["data"].as_array().unwrap();
    for group in ["to_date", "annual", "lifetime"] {
        let name = format!("{group}_avoided_tco2e");
        let kilograms = |row: &Value| (row[&name].as_f64().unwrap() * 1e3).round();
        let sum: f64 = rows.iter().map(kilograms).sum();
        assert!(
            (sum - (kilograms(&bridge["closing"]) - kilograms(&bridge["opening"]))).abs() < 0.5,
            "{name}: {bridge}"
        );
        let row = rows.iter().find(|row| row["cause"] == "methodology").unwrap();
        let [before, after] = [before, after].map(|data| data[group]["avoided_tco2e"].as_f64().unwrap());
        let moved = after - before - kilograms(row) / 1e3;
        assert!(moved.abs() < 2e-3 && kilograms(row) != 0.0, "{name}: {row}");
    }
}

async fn serve_without_the_file_that_is_in_force_refuses_in_words(database: TestDatabase) {
    let register = Register::begin(database);
    register.verify(1, "a", "2023-07-01");
    let nowhere = tempfile::tempdir().unwrap();
    let older = Process::start(register.knowing(nowhere.path(), &["serve"]));
    let credentials = register.client(&["--role", "reviewer", "--name", "R"]);
    progress_at(&older.address, register.version()).await;
    let reviewer = register.caller(&older.address, &credentials).await;
    let before = headline(&reviewer, "").await;
    register.activate("3");
    // Who knows these clients has read that it came into force, and with the second one had the time to act on it.
    for name in ["first", "second"] {
        let (id, secret) = register.client(&["--role", "dashboard", "--name", name]);
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while token(&older.address, &id, &secret).await.is_none() {
            assert!(std::time::Instant::now() < until, "{name} stays unknown");
        }
    }
    assert_eq!(headline(&reviewer, "").await, before, "the numbers stay as they were");
    let (code, log) = older.terminate_and_listen();
    let words = "methodology 3 is in force since entry 6, and this program does not know it: put its file 3.json into the \
                 folder of --methodology-dir, or upgrade";
    assert!(code == Some(0) && log.contains(words), "{log}");

    let changed = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(format!("{FOLDER}/3.json")).unwrap().replace("0.55", "0.56");
    fs::write(changed.path().join("3.json"), text).unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let number_is_taken = "This number was in force with another file before";
    for (folder, arguments, words) in [
        (&nothing, &["serve"][..], words),
        (&nothing, &["methodology", "compare", "2"], words),
        (&nothing, &["methodology", "activate", "3"], "there is no methodology 3; there are: 1, 2"),
        (&changed, &["serve"], "methodology 3 is in force since entry 6 with the SHA-256 "),
        (
            &changed,
            &["methodology", "compare", "2"],
            "put the file that was activated into the folder of --methodology-dir",
        ),
        (&changed, &["methodology", "activate", "3"], number_is_taken),
    ] {
        let version = register.version();
        let (_, said, code) = ran(register.knowing(folder.path(), arguments));
        assert!(code == Some(1) && said.contains(words), "{arguments:?}: {said}");
        assert_eq!(register.version(), version, "no entry");
    }
    // The way out for whoever lost the file.
    let (_, said, code) = ran(register.knowing(nothing.path(), &["methodology", "activate", "2"]));
    assert_eq!(code, Some(0), "{said}");
    let again = Process::serve(&register.database, register.database.data_dir.path());
    progress_at(&again.address, register.version()).await;
    let reviewer = register.caller(&again.address, &credentials).await;
    assert_eq!(headline(&reviewer, "").await["data"]["annual"], before["data"]["annual"]);
    assert_eq!(again.terminate(), Some(0));
    let (_, said, code) = ran(register.knowing(changed.path(), &["methodology", "activate", "3"]));
    assert!(code == Some(1) && said.contains(number_is_taken), "not later either: {said}");
}
