//! The register as each partner, or each project, has part in it: a site counts by the installations of
//! that scope alone, in the same way as it counts by all of them.

use std::collections::BTreeSet;

use crate::domain::records::{Installation, SiteRecord};
use crate::domain::values::{Code, coded_enum};

use super::contribution::{Contribution, contribution};

coded_enum!(
    /// Whose installations are looked at by themselves.
    OwnerKind {
        /// Each partner's.
        Partner = "partner",
        /// Each project's; what belongs to none is left out.
        Project = "project",
    }
);

impl OwnerKind {
    fn of(self, installation: &Installation) -> Option<&Code> {
        match self {
            Self::Partner => Some(&installation.partner),
            Self::Project => installation.terms.project.as_ref(),
        }
    }

    /// What a site counts for by the installations of each partner, or project, that is at work there.
    #[must_use]
    pub fn contributions(self, record: &SiteRecord) -> Vec<(Code, Contribution)> {
        let codes: BTreeSet<&Code> = record.installations.iter().filter_map(|one| self.of(one)).collect();
        let part = |code: &Code| {
            let mut own = record.clone();
            own.installations.retain(|one| self.of(one) == Some(code));
            (code.clone(), contribution(&own))
        };
        codes.into_iter().map(part).collect()
    }
}
