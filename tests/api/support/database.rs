//! Databases of a test's own, and what somebody with their password can do to them.

use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;

use green_homes::app;
use green_homes::db::Database;
use green_homes::register::{Clock, system_clock};
use green_homes::settings::Settings;
use tempfile::TempDir;

use crate::postgres;

/// A database of one test's own, and a data directory.
pub struct TestDatabase {
    pub url: String,
    pub data_dir: TempDir,
}

impl TestDatabase {
    pub fn sqlite() -> Self {
        let data_dir = private_dir();
        let url = format!("sqlite://{}", data_dir.path().join("test.db").display());
        Self { url, data_dir }
    }

    pub fn postgres() -> Self {
        static TEMPLATE: OnceLock<()> = OnceLock::new();
        let cluster = postgres::cluster();
        TEMPLATE.get_or_init(|| cluster.create_template("green_homes_template", db_migrate));
        Self { url: cluster.create_database_from("green_homes_template"), data_dir: private_dir() }
    }

    /// Settings of a service on this database, on a free port.
    pub fn settings(&self) -> Settings {
        Settings {
            data_dir: self.data_dir.path().to_owned(),
            listen: "127.0.0.1:0".to_owned(),
            metrics_listen: Some("127.0.0.1:0".to_owned()),
            database_url: Some(self.url.clone()),
            database_url_file: None,
            methodology_dir: None,
            public_url: "https://register.example".to_owned(),
            publisher: "Publisher".to_owned(),
            monthly_releases: true,
            database_connections: 8,
            database_shares_clock: false,
            queue: 1024,
            client_rate: 0,
            address_rate: 0,
            daily_installations: 0,
            trusted_proxies: None,
            max_connections: 10_000,
            address_connections: 0,
            workers: Some(1),
            log: "off".to_owned(),
        }
    }

    pub fn db_open(&self) -> Database {
        app::open_database(&self.settings(), &system_clock()).unwrap()
    }

    /// The operator's word that a clock is right, as `green-homes clock accept` gives it.
    pub fn db_accept(&self, clock: &Clock) {
        let database = app::open_database(&self.settings(), clock).unwrap();
        green_homes::db::ledger::clock::accept(&mut database.connection().unwrap(), clock()).unwrap();
    }

    /// Whether this is the embedded database.
    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite")
    }
}

/// A directory as an operator makes it for a register.
fn private_dir() -> TempDir {
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o700)).tempdir().unwrap()
}

fn db_migrate(url: &str) {
    let settings = TestDatabase { url: url.to_owned(), data_dir: tempfile::tempdir().unwrap() };
    drop(settings.db_open());
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// A connection of the test's own to a file. Others may hold it for a moment: a pool that was
/// dropped closes its connections when it comes to it.
pub fn db_sqlite(path: &str) -> diesel::SqliteConnection {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    let mut connection = diesel::SqliteConnection::establish(path).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    connection
}

/// What a query finds that names its one column, a text, `line`.
pub fn db_lines(url: &str, sql: &str) -> Vec<String> {
    use diesel::{Connection, RunQueryDsl};
    let query = diesel::sql_query(sql);
    let lines: diesel::QueryResult<Vec<Line>> = match url.strip_prefix("sqlite://") {
        Some(path) => query.load(&mut db_sqlite(path)),
        None => query.load(&mut diesel::PgConnection::establish(url).unwrap()),
    };
    lines.unwrap_or_else(|error| panic!("{sql}: {error}")).into_iter().map(|found| found.line).collect()
}

/// Runs statements as somebody could who has the database's password.
pub fn db_execute(url: &str, sql: &str) -> diesel::QueryResult<()> {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    match url.strip_prefix("sqlite://") {
        Some(path) => db_sqlite(path).batch_execute(sql),
        None => diesel::PgConnection::establish(url).unwrap().batch_execute(sql),
    }
}
