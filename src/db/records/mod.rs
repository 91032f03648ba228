//! Reading records: by id, by the names that partners gave, as lists, with their history, for the person at home.
//!
//! Queries here return values of the domain. They must not write, disputes apart, which the register adds and closes while
//! it decides.

pub mod by_id;
pub mod by_partner_names;
pub mod by_personal_data;
pub mod disputes;
pub mod history;
pub mod householders;
mod index_lanes;
pub mod installation_list;
pub mod suspended;
mod unverified;

pub use by_partner_names::Named;
pub use disputes::DisputeWithNotes;
pub use history::{History, PastEntry};
pub use householders::Home;
pub use installation_list::{Filter, InstallationPage, InstallationRecord, installations_dated_after};
pub use unverified::UnverifiedSpan;
