//! What reviewers see and decide: queue, bulk decisions, disputes, (lots).

pub mod disputes;
pub mod queue_and_decisions;

pub use queue_and_decisions::ACTIONS;
