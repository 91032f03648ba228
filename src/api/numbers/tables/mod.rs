//! `/v1/tables`, the public tables: `catalogue` lists them, `columns` defines and explains their columns, `rows` and
//! `programme_sums` compute their rows, `pages` makes the bytes, `handlers` sends them.
//!
//! Tables are public and coarse, so that nobody is seen in them: no table may cross a province with another dimension, and
//! none shows money. The register calls [`make_published`] for each publication point and keeps the result.

mod catalogue;
mod columns;
pub mod handlers;
mod not_yet_detailed;
mod pages;
mod programme_sums;
mod rows;
mod view;

pub use pages::{PublishedTable, make_published, names};
pub use rows::{TableSums, of_stages};
