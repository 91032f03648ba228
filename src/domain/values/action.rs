//! What an entry did, and the cause that the journal and the bridge give for what it moved.

use super::coded_enum::coded_enum;

impl Action {
    /// Those that change partners, clients, projects, or the methodology in force.
    pub const OF_DIRECTORY: [Self; 8] = [
        Self::AddPartner,
        Self::AddClient,
        Self::AddProject,
        Self::RevokeClient,
        Self::ResetSecret,
        Self::SuspendPartner,
        Self::ResumePartner,
        Self::ActivateMethodology,
    ];

    /// Those whose notes are a reviewer's words.
    pub const OF_REVIEWERS: [Self; 3] = [Self::Verify, Self::Reject, Self::CloseDispute];
}

coded_enum!(
    /// What was done.
    Action {
        /// An installation came in.
        Register = "register",
        /// A reviewer verified it.
        Verify = "verify",
        /// A reviewer rejected it.
        Reject = "reject",
        /// It ended.
        Decommission = "decommission",
        /// Its partner corrected it.
        Correct = "correct",
        /// What was pledged was carried out.
        Complete = "complete",
        /// After a rejection it waits for a reviewer once more.
        Resubmit = "resubmit",
        /// Its partner took it back.
        Withdraw = "withdraw",
        /// The partner that recorded a site corrected it.
        CorrectSite = "correct_site",
        /// Two sites turned out to be one.
        Merge = "merge",
        /// An installation went to a site of its own.
        Split = "split",
        /// A partner was added.
        AddPartner = "add_partner",
        /// A client was added.
        AddClient = "add_client",
        /// A project was added.
        AddProject = "add_project",
        /// Personal data of a site was erased.
        Erase = "erase",
        /// A householder was given a new code.
        IssueCode = "issue_code",
        /// A householder said that something is wrong.
        Dispute = "dispute",
        /// A reviewer answered that.
        CloseDispute = "close_dispute",
        /// A client was shut out.
        RevokeClient = "revoke_client",
        /// A client got a new secret.
        ResetSecret = "reset_secret",
        /// The clients of a partner were shut out.
        SuspendPartner = "suspend_partner",
        /// The clients of a partner were let in again.
        ResumePartner = "resume_partner",
        /// A methodology came into force.
        ActivateMethodology = "activate_methodology",
        /// The headline of a closed day was published for good.
        Release = "release",
        /// The register was restored from a backup.
        Restore = "restore",
    }
);

coded_enum!(
    /// Why numbers moved; the journal and the bridge speak of it.
    Cause {
        /// Something new was reported.
        Registered = "registered",
        /// A reviewer found evidence.
        Verified = "verified",
        /// A reviewer refused.
        Rejected = "rejected",
        /// A partner corrected what it had recorded.
        Corrected = "corrected",
        /// A partner took something back.
        Withdrawn = "withdrawn",
        /// A measure went out of operation.
        Decommissioned = "decommissioned",
        /// Two sites became one.
        Merged = "merged",
        /// One site became two.
        Split = "split",
        /// What counts was defined anew.
        Definition = "definition",
        /// Partners, clients, projects, householders: no number moves.
        Administration = "administration",
    }
);
