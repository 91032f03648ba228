//! Migrations, under a lock, because two processes may start at once.

use diesel::RunQueryDsl;
use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::{Connection, on_backend};
use super::error::DbError;
use super::transaction;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
/// The number of the advisory lock; all processes of a register take the same.
const LOCK: i64 = 10_000_002_030;

/// Migrates the schema to this binary's version and returns the number of migrations; refuses a database that is newer
/// than the binary. `keep` first copies a file of SQLite that was in use; it gets the version of the file's schema.
/// Nobody else can change the file meanwhile, because this connection holds its write lock.
pub fn migrate(connection: &mut Connection, keep: impl FnOnce(&str) -> Result<(), DbError>) -> Result<usize, DbError> {
    locked(connection, |connection| {
        refuse_newer(connection)?;
        let applied = on_backend!(connection, c => c.applied_migrations()).map_err(failed)?;
        if let Some(newest) = applied.iter().max()
            && matches!(connection, Connection::Sqlite(_))
            && pending(connection)? > 0
        {
            keep(&newest.to_string())?;
        }
        let run = match connection {
            Connection::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|run| run.len()),
            Connection::Postgres(c) => c.run_pending_migrations(POSTGRES).map(|run| run.len()),
        };
        run.map_err(failed)
    })
}

/// Reverts every migration, newest first, and deletes the data with it. For tests of `down.sql` alone.
#[doc(hidden)]
pub fn revert_all(connection: &mut Connection) -> Result<usize, DbError> {
    locked(connection, |connection| {
        let run = match connection {
            Connection::Sqlite(c) => c.revert_all_migrations(SQLITE).map(|run| run.len()),
            Connection::Postgres(c) => c.revert_all_migrations(POSTGRES).map(|run| run.len()),
        };
        run.map_err(failed)
    })
}

/// Reverts the newest migration. For tests of an upgrade alone.
#[doc(hidden)]
pub fn revert_last(connection: &mut Connection) -> Result<(), DbError> {
    locked(connection, |connection| {
        let run = match connection {
            Connection::Sqlite(c) => c.revert_last_migration(SQLITE).map(drop),
            Connection::Postgres(c) => c.revert_last_migration(POSTGRES).map(drop),
        };
        run.map_err(failed)
    })
}

/// The number of migrations of this binary that the database says were applied, the oldest first; `None` if others are said to
/// be. Nothing is written, so a role that may only read can ask.
pub fn applied(connection: &mut Connection) -> Result<Option<usize>, DbError> {
    let query = diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version");
    let rows: Vec<Applied> = on_backend!(connection, c => query.load(c))?;
    let mut known: Vec<String> = known_versions(connection)?.iter().map(ToString::to_string).collect();
    known.sort();
    let is_begin = rows.len() <= known.len() && rows.iter().zip(&known).all(|(row, known)| row.version == *known);
    Ok(is_begin.then_some(rows.len()))
}

/// The number of migrations of this binary.
pub fn known(connection: &Connection) -> Result<usize, DbError> {
    Ok(known_versions(connection)?.len())
}

#[derive(diesel::QueryableByName)]
struct Applied {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// Runs the oldest migrations, as many as `most`, where the connection stands, without a note that they ran: for a schema to
/// compare with. Returns their versions.
pub fn make_schema(connection: &mut Connection, most: usize) -> Result<Vec<String>, DbError> {
    let run = match connection {
        Connection::Sqlite(c) => run::<diesel::sqlite::Sqlite>(&SQLITE, most, &mut **c),
        Connection::Postgres(c) => run::<diesel::pg::Pg>(&POSTGRES, most, &mut **c),
    };
    run.map_err(failed)
}

fn run<DB: diesel::backend::Backend>(
    source: &impl MigrationSource<DB>,
    most: usize,
    connection: &mut dyn BoxableConnection<DB>,
) -> Result<Vec<String>, Failure> {
    let mut migrations: Vec<Box<dyn Migration<DB>>> = source.migrations()?;
    migrations.sort_by_key(|migration| migration.name().version().to_string());
    migrations.truncate(most);
    for migration in &migrations {
        migration.run(connection)?;
    }
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// The number of migrations of this binary that the database lacks.
pub fn pending(connection: &mut Connection) -> Result<usize, DbError> {
    let pending = match connection {
        Connection::Sqlite(c) => c.pending_migrations(SQLITE).map(|pending| pending.len()),
        Connection::Postgres(c) => c.pending_migrations(POSTGRES).map(|pending| pending.len()),
    };
    pending.map_err(failed)
}

/// Whether the database has exactly the schema of this binary.
pub fn is_current(connection: &mut Connection) -> Result<bool, DbError> {
    if !is_begun(connection)? {
        return Ok(false);
    }
    refuse_newer(connection)?;
    Ok(pending(connection)? == 0)
}

/// Whether there is a register in the database, of any schema. Asking diesel for the migrations would make its table of them.
pub fn is_begun(connection: &mut Connection) -> Result<bool, DbError> {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    let place = match connection {
        Connection::Sqlite(_) => "sqlite_master WHERE name",
        Connection::Postgres(_) => "pg_tables WHERE schemaname = ANY (current_schemas(false)) AND tablename",
    };
    let ask = diesel::sql_query(format!("SELECT COUNT(*) AS count FROM {place} = '__diesel_schema_migrations'"));
    let tables: Count = on_backend!(connection, c => ask.get_result(c))?;
    if tables.count == 0 {
        return Ok(false);
    }
    let applied = on_backend!(connection, c => c.applied_migrations()).map_err(failed)?;
    Ok(!applied.is_empty())
}

/// Refuses a database without this binary's schema, for commands that must not change it.
pub fn check_current(connection: &mut Connection) -> Result<(), DbError> {
    refuse_newer(connection)?;
    if pending(connection)? == 0 {
        return Ok(());
    }
    let why = if is_begun(connection)? {
        "this database is of an older green-homes: use that version, or run `green-homes migrate` first"
    } else {
        "there is no register in this database: `green-homes init` makes one"
    };
    Err(DbError::Unusable(why.to_owned()))
}

fn refuse_newer(connection: &mut Connection) -> Result<(), DbError> {
    let applied = on_backend!(connection, c => c.applied_migrations()).map_err(failed)?;
    let known = known_versions(connection)?;
    let newer: Vec<String> = applied.iter().filter(|v| !known.contains(v)).map(ToString::to_string).collect();
    if newer.is_empty() {
        return Ok(());
    }
    Err(DbError::Unusable(format!(
        "this database was migrated by a newer green-homes (it has {}); start that version, or restore a backup \
         made before the upgrade",
        newer.join(", ")
    )))
}

fn known_versions(connection: &Connection) -> Result<Vec<MigrationVersion<'static>>, DbError> {
    let versions = match connection {
        Connection::Sqlite(_) => versions::<diesel::sqlite::Sqlite>(&SQLITE),
        Connection::Postgres(_) => versions::<diesel::pg::Pg>(&POSTGRES),
    };
    versions.map_err(failed)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn versions<DB: diesel::backend::Backend>(
    source: &impl MigrationSource<DB>,
) -> Result<Vec<MigrationVersion<'static>>, Failure> {
    let migrations: Vec<Box<dyn Migration<DB>>> = source.migrations()?;
    Ok(migrations.iter().map(|migration| migration.name().version().as_owned()).collect())
}

/// Runs `work` under a lock: on PostgreSQL an advisory lock of the session, on SQLite one transaction with the write lock.
fn locked<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    if matches!(connection, Connection::Sqlite(_)) {
        return transaction::write(connection, work);
    }
    transaction::execute(connection, &format!("SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"))?;
    let result = work(connection);
    transaction::execute(connection, &format!("SELECT pg_advisory_unlock({LOCK}); SET statement_timeout = '30s'"))?;
    result
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn failed(error: Failure) -> DbError {
    DbError::Unusable(format!("the migration failed: {error}"))
}
