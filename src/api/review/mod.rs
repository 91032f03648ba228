//! What reviewers see and decide: the queue, bulk decisions, the disputes of householders. What a decision
//! means is decided in the domain.

mod bodies;
pub mod disputes;
pub mod queue_and_decisions;
