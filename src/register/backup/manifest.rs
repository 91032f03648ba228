//! The manifest of a backup.

use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::{BackupError, at};
use super::files;
use super::files::KeptFile;

/// The name of the database in a backup.
pub const DATABASE: &str = "green-homes.db";
/// The file that makes a directory a backup.
pub const MANIFEST: &str = "manifest.json";
/// The number of the layout of backups. A layout that an older program would misread takes the next number.
pub const FORMAT: u32 = 1;

/// The manifest of a backup.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The number of its layout.
    pub format: u32,
    /// The version of the program that made it.
    pub program_version: String,
    /// The id of the register.
    pub instance_id: String,
    /// The version of the register that it holds.
    pub version: i64,
    /// The hash of the last entry, in hexadecimal.
    pub head_hash: String,
    /// The instant at which it was made.
    pub made_at: DateTime<Utc>,
    pub files: Vec<KeptFile>,
}

/// The part that every layout of a manifest has.
#[derive(Deserialize)]
struct AnyFormat {
    format: u32,
}

impl Manifest {
    /// Writes the manifest as the last file of a backup.
    pub(super) fn write(&self, directory: &Path) -> Result<(), BackupError> {
        let path = directory.join(MANIFEST);
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| BackupError::Refused(error.to_string()))?;
        text.push(b'\n');
        files::write_private(&path, &text).map_err(at(&path))?;
        files::sync(directory)
    }

    /// Reads the manifest of a backup, and checks every file against it.
    pub(super) fn verified(directory: &Path) -> Result<Self, BackupError> {
        let path = directory.join(MANIFEST);
        let refused = |why: String| BackupError::Refused(format!("{} is no backup: {why}", directory.display()));
        let mut text = Vec::new();
        let read = files::open_plain(&path).and_then(|mut file| file.read_to_end(&mut text));
        read.map_err(|error| refused(format!("its {MANIFEST} cannot be read ({error})")))?;
        let broken = |error: serde_json::Error| refused(format!("its {MANIFEST} is broken ({error})"));
        let any: AnyFormat = serde_json::from_slice(&text).map_err(broken)?;
        if any.format != FORMAT {
            return Err(refused(format!("it has the format {}, and this program reads {FORMAT}", any.format)));
        }
        let manifest: Self = serde_json::from_slice(&text).map_err(broken)?;
        for file in &manifest.files {
            if !file.is_plain() {
                return Err(refused(format!("it names the file {:?}", file.name)));
            }
            if KeptFile::of(&directory.join(&file.name))? != *file {
                return Err(refused(format!("{} is not what was backed up", file.name)));
            }
        }
        if manifest.files.iter().any(|file| file.name == DATABASE) {
            return Ok(manifest);
        }
        Err(refused("it has no database".to_owned()))
    }
}
