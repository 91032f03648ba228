//! The person at home: the text they consent to.

pub mod consent;
