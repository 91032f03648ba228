//! /v1/tables.

mod catalogue;
mod columns;
pub mod handlers;
mod programme_sums;
mod rows;
mod view;

pub use handlers::render;
