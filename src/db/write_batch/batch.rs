//! Writing one batch: everything its entries changed, in as few round trips as the database
//! allows. Only called inside a transaction that holds the head.

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
    /// Installations of which the measures stored so far go.
    pub(in crate::db) remeasured: Vec<String>,
    pub(in crate::db) entries: Vec<EntryRow>,
    pub(in crate::db) facts: Vec<FactsRow>,
    pub(in crate::db) journal: Vec<JournalRow>,
    /// New codes of householders, by their hashes.
    pub(in crate::db) codes: Vec<CodeRow>,
    /// Entries written before whose salt and note go.
    pub(in crate::db) erased: Vec<i64>,
}

/// The head after a batch.
pub(in crate::db) struct NewHead {
    pub version: i64,
    pub hash: Vec<u8>,
    pub recorded_at: NaiveDateTime,
}

impl Batch {
    /// A new site with its personal data; once a batch, in its last state.
    pub fn add_site(&mut self, site: &Site, private: &PrivateFacts) {
        self.sites.push(SiteRow::from(site));
        if !private.is_empty() {
            self.privates.push(SitePrivateRow::of(site.id, private));
        }
    }

    /// A site that was changed; once a batch, in its last state.
    pub fn change_site(&mut self, site: &Site) {
        self.changed_sites.push(SiteRow::from(site));
    }

    /// Personal data that was changed; once a batch, in its last state.
    pub fn change_private(&mut self, site: SiteId, private: &PrivateFacts) {
        self.privates.push(SitePrivateRow::of(site, private));
    }

    /// A partner's own number of a site.
    pub fn add_ref(&mut self, partner: &PartnerCode, external_id: &ExternalId, site: SiteId, version: i64) {
        self.refs.push(SiteRefRow {
            partner: partner.to_string(),
            external_id: external_id.as_str().to_owned(),
            site: site.to_string(),
            version,
        });
    }

    /// A new installation with its measures; once a batch, in its last state.
    pub fn add_installation(&mut self, installation: &Installation) {
        self.installations.push(InstallationRow::from(installation));
        self.add_measures(installation);
    }

    fn add_measures(&mut self, installation: &Installation) {
        let lines = installation.measures.as_slice().iter();
        self.measures.extend(lines.map(|line| MeasureRow::of(installation.id, line)));
    }

    /// The measures of an installation in the place of those that are stored; once a batch.
    pub fn replace_measures(&mut self, installation: &Installation) {
        self.remeasured.push(installation.id.to_string());
        self.add_measures(installation);
    }

    /// An installation that was changed; once a batch, in its last state.
    pub fn change_installation(&mut self, installation: &Installation) {
        self.changed_installations.push(InstallationRow::from(installation));
    }

    /// An entry with its facts and its journal rows.
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
        });
        let Sealed { salt, facts, note } = sealed;
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

    /// A site's code from now on, by its hash; the one before stops working.
    pub fn issue_code(&mut self, site: SiteId, hash: Hash, at: DateTime<Utc>) {
        let site = site.to_string();
        // One statement may write a row only once.
        self.codes.retain(|row| row.site != site);
        self.codes.push(CodeRow { hash: hash.to_vec(), site, issued_at: stored(at) });
    }

    /// Deletes note and salt of an entry, written before or in this batch.
    pub fn erase_note(&mut self, version: i64) {
        match self.facts.iter_mut().find(|facts| facts.version == version) {
            Some(facts) => (facts.salt, facts.note) = (None, None),
            None => self.erased.push(version),
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries.len()
    }
}

/// What an entry's digest seals.
pub struct Sealed {
    /// Random bytes.
    pub salt: Vec<u8>,
    /// The facts as JSON.
    pub facts: String,
    /// A person's remark.
    pub note: Option<String>,
}
