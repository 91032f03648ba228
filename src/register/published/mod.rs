//! Snapshots, pages, closed days.

mod closed_days;
mod page_cache;
mod ready_page;
mod snapshot;

pub(in crate::register) use closed_days::{ClosedDays, DayReplay, PublicCounts};
pub use page_cache::PageCache;
pub use ready_page::{Coding, ReadyPage, Representation};
pub use snapshot::{Figures, InOrder, MadePage, PageMaker, PublicSettings, Render, Snapshot};
