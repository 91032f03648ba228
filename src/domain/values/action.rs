//! The action of an entry, and the cause that the journal and the bridge give for the sums that it moved.

use super::coded_enum::coded_enum;

impl Action {
    /// The actions that change partners, clients, projects, the methodology in force, or what is void.
    pub const OF_DIRECTORY: [Self; 10] = [
        Self::AddPartner,
        Self::AddClient,
        Self::AddProject,
        Self::RevokeClient,
        Self::ResetSecret,
        Self::SuspendPartner,
        Self::ResumePartner,
        Self::SetQuota,
        Self::ActivateMethodology,
        Self::SetClockBack,
    ];
}

coded_enum!(
    /// The action of an entry.
    Action {
        /// A partner registered an installation.
        Register = "register",
        /// A reviewer verified an installation.
        Verify = "verify",
        /// A reviewer rejected an installation.
        Reject = "reject",
        /// An installation went out of operation.
        Decommission = "decommission",
        /// A partner corrected its installation.
        Correct = "correct",
        /// A partner installed its pledge.
        Complete = "complete",
        /// A rejected installation waits for a reviewer once more.
        Resubmit = "resubmit",
        /// A partner took its installation back.
        Withdraw = "withdraw",
        /// The partner that recorded a site corrected the site.
        CorrectSite = "correct_site",
        /// Two sites turned out to be one.
        Merge = "merge",
        /// An installation moved to a site of its own.
        Split = "split",
        AddPartner = "add_partner",
        AddClient = "add_client",
        AddProject = "add_project",
        /// Personal data of a site was erased.
        Erase = "erase",
        /// A householder was given a new code.
        IssueCode = "issue_code",
        /// A householder opened a dispute.
        Dispute = "dispute",
        /// A reviewer closed a dispute.
        CloseDispute = "close_dispute",
        /// A client was shut out.
        RevokeClient = "revoke_client",
        ResetSecret = "reset_secret",
        /// The clients of a partner were shut out.
        SuspendPartner = "suspend_partner",
        /// The clients of a partner were let in again.
        ResumePartner = "resume_partner",
        /// A partner may register more a day, or fewer, for some time.
        SetQuota = "set_quota",
        /// An installation counts for nothing, because its partner is suspended and nobody verified it.
        SetAside = "set_aside",
        /// An installation that was set aside counts again, because its partner was resumed.
        GiveBack = "give_back",
        ActivateMethodology = "activate_methodology",
        /// The headline of a closed day was published for good.
        Release = "release",
        /// The register was restored from a backup.
        Restore = "restore",
        /// The clock of the register was set back, and days that had not come are void.
        SetClockBack = "set_clock_back",
        /// All sites were counted anew, by a newer rule.
        CountAnew = "count_anew",
    }
);

coded_enum!(
    /// Why an entry moved numbers, as the journal and the bridge name it.
    Cause {
        /// A partner registered an installation.
        Registered = "registered",
        /// A reviewer found evidence.
        Verified = "verified",
        /// A reviewer rejected an installation.
        Rejected = "rejected",
        /// A partner corrected a record.
        Corrected = "corrected",
        /// A partner took an installation back.
        Withdrawn = "withdrawn",
        /// A measure went out of operation.
        Decommissioned = "decommissioned",
        /// A partner was suspended, and nobody had verified the installation.
        Suspended = "suspended",
        /// A partner that was suspended was resumed.
        Reinstated = "reinstated",
        /// Two sites became one.
        Merged = "merged",
        /// One site became two.
        Split = "split",
        /// The definition of a contribution changed.
        Definition = "definition",
        /// The entry is about partners, clients, projects or householders, and moves no number.
        Administration = "administration",
    }
);
