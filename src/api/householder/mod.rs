//! What the person at home sees and says.

mod bodies;
pub mod codes;
pub mod consent;
pub mod handlers;
mod view;

pub use bodies::read_closing;
pub use codes::HouseholderCodeView;
pub(in crate::api) use handlers::{ask, disputed};
pub use view::{DisputeList, DisputeResponse, DisputeView, ReviewedDispute};
