//! Outcomes: the answers of the register to a request.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::db::ledger::{Release, Voided};
use crate::domain::records::{Dispute, HouseholderCode, SiteRecord};
use crate::domain::refusals::{Refusal, Remark};
use crate::domain::values::{InstallationId, SiteId};

/// Whether a registration made something new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The installation is new.
    Created,
    /// The installation was registered before, with the same content.
    Unchanged,
}

/// The answer to a command that was carried out.
#[derive(Clone, Debug)]
pub enum Done {
    /// An installation stands in the register.
    Registered {
        outcome: Outcome,
        /// Its site with everything at it.
        record: Box<SiteRecord>,
        /// The installation within the record.
        id: InstallationId,
        /// Remarks: values that deserve a second look.
        remarks: Vec<Remark>,
        /// The code for the householder of a new home.
        code: Option<HouseholderCode>,
    },
    /// The installation is in the requested state, now or since before.
    Changed {
        /// Whether this request changed it.
        changed: bool,
        /// Its site with everything at it.
        record: Box<SiteRecord>,
        /// The installation within the record.
        id: InstallationId,
    },
    /// The site is in the requested state, now or since before.
    SiteChanged {
        /// Whether this request changed it.
        changed: bool,
        /// The site with everything at it.
        record: Box<SiteRecord>,
        /// The installations that were verified and now wait to be verified again.
        unverified: Vec<InstallationId>,
    },
    /// The request was carried out before under the same idempotency key. Holds the reply that was kept.
    Replayed(String),
    /// Sites were merged or split.
    Rearranged,
    /// The directory is in the requested state, now or since before.
    Administered,
    /// A client has a new secret.
    SecretReset {
        /// The instant until which the secret before works.
        old_until: DateTime<Utc>,
    },
    /// A headline is released.
    Released {
        /// Whether this request released it.
        created: bool,
        release: Release,
    },
    /// The clock of the register is set back.
    ClockSetBack {
        /// The closed days and releases that are void.
        voided: Vec<Voided>,
    },
    /// The home is in the requested state, now or since before.
    Home(HomeDone),
    /// A restoration was noted.
    Noted,
    /// A step of suspensions was made.
    SuspensionsSettled {
        /// Installations that were set aside or given back.
        changed: usize,
        /// Whether there may be more.
        more: bool,
    },
}

/// The answer to a command about a home.
#[derive(Clone, Debug)]
pub enum HomeDone {
    /// The personal data is gone.
    Erased(Erased),
    /// The householder has a new code.
    CodeIssued(HouseholderCode),
    /// A dispute is open or closed.
    Disputed {
        /// Whether this request opened it.
        opened: bool,
        dispute: Dispute,
    },
}

/// The things that an erasure deleted.
#[derive(Clone, Debug, Serialize)]
pub struct Erased {
    /// The site, and the sites that were merged into it.
    pub sites: Vec<SiteId>,
    /// Whether this request deleted anything.
    pub changed: bool,
    /// The day on which the consent was withdrawn.
    pub consent_withdrawn_on: NaiveDate,
    /// The names of the personal data that were there.
    pub personal_data: BTreeSet<&'static str>,
    /// The versions of the entries whose notes were there.
    pub notes: Vec<i64>,
}

/// Why a request was not carried out.
#[derive(Clone, PartialEq, Debug)]
pub enum Failure {
    /// The rules of the register refuse it.
    Refused(Refusal),
    /// Nothing was recorded: the queue is full, or the database does not answer. The same request may succeed later.
    Unavailable,
    /// Nothing was recorded, because the disk is full.
    StorageFull,
    /// Nothing was recorded, because the clock of this machine is not believed.
    ClockInDoubt,
    /// Nothing was recorded, because a newer program has changed the register.
    Outdated,
    /// It may be recorded or not. Sending it again is safe.
    OutcomeUnknown,
    /// A defect; logged with its cause.
    Broken,
}

impl Failure {
    /// Whether it lies in the state of the service rather than in the request.
    #[must_use]
    pub fn is_of_service(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Broken)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
