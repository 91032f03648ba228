//! Every change that the register can be asked for.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::records::{DisputeOutcome, NewClient, NewDispute, NewPartner, NewProject};
use crate::domain::rules::{Correction, NewInstallation, Registrant, SiteCorrection};
use crate::domain::values::{
    CorrectReason, DecommissionReason, Hash, InstallationId, Note, PartnerCode, RejectReason, SiteId, Tier,
    WithdrawReason,
};

/// What can be asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// Register an installation.
    Register {
        /// Whose.
        by: Registrant,
        /// Which.
        new: Box<NewInstallation>,
    },
    /// Verify an installation.
    Verify {
        /// Which.
        id: InstallationId,
        /// By what evidence.
        tier: Tier,
        /// In the reviewer's words.
        note: Option<Note>,
    },
    /// Reject an installation.
    Reject {
        /// Which.
        id: InstallationId,
        /// Why.
        reason: RejectReason,
        /// In the reviewer's words.
        note: Option<Note>,
    },
    /// End an installation.
    Decommission {
        /// Which.
        id: InstallationId,
        /// Its last day in operation.
        on: NaiveDate,
        /// Why.
        reason: DecommissionReason,
        /// In the partner's words.
        note: Option<Note>,
    },
    /// Correct an installation.
    Correct {
        /// Which.
        id: InstallationId,
        /// As it was read.
        expected: ExpectedRevision,
        /// What.
        correction: Box<Correction>,
        /// Why.
        reason: CorrectReason,
        /// In the partner's words.
        note: Option<Note>,
    },
    /// Say that what was pledged is there.
    Complete {
        /// Which.
        id: InstallationId,
        /// The day of installation.
        on: NaiveDate,
        /// In the partner's words.
        note: Option<Note>,
    },
    /// Ask for another review after a rejection.
    Resubmit {
        /// Which.
        id: InstallationId,
        /// In the partner's words.
        note: Option<Note>,
    },
    /// Take an installation back.
    Withdraw {
        /// Which.
        id: InstallationId,
        /// Why.
        reason: WithdrawReason,
        /// In the partner's words.
        note: Option<Note>,
    },
    /// Correct a site.
    CorrectSite {
        /// Which.
        id: SiteId,
        /// As it was read.
        expected: ExpectedRevision,
        /// What.
        correction: Box<SiteCorrection>,
        /// Why.
        reason: CorrectReason,
        /// In the partner's words.
        note: Option<Note>,
    },
    /// Make two sites one.
    Merge {
        /// The one that goes.
        from: SiteId,
        /// The one that stays.
        into: SiteId,
    },
    /// Give an installation a site of its own.
    Split {
        /// Which.
        id: InstallationId,
    },
    /// Add a partner.
    AddPartner(NewPartner),
    /// Add a client.
    AddClient {
        /// Which.
        new: NewClient,
        /// The id it was given.
        client_id: String,
        /// The Argon2id hash of its secret.
        secret_hash: String,
    },
    /// Add a project.
    AddProject(NewProject),
    /// What concerns the person at home.
    Home(HomeCommand),
    /// Shut a client out, for ever.
    RevokeClient {
        /// Which.
        client_id: String,
    },
    /// Give a client a new secret.
    ResetSecret {
        /// Which client.
        client_id: String,
        /// The Argon2id hash of the new secret.
        secret_hash: String,
        /// How long the secret before it still works.
        keep_old: TimeDelta,
    },
    /// Shut the clients of a partner out.
    SuspendPartner(PartnerCode),
    /// Let the clients of a partner in again.
    ResumePartner(PartnerCode),
    /// Put a methodology in force, by its number.
    ActivateMethodology(i32),
    /// Publish the headline of a closed day for good.
    Release(NaiveDate),
    /// Note that the register was restored from a backup.
    Restore {
        /// The version that the backup held.
        version: i64,
        /// The hash of its last entry.
        hash: Hash,
        /// When it was made.
        made_at: DateTime<Utc>,
    },
}

/// What can be asked about a home and the person there.
#[derive(Clone, Debug)]
pub enum HomeCommand {
    /// Erase the personal data of a site, and every note about it: the consent is withdrawn.
    Erase {
        /// Which.
        site: SiteId,
    },
    /// Give the householder of an installation's site a new code.
    IssueCode {
        /// The installation.
        id: InstallationId,
    },
    /// Say that something is wrong.
    Dispute {
        /// At which site.
        site: SiteId,
        /// What.
        new: NewDispute,
    },
    /// Answer that.
    CloseDispute {
        /// Which.
        id: i64,
        /// How.
        outcome: DisputeOutcome,
        /// In the reviewer's words.
        note: Option<Note>,
    },
}

impl HomeCommand {
    /// The site that it names.
    pub fn site(&self) -> Option<SiteId> {
        match self {
            Self::Erase { site } | Self::Dispute { site, .. } => Some(*site),
            Self::IssueCode { .. } | Self::CloseDispute { .. } => None,
        }
    }

    /// The installation that it names.
    pub fn installation(&self) -> Option<InstallationId> {
        if let Self::IssueCode { id } = self { Some(*id) } else { None }
    }
}

/// Which state of a record a correction was made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExpectedRevision {
    /// Any.
    Any,
    /// That of one of these strong `ETag`s.
    OneOf(Vec<String>),
}

impl ExpectedRevision {
    /// Whether the record is still in that state.
    #[must_use]
    pub fn holds(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(etags) => etags.iter().any(|one| one == etag),
        }
    }
}
