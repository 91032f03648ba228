//! The database: the only layer that names diesel. Rows stay in here; what goes in and out is
//! the domain's types. One set of queries serves SQLite and PostgreSQL.

mod connection;
mod error;
pub mod releases;
mod rows;
mod schema;

pub mod activations;
pub mod administration;
pub mod audit;
pub mod cells;
pub mod copy;
pub mod credentials;
pub mod days;
pub mod disputes;
pub mod head;
pub mod history;
pub mod householders;
pub mod idempotency;
pub mod installations;
pub mod keys;
pub mod lookup;
pub mod migrations;
pub mod names;
pub mod operations;
pub mod store;
mod store_postgres;
mod store_sqlite;
pub mod transaction;
mod url;

pub use connection::{Connection, Database, PoolState};
pub use error::DbError;
pub use url::Url;
