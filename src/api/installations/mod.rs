//! Register, read, correct, act on installations.

mod action_bodies;
pub mod actions;
mod body;
pub mod estimate;
pub mod handlers;
pub mod history;
mod patch_bodies;
mod view;

pub use body::STATUSES;
pub(in crate::api) use handlers::list_found;
pub use patch_bodies::read_site_correction;
pub use view::{InstallationList, MeasureView, PrivateView, SiteView, measures, outcome};
