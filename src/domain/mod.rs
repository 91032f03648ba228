//! The register's own words and rules: what a site, an installation and a cell are, and what
//! each counts for. Pure: no I/O, no clock, no framework. Everything else depends on this;
//! this depends on nothing.

pub mod actor;
pub mod administration;
pub mod cell;
mod coded;
pub mod consent;
pub mod contribution;
pub mod correcting;
pub mod correction;
pub mod date;
pub mod emissions;
pub mod entry;
pub mod facts;
pub mod fault;
pub mod history;
pub mod householder;
pub mod id;
pub mod installation;
pub mod measures;
pub mod methodology;
pub mod money;
pub mod place;
pub mod private;
pub mod progress;
pub mod quantity;
pub mod reason;
pub mod reference;
pub mod refusal;
pub mod registration;
pub mod site;
pub mod state;
pub mod text;
pub mod totals;
pub mod transition;
pub mod warning;
