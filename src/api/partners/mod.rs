//! Partners, projects and clients, for administrators. This room owns their bodies and views; who may do
//! what is decided by the route table and the domain.

mod bodies;
pub mod clients;
pub mod partners_and_projects;
pub mod quotas;

pub use clients::ClientView;
pub use partners_and_projects::{PartnerView, ProjectView};
