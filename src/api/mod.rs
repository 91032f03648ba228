//! Only faces: the list of rooms, and `MAKE`.

pub mod access;
pub mod callers;
pub mod documentation;
pub mod householder;
pub mod http;
pub mod installations;
pub mod middleware;
pub mod numbers;
pub mod operations;
pub mod partners;
pub mod reference;
mod request_body;
pub mod review;
pub mod routes;
pub mod sites;
mod state;
mod submit;

use numbers::{headline, tables};

use crate::register::Make;

pub use access::Limits;
pub use http::{Access, Meter, Scope, parse_networks};
pub use operations::Examiner;
pub use partners::ClientView;
pub use state::State;

/// Makes the pages of a snapshot.
pub const MAKE: Make = Make { pages: headline::handlers::make_pages, tables: tables::handlers::render };
