//! Backup, restore.

mod error;
mod files;
mod keep;
mod make;
mod manifest;
mod restore;

pub use error::BackupError;
pub use files::KeptFile;
pub use keep::keep_before_migration;
pub use make::backup;
pub use manifest::{MANIFEST, Manifest};
pub use restore::{Restore, Restored, restore};
