//! One batch written: on PostgreSQL one statement, on SQLite one a row.

mod batch;
mod on_postgres;
mod on_sqlite;

pub use batch::{Batch, Sealed};
pub(in crate::db) use batch::{EntryRow, FactsRow, JournalRow};
