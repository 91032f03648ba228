//! The database: the only layer that names diesel. Rows stay in here; what goes in and out is
//! the domain's types. One set of queries serves SQLite and PostgreSQL.

pub mod engine;
pub mod ledger;
pub mod partners;
pub mod records;
mod tables;
pub mod write_batch;

pub use engine::{Connection, Database, DbError, Url};
