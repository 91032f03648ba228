//! Answers: pages with their caching headers, tables of CSV, other origins. This folder
//! knows how an answer is written, not what is in it.

pub mod cached_response;
pub mod cors;
pub mod csv_table;
mod slices;
mod warning_view;

pub use cached_response::{CacheFor, GEO_JSON, JSON, TEXT, answer, as_page, choose, send};
pub use csv_table::{CSV, CsvTable, Form, columns_of, page_of_rows};
pub use slices::in_slices;
pub use warning_view::WarningView;
