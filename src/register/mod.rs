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

pub use commands::{Command, Done, ExpectedRevision, Failure, IdempotentRequest, Outcome, Request};
pub use counted::{AggregateAnswer, AggregateError, AggregateGroup, AggregateQuery, AsOf, Cells, bridge_days, restate};
pub use decide::{Erased, HomeCommand, HomeDone};
pub use published::{
    Coding, Figures, InOrder, MadePage, PageCache, PageMaker, PublicSettings, ReadyPage, Render, Representation,
    Snapshot,
};
pub use register::{Counted, Options, QUEUE, Register};
pub use writer::{BatchTransaction, Clock, system_clock};
