//! What the register can be asked to change, and what it answers.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::db::ledger::Release;
use crate::domain::records::{Actor, HouseholderCode, NewClient, NewPartner, NewProject, SiteRecord};
use crate::domain::refusals::{Refusal, Remark};
use crate::domain::rules::{Correction, NewInstallation, Registrant, SiteCorrection};
use crate::domain::values::{
    CorrectReason, DecommissionReason, Hash, InstallationId, Note, PartnerCode, RejectReason, SiteId, Tier,
    WithdrawReason,
};
use crate::register::decide::{HomeCommand, HomeDone};

/// A change, and who asks for it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks: entries carry its id, and it may touch only what it may see.
    pub by: Actor,
    /// What is asked.
    pub command: Command,
    /// Whether it is only asked what would come of it: nothing is written.
    pub dry_run: bool,
    /// What the client calls this request, so that it is carried out once.
    pub key: Option<IdempotentRequest>,
}

impl Request {
    /// A request to be carried out.
    #[must_use]
    pub fn new(by: Actor, command: Command) -> Self {
        Self { by, command, dry_run: false, key: None }
    }
}

/// An idempotency key. What was answered is kept in the transaction of the change itself, so that
/// both are there or neither.
#[derive(Clone)]
pub struct IdempotentRequest {
    /// The client's key.
    pub key: String,
    /// A digest of everything that was sent with it.
    pub digest: Hash,
    /// What is to be kept of the answer.
    pub answer: RememberReply,
}

/// Makes what is kept of an answer; none where it holds a secret.
pub type RememberReply = Arc<dyn Fn(&Done) -> Option<String> + Send + Sync>;

/// The answer is code and the key may be guessable: neither is shown.
impl fmt::Debug for IdempotentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyed(…)")
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
        /// What the householder of a new home is given.
        code: Option<HouseholderCode>,
    },
    /// An installation changed, or was so already.
    Changed {
        /// Whether anything is otherwise than before.
        changed: bool,
        /// Its site with everything at it.
        record: Box<SiteRecord>,
        /// Which of the installations there.
        id: InstallationId,
    },
    /// A site changed, or was so already.
    SiteChanged {
        /// Whether anything is otherwise than before.
        changed: bool,
        /// The site with everything at it.
        record: Box<SiteRecord>,
        /// What was verified there, and waits to be verified again.
        unverified: Vec<InstallationId>,
    },
    /// It was done before, under the same idempotency key: what was kept of the answer.
    Replayed(String),
    /// Sites were merged or split.
    Rearranged,
    /// A partner, client or project was added or changed, or was so already.
    Administered,
    /// A client has a new secret.
    SecretReset {
        /// Until when the one before works.
        old_until: DateTime<Utc>,
    },
    /// A headline is published for good.
    Released {
        /// Whether it was not before.
        created: bool,
        /// The release.
        release: Release,
    },
    /// Something about a home.
    Home(HomeDone),
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
