//! The status of an installation with what each status knows, and the stage it holds.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::values::{Status, Tier};

/// The best a thing has reached, as cells count it. Later is better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Promised.
    Pledged,
    /// Reported by its partner.
    Installed,
    /// Verified, with the evidence behind it.
    Verified(Tier),
}

impl Stage {
    /// `pledged`, `installed` or `verified`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pledged => "pledged",
            Self::Installed => "installed",
            Self::Verified(_) => "verified",
        }
    }

    /// The stage without its tier: 0 pledged, 1 installed, 2 verified.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Pledged => 0,
            Self::Installed => 1,
            Self::Verified(_) => 2,
        }
    }
}

/// An installation's status together with the facts that this status implies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StatusDetails {
    /// Promised; no date yet.
    Pledged,
    /// Installed on a day, by its partner's word.
    Installed {
        /// The day of commissioning.
        on: NaiveDate,
    },
    /// Installed on a day and verified.
    Verified {
        /// The day of commissioning.
        on: NaiveDate,
        /// How it was verified.
        tier: Tier,
        /// When it was verified.
        at: DateTime<Utc>,
    },
    /// Refused by a reviewer; the day it claimed, if it had one.
    Rejected {
        /// The day of commissioning it claimed.
        on: Option<NaiveDate>,
    },
    /// Taken back; the day it claimed, if it had one.
    Withdrawn {
        /// The day of commissioning it claimed.
        on: Option<NaiveDate>,
    },
    /// Ended.
    Decommissioned {
        /// The day of commissioning.
        on: NaiveDate,
        /// Tier and instant of verification, when it had been verified.
        verified: Option<(Tier, DateTime<Utc>)>,
        /// The last day in operation.
        ended: NaiveDate,
    },
}

/// What an installation holds in the count: its stage, since when, until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CreditedSpan {
    /// The stage held (for an ended one: held last).
    pub stage: Stage,
    /// The day of commissioning; none while pledged.
    pub installed_on: Option<NaiveDate>,
    /// The last day, once it ended.
    pub ended_on: Option<NaiveDate>,
}

impl StatusDetails {
    /// The status word of this state.
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

    /// The day of commissioning, where there is one.
    #[must_use]
    pub fn installed_on(&self) -> Option<NaiveDate> {
        match *self {
            Self::Pledged => None,
            Self::Installed { on } | Self::Verified { on, .. } | Self::Decommissioned { on, .. } => Some(on),
            Self::Rejected { on } | Self::Withdrawn { on } => on,
        }
    }

    /// Tier and instant of verification, where it was verified.
    #[must_use]
    pub fn verification(&self) -> Option<(Tier, DateTime<Utc>)> {
        match *self {
            Self::Verified { tier, at, .. } => Some((tier, at)),
            Self::Decommissioned { verified, .. } => verified,
            _ => None,
        }
    }

    /// The last day in operation, once decommissioned.
    #[must_use]
    pub fn decommissioned_on(&self) -> Option<NaiveDate> {
        match *self {
            Self::Decommissioned { ended, .. } => Some(ended),
            _ => None,
        }
    }

    /// What it counts as: nothing when rejected or withdrawn.
    #[must_use]
    pub fn credited(&self) -> Option<CreditedSpan> {
        let (stage, installed_on, ended_on) = match *self {
            Self::Pledged => (Stage::Pledged, None, None),
            Self::Installed { on } => (Stage::Installed, Some(on), None),
            Self::Verified { on, tier, .. } => (Stage::Verified(tier), Some(on), None),
            Self::Decommissioned { on, verified, ended } => {
                let stage = verified.map_or(Stage::Installed, |(tier, _)| Stage::Verified(tier));
                (stage, Some(on), Some(ended))
            }
            Self::Rejected { .. } | Self::Withdrawn { .. } => return None,
        };
        Some(CreditedSpan { stage, installed_on, ended_on })
    }
}
