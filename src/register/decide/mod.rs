//! Deciding: from the requests of one batch to entries, facts, postings and outcomes, under the lock of the head.
//!
//! This room asks the rules of `domain` and applies their answers to the records of the batch. It must not commit, nor
//! write records: it fills a `Batch`, which the writer writes. Under the same lock it writes partners, clients,
//! projects, disputes and releases at once.

mod administration;
mod clock;
mod count_anew;
mod decide;
mod deciding;
mod householder;
mod lifecycle;
mod loaded_records;
mod merge_and_split;
mod posting;
mod quota;
mod records_wanted;
mod register_installation;
mod suspension;

pub use clock::VoidDoc;
pub use count_anew::OWN_ACTOR;
pub use decide::decide;
pub use deciding::DecidedBatch;
