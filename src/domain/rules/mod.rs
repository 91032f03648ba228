//! What may become of records: pure functions record -> record.

pub mod correct;
mod correction_request;
mod erasure;
pub mod lifecycle;
pub mod registration;
mod stamp;

pub use correction_request::{Amend, Correction, SiteCorrection, TermsCorrection};
pub use erasure::ErasureScope;
pub use lifecycle::Changed;
pub use registration::{FreshIds, NewInstallation, Registrant, SiteClaim, SiteSaid, standing_remarks};
pub use stamp::Stamp;
