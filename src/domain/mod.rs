//! The register's own words and rules: what a site, an installation and a cell are, and what
//! each counts for. Pure: no I/O, no clock, no framework. Everything else depends on this;
//! this depends on nothing.

pub mod chain;
pub mod counting;
pub mod figures;
pub mod records;
pub mod reference;
pub mod refusals;
pub mod rules;
pub mod values;
