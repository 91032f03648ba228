//! The rows of one batch, collected while it is decided. Each record has one row, in its last state.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::db::tables::{
    CodeRow, EntryRow, FactsRow, InstallationRow, JournalRow, MeasureRow, SitePrivateRow, SiteRefRow, SiteRow, stored,
};
use crate::domain::chain::{Entry, Posting};
use crate::domain::records::{Installation, PrivateFacts, Site};
use crate::domain::values::{ExternalId, Hash, PartnerCode, SiteId};

/// The rows of one batch.
#[derive(Default)]
pub struct Batch {
    pub(in crate::db) sites: Vec<SiteRow>,
    pub(in crate::db) changed_sites: Vec<SiteRow>,
    pub(in crate::db) refs: Vec<SiteRefRow>,
    pub(in crate::db) privates: Vec<SitePrivateRow>,
    pub(in crate::db) installations: Vec<InstallationRow>,
    pub(in crate::db) changed_installations: Vec<InstallationRow>,
    pub(in crate::db) measures: Vec<MeasureRow>,
    /// Installations whose stored measures are deleted first.
    pub(in crate::db) remeasured: Vec<String>,
    pub(in crate::db) entries: Vec<EntryRow>,
    pub(in crate::db) facts: Vec<FactsRow>,
    pub(in crate::db) journal: Vec<JournalRow>,
    /// New codes of householders.
    pub(in crate::db) codes: Vec<CodeRow>,
    /// Stored entries whose salt and note are deleted.
    pub(in crate::db) erased: Vec<i64>,
}

/// The head after a batch.
pub(in crate::db) struct NewHead {
    pub version: i64,
    pub hash: Vec<u8>,
    pub recorded_at: NaiveDateTime,
}

impl Batch {
    /// Adds a new site with its personal data.
    pub fn add_site(&mut self, site: &Site, private: &PrivateFacts) {
        self.sites.push(SiteRow::from(site));
        if !private.is_empty() {
            self.privates.push(SitePrivateRow::of(site.id, private));
        }
    }

    pub fn change_site(&mut self, site: &Site) {
        self.changed_sites.push(SiteRow::from(site));
    }

    pub fn change_private(&mut self, site: SiteId, private: &PrivateFacts) {
        self.privates.push(SitePrivateRow::of(site, private));
    }

    /// Adds the external id that a partner gave to a site.
    pub fn add_ref(&mut self, partner: &PartnerCode, external_id: &ExternalId, site: SiteId, version: i64) {
        self.refs.push(SiteRefRow {
            partner: partner.to_string(),
            external_id: external_id.as_str().to_owned(),
            site: site.to_string(),
            version,
        });
    }

    /// Adds a new installation with its measures.
    pub fn add_installation(&mut self, site: &Site, installation: &Installation) {
        self.installations.push(InstallationRow::of(site, installation));
        self.add_measures(installation);
    }

    fn add_measures(&mut self, installation: &Installation) {
        let lines = installation.measures.as_slice().iter();
        self.measures.extend(lines.map(|line| MeasureRow::of(installation.id, line)));
    }

    /// Replaces the stored measures of an installation.
    pub fn replace_measures(&mut self, installation: &Installation) {
        self.remeasured.push(installation.id.to_string());
        self.add_measures(installation);
    }

    /// Changes an installation without its measures.
    pub fn change_installation(&mut self, site: &Site, installation: &Installation) {
        self.changed_installations.push(InstallationRow::of(site, installation));
    }

    /// Adds an entry with its facts and its journal rows.
    pub fn add_entry(&mut self, entry: &Entry, hash: Hash, sealed: Sealed, day: NaiveDate, postings: &[Posting]) {
        self.entries.push(EntryRow {
            version: entry.version,
            recorded_at: stored(entry.recorded_at),
            actor: entry.actor.clone(),
            action: entry.action.as_str().to_owned(),
            cause: entry.cause.as_str().to_owned(),
            subject: entry.subject.clone(),
            digest: entry.digest.to_vec(),
            journal_digest: entry.journal_digest.to_vec(),
            previous: entry.previous.to_vec(),
            hash: hash.to_vec(),
            public_version: sealed.public_version,
        });
        let Sealed { salt, facts, note, .. } = sealed;
        self.facts.push(FactsRow { version: entry.version, salt: Some(salt), facts, note });
        for (seq, posting) in (0..).zip(postings) {
            self.journal.push(JournalRow {
                version: entry.version,
                seq,
                recorded_on: day,
                cause: entry.cause.as_str().to_owned(),
                cell: posting.cell.to_stored(),
                deltas: posting.delta.encode(),
            });
        }
    }

    /// Gives a site a new code, by its hash; the code before stops working.
    pub fn issue_code(&mut self, site: SiteId, hash: Hash, at: DateTime<Utc>) {
        let site = site.to_string();
        // One statement can write a row only once.
        self.codes.retain(|row| row.site != site);
        self.codes.push(CodeRow { hash: hash.to_vec(), site, issued_at: stored(at) });
    }

    /// Deletes the note and the salt of an entry, stored or of this batch.
    pub fn erase_note(&mut self, version: i64) {
        match self.facts.iter_mut().find(|facts| facts.version == version) {
            Some(facts) => (facts.salt, facts.note) = (None, None),
            None => self.erased.push(version),
        }
    }

    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries.len()
    }
}

/// The facts that the digest of an entry seals.
pub struct Sealed {
    /// Random bytes, so that nobody can guess the note from the digest.
    pub salt: Vec<u8>,
    /// The facts as JSON.
    pub facts: String,
    /// The remark of a person.
    pub note: Option<String>,
    /// Of an entry of a sandbox partner: the newest one before it that is none. The facts say that it is one.
    pub public_version: Option<i64>,
}
