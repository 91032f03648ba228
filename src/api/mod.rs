//! The HTTP interface. This file lists the rooms and what the rest of the crate may name of them.
//!
//! Arrows run one way; the importer stands right:
//! `http <- body <- access <- state <- callers <- {submit, request_body} <- resources <- documentation <- {routes, middleware}`.
//! A room reaches another resource only through its face, its `mod.rs`.

// Warned of here alone, because the doc comments of this layer become the OpenAPI document.
#![warn(missing_docs)]

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
pub mod server;
mod sites;
mod state;
mod submit;

pub use access::RateLimits;
pub use http::{Access, RequestCounts, Scope, parse_networks};
pub use partners::{ClientView, PartnerView, ProjectView};
pub use state::{AppState, Slots};

use numbers::{headline, make_pages_of_point};

use crate::register::PageMaker;

/// The functions with which the register turns a snapshot into public pages.
pub const MAKE: PageMaker = PageMaker { pages: headline::make_pages, of_point: make_pages_of_point };
