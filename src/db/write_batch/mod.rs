//! One batch written: on PostgreSQL one statement, on SQLite one a row.

mod batch;
mod columns;
mod on_postgres;
mod on_sqlite;
mod write;

pub use batch::{Batch, Sealed};
