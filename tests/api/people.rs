//! What the public learns of low-income, remote and woman-headed homes: shares of the country, at the ends of quarters, each question
//! by itself.

use chrono::NaiveDate;
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim};
use green_homes::domain::values::{Code, Flags, Tier};
use green_homes::register::{Command, Done, InstallationChange};
use serde_json::{Value, json};

use crate::support::{App, Passing, TestDatabase, clock_at, db_execute, new_installation, on_both_databases};

on_both_databases!(
    answer_questions_moves_shares_at_the_end_of_a_quarter,
    answer_a_question_for_one_home_alone_moves_no_share,
    answer_for_thirty_homes_shows_no_share_and_for_one_more_it_does,
);

impl Passing {
    /// Registers and verifies homes with these answers.
    fn answer(&self, name: &str, answers: impl Iterator<Item = Flags>) {
        for (number, flags) in answers.enumerate() {
            let mut home = new_installation(&format!("{name}-{number}"));
            let SiteClaim::Described { facts, .. } = &mut home.site else { panic!("a described site") };
            facts.flags = flags;
            let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
            let new: Box<NewInstallation> = Box::new(home);
            let Ok(Done::Registered { id, .. }) = self.change(Command::Register { by, new }) else {
                panic!("not registered")
            };
            self.change(InstallationChange::Verify { tier: Tier::Document }.of(id)).unwrap();
        }
    }

    /// The published shares once a day has begun: low-income, remote, woman-headed.
    async fn shares_on(&self, day: &str) -> [Value; 3] {
        self.pass_to(day.parse::<NaiveDate>().unwrap()).await;
        let shares = self.app.public().get("/v1/progress").await.body["data"]["figures"]["shares"].take();
        ["low_income", "remote", "woman_headed"].map(|question| shares[question]["percent_of_known"].clone())
    }
}

fn poor(is_poor: bool) -> Flags {
    Flags { low_income: Some(is_poor), ..Flags::default() }
}

async fn answer_questions_moves_shares_at_the_end_of_a_quarter(database: TestDatabase) {
    let days = Passing::begin_on(database, "2026-12-30").await;
    days.answer("a", (0..60).map(|number| poor(number % 4 == 0)));
    let nothing = json!(null);
    assert_eq!(days.shares_on("2026-12-31").await, [nothing.clone(), nothing.clone(), nothing.clone()]);
    assert_eq!(days.shares_on("2027-01-01").await, [json!(25), nothing.clone(), nothing.clone()], "nothing else moved");
    days.answer("b", (0..20).map(|_| poor(true)));
    assert_eq!(days.shares_on("2027-01-02").await[0], json!(25));
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    // The end of the quarter is made again, when further answers are gathered.
    let now = days.now.clone();
    let database = days.app.stop().await;
    db_execute(&database.url, "DELETE FROM days WHERE day >= '2026-12-31'").unwrap();
    let app = App::start_at(database, clock_at(now)).await;
    assert!(app.db_audit().ok, "{:?}", app.db_audit());
    app.stop().await;
}

async fn answer_a_question_for_one_home_alone_moves_no_share(database: TestDatabase) {
    let days = Passing::begin_on(database, "2026-12-31").await;
    let both = |number| Flags { woman_headed: Some(number % 2 == 0), ..poor(number % 4 == 0) };
    days.answer("a", (0..60).map(both));
    assert_eq!(days.shares_on("2027-01-01").await, [json!(25), json!(null), json!(50)]);
    // Twenty homes, of which nine say who is their head.
    days.answer("b", (0..20).map(|number| Flags { woman_headed: (number < 9).then_some(true), ..poor(true) }));
    assert_eq!(days.shares_on("2027-04-01").await, [json!(44), json!(null), json!(50)], "39 of 69 would be 57");
    days.answer("c", (0..1).map(|_| Flags { woman_headed: Some(true), ..Flags::default() }));
    assert_eq!(days.shares_on("2027-07-01").await[2], json!(57), "40 of 70, ten of them together");
    assert!(days.app.db_audit().ok, "{:?}", days.app.db_audit());
    days.app.stop().await;
}

async fn answer_for_thirty_homes_shows_no_share_and_for_one_more_it_does(database: TestDatabase) {
    let days = Passing::begin_on(database, "2026-12-31").await;
    let answers = |number| Flags {
        low_income: (number < 30).then_some(number % 2 == 0),
        remote: (number < 31).then_some(number % 2 == 0),
        woman_headed: None,
    };
    days.answer("a", (0..60).map(answers));
    assert_eq!(
        days.shares_on("2027-01-01").await,
        [json!(null), json!(52), json!(null)],
        "16 of 31, and 15 of too few"
    );
    days.app.stop().await;
}
