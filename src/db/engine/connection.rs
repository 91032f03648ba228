//! Connections: how each is set up, and their pools.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Error as PoolError, Pool, PooledConnection};
use diesel::{PgConnection, RunQueryDsl, SqliteConnection, sql_types};

use super::error::{DbError, with_hint};
use super::file_identity::FileIdentity;
use super::url::{Url, escaped};

/// SQLite before 3.51.3 had a bug of the write-ahead log that could lose commits.
const SQLITE_LEAST_VERSION: i32 = 3_051_003;
/// Free bytes below which a batch may not fit.
const ROOM_BYTES: u64 = 1 << 20;
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(5);

/// A connection to either database. `on_backend!` runs one query on it.
pub enum Connection {
    Sqlite(PooledConnection<ConnectionManager<SqliteConnection>>),
    Postgres(PooledConnection<ConnectionManager<PgConnection>>),
}

/// Runs one query on a connection to either database. The compiler checks the query for both.
macro_rules! on_backend {
    ($connection:expr, $c:ident => $query:expr) => {
        match $connection {
            $crate::db::engine::connection::Connection::Sqlite($c) => {
                let $c = &mut **$c;
                $query
            }
            $crate::db::engine::connection::Connection::Postgres($c) => {
                let $c = &mut **$c;
                $query
            }
        }
    };
}
pub(crate) use on_backend;

#[derive(Clone)]
enum Pools {
    Sqlite(Pool<ConnectionManager<SqliteConnection>>),
    Postgres(Pool<ConnectionManager<PgConnection>>),
}

/// A database and its pool of connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    url: Url,
    pools: Pools,
    shares_clock: bool,
    /// The file of SQLite that was opened.
    file: Option<FileIdentity>,
    /// Its write-ahead log, once it was seen.
    log: Arc<OnceLock<FileIdentity>>,
}

impl Database {
    /// Connects once, checks that commits are safe, and keeps up to `size` connections.
    pub fn open(url: &Url, size: u32) -> Result<Self, DbError> {
        let pools = match url {
            Url::Sqlite(path) => Pools::Sqlite(
                // For ever: with the last connection SQLite deletes the write-ahead log, which must stay the one that was seen.
                builder(size, Box::new(SetUpSqlite))
                    .max_lifetime(None)
                    .build(ConnectionManager::new(path))
                    .map_err(unreachable(url))?,
            ),
            Url::Postgres(text) => Pools::Postgres(
                builder(size, Box::new(SetUpPostgres))
                    .build(ConnectionManager::new(with_timeouts(text)))
                    .map_err(unreachable(url))?,
            ),
        };
        let database = Self { url: url.clone(), pools, shares_clock: false, file: None, log: Arc::default() };
        database.connection()?.check()?;
        // A connection has made the file, if there was none.
        Ok(Self { file: FileIdentity::of(url), ..database })
    }

    /// A connection of the pool. Waits up to five seconds for one to be free.
    pub fn connection(&self) -> Result<Connection, DbError> {
        match &self.pools {
            Pools::Sqlite(pool) => pool.get().map(Connection::Sqlite).map_err(unreachable(&self.url)),
            Pools::Postgres(pool) => pool.get().map(Connection::Postgres).map_err(unreachable(&self.url)),
        }
    }

    /// Opens a file of SQLite that nobody changes. It is read as it is, and nothing is written beside it.
    pub fn open_frozen(path: &str) -> Result<Self, DbError> {
        let url = Url::Sqlite(path.to_owned());
        let uri = format!("file:{}?immutable=1", escaped(path));
        let pool = builder(1, Box::new(SetUpFrozen)).build(ConnectionManager::new(uri)).map_err(unreachable(&url))?;
        Ok(Self { url, pools: Pools::Sqlite(pool), shares_clock: true, file: None, log: Arc::default() })
    }

    /// The use of the pool.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        let (state, most) = match &self.pools {
            Pools::Sqlite(pool) => (pool.state(), pool.max_size()),
            Pools::Postgres(pool) => (pool.state(), pool.max_size()),
        };
        PoolState { in_use: state.connections.saturating_sub(state.idle_connections), most }
    }

    /// The same database with a pool of its own, because readers could take all connections of this pool.
    pub fn apart(&self, size: u32) -> Result<Self, DbError> {
        Ok(Self { shares_clock: self.shares_clock, file: self.file, ..Self::open(&self.url, size)? })
    }

    /// Says that the database runs on this machine although its address may look like another's, as in containers.
    #[must_use]
    pub fn on_this_machine(self, shares_clock: bool) -> Self {
        Self { shares_clock, ..self }
    }

    /// Whether the database's clock is that of this machine by what the operator said.
    #[must_use]
    pub fn shares_clock(&self) -> bool {
        self.shares_clock
    }

    /// Whether the file of SQLite is still the one that was opened. A file that was deleted or replaced goes on taking commits that
    /// nobody will ever read.
    #[must_use]
    pub fn is_where_it_was(&self) -> bool {
        self.file == FileIdentity::of(&self.url)
    }

    /// Whether SQLite's write-ahead log is there, and the one that was there before. It stays as long as a connection is open that has read, so
    /// ask with such a connection: whoever deleted the log leaves others with a file that nobody else sees.
    #[must_use]
    pub fn has_its_log(&self) -> bool {
        let Url::Sqlite(path) = &self.url else { return true };
        FileIdentity::at(&format!("{path}-wal")).is_some_and(|log| *self.log.get_or_init(|| log) == log)
    }

    /// Whether the disk of a file of SQLite has room for more than the smallest write, which may succeed where others fail.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let Url::Sqlite(path) = &self.url else { return true };
        rustix::fs::statvfs(path.as_str())
            .map_or(true, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM_BYTES)
    }

    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

/// The use of a pool.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// The connections that are in use.
    pub in_use: u32,
    /// The most connections that the pool may have.
    pub most: u32,
}

/// Adds time-outs to a URL, so that the client gives up a vanished server after some seconds. Options of the URL itself
/// come later and prevail.
fn with_timeouts(url: &str) -> String {
    let (place, options) = url.split_once('?').unwrap_or((url, ""));
    format!(
        "{place}?connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=20000\
         &{options}"
    )
    .trim_end_matches('&')
    .to_owned()
}

fn builder<M: diesel::r2d2::ManageConnection>(
    size: u32,
    set_up: Box<dyn CustomizeConnection<M::Connection, M::Error>>,
) -> diesel::r2d2::Builder<M> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .test_on_check_out(true)
        .connection_timeout(WAIT_FOR_CONNECTION)
        .connection_customizer(set_up)
}

/// Turns an error of connecting into ours. Names only the place, because the driver's text can hold the password.
fn unreachable<E: fmt::Display>(url: &Url) -> impl Fn(E) -> DbError {
    move |error| {
        let text = error.to_string();
        let secret = matches!(url, Url::Postgres(full) if text.contains(full.split('?').next().unwrap_or_default()));
        let why = if secret { "it refused the connection".to_owned() } else { with_hint(text) };
        DbError::Unavailable(format!("{url}: {why}"))
    }
}

#[derive(Debug)]
struct SetUpSqlite;

impl CustomizeConnection<SqliteConnection, PoolError> for SetUpSqlite {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        connection
            .batch_execute(
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY;
                 PRAGMA secure_delete = ON;",
            )
            .map_err(PoolError::QueryError)
    }
}

#[derive(Debug)]
struct SetUpFrozen;

impl CustomizeConnection<SqliteConnection, PoolError> for SetUpFrozen {
    fn on_acquire(&self, connection: &mut SqliteConnection) -> Result<(), PoolError> {
        connection.batch_execute("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY").map_err(PoolError::QueryError)
    }
}

/// Refuses a server whose commits a crash could undo. An operator may change these settings while a service runs, so each new connection
/// looks.
const REFUSE_UNSAFE: &str = "DO $$ BEGIN
    IF 'off' IN (current_setting('fsync'), current_setting('full_page_writes')) THEN
        RAISE EXCEPTION 'fsync or full_page_writes is off on this PostgreSQL: an acknowledged registration could be lost';
    END IF;
END $$";

#[derive(Debug)]
struct SetUpPostgres;

impl CustomizeConnection<PgConnection, PoolError> for SetUpPostgres {
    fn on_acquire(&self, connection: &mut PgConnection) -> Result<(), PoolError> {
        // Without JIT, because every statement is short and compiling it can cost more than running it.
        let settings = "SET TIME ZONE 'UTC'; SET statement_timeout = '30s'; SET jit = off;";
        connection.batch_execute(&format!("{settings} {REFUSE_UNSAFE}")).map_err(PoolError::QueryError)
    }
}

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

impl Connection {
    /// Whether a commit waits for standbys, as far as this session may know.
    pub fn waits_for_standbys(&mut self) -> Result<bool, DbError> {
        let Self::Postgres(c) = self else { return Ok(false) };
        let ask = diesel::sql_query("SELECT current_setting('synchronous_standby_names') AS value");
        let setting: Setting = ask.get_result(&mut **c)?;
        Ok(!setting.value.is_empty())
    }

    /// Checks that a commit is on disk when it is answered, and that no known bug can undo it.
    fn check(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(_) => {
                let version = sqlite_version();
                if version < SQLITE_LEAST_VERSION {
                    return Err(DbError::Unusable(format!("SQLite {version} is too old: it can lose commits")));
                }
                Ok(())
            }
            Self::Postgres(c) => {
                for name in ["synchronous_commit", "fsync", "full_page_writes"] {
                    let ask = diesel::sql_query(format!("SELECT current_setting('{name}') AS value"));
                    let setting: Setting = ask.get_result(&mut **c)?;
                    if setting.value == "off" {
                        let why = "is off on this PostgreSQL: an acknowledged registration could be lost";
                        return Err(DbError::Unusable(format!("{name} {why}")));
                    }
                }
                Ok(())
            }
        }
    }
}

/// The version of the SQLite that is compiled in, as 3053002 for 3.53.2.
fn sqlite_version() -> i32 {
    libsqlite3_sys::SQLITE_VERSION_NUMBER
}
