//! The ledger: head, entries, journal with its checkpoint, closed days, releases, activations, idempotency keys.
//!
//! The room owns the register's record of its own past. Entries and journal are only appended, by `write_batch`; this
//! room reads them and must not change them.

pub mod activations;
pub mod audit_scan;
pub mod audit_schema;
pub mod audits_and_backups;
pub mod cells_and_journal;
pub mod clock;
pub mod closed_days;
pub mod head;
pub mod idempotency_keys;
pub mod point_ledger;
pub mod points;
pub mod public_entries;
pub mod releases;
pub mod site_postings;

pub use activations::{Activation, Activations};
pub use audit_scan::{StoredEntry, StoredFacts, StoredPosting};
pub use audit_schema::{MadeSchema, SchemaObject};
pub use audits_and_backups::{Audited, BackedUp};
pub use cells_and_journal::{CellTotals, checkpoint_version};
pub use clock::Voided;
pub use closed_days::{ClosedDay, EntryMark};
pub use head::{Head, version};
pub use idempotency_keys::KeptReply;
pub use point_ledger::LedgerChange;
pub use points::{StoredMovement, StoredPoint};
pub use public_entries::PublicEntry;
pub use releases::{Release, ReleaseDoc};
pub use site_postings::SitePostings;
