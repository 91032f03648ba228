//! The rights of the data directory and of the database's files: for their owner alone, because they hold personal data.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::{BackupError, at};
use super::files::BACKUPS;

/// The rights of group and others.
const OTHERS: u32 = 0o077;
/// The bit of a folder that everybody shares, as /tmp is.
const SHARED: u32 = 0o1000;

/// Takes what others may do away from the data directory and from the files of a database of SQLite, and logs each that was
/// open. A folder that everybody shares is refused, because it is not the register's own.
pub fn take_from_others(data_dir: &Path, database: Option<&str>) -> Result<(), BackupError> {
    let files =
        database.into_iter().flat_map(|path| ["", "-wal", "-shm", "-journal"].map(|end| format!("{path}{end}")));
    let folders = [data_dir.to_owned(), data_dir.join(BACKUPS)];
    folders.into_iter().chain(files.map(PathBuf::from)).try_for_each(|path| take(&path))
}

fn take(path: &Path) -> Result<(), BackupError> {
    let mode = match fs::metadata(path) {
        Ok(found) => found.permissions().mode() & 0o7777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(path)(error)),
    };
    let shown = path.display();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    if mode & SHARED != 0 {
        let why = "everybody shares it: name a folder of the register's own by --data-dir";
        return Err(BackupError::Refused(format!("{shown} has the mode {mode:04o}, {why}")));
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS)).map_err(|error| {
        let why = "others may read it, and that could not be ended";
        BackupError::Refused(format!("{shown} has the mode {mode:04o}: {why} ({error}); run: chmod go= {shown}"))
    })?;
    let (path, mode) = (shown.to_string(), format!("{mode:04o}"));
    tracing::warn!(path, mode, "others could read this; they no longer can. Whoever did may have seen personal data");
    Ok(())
}
