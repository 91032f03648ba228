//! Making a backup: a directory with the database at one version and a signed manifest.
//!
//! The manifest is written last. A directory without a manifest is no backup, and `restore` refuses it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::db::Database;
use crate::db::engine::{migrations, sqlite_copy};
use crate::db::ledger::head;
use crate::domain::values::{date, hex};
use crate::register::audit;
use crate::register::published::PageMaker;

use super::error::{BackupError, at};
use super::files;
use super::files::{KeptFile, make_private};
use super::manifest::{DATABASE, FORMAT, Manifest, Signer};

/// A directory that a backup can become: missing or empty, and no other backup is writing it.
pub struct Destination(PathBuf);

impl Destination {
    /// Refuses a directory that is taken, before anything is done for a backup that could not get its name.
    pub fn of(directory: &Path) -> Result<Self, BackupError> {
        let refused = |why: &str| Err(BackupError::Refused(format!("{} {why}", directory.display())));
        // A directory cannot take the place of a link, so the backup goes where the link leads.
        let target = match fs::canonicalize(directory) {
            Ok(target) => target,
            Err(_) if files::is_taken(directory) => return refused("is a link that leads nowhere"),
            Err(_) => directory.to_owned(),
        };
        match fs::read_dir(&target).map(Iterator::count) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => return Err(at(directory)(error)),
            Ok(0) => (),
            Ok(_) => return refused("is not empty: name a directory that is not there yet"),
        }
        match files::draft_at_work(&target)? {
            None => Ok(Self(target)),
            Some(draft) => Err(BackupError::Refused(format!("another backup is writing {}", draft.display()))),
        }
    }
}

/// Backs a register up into the directory `destination`. The register may be in use. The copy is audited with the headlines that
/// `make` makes.
pub fn backup(
    database: &Database,
    signer: &Signer<'_>,
    Destination(directory): &Destination,
    now: DateTime<Utc>,
    make: PageMaker,
) -> Result<Manifest, BackupError> {
    migrations::check_current(&mut database.connection()?)?;
    let (draft, _held) = claim(directory)?;
    let written = write(database, signer, &draft, now, make);
    match written.and_then(|manifest| fs::rename(&draft, directory).map_err(at(directory)).map(|()| manifest)) {
        Ok(manifest) => {
            files::sync_parent(directory)?;
            Ok(manifest)
        }
        // A copy that the audit refuses stays for inspection, without a manifest.
        Err(refused @ BackupError::Refused(_)) => Err(refused),
        Err(error) => {
            // The rest is no backup, because it has no manifest.
            let _ = fs::remove_dir_all(&draft);
            Err(error)
        }
    }
}

/// Makes the draft, and holds it against other backups to the same name. Of two that begin at once one is refused.
fn claim(directory: &Path) -> Result<(PathBuf, File), BackupError> {
    let parent = files::parent_of(directory);
    make_private(parent).map_err(at(parent))?;
    // One after the other, until this function ends.
    let _turn = files::hold(parent).map_err(at(parent))?;
    Destination::of(directory)?;
    let draft = files::draft_of(directory)?;
    make_private(&draft).map_err(at(&draft))?;
    let held = files::hold(&draft).map_err(at(&draft))?;
    Ok((draft, held))
}

/// Writes the files, audits them, then writes the manifest.
fn write(
    database: &Database,
    signer: &Signer<'_>,
    draft: &Path,
    now: DateTime<Utc>,
    make: PageMaker,
) -> Result<Manifest, BackupError> {
    let path = draft.join(DATABASE);
    sqlite_copy::copy_to(&mut database.connection()?, &path)?;
    let copied = Database::open_frozen(&path.display().to_string())?;
    let report = audit::audit(&copied, make)?;
    if !report.ok {
        return Err(BackupError::Refused(format!(
            "no backup: the audit of the copy found {} things wrong at version {}; run `green-homes audit`. The copy \
             stands in {}",
            report.findings_total,
            report.version,
            draft.display()
        )));
    }
    let head = head::read(&mut copied.connection()?)?;
    let manifest = Manifest {
        format: FORMAT,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        instance_id: head.instance_id,
        version: head.version,
        head_hash: hex(&head.hash),
        kid: signer.kid.to_owned(),
        made_at: date::stored(now),
        files: vec![KeptFile::of(&path)?],
    };
    manifest.write(draft, signer)?;
    Ok(manifest)
}
