//! Snapshots, pages, closed days.

mod closed_days;
mod day_replay;
mod page_cache;
mod page_maker;
mod ready_page;
mod snapshot;

pub use closed_days::ClosedDays;
pub use day_replay::{DayReplay, PublicCounts};
pub use page_cache::PageCache;
pub use page_maker::{MadePage, PageMaker, PublicSettings, Render};
pub use ready_page::{Coding, ReadyPage, Representation};
pub use snapshot::Snapshot;
