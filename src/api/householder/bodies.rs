//! The body with which a householder disputes what is recorded.

use crate::api::body::{BodyReader, Pointer, body};
use crate::domain::records::{DisputeReason, NewDispute};
use crate::domain::values::{InstallationId, Note};

body! {
    /// A dispute: what the householder says is wrong.
    pub struct OpenDispute -> NewDispute {
        /// The id of the disputed installation, one of those at the home. Left out: the home as a whole.
        installation: Option<InstallationId>,
        /// What is wrong.
        reason: DisputeReason,
        /// The householder's own words, at most 500 characters.
        note: Option<Note>,
    }
}

impl OpenDispute {
    fn settle(self, _: &Pointer<'_>, _: &mut BodyReader) -> Option<NewDispute> {
        Some(NewDispute { installation: self.installation?, reason: self.reason?, note: self.note? })
    }
}
