//! Partners, clients, secrets, signing keys.

pub mod partners_and_clients;
pub mod revocation;
pub mod signing_keys;

pub use signing_keys::PublicKey;
