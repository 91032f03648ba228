//! Reading records: by id, by names, lists, history, household.

pub mod by_id;
pub mod by_partner_names;
pub mod disputes;
pub mod history;
pub mod householders;
pub mod installation_list;

pub use by_partner_names::Named;
pub use disputes::Noted;
pub use history::{History, Past};
pub use householders::Home;
pub use installation_list::{Filter, InstallationRecord};
