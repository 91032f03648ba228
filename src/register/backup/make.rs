//! Making a backup: a directory with the database at one version and a signed manifest.
//!
//! The manifest is written last. A directory without a manifest is no backup, and `restore` refuses it.

use std::fs;
use std::io;
use std::path::Path;

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

/// Backs a register up into `directory`, which must be missing or empty. The register may be in use. The copy is audited
/// with the headlines that `make` makes.
pub fn backup(
    database: &Database,
    signer: &Signer<'_>,
    directory: &Path,
    now: DateTime<Utc>,
    make: PageMaker,
) -> Result<Manifest, BackupError> {
    migrations::check_current(&mut database.connection()?)?;
    refuse_used(directory)?;
    let draft = files::draft_of(directory)?;
    make_private(&draft).map_err(at(&draft))?;
    match write(database, signer, &draft, now, make) {
        Ok(manifest) => {
            fs::rename(&draft, directory).map_err(at(directory))?;
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

fn refuse_used(directory: &Path) -> Result<(), BackupError> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(directory)(error)),
        Ok(mut inside) => match inside.next() {
            None => Ok(()),
            Some(_) => Err(BackupError::Refused(format!("{} is not empty", directory.display()))),
        },
    }
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
