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
        /// Reported as installed by the partner; not verified.
        Installed = "installed",
    }
);

coded_enum!(
    /// The decision of a reviewer about an installation.
    ReviewDecision {
        Verify = "verify",
        Reject = "reject",
    }
);

coded_enum!(
    /// The status of an installation.
    Status {
        /// Planned, not yet there.
        Pledged = "pledged",
        /// Reported as installed by the partner; not verified.
        Installed = "installed",
        /// A reviewer found evidence.
        Verified = "verified",
        /// Refused by a reviewer.
        Rejected = "rejected",
        /// Taken back by its partner.
        Withdrawn = "withdrawn",
        /// No longer in operation.
        Decommissioned = "decommissioned",
    }
);
