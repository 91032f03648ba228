//! The status of an installation with the facts of each status, and the stage at which it is credited.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::values::{Status, Tier};

/// The stage of a site, an installation or a measure line, as cells count it. Later is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    Pledged,
    /// Reported by its partner.
    Reported,
    /// Verified, with the evidence behind it.
    Verified(Tier),
}

impl Stage {
    /// `pledged`, `reported` or `verified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pledged => "pledged",
            Self::Reported => "reported",
            Self::Verified(_) => "verified",
        }
    }

    /// The stage without its tier: 0 pledged, 1 reported, 2 verified.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Pledged => 0,
            Self::Reported => 1,
            Self::Verified(_) => 2,
        }
    }
}

/// An installation's status together with the facts that this status implies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatusDetails {
    /// Pledged, without a date.
    Pledged,
    /// Reported as installed by the partner; not verified.
    Installed {
        /// The day of commissioning.
        on: NaiveDate,
    },
    Verified {
        /// The day of commissioning.
        on: NaiveDate,
        tier: Tier,
        /// The instant of the verification.
        at: DateTime<Utc>,
    },
    Rejected {
        /// The day of commissioning that the partner gave, if it gave one.
        on: Option<NaiveDate>,
    },
    /// Taken back by its partner.
    Withdrawn {
        /// The day of commissioning that the partner gave, if it gave one.
        on: Option<NaiveDate>,
    },
    /// Out of operation.
    Decommissioned {
        /// The day of commissioning.
        on: NaiveDate,
        /// Tier and instant of the verification, if it had been verified.
        verified: Option<(Tier, DateTime<Utc>)>,
        /// The last day in operation.
        ended: NaiveDate,
    },
}

/// The stage at which an installation is credited, and the days between which it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CreditedSpan {
    /// The stage; of an ended installation, its last.
    pub stage: Stage,
    /// The day of commissioning; `None` while pledged.
    pub installed_on: Option<NaiveDate>,
    /// The last day, if it ended.
    pub ended_on: Option<NaiveDate>,
}

impl StatusDetails {
    /// The status without its facts.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Pledged => Status::Pledged,
            Self::Installed { .. } => Status::Installed,
            Self::Verified { .. } => Status::Verified,
            Self::Rejected { .. } => Status::Rejected,
            Self::Withdrawn { .. } => Status::Withdrawn,
            Self::Decommissioned { .. } => Status::Decommissioned,
        }
    }

    /// The day of commissioning, if there is one.
    #[must_use]
    pub fn installed_on(&self) -> Option<NaiveDate> {
        match *self {
            Self::Pledged => None,
            Self::Installed { on } | Self::Verified { on, .. } | Self::Decommissioned { on, .. } => Some(on),
            Self::Rejected { on } | Self::Withdrawn { on } => on,
        }
    }

    /// Tier and instant of the verification, if it was verified.
    #[must_use]
    pub fn verification(&self) -> Option<(Tier, DateTime<Utc>)> {
        match *self {
            Self::Verified { tier, at, .. } => Some((tier, at)),
            Self::Decommissioned { verified, .. } => verified,
            _ => None,
        }
    }

    /// The last day in operation, if it was decommissioned.
    #[must_use]
    pub fn decommissioned_on(&self) -> Option<NaiveDate> {
        match *self {
            Self::Decommissioned { ended, .. } => Some(ended),
            _ => None,
        }
    }

    /// Whether it is credited although nobody verified it.
    #[must_use]
    pub fn counts_unverified(&self) -> bool {
        self.credited().is_some_and(|span| !matches!(span.stage, Stage::Verified(_)))
    }

    /// The credited span; `None` if the installation was rejected or withdrawn.
    #[must_use]
    pub fn credited(&self) -> Option<CreditedSpan> {
        let (stage, installed_on, ended_on) = match *self {
            Self::Pledged => (Stage::Pledged, None, None),
            Self::Installed { on } => (Stage::Reported, Some(on), None),
            Self::Verified { on, tier, .. } => (Stage::Verified(tier), Some(on), None),
            Self::Decommissioned { on, verified, ended } => {
                let stage = verified.map_or(Stage::Reported, |(tier, _)| Stage::Verified(tier));
                (stage, Some(on), Some(ended))
            }
            Self::Rejected { .. } | Self::Withdrawn { .. } => return None,
        };
        Some(CreditedSpan { stage, installed_on, ended_on })
    }
}
