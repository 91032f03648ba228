//! Every published number, one file or folder for each URL: the headline, its timeline, bridge, provinces and releases, the
//! public tables, and aggregates for clients.
//!
//! A handler here asks the register's snapshot or its cells, or the kept days, and turns the result into bytes. The room must
//! not change the register (apart from publishing a release) and must not compute estimates itself: `domain::figures` does.
//! Two numbers import another's file: the headline takes the link of `bridge`, the tables take its parser of closed days. A
//! release has the headline's response as its body. All share `provenance`, `dimension_labels` and `methodologies`.

pub mod aggregates;
mod amounts;
pub mod bridge;
mod dimension_labels;
pub mod dimensions;
pub mod headline;
pub mod methodologies;
mod of_point;
mod point_pages;
mod provenance;
pub mod province_progress;
mod province_rows;
pub mod releases;
pub mod tables;
pub mod timeline;
mod timeline_rows;
mod voided;

pub use amounts::{AmountView, LifetimeView};
pub use methodologies::parse_methodology;
pub use of_point::make_pages_of_point;
pub use provenance::instant;
