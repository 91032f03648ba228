//! The bodies of reviewers: many decisions at once, and the answer to a dispute.

use crate::api::body::{AtMost, BodyReader, Pointer, body, is_given};
use crate::domain::records::DisputeOutcome;
use crate::domain::values::{Fault, InstallationId, Note, RejectReason, ReviewDecision, Tier};
use crate::register::{Command, InstallationChange};

/// Decisions of one request, at most.
const MOST_DECISIONS: usize = 1_000;

/// One decision: the installation, and the command that carries it out.
pub struct Decision {
    pub installation: InstallationId,
    pub command: Command,
}

body! {
    /// Decisions on many installations.
    pub struct DecideInstallations -> Vec<Decision> {
        /// 1 to 1,000 decisions. Each is carried out by itself, in this order.
        #[schema(min_items = 1, max_items = 1000)]
        decisions: AtMost<Decide, MOST_DECISIONS> as Vec<Decide>,
    }
}

impl DecideInstallations {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Vec<Decision>> {
        let decisions = self.decisions?;
        if decisions.is_empty() { reader.fault(&at.member("decisions"), Fault::Empty) } else { Some(decisions) }
    }
}

body! {
    /// One decision on one installation.
    pub struct Decide -> Decision {
        /// The id of the installation.
        installation: InstallationId,
        /// `verify` or `reject`.
        action: ReviewDecision,
        /// The evidence that was seen. Required with `verify`, refused with `reject`.
        evidence_tier: Option<Tier>,
        /// Why the installation is rejected. Required with `reject`, refused with `verify`.
        reason: Option<RejectReason>,
        /// A remark, at most 500 characters.
        note: Option<Note>,
    }
}

impl Decide {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<Decision> {
        let (tier, reason) = (is_given(&self.evidence_tier), is_given(&self.reason));
        let ((needed, is_sent), (other, is_surplus)) = match self.action? {
            ReviewDecision::Verify => (("evidence_tier", tier), ("reason", reason)),
            ReviewDecision::Reject => (("reason", reason), ("evidence_tier", tier)),
        };
        if !is_sent {
            reader.fault::<()>(&at.member(needed), Fault::Missing);
        }
        if is_surplus {
            reader.fault::<()>(&at.member(other), Fault::UnknownField);
        }
        let (id, note) = (self.installation?, self.note?);
        let change = match self.action? {
            ReviewDecision::Verify => InstallationChange::Verify { tier: self.evidence_tier?? },
            ReviewDecision::Reject => InstallationChange::Reject { reason: self.reason?? },
        };
        Some(Decision { installation: id, command: Command::Installation { id, change, note } })
    }
}

body! {
    /// The answer to a dispute.
    pub struct CloseDispute {
        /// Whether the dispute is upheld or dismissed.
        pub outcome: DisputeOutcome,
        /// A remark that the householder reads, at most 500 characters.
        pub note: Option<Note>,
    }
}
