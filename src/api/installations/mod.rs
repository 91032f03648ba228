//! Register, read, correct and act on installations. This room owns their bodies and views; what a change
//! means is decided in the domain, and what reviewers see of many is in `review`.

mod action_bodies;
pub mod actions;
mod body;
pub mod estimate;
pub mod handlers;
pub mod history;
pub mod householder_codes;
mod patch_bodies;
mod view;

pub(in crate::api) use handlers::list_found;
pub use view::{InstallationList, MeasureView, measures};
