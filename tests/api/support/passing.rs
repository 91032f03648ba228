//! A service whose days pass when the test says so.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use green_homes::domain::records::{Actor, NewPartner};
use green_homes::domain::rules::{NewInstallation, Registrant};
use green_homes::domain::values::Tier;
use green_homes::domain::values::{Code, InstallationId, Month, Name, SiteId, date};
use green_homes::register::{BatchTransaction, Command, DirectoryChange, Done, Failure, InstallationChange, Request};
use serde_json::{Value, json};

use super::{App, TestDatabase, clock_at, new_installation, side_by_side};

/// A service whose days pass when the test says so.
pub struct Passing {
    pub app: App,
    pub now: Arc<Mutex<DateTime<Utc>>>,
}

/// Ten in the morning in Hà Nội on the tenth of next month: ahead of the machine's clock, which made the database, and far from the end
/// of a month, at which there are releases and tables.
fn first_morning() -> DateTime<Utc> {
    let month = Month::of(date::day_of(Utc::now())).plus(1);
    date::start_of(month.first_day() + Days::new(9)) + TimeDelta::hours(10)
}

impl App {
    /// Waits until every day before this one is closed.
    pub async fn comes_to(&self, day: NaiveDate) {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let progress = self.public().get("/v1/progress").await.body;
            if progress["meta"]["as_of"] == json!(day.to_string()) {
                return;
            }
            assert!(Instant::now() < until, "{day} does not come: {}", progress["meta"]);
            actix_web::rt::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Passing {
    pub async fn begin(database: TestDatabase) -> Self {
        Self::begin_at(database, first_morning()).await
    }

    /// Begins on the morning of a day to come, with the partner that registers homes.
    pub async fn begin_on(database: TestDatabase, day: &str) -> Self {
        let morning = date::start_of(day.parse().unwrap()) + TimeDelta::hours(10);
        let days = Self::begin_at(database, morning).await;
        let (code, name) = (Code::parse("SOLARCO").unwrap(), Name::parse("Solarco").unwrap());
        let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox: false };
        days.change(Command::Directory(DirectoryChange::AddPartner(new))).unwrap();
        days
    }

    async fn begin_at(database: TestDatabase, morning: DateTime<Utc>) -> Self {
        let now = Arc::new(Mutex::new(morning));
        Self { app: App::start_at(database, clock_at(now.clone())).await, now }
    }

    pub fn today(&self) -> NaiveDate {
        date::day_of(*self.now.lock().unwrap())
    }

    /// The clock goes to the morning of a day; gives the number of that day once it is there.
    pub async fn pass_to(&self, day: NaiveDate) -> Value {
        self.pass_to_instant(date::start_of(day) + TimeDelta::hours(10)).await
    }

    /// The clock goes to an instant, on the word of the operator; gives the number of that day once it is there.
    pub async fn pass_to_instant(&self, instant: DateTime<Utc>) -> Value {
        let day = date::day_of(instant);
        self.app.database.db_accept(&clock_at(Arc::new(Mutex::new(instant))));
        *self.now.lock().unwrap() = instant;
        self.app.comes_to(day).await;
        side_by_side(self.app.inside().await.get("/v1/progress").await.body)
    }

    /// All numbers at the close of a day, counted anew.
    pub async fn at_close_of(&self, day: NaiveDate) -> Value {
        let reply = self.app.inside().await.get(&format!("/v1/progress?as_of={day}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        side_by_side(reply.body)
    }

    /// The headline that was kept at the close of a day, as everybody reads it.
    pub async fn kept_of(&self, day: NaiveDate) -> Value {
        let reply = self.app.public().get(&format!("/v1/progress?as_of={day}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    /// Carries out one change at the time of the test, by the way that routes take. Tokens do not live from one day to
    /// the next.
    pub fn change(&self, command: Command) -> Result<Done, Failure> {
        let engine = BatchTransaction::new(self.app.database.db_open(), clock_at(self.now.clone()));
        engine.execute(&[&Request::new(Actor::operator("test"), command)]).results.remove(0)
    }

    /// Registers and verifies homes that were built on these days, in few transactions. Their ids, in the order of the days.
    pub fn verify_homes_of(&self, name: &str, built: &[NaiveDate]) -> Vec<InstallationId> {
        let engine = BatchTransaction::new(self.app.database.db_open(), clock_at(self.now.clone()));
        let carry_out = |commands: Vec<Command>| {
            let requests: Vec<Request> =
                commands.into_iter().map(|command| Request::new(Actor::operator("test"), command)).collect();
            let chunks = requests.chunks(256).map(|chunk| engine.execute(&chunk.iter().collect::<Vec<_>>()).results);
            chunks.flatten().map(Result::unwrap).collect::<Vec<Done>>()
        };
        let register = |(number, on): (usize, &NaiveDate)| {
            let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
            let home = NewInstallation { installed_on: Some(*on), ..new_installation(&format!("{name}-{number}")) };
            Command::Register { by, new: Box::new(home) }
        };
        let id = |done: Done| {
            let Done::Registered { id, .. } = done else { panic!("{done:?}") };
            id
        };
        let ids: Vec<InstallationId> =
            carry_out(built.iter().enumerate().map(register).collect()).into_iter().map(id).collect();
        carry_out(ids.iter().map(|id| InstallationChange::Verify { tier: Tier::Document }.of(*id)).collect());
        ids
    }

    /// Registers a home.
    pub fn register_a_home(&self, name: &str) -> (InstallationId, SiteId) {
        let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
        let done = self.change(Command::Register { by, new: Box::new(new_installation(name)) });
        let Ok(Done::Registered { id, record, .. }) = done else { panic!("{done:?}") };
        (id, record.site.id)
    }

    /// Registers and verifies a home.
    pub fn verify_a_home(&self, name: &str) -> (InstallationId, SiteId) {
        let home = self.register_a_home(name);
        self.change(InstallationChange::Verify { tier: Tier::Document }.of(home.0)).unwrap();
        home
    }
}
