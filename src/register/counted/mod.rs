//! The cells in memory, and the questions that they answer.
//!
//! This room owns the cells at one version, the way to another version (`difference`), and the sums that queries ask of
//! them. It must not publish, nor know the writer: the holder of the cells hands them in.

mod aggregate_query;
mod bridge;
mod by_owner;
mod cells;
mod compare_methodologies;
mod difference;
mod figures;
mod kept_sums;
mod public_counts;

pub use aggregate_query::{
    AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf, CellAdder, GroupsAndTotal, RecordedSpan,
};
pub use bridge::{BridgedDays, BridgedPoints, bridge_days, bridge_points};
pub use by_owner::{CellsByOwner, CellsByOwnerCache, cells_of_sandbox};
pub use cells::{Counted, FollowedHead, InOrder, LoadedCells, apply_postings, load_cells};
pub use compare_methodologies::restate;
pub use difference::{SumsDifference, closing_figures, merged};
pub use figures::{CitableDay, Figures};
pub use kept_sums::KeptSums;
pub use public_counts::PublicCounts;
