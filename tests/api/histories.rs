//! Any history through the routes: what partners, reviewers, householders, the admin and the
//! operator do, in any order, some of it at once, with the server killed between requests and in the
//! middle of them. What was answered is there, was done once, and is counted as the reference counts, a naive register.

mod driver;
mod expect;
mod expected_register;
mod household;
mod plan;
mod steps;
mod views;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{TestDatabase, run};
use driver::Driver;

#[test]
fn any_history_with_crashes_on_sqlite_is_counted_as_the_reference_counts() {
    drive(10, TestDatabase::sqlite);
}

#[test]
fn any_history_with_crashes_on_postgres_is_counted_as_the_reference_counts() {
    drive(5, TestDatabase::postgres);
}

fn drive(cases: u32, database: fn() -> TestDatabase) {
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 30, ..Config::default() });
    let histories = prop::collection::vec((steps::turn(), crash()), 20..50);
    let result = runner.run(&histories, |history| {
        run(async {
            let mut driver = Driver::new(database()).await;
            for (turn, crash) in &history {
                driver.carry_out(turn, *crash).await;
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
    /// So long after the requests were sent; then they are sent again.
    During(Duration),
}

fn crash() -> impl Strategy<Value = Crash> {
    let during = (0u64..6_000).prop_map(|microseconds| Crash::During(Duration::from_micros(microseconds)));
    prop_oneof![12 => Just(Crash::Never), 1 => Just(Crash::Before), 1 => during]
}
