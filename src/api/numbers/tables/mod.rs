//! `/v1/tables`, the public tables: `catalogue` lists them, `columns` defines and explains their columns, `rows` and
//! `programme_sums` compute their rows, `pages` makes the bytes, `handlers` sends them.
//!
//! Tables are public and coarse, so that nobody is seen in them: no table may cross a province with another dimension, and
//! none shows money. The register calls [`render`] at the end of each month and keeps the result.

mod catalogue;
mod columns;
pub mod handlers;
mod pages;
mod programme_sums;
mod rows;
mod view;

pub use pages::render;
