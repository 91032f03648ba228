//! One batch decided under the lock: command -> entry, facts, postings.

mod administration;
mod decide;
mod deciding;
mod householder;
mod lifecycle;
mod loaded_records;
mod merge_and_split;
mod posting;
mod records_wanted;
mod register_installation;

pub use decide::decide;
pub use deciding::DecidedBatch;
