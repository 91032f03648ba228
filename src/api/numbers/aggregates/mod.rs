//! /v1/aggregates.

pub mod csv;
pub mod handlers;
mod labels;
mod query;
mod write_rows;

pub use handlers::meta;
pub use labels::{columns_of, label, names_of};
