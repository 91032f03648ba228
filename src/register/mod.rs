//! The register at work: one writer that orders every change, the cells it keeps in memory, and
//! the snapshot that everybody reads.

pub mod audit;
pub mod backup;
mod commands;
pub mod counted;
pub mod decide;
pub mod examine;
pub mod published;
mod register;
pub mod writer;

pub use commands::{Command, Done, Failure, IfMatch, Keyed, Outcome, Request};
pub use counted::{Added, AddedRow, Cells, NotAdded, Question, Time, bridge_days, restate};
pub use decide::{Erased, HomeCommand, HomeDone};
pub use published::{
    Coding, Figures, InOrder, Make, Page, Pages, PublicSettings, ReadyPage, Render, Representation, Snapshot,
};
pub use register::{Counted, Options, QUEUE, Register};
pub use writer::{Clock, Engine, system_clock};
