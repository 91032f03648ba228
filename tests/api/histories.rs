//! Any history through the routes, every action of partners and reviewers in any order, with the
//! server killed between steps and in the middle of them: what was answered is there, the register
//! counts what a naive model counts, on both databases.

mod expect;
mod plan;

use std::time::Duration;

use chrono::{Days, NaiveDate};
use green_homes::db::{Database, cells as stored, head};
use green_homes::domain::place::Place;
use green_homes::domain::progress::Progress;
use green_homes::domain::reference::ProvinceId;
use green_homes::domain::state::Tier;
use green_homes::register::audit;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::model::{Model, summed};
use plan::Planned;

use crate::process::{Process, client, partner_client};
use crate::support::{Client, TestDatabase, progress_at, run, token};

#[test]
fn any_history_with_crashes_on_sqlite_is_counted_as_the_model_counts() {
    drive(8, TestDatabase::sqlite);
}

#[test]
fn any_history_with_crashes_on_postgres_is_counted_as_the_model_counts() {
    drive(5, TestDatabase::postgres);
}

fn drive(cases: u32, database: fn() -> TestDatabase) {
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 30, ..Config::default() });
    let histories = prop::collection::vec((step(), crash()), 20..50);
    let result = runner.run(&histories, |history| {
        run(async {
            let mut driver = Driver::new(database()).await;
            for (step, crash) in &history {
                driver.carry_out(step, *crash).await;
            }
            driver.finish().await;
        });
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// When the server is killed.
#[derive(Clone, Copy, Debug)]
enum Crash {
    Never,
    Before,
    /// So many microseconds after the request was sent; then it is sent again.
    During(u64),
}

fn crash() -> impl Strategy<Value = Crash> {
    prop_oneof![12 => Just(Crash::Never), 1 => Just(Crash::Before), 1 => (0u64..6_000).prop_map(Crash::During)]
}

type Lines = Vec<(usize, i64)>;

#[derive(Clone, Debug)]
enum Step {
    Register {
        at: Option<usize>,
        facts: (usize, usize, Option<bool>),
        day: Option<u64>,
        lines: Lines,
        cost: Option<i64>,
    },
    Resend(usize),
    Correct {
        which: usize,
        day: Option<u64>,
        lines: Option<Lines>,
        cost: Option<i64>,
    },
    CorrectEnd(usize, u64),
    CorrectSite {
        which: usize,
        place: Option<usize>,
        kind: Option<usize>,
        remote: Option<bool>,
    },
    Complete(usize, u64),
    Verify(usize, Tier),
    Reject(usize),
    Resubmit(usize),
    Withdraw(usize),
    Decommission(usize, u64),
}

const PROVINCES: [&str; 3] = ["01", "79", "66"];
const MEASURES: [&str; 5] =
    ["rooftop_solar_pv", "solar_water_heater", "heat_pump_water_heater", "roof_insulation", "battery_storage"];

fn step() -> impl Strategy<Value = Step> {
    let lines =
        || prop::collection::btree_map(0..MEASURES.len(), 1i64..20, 1..4).prop_map(|lines| lines.into_iter().collect());
    let facts = (0usize..3, 0usize..4, any::<Option<bool>>());
    let register =
        (prop::option::of(0usize..6), facts, prop::option::weighted(0.7, 0u64..2600), lines(), any::<Option<u32>>());
    let correct = (0usize..40, prop::option::of(0u64..2600), prop::option::of(lines()), prop::option::of(1i64..9));
    let site = (0usize..20, prop::option::of(0usize..3), prop::option::of(0usize..4), any::<Option<bool>>());
    let tier = prop_oneof![Just(Tier::Document), Just(Tier::Inspected), Just(Tier::Metered)];
    prop_oneof![
        6 => register.prop_map(|(at, facts, day, lines, cost)| {
            Step::Register { at, facts, day, lines, cost: cost.map(i64::from) }
        }),
        1 => (0usize..40).prop_map(Step::Resend),
        3 => correct.prop_map(|(which, day, lines, cost)| Step::Correct { which, day, lines, cost }),
        1 => (0usize..40, 0u64..2600).prop_map(|(which, day)| Step::CorrectEnd(which, day)),
        2 => site.prop_map(|(which, place, kind, remote)| Step::CorrectSite { which, place, kind, remote }),
        1 => (0usize..40, 0u64..2600).prop_map(|(which, day)| Step::Complete(which, day)),
        4 => (0usize..40, tier).prop_map(|(which, tier)| Step::Verify(which, tier)),
        1 => (0usize..40).prop_map(Step::Reject),
        1 => (0usize..40).prop_map(Step::Resubmit),
        1 => (0usize..40).prop_map(Step::Withdraw),
        2 => (0usize..40, 0u64..2600).prop_map(|(which, day)| Step::Decommission(which, day)),
    ]
}

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2019, 7, 1).unwrap() + Days::new(offset)
}

fn place(n: usize) -> Place {
    Place::new(ProvinceId::parse(PROVINCES[n]).unwrap(), None, None).unwrap()
}

struct Driver {
    database: TestDatabase,
    own: Database,
    server: Option<Process>,
    partner: (String, Option<String>),
    reviewer: (String, Option<String>),
    model: Model,
    /// What last changed each installation.
    last: Vec<&'static str>,
    sent: Vec<Value>,
}

impl Driver {
    async fn new(database: TestDatabase) -> Self {
        let (partner_id, secret) = partner_client(&database, "MODEL");
        let (reviewer_id, reviewer_secret) = client(&database, &["--role", "reviewer", "--name", "reviewer"]);
        let server = Process::serve(&database, database.data_dir.path());
        let partner = (partner_id.clone(), token(&server.address, &partner_id, &secret).await);
        let reviewer = (reviewer_id.clone(), token(&server.address, &reviewer_id, &reviewer_secret).await);
        let own = database.db_open();
        let model = Model::default();
        Self { database, own, server: Some(server), partner, reviewer, model, last: Vec::new(), sent: Vec::new() }
    }

    fn crash(&mut self) {
        self.server.take().unwrap().kill();
        self.server = Some(Process::serve(&self.database, self.database.data_dir.path()));
    }

    async fn carry_out(&mut self, step: &Step, crash: Crash) {
        let Some(planned) = self.plan(step) else { return };
        if let Crash::Before = crash {
            self.crash();
        }
        if let Crash::During(microseconds) = crash {
            let sent = actix_web::rt::spawn(self.send(&planned));
            let _ = actix_web::rt::time::timeout(Duration::from_micros(microseconds), sent).await;
            self.crash();
        }
        let reply = self.send(&planned).await.expect("an answer");
        let expected = self.follow(step, &reply.body);
        let status = if reply.status == 201 { 200 } else { reply.status };
        assert_eq!(status, expected, "{step:?} {crash:?}: {}", reply.text);
        let mut connection = self.own.connection().unwrap();
        let version = head::version(&mut connection).unwrap();
        let journal = stored::postings(&mut connection, 0, version).unwrap();
        assert_eq!(summed(journal.into_iter()), self.model.recount(), "after {step:?} {crash:?}");
    }

    fn send(&self, planned: &Planned) -> impl Future<Output = Option<crate::support::Reply>> + use<> {
        let (_, token) = if planned.by_reviewer { &self.reviewer } else { &self.partner };
        let client = Client::new(&self.server.as_ref().unwrap().address).with_token(token.clone().unwrap());
        let (method, path, body) = (planned.method, planned.path.clone(), planned.body.to_string().into_bytes());
        async move {
            let headers = [("content-type", "application/json"), ("if-match", "*")];
            client.try_send(method, &path, &headers, Some(body)).await
        }
    }

    /// What the public reads is what the journal sums to, and nothing was changed behind its back.
    async fn finish(mut self) {
        self.crash();
        let mut connection = self.own.connection().unwrap();
        let version = head::version(&mut connection).unwrap();
        let mut counted = Progress::default();
        counted.add_cells(stored::postings(&mut connection, 0, version).unwrap().into_iter());
        let public = progress_at(&self.server.as_ref().unwrap().address, version).await;
        let sites = &public["data"]["sites"];
        let expected = [counted.sites.verified, counted.sites.installed, counted.sites.pledged];
        assert_eq!(["verified", "installed", "pledged"].map(|stage| sites[stage].as_i64().unwrap()), expected);
        let report = audit::audit(&self.own).unwrap();
        assert!(report.ok, "{:?}", report.findings);
        self.server.take().unwrap().kill();
    }
}
