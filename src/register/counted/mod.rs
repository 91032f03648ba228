//! Cells in memory and questions to them.

mod aggregate_query;
mod at_version;
mod bridge;
mod by_owner;
mod cells;
mod compare_methodologies;

pub use aggregate_query::{AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf};
pub(in crate::register) use at_version::SumsDifference;
pub use bridge::bridge_days;
pub use by_owner::CellsByOwner;
pub(in crate::register) use by_owner::CellsByOwnerCache;
pub use cells::Cells;
pub use compare_methodologies::restate;
