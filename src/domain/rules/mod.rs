//! The rules by which records change. Each rule is a pure function: it takes a record and a request, and returns the
//! record after the change or a refusal. The room must not write, count or publish: `register` writes the record,
//! `counting` counts it.

mod clock_doubt;
pub mod correct;
mod correction_request;
mod erasure;
pub mod lifecycle;
pub mod merge_and_split;
pub mod registration;
pub mod resend;
pub mod second_look;
mod stamp;
pub mod suspension;

pub use clock_doubt::{ClockDoubt, ClockFault};
pub use correction_request::{Amend, Correction, SiteCorrection, TermsCorrection};
pub use erasure::ErasureScope;
pub use lifecycle::Changed;
pub use registration::{FreshIds, NewInstallation, Registrant, SiteClaim, SiteSaid};
pub use second_look::standing_remarks;
pub use stamp::Stamp;
