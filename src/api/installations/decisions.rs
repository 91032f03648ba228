//! The bodies of a reviewer's decisions.

use crate::api::json::Node;
use crate::api::reader::{Faults, Object, coded};
use crate::domain::refusal::FieldFault;
use crate::domain::state::{RejectReason, Tier};
use crate::domain::text::Note;

/// Reads `{"evidence_tier", "note"?}`.
pub fn read_verify(node: &Node) -> Result<(Tier, Option<Note>), Vec<FieldFault>> {
    read(node, |body, faults| body.required_text("evidence_tier", faults, coded(Tier::parse, Tier::CODES)))
}

/// Reads `{"reason", "note"?}`.
pub fn read_reject(node: &Node) -> Result<(RejectReason, Option<Note>), Vec<FieldFault>> {
    read(node, |body, faults| body.required_text("reason", faults, coded(RejectReason::parse, RejectReason::CODES)))
}

fn read<T>(
    node: &Node,
    choice: impl FnOnce(&mut Object<'_>, &mut Faults) -> Option<T>,
) -> Result<(T, Option<Note>), Vec<FieldFault>> {
    let mut faults = Faults::default();
    let settled = Object::of(node, String::new(), &mut faults).and_then(|mut body| {
        let outcome = choice(&mut body, &mut faults);
        let note = body.text("note", &mut faults, Note::parse);
        body.finish(&mut faults);
        Some((outcome?, note))
    });
    faults.settle(settled)
}
