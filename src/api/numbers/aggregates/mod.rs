//! `/v1/aggregates`, as JSON and as CSV: `query` reads the query, `answer` has it added up, `figures` lists the figures of
//! a row, and `response` and `csv` write them.
//!
//! The register adds up; this folder must not. What only other numbers need (labels, provenance) stays beside it.

mod answer;
pub mod csv;
mod few_sites;
mod figures;
pub mod handlers;
mod owner_names;
mod parameters;
mod query;
mod response;
mod row;
mod visible;
