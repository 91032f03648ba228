//! One batch decided under the lock: command -> entry, facts, postings.

mod administration;
pub mod decide;
mod householder;
mod lifecycle;
mod posting;
mod working_set;

pub(in crate::register) use decide::DecidedBatch;
pub use householder::{Erased, HomeCommand, HomeDone};
