//! HTTP plumbing: what is read from a request's head, and how answers and problems are written. This room
//! must not know a resource, the state or a caller, because every other room of the API stands on it.

mod accept_language;
mod caller_first;
pub mod client_address;
mod dry_run;
pub mod idempotency_key;
mod if_match;
pub mod matched_route;
pub mod pagination;
mod path_id;
mod problems;
pub mod query;
mod request_counts;
mod request_id;
mod responses;
mod route;
pub mod scopes;

pub use accept_language::language_of;
pub use caller_first::CallerGate;
pub use client_address::parse_networks;
pub use dry_run::DryRun;
pub use idempotency_key::IdempotencyKey;
pub use if_match::IfMatch;
pub use matched_route::{MatchedRoute, MethodFacts};
pub use pagination::PageInfo;
pub use path_id::PathId;
pub use problems::{ApiError, MEDIA_TYPE, Problem, ProblemError, StandingView, problem_page};
pub use query::{Edge, NoQuery, Query, coded, whole_day};
pub use request_counts::RequestCounts;
pub use request_id::RequestId;
pub use responses::{
    CSV, CacheFor, CsvTable, Form, GEO_JSON, JSON, TEXT, WarningView, answer, as_page, choose, columns_of, cors,
    in_slices, page_of_rows, send,
};
pub use route::{BODY_LIMIT, BODY_WITHIN, Handler, Route};
pub use scopes::{Access, Scope};

pub use crate::domain::refusals::number_format;
