//! The contributions of each partner, or of each project. A site contributes to an owner by the owner's installations
//! alone, as if there were no others.

use std::collections::BTreeSet;

use crate::domain::records::{Installation, SiteRecord};
use crate::domain::values::{Code, coded_enum};

use super::contribution::{Contribution, contribution};

coded_enum!(
    /// The kind of owner. The installations of each owner are counted apart.
    OwnerKind {
        Partner = "partner",
        /// Installations without a project are left out.
        Project = "project",
    }
);

impl OwnerKind {
    /// The owner of an installation.
    fn of(self, installation: &Installation) -> Option<&Code> {
        match self {
            Self::Partner => Some(&installation.partner),
            Self::Project => installation.terms.project.as_ref(),
        }
    }

    /// The contribution of a site to each owner of an installation there.
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
