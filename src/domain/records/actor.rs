//! Who acts: the roles of clients and the organisations behind them.

use crate::domain::reference::ProvinceId;
use crate::domain::values::{PartnerCode, coded_enum};

use super::installation::Installation;
use super::site_record::SiteRecord;

coded_enum!(
    /// What a client may do.
    Role {
        /// Registers installations, and sees its own.
        Partner = "partner",
        /// Reads aggregates.
        Dashboard = "dashboard",
        /// Verifies and rejects; one client per person.
        Reviewer = "reviewer",
        /// Adds partners, clients and projects; one client per person.
        Admin = "admin",
    }
);

/// A client as it acts: who, in which role, for whom, where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The client's id; entries carry it.
    pub client_id: String,
    /// What it may do.
    pub role: Role,
    /// The partner it acts for, with the role partner.
    pub partner: Option<PartnerCode>,
    /// The partner that a reviewer works for: nobody reviews their own.
    pub affiliation: Option<PartnerCode>,
    /// The one province that it may see, if it is limited.
    pub province: Option<ProvinceId>,
}

impl Actor {
    /// Whoever has the database itself: the command line.
    #[must_use]
    pub fn operator(name: &str) -> Self {
        Self { client_id: name.to_owned(), role: Role::Admin, partner: None, affiliation: None, province: None }
    }

    /// Whoever showed a householder's code; which site it opens is not in here.
    #[must_use]
    pub fn householder() -> Self {
        Self::operator("householder")
    }

    /// Whether it may see an installation of `record`: a partner its own, everybody else any but
    /// those of the partner they work for, and of one province if they are limited to it.
    #[must_use]
    pub fn may_see(&self, record: &SiteRecord, installation: &Installation) -> bool {
        let owner = Some(&installation.partner);
        let own = self.role != Role::Partner || self.partner.as_ref() == owner;
        let here = self.province.is_none_or(|province| province == record.site.facts.place.province());
        own && here && self.affiliation.as_ref() != owner
    }
}
