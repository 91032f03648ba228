//! HTTP plumbing that knows no resource, no state, no caller.

mod accept_language;
mod body_object;
mod cached_response;
pub mod client_address;
pub mod cors;
mod csv_table;
pub mod error;
pub mod idempotency_key;
mod if_match;
pub mod json;
pub mod matched_route;
pub mod number_format;
pub mod pagination;
pub mod problem;
pub mod query;
mod request_counts;
mod request_id;
pub mod scopes;

pub use accept_language::language_of;
pub use body_object::{Faults, Object, coded, read, read_nothing};
pub use cached_response::{CacheFor, GEO_JSON, JSON, TEXT, answer, as_page, choose, send};
pub use client_address::parse_networks;
pub use csv_table::{CSV, CsvTable};
pub use error::ApiError;
pub use idempotency_key::IdempotencyKey;
pub use if_match::IfMatch;
pub use json::{Node, parse};
pub use matched_route::{MatchedRoute, MethodFacts};
pub use pagination::PageInfo;
pub use problem::{MEDIA_TYPE, Problem, ProblemError, StandingView};
pub use query::{NoQuery, Query};
pub use request_counts::RequestCounts;
pub use request_id::RequestId;
pub use scopes::{Access, Scope};
