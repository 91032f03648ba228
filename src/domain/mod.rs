//! The words and rules of the register: sites, installations, cells, and the contribution of each record to the cells.
//! Pure: no I/O, no clock, no framework, no word of HTTP. Every other layer depends on this one, and this one depends
//! on none.
//!
//! Its rooms depend on each other one way, and no two files depend on each other:
//!
//! ```text
//! values <- reference <- refusals <- records <- { rules, counting } <- { chain, figures }      (the importer stands right)
//! ```

pub mod chain;
pub mod counting;
pub mod disclosure;
pub mod figures;
pub mod records;
pub mod reference;
pub mod refusals;
pub mod rules;
pub mod values;
