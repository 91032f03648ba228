//! Attacks on the rules of disclosure: histories of registers with an observer who keeps what every point showed, and
//! small registers that show one rule each.

mod dozens;
mod histories;
mod observer;
mod random_homes;

pub use observer::RULES;
pub use random_homes::sample_cell;
