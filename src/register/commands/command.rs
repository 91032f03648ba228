//! Every change of the register that a caller can request.
//!
//! The enums nest by the subject of a command, so the code that decides about installations matches
//! [`InstallationChange`] alone, without a wildcard. A variant that is added and not decided does not compile.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::records::{DisputeOutcome, NewClient, NewDispute, NewPartner, NewProject, OwnQuota};
use crate::domain::rules::{Correction, NewInstallation, Registrant, SiteCorrection};
use crate::domain::values::{
    CorrectReason, DecommissionReason, Hash, InstallationId, Note, PartnerCode, RejectReason, SiteId, Tier,
    WithdrawReason,
};

/// A change of the register.
#[derive(Clone, Debug)]
pub enum Command {
    Register {
        /// The partner that registers it and owns it.
        by: Registrant,
        new: Box<NewInstallation>,
    },
    Installation {
        id: InstallationId,
        change: InstallationChange,
        /// A remark of the partner or the reviewer.
        note: Option<Note>,
    },
    CorrectSite {
        id: SiteId,
        /// The revision that the caller read.
        expected: ExpectedRevision,
        correction: Box<SiteCorrection>,
        reason: CorrectReason,
        note: Option<Note>,
    },
    /// Change which installations stand at which site.
    Sites(SitesChange),
    /// Change partners, clients or projects, or the methodology in force.
    Directory(DirectoryChange),
    /// Do something about a home or the person there.
    Home(HomeCommand),
    /// Make one step of what suspending or resuming a partner asks for: set its unverified installations aside, or give them back.
    SettleSuspensions,
    /// Release the headline of a closed day: publish it for good.
    Release(NaiveDate),
    /// Set the clock of the register back to that of this machine, and void the closed days and releases that have not come.
    SetClockBack,
    /// Note that the register was restored from a backup.
    Restore {
        /// The version that the backup held.
        version: i64,
        /// The hash of the last entry in the backup.
        hash: Hash,
        /// The instant of the backup.
        made_at: DateTime<Utc>,
    },
}

/// A change of one installation.
#[derive(Clone, Debug)]
pub enum InstallationChange {
    Verify {
        tier: Tier,
    },
    Reject {
        /// The revision that the caller read.
        expected: ExpectedRevision,
        reason: RejectReason,
    },
    Correct {
        /// The revision that the caller read.
        expected: ExpectedRevision,
        correction: Box<Correction>,
        reason: CorrectReason,
    },
    /// Complete a pledge: say that the installation stands.
    Complete {
        /// The day of installation.
        on: NaiveDate,
    },
    /// Ask for another review after a rejection.
    Resubmit,
    /// Withdraw it: it should not have been registered, or will not be built.
    Withdraw {
        reason: WithdrawReason,
    },
    /// Decommission it: it no longer operates.
    Decommission {
        /// Its last day in operation.
        on: NaiveDate,
        reason: DecommissionReason,
    },
}

impl InstallationChange {
    /// The command that asks for this change of an installation, without a note.
    #[must_use]
    pub fn of(self, id: InstallationId) -> Command {
        Command::Installation { id, change: self, note: None }
    }
}

/// A change of which installations stand at which site. No path of the interface leads here yet: tests alone do.
#[derive(Clone, Debug)]
pub enum SitesChange {
    Merge {
        /// The site that goes.
        from: SiteId,
        /// The site that stays.
        into: SiteId,
    },
    /// Give an installation a site of its own.
    Split { id: InstallationId },
}

/// A change of partners, clients, projects or the methodology in force.
#[derive(Clone, Debug)]
pub enum DirectoryChange {
    AddPartner(NewPartner),
    /// Shut the clients of a partner out.
    SuspendPartner(PartnerCode),
    /// Let the clients of a partner in again.
    ResumePartner(PartnerCode),
    /// Give a partner a daily quota of its own for some time.
    SetQuota(PartnerCode, OwnQuota),
    AddClient {
        new: NewClient,
        /// The id that it was given.
        client_id: String,
        /// The SHA-256 of its secret, as it is stored.
        secret_hash: String,
    },
    /// Shut a client out for ever.
    RevokeClient {
        client_id: String,
    },
    ResetSecret {
        client_id: String,
        /// The SHA-256 of the new secret, as it is stored.
        secret_hash: String,
        /// The time for which the secret before still works.
        keep_old: TimeDelta,
    },
    AddProject(NewProject),
    /// Put a methodology in force, by its number.
    ActivateMethodology(i32),
}

/// A command about a home and the person there.
#[derive(Clone, Debug)]
pub enum HomeCommand {
    /// Erase the personal data of a site and every note about it, because the consent is withdrawn.
    Erase { site: SiteId },
    /// Give the householder of an installation's site a new code.
    IssueCode { id: InstallationId },
    /// Open a dispute: the householder says that something is wrong.
    Dispute { site: SiteId, new: NewDispute },
    CloseDispute {
        /// The id of the dispute.
        id: i64,
        outcome: DisputeOutcome,
        note: Option<Note>,
    },
}

/// The revision of a record that a correction was made for. A correction of an older revision is refused, because
/// its author has not seen the later changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExpectedRevision {
    Any,
    /// One of these revision tags.
    OneOf(Vec<String>),
}

impl ExpectedRevision {
    /// Whether a record with this revision tag is one that was expected.
    #[must_use]
    pub fn holds(&self, tag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|one| one == tag),
        }
    }
}
