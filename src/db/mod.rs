//! The database: the only layer that names diesel. Rows stay in here; values of the domain go in and come out. One set of
//! queries serves SQLite and PostgreSQL.
//!
//! The rooms: `engine` (connections and transactions, without a table), `tables` (schema and rows), and above them,
//! beside each other, `write_batch`, `records`, `ledger` and `partners`. This layer must not decide: it fills records
//! and stores the decisions of the register.

pub mod engine;
pub mod ledger;
pub mod partners;
pub mod records;
mod tables;
pub mod write_batch;

pub use engine::{Connection, Database, DbError, Url};
