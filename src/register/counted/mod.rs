//! Cells in memory and questions to them.

mod aggregate_query;
mod bridge;
mod by_owner;
mod cells;
mod compare_methodologies;
mod difference;
mod figures;

pub use aggregate_query::{
    AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf, GroupsAndTotal, periods,
};
pub use bridge::bridge_days;
pub use by_owner::{CellsByOwner, CellsByOwnerCache};
pub use cells::{Counted, FollowedHead, InOrder, apply_postings, load_cells};
pub use compare_methodologies::restate;
pub use difference::{SumsDifference, closed};
pub use figures::Figures;
