//! Transactions in steps: begin, commit and rollback apart, because a commit that fails may still have taken place, and an
//! earlier failure has not.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{PgConnection, RunQueryDsl, SqliteConnection};

use super::connection::{Connection, Database, on_backend};
use super::error::DbError;

type Sqlite = <SqliteConnection as diesel::Connection>::TransactionManager;
type Postgres = <PgConnection as diesel::Connection>::TransactionManager;

/// Begins a write on PostgreSQL. A commit is on disk before it is answered (what the operator set higher stays), and a stuck process loses the head after 20
/// seconds. Every statement of a write finds its rows by a key and is planned once a connection. Scans and hash joins are
/// switched off, because a plan that was made while the tables were empty must be good when they are full.
const BEGIN_WRITE_POSTGRES: &str = "BEGIN ISOLATION LEVEL READ COMMITTED; \
     SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit') \
     WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true); SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '20s'; \
     SET LOCAL idle_in_transaction_session_timeout = '20s'; SET LOCAL plan_cache_mode = force_generic_plan; \
     SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
const BEGIN_READ_POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0";

/// Begins a transaction that writes. On SQLite it holds the write lock from now on.
pub fn begin_write(connection: &mut Connection) -> Result<(), DbError> {
    match connection {
        Connection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(&mut **c, "BEGIN IMMEDIATE")?,
        Connection::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(&mut **c, BEGIN_WRITE_POSTGRES)?,
    }
    Ok(())
}

/// Begins a transaction that reads one unchanging view.
pub fn begin_read(connection: &mut Connection) -> Result<(), DbError> {
    match connection {
        Connection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(&mut **c, "BEGIN DEFERRED")?,
        Connection::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(&mut **c, BEGIN_READ_POSTGRES)?,
    }
    Ok(())
}

/// Lets the statements of the current write take as long as they need, and its connection wait between them.
pub fn without_time_limit(connection: &mut Connection) -> Result<(), DbError> {
    match connection {
        Connection::Sqlite(_) => Ok(()),
        Connection::Postgres(_) => {
            execute(connection, "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        }
    }
}

/// Commits. After an error the outcome is unknown until the head is read.
pub fn commit(connection: &mut Connection) -> Result<(), DbError> {
    match connection {
        Connection::Sqlite(c) => Sqlite::commit_transaction(&mut **c)?,
        Connection::Postgres(c) => Postgres::commit_transaction(&mut **c)?,
    }
    Ok(())
}

/// Rolls back. On a broken connection the database has done so itself.
pub fn rollback(connection: &mut Connection) {
    let done = match connection {
        Connection::Sqlite(c) => Sqlite::rollback_transaction(&mut **c),
        Connection::Postgres(c) => Postgres::rollback_transaction(&mut **c),
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a transaction was not rolled back by us; the database does it itself");
    }
}

/// Runs `work` inside one transaction that writes.
pub fn write<T, E: From<DbError>>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    begin_write(connection)?;
    match work(connection) {
        Ok(value) => {
            commit(connection)?;
            Ok(value)
        }
        Err(error) => {
            rollback(connection);
            Err(error)
        }
    }
}

/// Runs `work` on one unchanging view of the database.
pub fn read<T, E: From<DbError>>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    begin_read(connection)?;
    let result = work(connection);
    rollback(connection);
    result
}

/// Runs statements that return nothing.
pub(in crate::db) fn execute(connection: &mut Connection, sql: &str) -> Result<(), DbError> {
    on_backend!(connection, c => c.batch_execute(sql))?;
    Ok(())
}

#[derive(diesel::QueryableByName)]
pub(super) struct Checkpointed {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    pub(super) busy: i32,
}

impl Database {
    /// Moves SQLite's write-ahead log into the database and empties it, so that erased bytes are not left in the log.
    /// Returns whether that succeeded. It waits half a second for readers and no longer, because writers would wait, too.
    /// On PostgreSQL there is nothing to do.
    pub fn empty_log(&self) -> Result<bool, DbError> {
        let Connection::Sqlite(c) = &mut self.connection()? else { return Ok(true) };
        c.batch_execute("PRAGMA busy_timeout = 500")?;
        let done = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Checkpointed>(&mut **c);
        c.batch_execute("PRAGMA busy_timeout = 10000")?;
        Ok(done?.busy == 0)
    }
}

impl Connection {
    /// Does work that reads much once: SQLite keeps few pages of it in memory.
    pub fn with_few_pages<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, DbError>) -> Result<T, DbError> {
        self.keep_pages("PRAGMA cache_size = -1000; PRAGMA shrink_memory")?;
        let done = work(self);
        self.keep_pages("PRAGMA cache_size = -16000")?;
        done
    }

    fn keep_pages(&mut self, pragmas: &str) -> Result<(), DbError> {
        if let Self::Sqlite(c) = self {
            c.batch_execute(pragmas)?;
        }
        Ok(())
    }
}
