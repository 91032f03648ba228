//! Attacks on the rules of disclosure: histories of registers, and an observer who keeps what every point showed.

mod histories;
mod observer;
mod random_homes;

pub use observer::RULES;
pub use random_homes::sample_cell;
