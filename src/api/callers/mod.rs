//! Extractors that turn a request into a caller; `/oauth/token`.

mod caller;
pub mod householder_code;
pub mod token_endpoint;

pub use caller::{ActingClient, Caller};
pub use householder_code::{HEADER, Householder};
