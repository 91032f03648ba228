//! Opening the database of a register, and beginning a register: nowhere by mistake, and never in place of one that was there.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::api::access::SigningKey;
use crate::db::engine::migrations;
use crate::db::ledger::head;
use crate::db::{Connection, Database, DbError, Url};
use crate::domain::values::day_of;
use crate::register::{Clock, Marker, backup};
use crate::settings::{DATA_DIR, Settings};

/// Why the service does not start.
pub type StartError = Box<dyn std::error::Error + Send + Sync>;

/// What a disk may have at its root although nobody put anything there.
const OF_A_NEW_DISK: &str = "lost+found";

/// Opens the database of the service, and brings its schema up to date. Begins a register only in `./data`, or in an empty directory
/// that somebody made for it, because a mistyped path would begin one, too.
pub fn database_to_serve(settings: &Settings, clock: &Clock) -> Result<Database, StartError> {
    let directory = &settings.data_dir;
    if !directory.exists() && directory != Path::new(DATA_DIR) {
        let shown = directory.display();
        return Err(format!(
            "there is no directory {shown}: `green-homes init --data-dir {shown}` makes a register there"
        )
        .into());
    }
    let url = settings.database()?;
    if !is_begun(settings, &url)? {
        refuse_used_directory(settings, &url)?;
        let foreign = first_file(directory, &url)?;
        if let Some(foreign) = foreign {
            return Err(format!(
                "there is no register at {url}, and {} is no new directory (it has {foreign}): `green-homes init` makes a register there",
                directory.display()
            )
            .into());
        }
        tracing::warn!(%url, "a new register begins: if one was to be here, stop, and put its database back");
    }
    open_database(settings, clock)
}

/// Begins a register where there is none. `in_place_of_another` is the word of an operator that the register to which the data directory
/// belongs is gone.
pub fn begin_register(settings: &Settings, clock: &Clock, in_place_of_another: bool) -> Result<Database, StartError> {
    let url = settings.database()?;
    if is_begun(settings, &url)? {
        return Err(format!("there is a register at {url} already").into());
    }
    if in_place_of_another {
        Marker::remove(&settings.data_dir)?;
    } else {
        refuse_used_directory(settings, &url)?;
    }
    let database = open_database(settings, clock)?;
    mark(settings, &Marker::of(&head::read(&mut database.connection()?)?))?;
    Ok(database)
}

/// Marks the data directory as that of a register.
pub fn mark(settings: &Settings, marker: &Marker) -> Result<(), StartError> {
    DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir)?;
    Ok(marker.write(&settings.data_dir)?)
}

/// Opens the database and brings its schema up to date; begins a register if there is none.
pub fn open_database(settings: &Settings, clock: &Clock) -> Result<Database, StartError> {
    DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir)?;
    let url = settings.database()?;
    // First, because a folder that is refused must not get a file.
    backup::take_from_others(&settings.data_dir, if let Url::Sqlite(path) = &url { Some(path) } else { None })?;
    if let Url::Sqlite(path) = &url {
        create_private(Path::new(path)).map_err(|error| format!("{url} cannot be opened: {error}"))?;
    }
    let database = connect(settings, &url)?;
    migrate(&database, clock, &settings.data_dir.join(backup::BACKUPS))?;
    check_marker(settings, &url, &mut database.connection()?)?;
    Ok(database)
}

/// Makes the file of a new database, readable by its owner alone, because it holds personal data. SQLite gives its other files the mode
/// of this one. A file that is there is never opened here: closing it would drop the locks that SQLite holds on it, so that the next
/// outsider who reads it would take itself for the last one and delete the write-ahead log.
fn create_private(path: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Opens an existing database, and leaves its schema as it is.
pub fn existing_database(settings: &Settings) -> Result<Database, StartError> {
    let url = settings.database()?;
    if is_missing(&url) {
        refuse_used_directory(settings, &url)?;
        return Err(format!("there is no database at {url}: set --data-dir or the database URL of the service").into());
    }
    let database = connect(settings, &url)?;
    let mut connection = database.connection()?;
    if migrations::is_current(&mut connection)? && head::exists(&mut connection)? {
        check_marker(settings, &url, &mut connection)?;
    }
    drop(connection);
    Ok(database)
}

/// Opens an existing register, for a command beside a server that may be running. A schema or a counting rule that is not
/// this program's is refused, because the server may be of another version than this command.
pub fn current_database(settings: &Settings) -> Result<Database, StartError> {
    let database = existing_database(settings)?;
    let mut connection = database.connection()?;
    let checked =
        migrations::check_current(&mut connection).and_then(|()| head::read(&mut connection)?.check_counting_rule());
    checked.map_err(|error| format!("{}: {error}", database.url()))?;
    drop(connection);
    Ok(database)
}

fn connect(settings: &Settings, url: &Url) -> Result<Database, StartError> {
    let database = Database::open(url, settings.database_connections)?;
    Ok(database.on_this_machine(settings.database_shares_clock))
}

fn is_missing(url: &Url) -> bool {
    matches!(url, Url::Sqlite(path) if !Path::new(path).exists())
}

/// Whether the database holds a register, of any schema.
fn is_begun(settings: &Settings, url: &Url) -> Result<bool, StartError> {
    if is_missing(url) {
        return Ok(false);
    }
    Ok(migrations::is_begun(&mut connect(settings, url)?.connection()?)?)
}

/// Refuses to begin a register in a directory that belongs to one: its database is gone, or another one is named.
fn refuse_used_directory(settings: &Settings, url: &Url) -> Result<(), StartError> {
    let directory = &settings.data_dir;
    let (key, marker) = (SigningKey::file(directory), Marker::file(directory));
    let Some(sign) = [key, marker].into_iter().find(|file| file.exists()) else { return Ok(()) };
    Err(format!(
        "{url} holds no register, but {} says that this directory has one: the database is gone, its -wal file is missing, or another \
         database is named. Put it back, or restore a backup; `green-homes init --begin-new-register` begins a new one, without partners, clients and counts",
        sign.display()
    )
    .into())
}

/// The name of something in a directory that is no part of a register.
fn first_file(directory: &Path, url: &Url) -> Result<Option<String>, StartError> {
    if !directory.exists() {
        return Ok(None);
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let is_of_database =
            matches!(url, Url::Sqlite(path) if entry.path().to_string_lossy().starts_with(path.as_str()));
        if !is_of_database && entry.file_name() != OF_A_NEW_DISK {
            return Ok(Some(entry.file_name().to_string_lossy().into_owned()));
        }
    }
    Ok(None)
}

/// Refuses a database that is not the one which the data directory belongs to, or an older copy of it.
fn check_marker(settings: &Settings, url: &Url, connection: &mut Connection) -> Result<(), StartError> {
    let Some(marker) = Marker::read(&settings.data_dir)? else { return Ok(()) };
    // A failover of PostgreSQL may lose entries; then the service says so, and goes on.
    let goes_back = matches!(url, Url::Postgres(_));
    match marker.contradiction(&head::read(connection)?, goes_back) {
        Some(why) => Err(format!("{url} is refused: {why}").into()),
        None => Ok(()),
    }
}

/// Brings the schema up to date, and makes the head of a new register. A file of SQLite that was in use is first copied
/// into `backups`. Returns the number of migrations.
pub fn migrate(database: &Database, clock: &Clock, backups: &Path) -> Result<usize, DbError> {
    let mut connection = database.connection()?;
    let keep = |schema: &str| {
        let kept = backup::keep_before_migration(database, backups, schema, clock());
        let kept = kept.map_err(|error| DbError::Unusable(format!("no copy before the migration: {error}")))?;
        tracing::info!(copy = %kept.display(), "the schema changes; the database as it was is kept");
        Ok(())
    };
    // Looked at first, because a start must not wait for a commit where nothing has to be changed.
    if migrations::is_current(&mut connection)? && head::exists(&mut connection)? {
        return Ok(0);
    }
    let applied = migrations::migrate(&mut connection, keep)?;
    if !head::exists(&mut connection)? {
        refuse_early_clock(clock())?;
        head::ensure(&mut connection, uuid::Uuid::new_v4().to_string(), clock())?;
    }
    Ok(applied)
}

/// Refuses a clock that stands before the day on which this program was built.
pub fn refuse_early_clock(now: DateTime<Utc>) -> Result<(), DbError> {
    let built =
        env!("GREEN_HOMES_BUILD_DAY").parse().map(|day| NaiveDate::default() + Days::new(day)).unwrap_or_default();
    if day_of(now) >= built {
        return Ok(());
    }
    Err(DbError::Unusable(format!(
        "the clock of this machine says {now}, and this program was built on {built}: set the clock"
    )))
}
