//! Who acts: the roles of clients and the organisations behind them.

use super::coded::coded_enum;
use super::id::PartnerCode;

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
}
