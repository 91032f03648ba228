//! The lists that bodies and filters refer to: measures, provinces, communes, and the outlines of provinces; and the rules of
//! disclosure.
//!
//! Their data is compiled in (`domain::reference`, `reference/`), so the room answers from memory and must not read the
//! database. It knows no numbers: maps with numbers take the outlines from here.

pub mod communes;
pub mod disclosure;
pub mod measures;
pub mod outlines;
pub mod provinces;
