//! Who may do what: scopes, and the roles that hold them.

use crate::domain::records::Role;

/// What a route needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Nothing.
    Open,
    /// Nothing, and pages of any origin may read it.
    Public,
    /// A householder's code.
    Householder,
    /// A token of whatever client.
    AnyClient,
    /// A token with this scope.
    Needs(Scope),
}

/// What a token allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Register installations.
    Register,
    /// Read single installations.
    ReadInstallations,
    /// Verify and reject.
    Review,
    /// Add partners, clients and projects.
    Administer,
    /// Read aggregates.
    ReadAggregates,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] =
        [Self::Register, Self::ReadInstallations, Self::Review, Self::Administer, Self::ReadAggregates];

    /// The scope's name in tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "installations:write",
            Self::ReadInstallations => "installations:read",
            Self::Review => "installations:review",
            Self::Administer => "register:admin",
            Self::ReadAggregates => "aggregates:read",
        }
    }

    /// Whether clients of this role may have it.
    #[must_use]
    pub fn is_held_by(self, role: Role) -> bool {
        matches!(
            (self, role),
            (Self::Register, Role::Partner)
                | (Self::ReadInstallations, Role::Partner | Role::Reviewer | Role::Admin)
                | (Self::Review, Role::Reviewer)
                | (Self::Administer, Role::Admin)
                | (Self::ReadAggregates, Role::Partner | Role::Dashboard | Role::Reviewer | Role::Admin)
        )
    }

    /// The scopes of a role, as a token names them.
    #[must_use]
    pub fn names_of(role: Role) -> Vec<&'static str> {
        Self::ALL.into_iter().filter(|scope| scope.is_held_by(role)).map(Self::as_str).collect()
    }
}
