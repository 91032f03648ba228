//! Partners, clients with their secrets, projects, signing keys.
//!
//! This room stores them and reads them whole. It must not decide who may act: the directory of the domain does.

pub mod partners_and_clients;
pub mod quotas;
pub mod revocation;
pub mod signing_keys;
pub mod stored_rows;

pub use signing_keys::PublicKey;
pub use stored_rows::{StoredRow, StoredSecret};
