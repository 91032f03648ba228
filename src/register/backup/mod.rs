//! Backup and restoration of a register in SQLite, and the copy before a migration.
//!
//! This room owns the files of a backup and their signed manifest, and that others may not read the register's. It must not trust a copy:
//! every backup and every restoration is audited before it gets its name. No private key goes into a backup, because whoever holds a
//! backup could sign it anew. PostgreSQL backs itself up.

mod error;
mod files;
mod keep;
mod make;
mod manifest;
mod restore;
mod rights;

pub use error::BackupError;
pub use files::{BACKUPS, KeptFile};
pub use keep::keep_before_migration;
pub use make::{Destination, backup};
pub use manifest::{MANIFEST, Manifest, SIGNATURE, Signer};
pub use restore::{Restore, Restored, restore};
pub use rights::take_from_others;
