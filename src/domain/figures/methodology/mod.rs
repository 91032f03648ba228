//! Sets of factors.

mod factors;
mod file;

pub use factors::{Effect, EffectKind, Methodology, add, all, first, methodology};
