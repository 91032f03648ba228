//! The bodies of reviewers: many decisions at once, and the answer to a dispute.

use chrono::{DateTime, Utc};

use crate::api::body::{AtMost, BodyReader, Moment, Pointer, body, is_given};
use crate::domain::records::DisputeOutcome;
use crate::domain::values::{Code, Fault, InstallationId, Note, PartnerCode, RejectReason, ReviewDecision, Tier};
use crate::register::{Command, ExpectedRevision, InstallationChange};

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
            ReviewDecision::Reject => {
                InstallationChange::Reject { expected: ExpectedRevision::Any, reason: self.reason?? }
            }
        };
        Some(Decision { installation: id, command: Command::Installation { id, change, note } })
    }
}

/// A span of one partner whose unverified installations are rejected, and why.
pub struct RejectSpan {
    pub partner: PartnerCode,
    /// The instant from which on they were first recorded.
    pub from: DateTime<Utc>,
    /// The instant before which they were.
    pub to: DateTime<Utc>,
    pub reason: RejectReason,
    pub note: Option<Note>,
}

body! {
    /// A request to reject the unverified installations of one partner and one span.
    #[schema(example = json!({"partner": "SOLARCO", "recorded_from": "2026-11-26", "recorded_to": "2026-11-27T08:30:00Z", "reason": "not_eligible"}))]
    pub struct RejectUnverified -> RejectSpan {
        /// The code of the partner.
        partner: Code,
        /// The beginning of the span: an instant, or a day, which begins at midnight in Hà Nội.
        recorded_from: Moment,
        /// The end of the span, which is no part of it: an instant, or a day, which begins at midnight in Hà Nội.
        recorded_to: Moment,
        /// Why the installations are rejected.
        reason: RejectReason,
        /// A remark, at most 500 characters.
        note: Option<Note>,
    }
}

impl RejectUnverified {
    fn settle(self, at: &Pointer<'_>, reader: &mut BodyReader) -> Option<RejectSpan> {
        let (from, to) = (self.recorded_from?, self.recorded_to?);
        if to <= from {
            return reader.fault(&at.member("recorded_to"), Fault::EmptySpan);
        }
        Some(RejectSpan { partner: self.partner?, from, to, reason: self.reason?, note: self.note? })
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
