//! Which notes an erasure deletes.

use crate::domain::records::{Actor, SiteRecord};
use crate::domain::values::Action;

/// The notes that an erasure deletes: every note of an entry about one of the erased sites, or about an installation
/// there. A householder's erasure keeps the notes of reviewers, because the partner passes codes on and could use one
/// to delete findings about itself. The operator's erasure keeps no note.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErasureScope {
    /// The subjects of the entries.
    pub subjects: Vec<String>,
    /// The versions of the entries that registered the installations.
    pub registrations: Vec<i64>,
    /// The actions whose notes the erasure keeps.
    pub spared: &'static [Action],
}

impl ErasureScope {
    /// The scope of an erasure that `actor` asks for; `records` are the site and the sites that were merged into it.
    #[must_use]
    pub fn of(actor: &Actor, records: &[SiteRecord]) -> Self {
        let installations = || records.iter().flat_map(|record| &record.installations);
        let mut subjects: Vec<String> = records.iter().map(|record| format!("site/{}", record.site.id)).collect();
        subjects.extend(installations().map(|installation| format!("installation/{}", installation.id)));
        Self {
            subjects,
            registrations: installations().map(|installation| installation.registered_version).collect(),
            spared: if *actor == Actor::householder() { &Action::OF_REVIEWERS } else { &[] },
        }
    }

    /// Whether the erasure deletes the note of an entry with this action and subject.
    #[must_use]
    pub fn takes(&self, action: Action, subject: &str) -> bool {
        self.subjects.iter().any(|one| one == subject) && !self.spared.contains(&action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_spares_reviewers_when_the_householder_asks_and_nothing_when_the_operator_does() {
        let scope = |actor: &Actor| ErasureScope {
            subjects: vec!["site/1".to_owned(), "installation/2".to_owned()],
            ..ErasureScope::of(actor, &[])
        };
        let (householder, operator) = (scope(&Actor::householder()), scope(&Actor::operator("command-line")));
        for action in [Action::Verify, Action::Reject, Action::CloseDispute] {
            assert!(!householder.takes(action, "installation/2") && operator.takes(action, "installation/2"));
        }
        for scope in [householder, operator] {
            assert!(scope.takes(Action::Register, "installation/2") && scope.takes(Action::Dispute, "site/1"));
            assert!(!scope.takes(Action::Register, "installation/3"), "another installation");
        }
    }
}
