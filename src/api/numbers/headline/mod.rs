//! `/v1/progress`, the headline: `view`, `parts` and `pace_view` name its numbers, `sentence` states them, `forms` turns them into CSV and text,
//! `handlers` makes the pages and sends them.
//!
//! The register calls [`make_pages`] whenever it publishes; nothing here may read the clock or the database for a page.

mod forms;
pub mod handlers;
mod pace_view;
mod parts;
mod permalink;
mod sentence;
mod view;

pub use handlers::make_pages;
pub use permalink::PATH;
pub use view::{FiguresView, ProgressResponse};
