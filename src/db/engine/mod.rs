//! The engine: connections, transactions, migrations, copies. This room knows both databases and must not name a table.

pub(super) mod connection;
mod error;
mod file_identity;
pub mod migrations;
pub mod sqlite_copy;
pub mod transaction;
mod url;

pub(crate) use connection::on_backend;
pub use connection::{Connection, Database};
pub use error::DbError;
pub use migrations::{pending, revert_all, revert_last};
pub use transaction::read;
pub use url::Url;
