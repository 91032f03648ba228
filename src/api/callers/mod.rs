//! Extractors that turn a request into its caller, and the endpoints that give callers their tokens.
//!
//! A handler states whom it serves by its parameters: [`Caller`] for a client with the scope of the route,
//! [`Householder`] for whoever holds a home's code, [`Unhurried`] for anybody who does not ask too often. A public number asks for
//! its [`Audience`], because reviewers see more of it. The room reads
//! headers and asks `access` and the register's directory; it must not know any resource.

mod acting_client;
mod audience;
mod basic_credentials;
mod caller;
pub mod householder_code;
pub mod keys_and_metadata;
mod proven_client;
pub mod token_endpoint;
mod unhurried;

pub use acting_client::ActingClient;
pub use audience::Audience;
pub use caller::Caller;
pub use householder_code::{HEADER, Householder};
pub use unhurried::Unhurried;
