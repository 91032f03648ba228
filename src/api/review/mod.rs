//! The desk of reviewers: the queue, many decisions in one request, the disputes of householders. A decision on one installation
//! stands in `installations`. The room must not decide what a decision does: `domain::rules` does.

mod bodies;
pub mod disputes;
pub mod queue_and_decisions;
pub mod rejections;
