//! The bodies of householders, and of reviewers who answer them.

use crate::api::http::{Node, coded, read};
use crate::domain::records::{DisputeOutcome, DisputeReason, NewDispute};
use crate::domain::refusals::FieldFault;
use crate::domain::values::{InstallationId, Note};

/// Reads `{"installation"?, "reason", "note"?}`.
pub fn read_dispute(node: &Node) -> Result<NewDispute, Vec<FieldFault>> {
    read(node, |body, faults| {
        let installation = body.text("installation", faults, InstallationId::parse);
        let reason = body.required_text("reason", faults, coded(DisputeReason::parse, DisputeReason::CODES));
        let note = body.text("note", faults, Note::parse);
        Some(NewDispute { installation, reason: reason?, note })
    })
}

/// Reads `{"outcome", "note"?}`.
pub fn read_closing(node: &Node) -> Result<(DisputeOutcome, Option<Note>), Vec<FieldFault>> {
    read(node, |body, faults| {
        let outcome = body.required_text("outcome", faults, coded(DisputeOutcome::parse, DisputeOutcome::CODES));
        let note = body.text("note", faults, Note::parse);
        Some((outcome?, note))
    })
}
