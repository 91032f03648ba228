//! Only faces: the list of rooms, and `MAKE`.

pub mod access;
mod body;
pub mod callers;
pub mod documentation;
mod householder;
mod http;
mod installations;
pub mod middleware;
pub mod numbers;
pub mod operations;
mod partners;
pub mod reference;
mod request_body;
mod review;
pub mod routes;
mod sites;
mod state;
mod submit;

pub use access::RateLimits;
pub use http::{Access, RequestCounts, Scope, parse_networks};
pub use partners::ClientView;
pub use state::AppState;

use numbers::{headline, tables};

use crate::register::PageMaker;

/// Makes the pages of a snapshot.
pub const MAKE: PageMaker = PageMaker { pages: headline::handlers::make_pages, tables: tables::handlers::render };
