//! The bodies of actions on an installation.

use chrono::NaiveDate;

use crate::api::body::body;
use crate::domain::values::{DecommissionReason, Note, RejectReason, Tier, WithdrawReason};

body! {
    /// A pledged installation is in place now.
    pub struct CompleteInstallation {
        /// The day of installation (YYYY-MM-DD, Hà Nội), not in the future. Example: 2026-10-02.
        pub installed_on: NaiveDate,
        /// A remark, at most 500 characters.
        pub note: Option<Note>,
    }
}

body! {
    /// A request for another review after a rejection.
    pub struct ResubmitInstallation {
        /// A remark, at most 500 characters.
        pub note: Option<Note>,
    }
}

body! {
    /// A withdrawal of an installation by its partner.
    pub struct WithdrawInstallation {
        /// Why the installation is withdrawn.
        pub reason: WithdrawReason,
        /// A remark, at most 500 characters.
        pub note: Option<Note>,
    }
}

body! {
    /// The end of an installation's operation.
    pub struct DecommissionInstallation {
        /// The last day in operation (YYYY-MM-DD, Hà Nội), not in the future. Example: 2026-10-31.
        pub decommissioned_on: NaiveDate,
        /// Why operation ended.
        pub reason: DecommissionReason,
        /// A remark, at most 500 characters.
        pub note: Option<Note>,
    }
}

body! {
    /// A verification by a reviewer.
    #[schema(example = json!({"evidence_tier": "inspected", "note": "Seen on the roof"}))]
    pub struct VerifyInstallation {
        /// The evidence that was seen. `sampled` is refused until sampling by lots exists.
        pub evidence_tier: Tier,
        /// A remark, at most 500 characters.
        pub note: Option<Note>,
    }
}

body! {
    /// A rejection by a reviewer.
    #[schema(example = json!({"reason": "evidence_missing"}))]
    pub struct RejectInstallation {
        /// Why the installation is rejected. Its partner reads the reason in the history.
        pub reason: RejectReason,
        /// A remark, at most 500 characters.
        pub note: Option<Note>,
    }
}
