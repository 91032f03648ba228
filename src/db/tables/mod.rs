//! The tables: `schema.rs` and the types of their rows. A row turns into values of the domain and back here. This room
//! must not query.

mod installation_rows;
mod register_rows;
pub mod schema;
mod site_rows;

pub(in crate::db) use installation_rows::{InstallationRow, MeasureRow};
pub(in crate::db) use register_rows::{CodeRow, EntryRow, FactsRow, JournalRow};
pub use schema::{
    audits, backups, cells, cells_checkpoint, client_secrets, clients, days, disputes, entries, entry_facts,
    householder_codes, idempotency_keys, installation_measures, installations, journal, partners, point_pages, points,
    projects, published_groups, register_head, releases, signing_keys, site_private, site_refs, sites, voided, waiting,
};
pub(in crate::db) use site_rows::{SitePrivateRow, SiteRefRow, SiteRow, installation_id, site_id, stored};
