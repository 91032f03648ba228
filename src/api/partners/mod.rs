//! Partners, projects, clients, for administrators.

mod bodies;
pub mod clients;
pub mod partners_and_projects;

pub use bodies::read_new_release;
pub use clients::ClientView;
