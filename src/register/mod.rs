//! The register at work: one writer that orders every change, the cells it keeps in memory, and
//! the snapshot that everybody reads.

mod administer;
pub mod audit;
pub mod backup;
mod batch;
mod cells;
mod command;
mod engine;
mod figures;
mod handle;
pub mod health;
mod posting;
mod stats;
mod working;
mod writer;

pub use cells::Cells;
pub use command::{Command, Done, Failure, Outcome, Request};
pub use engine::{Clock, Engine, system_clock};
pub use figures::{Figures, Render, Snapshot};
pub use handle::{QUEUE, Register};
pub use stats::Stats;
