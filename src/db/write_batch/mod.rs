//! Writing one batch: on PostgreSQL one statement, on SQLite one statement a row.
//!
//! This room owns the rows that a batch collects and the statements that write them. It is used only inside a
//! transaction that holds the head. It must not decide the content of a batch: the register does.

mod batch;
mod columns;
mod on_postgres;
mod on_sqlite;
mod write;

pub use batch::{Batch, Sealed};
