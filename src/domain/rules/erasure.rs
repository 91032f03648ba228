//! Which notes an erasure deletes.

use crate::domain::records::SiteRecord;

/// The notes that an erasure deletes: every note of an entry about one of the erased sites, or about an installation
/// there, whoever wrote it. What a reviewer decided stays with its reason; only the free text goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ErasureScope {
    /// The subjects of the entries.
    pub subjects: Vec<String>,
    /// The versions of the entries that registered the installations.
    pub registrations: Vec<i64>,
}

impl ErasureScope {
    /// The scope of an erasure; `records` are the site and the sites that were merged into it.
    #[must_use]
    pub fn of(records: &[SiteRecord]) -> Self {
        let installations = || records.iter().flat_map(|record| &record.installations);
        let mut subjects: Vec<String> = records.iter().map(|record| format!("site/{}", record.site.id)).collect();
        subjects.extend(installations().map(|installation| format!("installation/{}", installation.id)));
        Self { subjects, registrations: installations().map(|installation| installation.registered_version).collect() }
    }

    /// Whether the erasure deletes the note of an entry with this subject.
    #[must_use]
    pub fn takes(&self, subject: &str) -> bool {
        self.subjects.iter().any(|one| one == subject)
    }
}
