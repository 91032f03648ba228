//! The proof.

mod days;
mod householders;
mod run;

pub use run::{Report, audit};
