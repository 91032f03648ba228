//! Starting the application and talking to it. Helpers use the public interface only; those
//! that reach behind it are named `db_*`.

mod client;
mod content;
mod database;
mod passing;
mod proxy;

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use green_homes::api::MAKE;
use green_homes::app;
use green_homes::app::Service;
use green_homes::domain::figures::Methodology;
use green_homes::domain::records::{
    Actor, MeasureLine, MeasureLines, NewClient, NewPartner, PrivateFacts, Role, SiteFacts, Terms,
};
use green_homes::domain::reference::Place;
use green_homes::domain::reference::{MeasureId, ProvinceId};
use green_homes::domain::rules::{NewInstallation, SiteClaim};
use green_homes::domain::values::Flags;
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::day_of;
use green_homes::domain::values::{Code, Name, Quantity, Text};
use green_homes::register::{BatchTransaction, Clock, Command, DirectoryChange, Request, system_clock};
use green_homes::settings::Settings;
use serde_json::{Value, json};

pub use client::{Client, Reply};
pub use content::Content;
pub use database::{TestDatabase, db_execute, db_lines, db_sqlite};
pub use passing::Passing;
pub use proxy::{PathFault, Proxy};

/// Makes one test a database from one async function that takes a [`TestDatabase`].
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { crate::support::run(super::$name(crate::support::TestDatabase::sqlite())) })+
        }
        mod postgres {
            $(#[test] fn $name() { crate::support::run(super::$name(crate::support::TestDatabase::postgres())) })+
        }
    };
}
pub(crate) use on_both_databases;

/// Runs a test's future in a system of its own.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(test)
}

/// A running application.
pub struct App {
    pub database: TestDatabase,
    pub address: String,
    /// Where operators are answered.
    pub metrics_address: String,
    clock: Clock,
    /// The reviewer who reads all numbers, once there is one.
    reader: std::sync::OnceLock<(String, String)>,
    handle: actix_web::dev::ServerHandle,
    stopped: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
}

impl App {
    pub async fn start(database: TestDatabase) -> Self {
        let settings = database.settings();
        Self::start_with(database, settings, system_clock()).await
    }

    /// With a clock of the test's own, on the word of the operator, once every day before is closed.
    pub async fn start_at(database: TestDatabase, clock: Clock) -> Self {
        database.db_accept(&clock);
        let (settings, today) = (database.settings(), day_of(clock()));
        let app = Self::start_with(database, settings, clock).await;
        app.comes_to(today).await;
        app
    }

    #[expect(clippy::unused_async, reason = "the server is spawned: there must be a system to spawn it in")]
    pub async fn start_with(database: TestDatabase, settings: Settings, clock: Clock) -> Self {
        let service: Service = app::start(&settings, &clock).unwrap();
        let (address, handle) = (format!("http://{}", service.address), service.handle());
        let metrics_address = format!("http://{}", service.metrics_address.unwrap());
        let stopped = actix_web::rt::spawn(service.run());
        Self { database, address, metrics_address, clock, reader: std::sync::OnceLock::new(), handle, stopped }
    }

    /// Stops as SIGTERM does, and gives the database back.
    pub async fn stop(self) -> TestDatabase {
        self.handle.stop(true).await;
        self.stopped.await.unwrap().unwrap();
        self.database
    }

    /// How the service ended by itself.
    pub async fn ended(self) -> std::io::Result<()> {
        self.stopped.await.unwrap()
    }

    /// A partner with a client, by the engine that the command line uses.
    pub async fn partner(&self, code: &str) -> Client {
        self.db_add_partner(code, false);
        self.client(Role::Partner, Some(code)).await
    }

    /// A client without a partner.
    pub async fn role(&self, role: Role) -> Client {
        self.client(role, None).await
    }

    /// A client with a token.
    pub async fn client(&self, role: Role, partner: Option<&str>) -> Client {
        let (client_id, secret) = self.db_add_client(role, partner);
        if role == Role::Reviewer {
            let _ = self.reader.set((client_id.clone(), secret.clone()));
        }
        let token = self.token(&client_id, &secret).await;
        Client::new(&self.address).with_token(token)
    }

    /// A reviewer, who reads everything as it is now. It is added, with an entry, when it is first asked for; tokens do not live from one
    /// day to the next.
    pub async fn inside(&self) -> Client {
        if self.reader.get().is_none() {
            let _ = self.reader.set(self.db_add_client(Role::Reviewer, None));
            progress_at(&self.address, self.db_version()).await;
        }
        let (client_id, secret) = self.reader.get().expect("a reader");
        let token = self.token(client_id, secret).await;
        Client::new(&self.address).with_token(token)
    }

    /// An operator, at the listener of its own.
    pub fn operator(&self) -> Client {
        Client::new(&self.metrics_address)
    }

    /// A caller without a token.
    pub fn public(&self) -> Client {
        Client::new(&self.address)
    }

    /// A token by client credentials.
    pub async fn token(&self, client_id: &str, secret: &str) -> String {
        token(&self.address, client_id, secret).await.expect("a token")
    }

    pub fn db_add_partner(&self, code: &str, sandbox: bool) {
        let name = Name::parse(&format!("Partner {code}")).unwrap();
        let code = Code::parse(code).unwrap();
        let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox };
        self.db_change(Command::Directory(DirectoryChange::AddPartner(new)));
    }

    pub fn db_add_client(&self, role: Role, partner: Option<&str>) -> (String, String) {
        let (client_id, secret) = (green_homes::api::access::new_client_id(), "a secret of the tests".to_owned());
        let new = NewClient {
            role,
            partner: partner.map(|code| Code::parse(code).unwrap()),
            affiliation: None,
            province: None,
            name: Name::parse("client").unwrap(),
        };
        let secret_hash = green_homes::api::access::hash_secret(&secret);
        self.db_change(Command::Directory(DirectoryChange::AddClient {
            new,
            client_id: client_id.clone(),
            secret_hash,
        }));
        (client_id, secret)
    }

    fn db_change(&self, command: Command) {
        let engine = BatchTransaction::new(self.database.db_open(), self.clock.clone());
        let done = engine.execute(&[&Request::new(Actor::operator("test"), command)]);
        assert!(done.results.iter().all(Result::is_ok), "{:?}", done.results);
    }

    /// The clock that the service goes by.
    pub fn db_clock(&self) -> Clock {
        self.clock.clone()
    }

    /// What `green-homes audit` finds.
    pub fn db_audit(&self) -> green_homes::register::audit::Report {
        green_homes::register::audit::audit(&self.database.db_open(), MAKE).unwrap()
    }

    /// All numbers of `/v1/progress`, [`side_by_side`], once it stands at this version or a later one.
    pub async fn progress_at(&self, version: i64) -> Value {
        let inside = self.inside().await;
        progress_at(&self.address, version).await;
        side_by_side(inside.get("/v1/progress").await.body)
    }

    /// The same without the sentences, which name the minute.
    pub async fn counted_at(&self, version: i64) -> Value {
        let mut progress = self.progress_at(version).await;
        for name in ["sentence", "sentence_of_figures"] {
            progress["data"][name].take();
        }
        progress["data"].take()
    }

    /// The version that the register stands at, in the database.
    pub fn db_version(&self) -> i64 {
        green_homes::db::ledger::version(&mut self.database.db_open().connection().unwrap()).unwrap()
    }
}

/// A headline for internal use, with its live counts and its figures side by side.
pub fn side_by_side(mut progress: Value) -> Value {
    assert_eq!(progress["meta"]["scope"], "internal", "{progress}");
    let mut data = progress["data"]["figures"].take();
    data["sentence_of_figures"] = data["sentence"].take();
    for name in ["sites", "percent_of_target", "sentence"] {
        data[name] = progress["data"]["live"][name].take();
    }
    for name in ["target", "scope_note"] {
        data[name] = progress["data"][name].take();
    }
    progress["data"] = data;
    progress
}

/// A token from a service that may not be there yet.
pub async fn token(address: &str, client_id: &str, secret: &str) -> Option<String> {
    let form =
        format!("grant_type=client_credentials&client_id={client_id}&client_secret={}", secret.replace(' ', "+"));
    let request = awc::Client::default()
        .post(format!("{address}/oauth/token"))
        .insert_header(("content-type", "application/x-www-form-urlencoded"));
    let mut reply = request.send_body(form).await.ok()?;
    let body: Value = serde_json::from_slice(&reply.body().await.ok()?).ok()?;
    body["access_token"].as_str().map(str::to_owned)
}

/// Polls the public number until it stands at this version; fails after ten seconds.
pub async fn progress_at(address: &str, version: i64) -> Value {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let client = Client::new(address);
    loop {
        let reply = client.get("/v1/progress").await;
        if reply.body["meta"]["version"].as_i64() >= Some(version) {
            return reply.body;
        }
        assert!(std::time::Instant::now() < until, "progress stays below version {version}: {}", reply.body["meta"]);
        actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A home with 5.4 kWp on its roof; its external ids end in `name`.
pub fn home(name: &str) -> Value {
    json!({
        "external_id": format!("I-{name}"),
        "site": {"external_id": format!("S-{name}"), "kind": "home", "province_code": "01"},
        "status": "installed",
        "installed_on": "2026-01-15",
        "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}]
    })
}

/// [`home`] as the register takes it.
pub fn new_installation(name: &str) -> NewInstallation {
    let measure = MeasureId::parse("rooftop_solar_pv").unwrap();
    let line = MeasureLine { measure, quantity: Quantity::stored(5400), inverter_w: None };
    let facts = SiteFacts {
        kind: SiteKind::Home,
        place: Place::new(ProvinceId::parse("01").unwrap(), None, None).unwrap(),
        flags: Flags::default(),
    };
    NewInstallation {
        external_id: Text::parse(&format!("I-{name}")).unwrap(),
        site: SiteClaim::Described { external_id: Text::parse(&format!("S-{name}")).ok(), facts },
        private: PrivateFacts::default(),
        installed_on: "2026-01-15".parse().ok(),
        measures: MeasureLines::new(vec![line]).unwrap(),
        terms: Terms::default(),
    }
}

/// The lines of the pilot's file.
pub fn pilot() -> Vec<Value> {
    let text = include_str!("../data/pilot-2020.ndjson");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A methodology that is not built in, with other factors in every part.
pub fn further_methodology() -> &'static Methodology {
    static FURTHER: LazyLock<Methodology> =
        LazyLock::new(|| Methodology::read(include_str!("../data/methodology/3.json")).unwrap());
    &FURTHER
}

/// The binary under test.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_green-homes"))
}

/// A clock that a test sets.
pub fn clock_at(instant: Arc<std::sync::Mutex<chrono::DateTime<chrono::Utc>>>) -> Clock {
    Arc::new(move || *instant.lock().unwrap())
}
