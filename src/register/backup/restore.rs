//! Restoring a backup. The next entry of the register says which versions are void.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::db::engine::{migrations, sqlite_copy};
use crate::db::ledger::{Head, clock as clock_of, head};
use crate::db::{Database, Url};
use crate::domain::records::Actor;
use crate::domain::values::hex;
use crate::register::audit;
use crate::register::commands::{Command, Failure, Request};
use crate::register::published::PageMaker;
use crate::register::writer::{BatchTransaction, Clock};

use super::error::{BackupError, at};
use super::files;
use super::manifest::{DATABASE, Manifest};

/// Connections while a copy is prepared: one for reading, one for the transaction.
const CONNECTIONS: u32 = 2;

/// A backup, and the files to which it is restored.
pub struct Restore<'a> {
    pub from: &'a Path,
    /// The new file of the database; it must be missing.
    pub database: &'a Path,
    /// The id of the key that must have signed the manifest, if one is known apart from the backup.
    pub trusted: Option<&'a str>,
    /// The actor of the entry.
    pub actor: &'a str,
    /// Makes the headlines for the audit.
    pub make: PageMaker,
}

/// A restored register.
#[derive(Serialize, Debug)]
pub struct Restored {
    /// The manifest of the backup.
    pub backup: Manifest,
    /// The version of the entry of the restoration: one more than the backup's.
    pub version: i64,
    /// The hash of that entry.
    pub head_hash: String,
    /// Versions after this one are void if they were published before the restoration.
    pub void_after: i64,
    /// The instant of the entry.
    pub restored_at: DateTime<Utc>,
    /// The number of migrations that the backup lacked.
    pub migrations: usize,
    /// The file of the database.
    pub database: PathBuf,
    /// Whether the key that signed the manifest is known apart from the backup.
    pub trusted: bool,
}

/// Restores a backup. The database gets its name last, so that an interrupted restoration has restored nothing. A failed
/// one leaves nothing behind.
pub fn restore(of: &Restore<'_>, clock: &Clock) -> Result<Restored, BackupError> {
    let new: Vec<PathBuf> = files::missing_above(of.database);
    let restored = carry_out(of, clock);
    if restored.is_err() {
        for directory in new {
            // Fails on a directory that is not empty, which then stays.
            let _ = fs::remove_dir(directory);
        }
    }
    restored
}

fn carry_out(of: &Restore<'_>, clock: &Clock) -> Result<Restored, BackupError> {
    refuse_used(of.database)?;
    let manifest = Manifest::verified(of.from, of.trusted)?;
    let draft = files::draft_of(of.database)?;
    files::make_private(&draft).map_err(at(&draft))?;
    let path = draft.join(DATABASE);
    let prepared = prepare(of, &manifest, &path, clock);
    let prepared = prepared.and_then(|done| take_place(of, &path).map(|()| done));
    // Removed whether or not the restoration succeeded.
    let _ = fs::remove_dir_all(&draft);
    let Prepared { migrations, head } = prepared?;
    Ok(Restored {
        version: head.version,
        head_hash: hex(&head.hash),
        void_after: manifest.version,
        restored_at: head.recorded_at,
        migrations,
        database: of.database.to_owned(),
        trusted: of.trusted.is_some(),
        backup: manifest,
    })
}

/// Gives the database its name.
fn take_place(of: &Restore<'_>, database: &Path) -> Result<(), BackupError> {
    files::sync(database)?;
    // A hard link fails if another database has appeared meanwhile; a rename would replace it.
    fs::hard_link(database, of.database).map_err(at(of.database))?;
    files::sync_parent(of.database)
}

fn refuse_used(database: &Path) -> Result<(), BackupError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let path = PathBuf::from(format!("{}{suffix}", database.display()));
        if files::is_taken(&path) {
            let why = "is there already: restore into an empty data directory, or stop the service and move the old directory away";
            return Err(BackupError::Refused(format!("{} {why}", path.display())));
        }
    }
    Ok(())
}

/// A copy of a backup's database, ready to take its place.
struct Prepared {
    /// The number of migrations that the backup lacked.
    migrations: usize,
    head: Head,
}

/// Copies the database, brings its schema up to date, writes the entry, audits, and folds the log into the one file.
fn prepare(of: &Restore<'_>, manifest: &Manifest, path: &Path, clock: &Clock) -> Result<Prepared, BackupError> {
    files::copy_private(&of.from.join(DATABASE), path)?;
    let database = Database::open(&Url::Sqlite(path.display().to_string()), CONNECTIONS)?;
    // No copy before the migrations, because the backup itself is the way back.
    let migrations = migrations::migrate(&mut database.connection()?, |_| Ok(()))?;
    let found = head::read(&mut database.connection()?)?;
    let stated = (manifest.version, manifest.head_hash.clone(), manifest.instance_id.clone());
    if (found.version, hex(&found.hash), found.instance_id) != stated {
        return Err(BackupError::Refused("the manifest speaks of another version than the database holds".to_owned()));
    }
    // The backup may be old: the operator who restores it vouches for the clock.
    clock_of::accept(&mut database.connection()?, clock())?;
    let command = Command::Restore { version: found.version, hash: found.hash, made_at: manifest.made_at };
    let transaction = BatchTransaction::new(database.clone(), clock.clone());
    let done = transaction.execute(&[&Request::new(Actor::operator(of.actor), command)]).results.pop();
    if !matches!(done, Some(Ok(_))) {
        let why = if matches!(done, Some(Err(Failure::Refused(_)))) { "refused" } else { "could not be written" };
        return Err(BackupError::Refused(format!("the entry of the restoration {why}; the log says why")));
    }
    transaction.write_own_entry()?;
    drop(transaction);
    let report = audit::audit(&database, of.make)?;
    if !report.ok {
        let first = report.findings.first().map(|finding| format!("{}: {}", finding.what, finding.problem));
        let why = format!("the audit found {} things wrong: {}", report.findings_total, first.unwrap_or_default());
        return Err(BackupError::Refused(why));
    }
    let mut connection = database.connection()?;
    let head = head::read(&mut connection)?;
    sqlite_copy::fold(&mut connection)?;
    Ok(Prepared { migrations, head })
}
