//! Numbered sets of factors: the effect of a unit of each measure on emissions, the grid factors, the solar yields, the
//! ranges. The room owns reading and numbering them. It must not estimate anything: `estimator` does.

mod bounds;
mod factors;
mod file;
mod known;
mod measure_factors;

pub use factors::{Effect, EffectKind, HalfWidths, LifetimeRule, Methodology};
pub use known::{add, all, first, methodology, of_new_registers};
