//! An installation as it stands in the register.

use chrono::{DateTime, Utc};

use crate::domain::values::{ExternalId, InstallationId, PartnerCode, ProjectCode, SiteId, Vnd, coded_enum};

use super::measure_lines::MeasureLines;
use super::status::StatusDetails;

coded_enum!(
    /// The source of the money.
    Finance {
        /// The owner's own money.
        Own = "own",
        Loan = "loan",
        Grant = "grant",
        /// More than one of these sources.
        Mixed = "mixed",
    }
);

coded_enum!(
    /// The owner of the system.
    SystemOwner {
        /// The people who live or work there.
        Occupant = "occupant",
        /// Another party, by lease or power purchase.
        ThirdParty = "third_party",
    }
);

coded_enum!(
    /// The use of the power.
    PowerUse {
        /// Used on site.
        SelfOnly = "self_only",
        /// The surplus is sold.
        SellsSurplus = "sells_surplus",
        /// All of it is sold.
        SellsAll = "sells_all",
    }
);

coded_enum!(
    /// Whether the environmental attributes were sold to somebody else.
    AttributesSold {
        None = "none",
        /// As carbon credits.
        Carbon = "carbon",
        /// As renewable energy certificates.
        Rec = "rec",
        /// Under a direct power purchase agreement.
        Dppa = "dppa",
    }
);

/// Optional facts of an installation; `None` is unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    pub project: Option<ProjectCode>,
    pub cost: Option<Vnd>,
    /// The part of the cost that was support.
    pub support: Option<Vnd>,
    pub finance: Option<Finance>,
    pub system_owner: Option<SystemOwner>,
    pub power_use: Option<PowerUse>,
    pub attributes_sold: Option<AttributesSold>,
}

impl Terms {
    /// Whether the environmental attributes were sold, in whatever form; `None` is unknown.
    #[must_use]
    pub fn sold_attributes(&self) -> Option<bool> {
        self.attributes_sold.map(|sold| sold != AttributesSold::None)
    }
}

/// One job at one site by one partner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installation {
    pub id: InstallationId,
    pub site: SiteId,
    /// The partner that registered and owns it.
    pub partner: PartnerCode,
    /// Whether that partner is a sandbox. Then the installation counts for nothing. It never changes.
    pub sandbox: bool,
    /// The partner's own number of the installation.
    pub external_id: ExternalId,
    pub terms: Terms,
    pub measures: MeasureLines,
    pub state: StatusDetails,
    /// Whether it counts for nothing, because its partner is suspended and nobody verified it.
    pub set_aside: bool,
    /// The instant of the registration.
    pub reported_at: DateTime<Utc>,
    /// The entry that registered it.
    pub registered_version: i64,
    /// The revision: 1, and one more with each change.
    pub revision: i32,
    /// The entry that last changed it.
    pub version: i64,
}
