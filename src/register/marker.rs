//! The marker: a small file in the data directory that says which register the directory belongs to, and how far it had come. Without it
//! an emptied or an older database would look like a register of its own.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::db::ledger::Head;

/// The name of the file in the data directory.
const FILE: &str = "register.json";
/// It is written this often at most, because each time waits for the disk.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// What a data directory remembers of its register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Marker {
    pub instance_id: String,
    /// A version that the register has reached.
    pub version: i64,
}

impl Marker {
    #[must_use]
    pub fn of(head: &Head) -> Self {
        Self { instance_id: head.instance_id.clone(), version: head.version }
    }

    /// The file of a directory.
    #[must_use]
    pub fn file(directory: &Path) -> PathBuf {
        directory.join(FILE)
    }

    /// Takes the marker of a directory away, if it has one.
    pub fn remove(directory: &Path) -> std::io::Result<()> {
        match fs::remove_file(Self::file(directory)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The marker of a directory, if it has one.
    pub fn read(directory: &Path) -> Result<Option<Self>, String> {
        let path = Self::file(directory);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| format!("{}: {error}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// Writes it in one step, so that a crash leaves the old one or the new one, also when the power goes.
    pub fn write(&self, directory: &Path) -> std::io::Result<()> {
        // Commands and services may write at once.
        let draft = directory.join(format!("{FILE}.{}.new", std::process::id()));
        let path = directory.join(FILE);
        let mut file = fs::File::create(&draft)?;
        file.write_all(&serde_json::to_vec(self).unwrap_or_default())?;
        file.sync_all()?;
        fs::rename(draft, path)
    }

    /// Why a database is not the one that a directory with this marker belongs to, if it is not. `goes_back` tells whether the database
    /// may have lost entries without a fault, as a failover of PostgreSQL does.
    #[must_use]
    pub fn contradiction(&self, head: &Head, goes_back: bool) -> Option<String> {
        if self.instance_id != head.instance_id {
            return Some(format!(
                "it holds the register {}, and this data directory belongs to the register {}: give each register a data directory of \
                 its own, or put the right database back",
                head.instance_id, self.instance_id
            ));
        }
        let is_older = head.version < self.version && !goes_back;
        is_older.then(|| {
            format!(
                "it stands at version {}, and this data directory has seen version {}: its -wal file is missing, or an older copy was put \
                 in its place. If a service runs on it, stop that by SIGTERM, because it may still hold what is missing. Else put the files \
                 back together, or restore a backup; whoever means to go on with this one deletes {FILE}",
                head.version, self.version
            )
        })
    }
}

/// Keeps the marker of a directory in step with the register.
pub struct MarkerKeeper {
    directory: PathBuf,
    kept: Option<Marker>,
    kept_at: Instant,
}

impl MarkerKeeper {
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, kept: None, kept_at: Instant::now() }
    }

    /// Writes the marker if the register has come further, once a second at most.
    pub fn keep(&mut self, marker: Marker) {
        // A register that went back must not be refused by what it had come to before.
        let has_time = self.kept.as_ref().is_some_and(|kept| kept.version <= marker.version);
        let is_early = has_time && self.kept_at.elapsed() < KEPT_EVERY;
        if is_early || self.kept.as_ref() == Some(&marker) {
            return;
        }
        match marker.write(&self.directory) {
            Ok(()) => (self.kept, self.kept_at) = (Some(marker), Instant::now()),
            Err(error) => tracing::warn!(%error, "{FILE} was not written"),
        }
    }
}
