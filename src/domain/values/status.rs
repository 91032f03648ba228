//! The status of an installation, and the evidence behind a verification.

use super::coded_enum::coded_enum;

coded_enum!(
    /// The evidence behind a verification. Later in this list is stronger.
    Tier {
        /// Its lot passed a published random sample.
        Sampled = "sampled",
        /// Documents were checked.
        Document = "document",
        /// Somebody looked at it.
        Inspected = "inspected",
        /// Its meter was read.
        Metered = "metered",
    }
);

coded_enum!(
    /// The status that a partner registers an installation with.
    NewStatus {
        /// Planned, not yet there.
        Pledged = "pledged",
        /// There, by its partner's word.
        Installed = "installed",
    }
);

coded_enum!(
    /// What a reviewer decides of an installation.
    ReviewDecision {
        /// Verify it, by evidence of a tier.
        Verify = "verify",
        /// Reject it, for a reason.
        Reject = "reject",
    }
);

coded_enum!(
    /// The status of an installation.
    Status {
        /// Planned, not yet there.
        Pledged = "pledged",
        /// There, by its partner's word.
        Installed = "installed",
        /// There, by a reviewer's evidence.
        Verified = "verified",
        /// Refused by a reviewer.
        Rejected = "rejected",
        /// Taken back by its partner.
        Withdrawn = "withdrawn",
        /// Was there, and is no longer in operation.
        Decommissioned = "decommissioned",
    }
);
