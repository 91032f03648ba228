//! Files and directories that their owner alone may read. Each is on disk before the next step relies on it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::domain::values::hex;

use super::error::{BackupError, at};

/// The folder in the data directory for copies of the database before its schema changes.
pub const BACKUPS: &str = "backups";

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// A file of a backup.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[serde(deny_unknown_fields)]
pub struct KeptFile {
    /// Its name in the backup.
    pub name: String,
    pub bytes: u64,
    /// The SHA-256 of its content, in hexadecimal.
    pub sha256: String,
}

impl KeptFile {
    /// The name, length and digest of a file as it is now.
    pub(super) fn of(path: &Path) -> Result<Self, BackupError> {
        let (bytes, sha256) = digest(path).map_err(at(path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, bytes, sha256 })
    }

    /// Whether its name is a plain name, which leads nowhere but into the backup.
    pub(super) fn is_plain(&self) -> bool {
        Path::new(&self.name).file_name().is_some_and(|name| name == self.name.as_str())
    }
}

/// Opens a plain file for reading. A link is refused, because it leads out of the backup; so is whatever else is no file.
pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other("is a symbolic link, which is not followed: put the file itself there"));
    }
    // Neither followed nor waited for if it became a link or a pipe meanwhile.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("is no file")) }
}

/// The content of a plain file.
pub(super) fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open_plain(path)?.read_to_end(&mut content)?;
    Ok(content)
}

/// Whether something has this name, be it a link that leads nowhere.
pub(super) fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn digest(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut context, mut bytes) = (open_plain(path)?, Context::new(&SHA256), 0);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((bytes, hex(context.finish().as_ref())));
        }
        bytes += read as u64;
        context.update(chunk.get(..read).unwrap_or_default());
    }
}

/// Makes a directory for its owner alone, and missing directories above it.
pub fn make_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// The missing directories above a file, the deepest first.
pub(super) fn missing_above(file: &Path) -> Vec<PathBuf> {
    let above = file.ancestors().skip(1).filter(|directory| !directory.as_os_str().is_empty());
    above.take_while(|directory| !directory.exists()).map(Path::to_owned).collect()
}

/// The path of a draft beside `directory`. Its name says that it is not whole.
pub(super) fn draft_of(directory: &Path) -> Result<PathBuf, BackupError> {
    let name = format!("{}{}", draft_prefix(directory)?, uuid::Uuid::new_v4().simple());
    Ok(directory.with_file_name(name))
}

/// How the names of all drafts of `directory` begin.
fn draft_prefix(directory: &Path) -> Result<String, BackupError> {
    let unnamed = || BackupError::Refused(format!("{} has no name of its own", directory.display()));
    Ok(format!(".{}.partial-", directory.file_name().ok_or_else(unnamed)?.to_string_lossy()))
}

/// Waits for a directory and holds it until the file is closed or the process has gone.
pub(super) fn hold(directory: &Path) -> io::Result<File> {
    let held = File::open(directory)?;
    // A network disk that knows no locks still takes backups.
    let _ = held.lock();
    Ok(held)
}

/// A draft of `directory` that a running process holds. One that a killed process left is held by nobody.
pub(super) fn draft_at_work(directory: &Path) -> Result<Option<PathBuf>, BackupError> {
    let prefix = draft_prefix(directory)?;
    let Ok(beside) = fs::read_dir(parent_of(directory)) else { return Ok(None) };
    let drafts = beside.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
    let is_held = |draft: &PathBuf| {
        File::open(draft).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    };
    Ok(drafts.map(|entry| entry.path()).find(is_held))
}

/// Writes a new file for its owner alone.
pub(super) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Copies a file to a new file for its owner alone.
pub(super) fn copy_private(from: &Path, to: &Path) -> Result<(), BackupError> {
    let mut source = open_plain(from).map_err(at(from))?;
    let copied = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).and_then(|mut target| {
        io::copy(&mut source, &mut target)?;
        target.sync_all()
    });
    copied.map_err(at(to))
}

/// Waits until a file, or the names in a directory, are on disk.
pub(super) fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// Waits until the name of a file is on disk.
pub(super) fn sync_parent(path: &Path) -> Result<(), BackupError> {
    sync(parent_of(path))
}

pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
