//! The published numbers: snapshots, their pages, closed days.
//!
//! This room owns the published bytes. It keeps media types, entity tags and compressed forms, which are words of HTTP,
//! because the pages are made in the writer: once a snapshot, not once a request. It must not read a request nor choose
//! a representation: `api` does. It must not change a record.

mod closed_days;
mod day_maker;
mod day_replay;
mod page_cache;
mod page_maker;
mod points;
mod published_figures;
mod published_point;
mod published_sums;
mod ready_page;
mod snapshot;

pub use closed_days::ClosedDays;
pub use day_maker::DayMaker;
pub use day_replay::{DayReplay, is_last_of_month};
pub use page_cache::PageCache;
pub use page_maker::{MadePage, PageMaker, PageRenderer, PointPage, PublicSettings};
pub use points::{Close, Points};
pub use published_figures::{FIGURES, PublishedFigures};
pub use published_point::{CellsAtClose, PublishedPoint, RestatedPoint, figures_at, page_at};
pub use published_sums::{PointClose, PublishedSums, WaitingSums};
pub use ready_page::{Coding, ReadyPage, Representation};
pub use snapshot::Snapshot;
