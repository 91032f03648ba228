//! Commands in, outcomes out: the words in which every other room and the layers above speak of a change.

mod command;
mod outcome;
mod request;

pub use command::{Command, DirectoryChange, ExpectedRevision, HomeCommand, InstallationChange, SitesChange};
pub use outcome::{Done, Erased, Failure, HomeDone, Outcome};
pub use request::{IdempotentRequest, Request};
