//! Which file stands at a path: the one that was opened, or another of the same name.

use std::os::unix::fs::MetadataExt;

use super::url::Url;

/// What tells a file from another one of the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    pub(super) fn of(url: &Url) -> Option<Self> {
        let Url::Sqlite(path) = url else { return None };
        Self::at(path)
    }

    pub(super) fn at(path: &str) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        Some(Self { device: file.dev(), inode: file.ino() })
    }
}
