//! Read and correct sites. This room owns how a site is sent and shown, also as a part of an installation;
//! it must not know installations, which stand above it.

mod bodies;
pub mod handlers;
mod view;

pub use bodies::{CreateConsent, CreateSite, NamedSite, Reasoned};
pub use view::{PrivateView, SiteView};
