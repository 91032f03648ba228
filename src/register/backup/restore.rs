//! From a backup to a register that goes on: its next entry says what was lost.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::db::engine::{migrations, sqlite_copy};
use crate::db::ledger::head;
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

/// Connections while the database is put right: one at work, and one for the engine.
const CONNECTIONS: u32 = 2;

/// Where a backup goes.
pub struct Restore<'a> {
    /// The backup.
    pub from: &'a Path,
    /// The file that the database becomes; there must be none.
    pub database: &'a Path,
    /// The private key that signs tokens; there must be none, or the same.
    pub key: &'a Path,
    /// Who restores, as the entry says.
    pub actor: &'a str,
    /// Makes the headlines that the audit holds closed days against.
    pub make: PageMaker,
}

/// What was restored.
#[derive(Serialize, Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub backup: Manifest,
    /// The version of the entry that says so: the backup's and one.
    pub version: i64,
    /// The hash of that entry.
    pub head_hash: String,
    /// Versions after this one that were published before the restoration are void.
    pub void_after: i64,
    /// The instant of the entry.
    pub restored_at: DateTime<Utc>,
    /// How many migrations the backup lacked.
    pub migrations: usize,
    /// The database.
    pub database: PathBuf,
    /// Whether the backup held the key: tokens that it signed are good for as long as they were.
    pub signing_key: bool,
}

/// Restores a backup. The database gets its name last: what is interrupted has restored nothing.
/// What fails leaves nothing behind.
pub fn restore(of: &Restore<'_>, clock: &Clock) -> Result<Restored, BackupError> {
    let new: Vec<PathBuf> = [of.database, of.key].into_iter().flat_map(files::missing_above).collect();
    let restored = carry_out(of, clock);
    if restored.is_err() {
        for directory in new {
            // Only an empty one goes.
            let _ = fs::remove_dir(directory);
        }
    }
    restored
}

fn carry_out(of: &Restore<'_>, clock: &Clock) -> Result<Restored, BackupError> {
    refuse_used(of.database)?;
    let manifest = Manifest::verified(of.from)?;
    let key = of.from.join(of.key.file_name().unwrap_or_default());
    let has_key = manifest.files.iter().any(|file| of.key.file_name().is_some_and(|name| name == file.name.as_str()));
    refuse_other_key(of.key, has_key.then_some(&key))?;
    let draft = files::draft_of(of.database)?;
    files::make_private(&draft).map_err(at(&draft))?;
    let path = draft.join(DATABASE);
    let put = put_right(of, &manifest, &path, clock);
    let put = put.and_then(|done| take_place(of, &path, has_key.then_some(&key)).map(|()| done));
    // The draft is of no more use, whatever came of it.
    let _ = fs::remove_dir_all(&draft);
    let (migrations, head) = put?;
    Ok(Restored {
        version: head.version,
        head_hash: hex(&head.hash),
        void_after: manifest.version,
        restored_at: head.recorded_at,
        migrations,
        database: of.database.to_owned(),
        signing_key: has_key,
        backup: manifest,
    })
}

/// Gives the key and the database their names, both or neither.
fn take_place(of: &Restore<'_>, database: &Path, key: Option<&PathBuf>) -> Result<(), BackupError> {
    let data_dir = of.key.parent().unwrap_or(Path::new("."));
    files::make_private(data_dir).map_err(at(data_dir))?;
    let key = key.filter(|_| !of.key.exists());
    let placed = key.map_or(Ok(()), |key| files::copy_private(key, of.key)).and_then(|()| files::sync(database));
    // Fails where somebody made a database meanwhile; a rename would take its place.
    let placed = placed.and_then(|()| fs::hard_link(database, of.database).map_err(at(of.database)));
    if placed.is_err() && key.is_some() {
        let _ = fs::remove_file(of.key);
    }
    placed?;
    files::sync_parent(of.database)
}

fn refuse_used(database: &Path) -> Result<(), BackupError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let path = PathBuf::from(format!("{}{suffix}", database.display()));
        if path.exists() {
            let why = "is there already: restore into an empty data directory, or move the old files away first";
            return Err(BackupError::Refused(format!("{} {why}", path.display())));
        }
    }
    Ok(())
}

fn refuse_other_key(key: &Path, kept: Option<&PathBuf>) -> Result<(), BackupError> {
    let Some(kept) = kept.filter(|_| key.exists()) else { return Ok(()) };
    if fs::read(key).map_err(at(key))? == fs::read(kept).map_err(at(kept))? {
        return Ok(());
    }
    Err(BackupError::Refused(format!("{} is another key than the backup's: move it away first", key.display())))
}

/// Copies the database, brings its schema up to date, writes the entry, audits, and leaves all of
/// it in the one file.
fn put_right(
    of: &Restore<'_>,
    manifest: &Manifest,
    path: &Path,
    clock: &Clock,
) -> Result<(usize, head::Head), BackupError> {
    files::copy_private(&of.from.join(DATABASE), path)?;
    let database = Database::open(&Url::Sqlite(path.display().to_string()), CONNECTIONS)?;
    // The backup itself is the way back: nothing more is kept.
    let migrations = migrations::migrate(&mut database.connection()?, |_| Ok(()))?;
    let stands = head::read(&mut database.connection()?)?;
    let stated = (manifest.version, manifest.head_hash.clone(), manifest.instance_id.clone());
    if (stands.version, hex(&stands.hash), stands.instance_id) != stated {
        return Err(BackupError::Refused("the manifest speaks of another version than the database holds".to_owned()));
    }
    let command = Command::Restore { version: stands.version, hash: stands.hash, made_at: manifest.made_at };
    let engine = BatchTransaction::new(database.clone(), clock.clone());
    let done = engine.execute(&[&Request::new(Actor::operator(of.actor), command)]).results.pop();
    if !matches!(done, Some(Ok(_))) {
        let why = if matches!(done, Some(Err(Failure::Refused(_)))) { "refused" } else { "could not be written" };
        return Err(BackupError::Refused(format!("the entry of the restoration {why}; the log says why")));
    }
    drop(engine);
    let report = audit::audit(&database, of.make)?;
    if !report.ok {
        let first = report.findings.first().map(|finding| format!("{}: {}", finding.what, finding.problem));
        let why = format!("the audit found {} things wrong: {}", report.findings_total, first.unwrap_or_default());
        return Err(BackupError::Refused(why));
    }
    let mut connection = database.connection()?;
    let head = head::read(&mut connection)?;
    sqlite_copy::fold(&mut connection)?;
    Ok((migrations, head))
}
