//! Scopes, the roles that hold them, and what a route asks of its caller.

use crate::domain::records::Role;

/// What a route asks of its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// No proof. The answer is not for scripts of other origins.
    Open,
    /// No proof, and scripts of any origin may read the answer.
    Public,
    /// A householder's code.
    Householder,
    /// A token of any client.
    AnyClient,
    /// A token with this scope.
    Needs(Scope),
}

/// A permission that tokens carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Register installations.
    Register,
    /// Read single installations.
    ReadInstallations,
    /// Verify and reject.
    Review,
    /// Reject what nobody verified of one partner and one span.
    RejectUnverified,
    /// Add partners, clients and projects.
    Administer,
    /// Read aggregates.
    ReadAggregates,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 6] = [
        Self::Register,
        Self::ReadInstallations,
        Self::Review,
        Self::RejectUnverified,
        Self::Administer,
        Self::ReadAggregates,
    ];

    /// The scope's name in tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "installations:write",
            Self::ReadInstallations => "installations:read",
            Self::Review => "installations:review",
            Self::RejectUnverified => "installations:reject",
            Self::Administer => "register:admin",
            Self::ReadAggregates => "aggregates:read",
        }
    }

    /// Whether tokens of this role carry the scope.
    #[must_use]
    pub fn is_held_by(self, role: Role) -> bool {
        matches!(
            (self, role),
            (Self::Register, Role::Partner)
                | (Self::ReadInstallations, Role::Partner | Role::Reviewer | Role::Admin)
                | (Self::Review, Role::Reviewer)
                | (Self::RejectUnverified, Role::Reviewer | Role::Admin)
                | (Self::Administer, Role::Admin)
                | (Self::ReadAggregates, Role::Partner | Role::Dashboard | Role::Reviewer | Role::Admin)
        )
    }

    /// The names of a role's scopes, as in its tokens.
    #[must_use]
    pub fn names_of(role: Role) -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|scope| scope.is_held_by(role)).map(Self::as_str).collect()
    }
}
