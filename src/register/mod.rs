//! The register at work: one writer that orders every change, the cells it keeps in memory, and
//! the snapshot that everybody reads.

mod adding;
mod administer;
pub mod audit;
mod audit_days;
mod audit_householders;
pub mod backup;
mod batch;
mod bridge;
mod cells;
mod command;
mod days;
mod engine;
mod figures;
mod handle;
pub mod health;
mod householder;
mod lifecycle;
mod page;
mod pages;
mod past;
mod posting;
mod restatement;
mod scopes;
mod stats;
mod under_way;
mod working;
mod writer;

pub use adding::{Added, AddedRow, NotAdded, Question, Time};
pub use bridge::{BridgedDays, bridge_days};
pub use cells::Cells;
pub use command::{Answer, Command, Done, Failure, IfMatch, Keyed, Outcome, Request};
pub use engine::{Clock, Engine, system_clock};
pub use figures::{Figures, InOrder, Make, Page, PublicSettings, Render, Snapshot};
pub use handle::{Counted, Options, QUEUE, Register};
pub use householder::{Erased, HomeCommand, HomeDone};
pub use page::{Coding, ReadyPage, Representation};
pub use pages::Pages;
pub use restatement::{Restated, restate};
pub use scopes::Scoped;
pub use stats::Stats;
