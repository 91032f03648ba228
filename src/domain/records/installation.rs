//! An installation as it stands in the register.

use chrono::{DateTime, Utc};

use crate::domain::values::{ExternalId, InstallationId, PartnerCode, ProjectCode, SiteId, Vnd, coded_enum};

use super::measure_lines::MeasureLines;
use super::status::StatusDetails;

coded_enum!(
    /// Who paid.
    Finance {
        /// The owner's own money.
        Own = "own",
        /// A loan.
        Loan = "loan",
        /// A grant.
        Grant = "grant",
        /// More than one of these.
        Mixed = "mixed",
    }
);

coded_enum!(
    /// Who owns the system.
    SystemOwner {
        /// Those who live or work there.
        Occupant = "occupant",
        /// Somebody else, by lease or power purchase.
        ThirdParty = "third_party",
    }
);

coded_enum!(
    /// Where the power goes.
    PowerUse {
        /// Used on site.
        SelfOnly = "self_only",
        /// What is left over is sold.
        SellsSurplus = "sells_surplus",
        /// All of it is sold.
        SellsAll = "sells_all",
    }
);

coded_enum!(
    /// Whether the environmental attributes were sold to somebody else.
    AttributesSold {
        /// No.
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
    /// The project it belongs to.
    pub project: Option<ProjectCode>,
    /// What it cost.
    pub cost: Option<Vnd>,
    /// What of it was support.
    pub support: Option<Vnd>,
    /// Who paid.
    pub finance: Option<Finance>,
    /// Who owns it.
    pub system_owner: Option<SystemOwner>,
    /// Where the power goes.
    pub power_use: Option<PowerUse>,
    /// Whether its attributes were sold.
    pub attributes_sold: Option<AttributesSold>,
}

/// One job at one site by one partner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Installation {
    /// Its identity.
    pub id: InstallationId,
    /// Where it is.
    pub site: SiteId,
    /// Who registered and owns it.
    pub partner: PartnerCode,
    /// Whether that partner is a sandbox: then it counts for nothing. Never changes.
    pub sandbox: bool,
    /// The partner's own number of it.
    pub external_id: ExternalId,
    /// Its optional facts.
    pub terms: Terms,
    /// What was installed.
    pub measures: MeasureLines,
    /// Its status and what that implies.
    pub state: StatusDetails,
    /// When it was registered.
    pub reported_at: DateTime<Utc>,
    /// The entry that registered it.
    pub registered_version: i64,
    /// How often it changed, from 1.
    pub revision: i32,
    /// The entry that last changed it.
    pub version: i64,
}
