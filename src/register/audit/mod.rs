//! The audit: the proof that nothing was changed behind the register's back.
//!
//! It recomputes the chain of entries, the digests of facts and journal, the headlines of closed days, and
//! `cells == sum of contributions == sum of the journal`. It reads one unchanging view, so it runs beside a live server.
//! It must not repair, nor stop at the first finding: a row that cannot be read is a finding, too.

mod days;
mod directory;
mod entries;
mod householders;
mod points;
mod progress;
mod records;
mod report;
mod run;
mod schema;

pub use report::{Finding, Report};
pub use run::audit;
