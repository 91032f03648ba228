//! What the register can be asked to change, and what it answers.

use crate::domain::administration::{NewClient, NewPartner, NewProject};
use crate::domain::entry::Hash;
use crate::domain::id::{InstallationId, SiteId};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{NewInstallation, Registrant};
use crate::domain::site::SiteRecord;
use crate::domain::state::{RejectReason, Tier};
use crate::domain::text::Note;
use crate::domain::warning::Remark;
use chrono::{DateTime, NaiveDate, Utc};

/// A change, and who asks for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The client's id, or the command line's.
    pub actor: String,
    /// What is asked.
    pub command: Command,
}

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

/// What became of a registration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was there already, with the same content.
    Unchanged,
}

/// What was done.
#[derive(Clone, Debug)]
pub enum Done {
    /// An installation stands in the register.
    Registered {
        /// Whether it is new.
        outcome: Outcome,
        /// Its site with everything at it.
        record: Box<SiteRecord>,
        /// Which of the installations there.
        id: InstallationId,
        /// What is worth a second look.
        remarks: Vec<Remark>,
    },
    /// An installation changed, or was so already.
    Changed {
        /// Its site with everything at it.
        record: Box<SiteRecord>,
        /// Which of the installations there.
        id: InstallationId,
    },
    /// Sites were merged or split.
    Rearranged,
    /// A partner, client or project was added.
    Added,
    /// A restoration was noted.
    Noted,
}

/// Why nothing was done.
#[derive(Clone, PartialEq, Debug)]
pub enum Failure {
    /// The rules of the register refuse it.
    Refused(Refusal),
    /// The queue is full, or the database does not answer; later it may work.
    Unavailable,
    /// Something broke that should not; it stands in the log.
    Broken,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
