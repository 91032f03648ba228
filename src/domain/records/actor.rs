//! Who acts: the roles of clients and the organisations behind them.

use crate::domain::reference::ProvinceId;
use crate::domain::values::{PartnerCode, coded_enum};

use super::installation::Installation;
use super::site_record::SiteRecord;

coded_enum!(
    /// The role of a client.
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

/// A client as it acts: its role, its partner and the province to which it is limited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The id of the client, which entries carry.
    pub client_id: String,
    pub role: Role,
    /// The partner for which it acts, with the role partner.
    pub partner: Option<PartnerCode>,
    /// The partner for which a reviewer works, because nobody reviews their own work.
    pub affiliation: Option<PartnerCode>,
    /// The only province that it may see, if it is limited to one.
    pub province: Option<ProvinceId>,
}

impl Actor {
    /// The operator at the command line, who has the database itself.
    #[must_use]
    pub fn operator(name: &str) -> Self {
        Self { client_id: name.to_owned(), role: Role::Admin, partner: None, affiliation: None, province: None }
    }

    /// A householder who showed a code. The actor does not name the site that the code opens.
    #[must_use]
    pub fn householder() -> Self {
        Self::operator("householder")
    }

    /// Whether the actor may see an installation of `record`. A partner sees its own. Everybody else sees all, except those of
    /// the partner for which they work, and only in their province if they are limited to one.
    #[must_use]
    pub fn may_see(&self, record: &SiteRecord, installation: &Installation) -> bool {
        let owner = Some(&installation.partner);
        let own = self.role != Role::Partner || self.partner.as_ref() == owner;
        let here = self.province.is_none_or(|province| province == record.site.facts.place.province());
        own && here && self.affiliation.as_ref() != owner
    }
}
