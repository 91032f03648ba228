//! Cells in memory and questions to them.

mod aggregate_query;
mod at_version;
mod bridge;
mod by_owner;
mod cells;
mod compare_methodologies;

pub use aggregate_query::{Added, AddedRow, NotAdded, Question, Time};
pub(in crate::register) use at_version::Difference;
pub use bridge::bridge_days;
pub(in crate::register) use by_owner::LastCounted;
pub use by_owner::Scoped;
pub use cells::Cells;
pub use compare_methodologies::restate;
