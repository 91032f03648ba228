//! The bodies of actions on an installation: what each needs, and a note.

use chrono::NaiveDate;

use crate::api::http::{Faults, Node, Object, coded, read};
use crate::domain::refusals::FieldFault;
use crate::domain::values::{DecommissionReason, Note, RejectReason, Tier, WithdrawReason, parse_past_day};

/// Reads `{"evidence_tier", "note"?}`.
pub fn read_verify(node: &Node) -> Result<(Tier, Option<Note>), Vec<FieldFault>> {
    read_with_note(node, |body, faults| body.required_text("evidence_tier", faults, coded(Tier::parse, Tier::CODES)))
}

/// Reads `{"reason", "note"?}`.
pub fn read_reject(node: &Node) -> Result<(RejectReason, Option<Note>), Vec<FieldFault>> {
    read_with_note(node, |body, faults| {
        body.required_text("reason", faults, coded(RejectReason::parse, RejectReason::CODES))
    })
}

/// Reads `{"installed_on", "note"?}`.
pub fn read_complete(node: &Node, today: NaiveDate) -> Result<(NaiveDate, Option<Note>), Vec<FieldFault>> {
    read_with_note(node, |body, faults| body.required_text("installed_on", faults, |raw| parse_past_day(raw, today)))
}

/// Reads `{"note"?}`.
pub fn read_resubmit(node: &Node) -> Result<Option<Note>, Vec<FieldFault>> {
    read_with_note(node, |_, _| Some(())).map(|((), note)| note)
}

/// Reads `{"reason", "note"?}`.
pub fn read_withdraw(node: &Node) -> Result<(WithdrawReason, Option<Note>), Vec<FieldFault>> {
    read_with_note(node, |body, faults| {
        body.required_text("reason", faults, coded(WithdrawReason::parse, WithdrawReason::CODES))
    })
}

/// Reads `{"decommissioned_on", "reason", "note"?}`.
#[expect(clippy::type_complexity, reason = "the three members of one body, taken apart at once")]
pub fn read_decommission(
    node: &Node,
    today: NaiveDate,
) -> Result<((NaiveDate, DecommissionReason), Option<Note>), Vec<FieldFault>> {
    read_with_note(node, |body, faults| {
        let on = body.required_text("decommissioned_on", faults, |raw| parse_past_day(raw, today));
        let codes = coded(DecommissionReason::parse, DecommissionReason::CODES);
        let reason = body.required_text("reason", faults, codes);
        Some((on?, reason?))
    })
}

/// The same for every action: what it needs, and a note.
fn read_with_note<T>(
    node: &Node,
    choice: impl FnOnce(&mut Object<'_>, &mut Faults) -> Option<T>,
) -> Result<(T, Option<Note>), Vec<FieldFault>> {
    read(node, |body, faults| {
        let chosen = choice(body, faults);
        let note = body.text("note", faults, Note::parse);
        Some((chosen?, note))
    })
}
