//! Why the headline changed: between any two closed days, in parts that sum exactly to the difference.

use chrono::{Days, Months, NaiveDate};
use green_homes::domain::records::{MeasureLine, MeasureLines};
use green_homes::domain::reference::MeasureId;
use green_homes::domain::rules::Correction;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{
    CorrectReason, DecommissionReason, InstallationId, Quantity, RejectReason, SiteId, WithdrawReason,
};
use green_homes::register::{Command, ExpectedRevision, InstallationChange, SitesChange};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{Passing, TestDatabase, on_both_databases};

on_both_databases!(
    bridge_says_what_each_cause_moved,
    bridge_of_any_two_days_of_any_history_sums_exactly,
    ask_for_a_bridge_between_days_that_are_none,
    bridge_from_before_the_register_has_everything,
);

const FIGURES: [(&str, &[&str], f64); 7] = [
    ("sites_verified", &["sites", "verified"], 1.0),
    ("sites_reported", &["sites", "reported"], 1.0),
    ("sites_pledged", &["sites", "pledged"], 1.0),
    ("capacity_kwp_verified", &["capacity_kwp", "verified"], 1e3),
    ("to_date_avoided_tco2e", &["to_date", "avoided_tco2e"], 1e3),
    ("annual_avoided_tco2e", &["annual", "avoided_tco2e"], 1e3),
    ("lifetime_avoided_tco2e", &["lifetime", "avoided_tco2e"], 1e3),
];

/// A figure in its smallest unit: sites, watts, kilograms.
fn whole(value: &Value, units: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^53")]
    let whole = (value.as_f64().unwrap() * units).round() as i64;
    whole
}

impl Passing {
    async fn bridge(&self, from: NaiveDate, to: NaiveDate) -> Value {
        let reply = self.app.inside().await.get(&format!("/v1/progress/bridge?from={from}&to={to}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    /// The bridge between two days, held against the headlines of both.
    async fn check_bridge(&self, from: NaiveDate, to: NaiveDate) -> Value {
        let bridge = self.bridge(from, to).await;
        let (before, after) = (self.at_close_of(from).await, self.at_close_of(to).await);
        for (name, path, units) in FIGURES {
            let [opening, closing] = ["opening", "closing"].map(|end| whole(&bridge[end][name], units));
            let parts = bridge["data"].as_array().unwrap().iter().map(|row| whole(&row[name], units));
            assert_eq!(opening + parts.sum::<i64>(), closing, "{name} from {from} to {to}: {bridge:#}");
            for (headline, end) in [(&before, opening), (&after, closing)] {
                let headline = path.iter().fold(&headline["data"], |value, name| &value[name]);
                assert_eq!(whole(headline, units), end, "{name} from {from} to {to}");
            }
        }
        bridge
    }
}

fn row<'a>(bridge: &'a Value, cause: &str) -> &'a Value {
    bridge["data"].as_array().unwrap().iter().find(|row| row["cause"] == json!(cause)).unwrap()
}

async fn bridge_says_what_each_cause_moved(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let first = days.today();
    let (stays, _) = days.verify_a_home("stays");
    let (ends, _) = days.verify_a_home("ends");
    let (goes, _) = days.register_a_home("goes");
    let (refused, _) = days.register_a_home("refused");
    let (_, one) = days.verify_a_home("one");
    let (_, other) = days.verify_a_home("other");
    days.pass_to(first + Days::new(1)).await;
    days.register_a_home("new");
    days.verify_a_home("seen");
    let none = || None;
    days.change(Command::Installation {
        id: goes,
        change: InstallationChange::Withdraw { reason: WithdrawReason::Cancelled },
        note: none(),
    })
    .unwrap();
    days.change(Command::Installation {
        id: refused,
        change: InstallationChange::Reject { expected: ExpectedRevision::Any, reason: RejectReason::NotEligible },
        note: none(),
    })
    .unwrap();
    let (on, reason) = (first, DecommissionReason::Removed);
    days.change(Command::Installation {
        id: ends,
        change: InstallationChange::Decommission { on, reason },
        note: none(),
    })
    .unwrap();
    days.change(Command::Sites(SitesChange::Merge { from: one, into: other })).unwrap();
    let line = |kwp| MeasureLine {
        measure: MeasureId::parse("rooftop_solar_pv").unwrap(),
        quantity: Quantity::stored(kwp),
        inverter_w: None,
    };
    let correction = Correction { measures: MeasureLines::new(vec![line(3_000)]).ok(), ..Correction::default() };
    let correct = Command::Installation {
        id: stays,
        change: InstallationChange::Correct {
            expected: ExpectedRevision::Any,
            correction: Box::new(correction),
            reason: CorrectReason::DataEntryError,
        },
        note: none(),
    };
    days.change(correct).unwrap();
    days.pass_to(first + Days::new(5)).await;
    let bridge = days.check_bridge(first, first + Days::new(3)).await;
    let moved = |cause: &str| {
        let row = row(&bridge, cause);
        ["sites_verified", "sites_reported"].map(|name| row[name].as_i64().unwrap())
    };
    assert_eq!((moved("registered"), moved("verified")), ([0, 2], [1, -1]));
    assert_eq!((moved("withdrawn"), moved("rejected")), ([0, -1], [0, -1]));
    assert_eq!((moved("decommissioned"), moved("merged")), ([-1, 0], [-1, 0]));
    // What was verified is otherwise now: it waits to be verified again.
    assert_eq!((moved("corrected"), moved("split")), ([-1, 1], [0, 0]));
    assert_eq!(row(&bridge, "corrected")["capacity_kwp_verified"], json!(-5.4));
    assert_eq!(moved("operation"), [0, 0]);
    assert!(row(&bridge, "operation")["to_date_avoided_tco2e"].as_f64().unwrap() > 0.0);
    assert_eq!(bridge["meta"]["as_of"], json!((first + Days::new(3)).to_string()));
    let quiet = days.check_bridge(first + Days::new(2), first + Days::new(4)).await;
    let others = quiet["data"].as_array().unwrap().iter().filter(|row| row["cause"] != json!("operation"));
    assert!(others.into_iter().all(|row| FIGURES.iter().all(|(name, ..)| whole(&row[name], 1e3) == 0)), "{quiet:#}");
    let kept = days.kept_of(first).await;
    let link = format!("/v1/progress/bridge?from={first}&to={}", first + Days::new(4));
    assert!(kept["today"]["bridge"].as_str().unwrap().ends_with(&link), "{}", kept["today"]);
    assert_eq!(days.kept_of(first + Days::new(4)).await["today"]["bridge"], json!(null), "nothing is in between");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

#[derive(Clone, Debug)]
enum Step {
    Register,
    Verify(usize),
    Reject(usize),
    Withdraw(usize),
    Decommission(usize),
    Merge(usize, usize),
    Split(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let one = || 0usize..20;
    // Month ends and the end of a year lie on the way.
    let later = prop_oneof![4 => 1u64..4, 2 => 20u64..40, 1 => 100u64..200];
    prop_oneof![
        6 => Just(Step::Register),
        5 => one().prop_map(Step::Verify),
        1 => one().prop_map(Step::Reject),
        1 => one().prop_map(Step::Withdraw),
        2 => one().prop_map(Step::Decommission),
        1 => (one(), one()).prop_map(|(from, into)| Step::Merge(from, into)),
        1 => one().prop_map(Step::Split),
        4 => later.prop_map(Step::Pass),
    ]
}

async fn bridge_of_any_two_days_of_any_history_sums_exactly(database: TestDatabase) {
    let mut runner = TestRunner::new(Config { max_shrink_iters: 0, ..Config::default() });
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let steps = prop::collection::vec(step(), 70).new_tree(&mut runner).unwrap().current();
    let mut there: Vec<(InstallationId, SiteId)> = Vec::new();
    let mut passed = vec![days.today()];
    for step in &steps {
        carry_out(&days, &mut there, step);
        if let Step::Pass(later) = step {
            passed.push(days.today() + Days::new(*later));
            days.pass_to(days.today() + Days::new(*later)).await;
        }
    }
    days.pass_to(days.today() + Days::new(1)).await;
    let pairs = prop::collection::vec((0..passed.len(), 0..passed.len()), 12).new_tree(&mut runner).unwrap().current();
    for (one, other) in pairs {
        let (from, to) = (passed[one.min(other)], passed[one.max(other)]);
        if from < to {
            days.check_bridge(from, to).await;
        }
    }
    assert!(days.app.db_audit().ok, "{steps:?}: {:?}", days.app.db_audit());
    days.app.stop().await;
}

/// What is refused is refused: it moves nothing.
fn carry_out(days: &Passing, there: &mut Vec<(InstallationId, SiteId)>, step: &Step) {
    let at = |place: &usize| there.get(place % there.len().max(1)).copied();
    let command = match step {
        Step::Register => {
            there.push(days.register_a_home(&there.len().to_string()));
            None
        }
        Step::Verify(n) => at(n).map(|(id, _)| InstallationChange::Verify { tier: Tier::Inspected }.of(id)),
        Step::Reject(n) => at(n).map(|(id, _)| {
            InstallationChange::Reject { expected: ExpectedRevision::Any, reason: RejectReason::Duplicate }.of(id)
        }),
        Step::Withdraw(n) => at(n).map(|(id, _)| InstallationChange::Withdraw { reason: WithdrawReason::Other }.of(id)),
        Step::Decommission(n) => at(n).map(|(id, _)| {
            let on = days.today().checked_sub_months(Months::new(1)).unwrap();
            InstallationChange::Decommission { on, reason: DecommissionReason::Destroyed }.of(id)
        }),
        Step::Merge(one, other) => {
            at(one).zip(at(other)).map(|((_, from), (_, into))| Command::Sites(SitesChange::Merge { from, into }))
        }
        Step::Split(n) => at(n).map(|(id, _)| Command::Sites(SitesChange::Split { id })),
        Step::Pass(_) => None,
    };
    if let Some(command) = command {
        let _ = days.change(command);
    }
}

async fn ask_for_a_bridge_between_days_that_are_none(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    let (today, yesterday) = (days.today(), days.today() - Days::new(1));
    let anybody = days.app.public();
    let wrong = |from: &str, to: &str| format!("/v1/progress/bridge?from={from}&to={to}");
    let yesterday = yesterday.to_string();
    for (asked, expected) in [
        ("/v1/progress/bridge".to_owned(), vec![("from", "missing"), ("to", "missing")]),
        (wrong("2026-02-30", ""), vec![("from", "not_a_date"), ("to", "not_a_date")]),
        (wrong(&yesterday, &yesterday), vec![("to", "empty_span")]),
        (wrong(&yesterday, "2026-01-01"), vec![("to", "empty_span")]),
        (wrong("2026-01-01", &today.to_string()), vec![("to", "day_not_closed")]),
        (wrong("2026-01-01", "2999-01-01"), vec![("to", "in_the_future")]),
        (wrong("1999-01-01", &yesterday), vec![("from", "too_early")]),
        (format!("{}&cause=verified", wrong("2026-01-01", &yesterday)), vec![("cause", "unknown_field")]),
    ] {
        let reply = anybody.get(&asked).await;
        let expected: Vec<_> = expected.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
        assert_eq!((reply.status, reply.errors()), (422, expected), "{asked}");
    }
    days.app.stop().await;
}

async fn bridge_from_before_the_register_has_everything(database: TestDatabase) {
    let days = Passing::begin(database).await;
    days.app.db_add_partner("SOLARCO", false);
    days.verify_a_home("a");
    let first = days.today();
    days.pass_to(first + Days::new(1)).await;
    let bridge = days.check_bridge("2020-02-24".parse().unwrap(), first).await;
    assert_eq!(row(&bridge, "verified")["sites_verified"], json!(1));
    assert_eq!(bridge["meta"]["warnings"], json!(["before_the_register"]));
    let none = days.bridge("2020-02-24".parse().unwrap(), "2020-02-25".parse().unwrap()).await;
    assert_eq!(none["closing"]["sites_verified"], json!(0));
    days.app.stop().await;
}
