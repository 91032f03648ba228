//! Every change that the register can be asked for.
//!
//! The enums nest by what a command is about, so that the code that decides about installations matches
//! [`InstallationChange`] alone and without a wildcard. A variant that is added and not decided does not compile.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::records::{DisputeOutcome, NewClient, NewDispute, NewPartner, NewProject};
use crate::domain::rules::{Correction, NewInstallation, Registrant, SiteCorrection};
use crate::domain::values::{
    CorrectReason, DecommissionReason, Hash, InstallationId, Note, PartnerCode, RejectReason, SiteId, Tier,
    WithdrawReason,
};

/// A change of the register.
#[derive(Clone, Debug)]
pub enum Command {
    /// Register an installation.
    Register {
        /// The partner that registers it and owns it.
        by: Registrant,
        /// The installation, with its site.
        new: Box<NewInstallation>,
    },
    /// Change an installation.
    Installation {
        /// The installation.
        id: InstallationId,
        /// The change.
        change: InstallationChange,
        /// A remark of the partner or the reviewer.
        note: Option<Note>,
    },
    /// Correct the facts of a site.
    CorrectSite {
        /// The site.
        id: SiteId,
        /// The revision that the caller read.
        expected: ExpectedRevision,
        /// The facts that change.
        correction: Box<SiteCorrection>,
        /// The reason of the partner.
        reason: CorrectReason,
        /// A remark of the partner.
        note: Option<Note>,
    },
    /// Change which installations stand at which site.
    Sites(SitesChange),
    /// Change who may do what, or which methodology is in force.
    Directory(DirectoryChange),
    /// Do something about a home or the person there.
    Home(HomeCommand),
    /// Release the headline of a closed day: publish it for good.
    Release(NaiveDate),
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
    /// Verify it.
    Verify {
        /// The evidence.
        tier: Tier,
    },
    /// Reject it.
    Reject {
        /// The reason of the reviewer.
        reason: RejectReason,
    },
    /// Correct its facts.
    Correct {
        /// The revision that the caller read.
        expected: ExpectedRevision,
        /// The facts that change.
        correction: Box<Correction>,
        /// The reason of the partner.
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
        /// The reason of the partner.
        reason: WithdrawReason,
    },
    /// Decommission it: it no longer operates.
    Decommission {
        /// Its last day in operation.
        on: NaiveDate,
        /// The reason of the partner.
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
    /// Make two sites one.
    Merge {
        /// The site that goes.
        from: SiteId,
        /// The site that stays.
        into: SiteId,
    },
    /// Give an installation a site of its own.
    Split {
        /// The installation.
        id: InstallationId,
    },
}

/// A change of partners, clients, projects or the methodology in force.
#[derive(Clone, Debug)]
pub enum DirectoryChange {
    /// Add a partner.
    AddPartner(NewPartner),
    /// Shut the clients of a partner out.
    SuspendPartner(PartnerCode),
    /// Let the clients of a partner in again.
    ResumePartner(PartnerCode),
    /// Add a client.
    AddClient {
        /// The client.
        new: NewClient,
        /// The id that it was given.
        client_id: String,
        /// The Argon2id hash of its secret.
        secret_hash: String,
    },
    /// Shut a client out for ever.
    RevokeClient {
        /// The client.
        client_id: String,
    },
    /// Give a client a new secret.
    ResetSecret {
        /// The client.
        client_id: String,
        /// The Argon2id hash of the new secret.
        secret_hash: String,
        /// The time for which the secret before still works.
        keep_old: TimeDelta,
    },
    /// Add a project.
    AddProject(NewProject),
    /// Put a methodology in force, by its number.
    ActivateMethodology(i32),
}

/// A command about a home and the person there.
#[derive(Clone, Debug)]
pub enum HomeCommand {
    /// Erase the personal data of a site and every note about it, because the consent is withdrawn.
    Erase {
        /// The site.
        site: SiteId,
    },
    /// Give the householder of an installation's site a new code.
    IssueCode {
        /// The installation.
        id: InstallationId,
    },
    /// Open a dispute: the householder says that something is wrong.
    Dispute {
        /// The site.
        site: SiteId,
        /// The dispute.
        new: NewDispute,
    },
    /// Close a dispute.
    CloseDispute {
        /// The dispute.
        id: i64,
        /// The decision of the reviewer.
        outcome: DisputeOutcome,
        /// A remark of the reviewer.
        note: Option<Note>,
    },
}

/// The revision of a record that a correction was made for. A correction of an older revision is refused, because
/// its author has not seen what it would undo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExpectedRevision {
    /// Any revision.
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
