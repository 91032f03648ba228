//! What the register answers to a request.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::db::ledger::Release;
use crate::domain::records::{Dispute, HouseholderCode, SiteRecord};
use crate::domain::refusals::{Refusal, Remark};
use crate::domain::values::{InstallationId, SiteId};

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

/// What was done about a home.
#[derive(Clone, Debug)]
pub enum HomeDone {
    /// Personal data is gone.
    Erased(Erased),
    /// There is a new code.
    CodeIssued(HouseholderCode),
    /// A dispute stands so.
    Disputed {
        /// Whether it was opened now.
        opened: bool,
        /// The dispute.
        dispute: Dispute,
    },
}

/// What an erasure took away.
#[derive(Clone, Debug, Serialize)]
pub struct Erased {
    /// The site, and those that were merged into it.
    pub sites: Vec<SiteId>,
    /// Whether anything changed: erased again, nothing does.
    pub changed: bool,
    /// Since when there is no consent.
    pub consent_withdrawn_on: NaiveDate,
    /// Which personal data was there.
    pub personal_data: BTreeSet<&'static str>,
    /// The entries whose notes were there.
    pub notes: Vec<i64>,
}
