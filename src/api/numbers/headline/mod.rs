//! /v1/progress.

mod forms;
pub mod handlers;
mod view;

pub use view::ProgressResponse;
