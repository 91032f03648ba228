//! Numbered sets of factors: what a unit of each measure does to emissions, the grid factors, the solar yields, the ranges.
//! The room owns reading and numbering them. It must not estimate anything: `estimator` does.

mod factors;
mod file;

pub use factors::{Effect, EffectKind, HalfWidths, Methodology, add, all, first, methodology};
