//! The chain of entries, the digests of their facts and the digests of their journal rows.

use std::collections::BTreeMap;

use crate::db::DbError;
use crate::db::ledger::{StoredEntry, StoredFacts, StoredPosting, audit_scan as stored};
use crate::domain::chain::{SealedColumns, chain_hash, facts_digest, journal_digest};
use crate::domain::counting::Totals;
use crate::domain::values::day_of;

use super::progress::{Audit, CHUNK};

impl Audit<'_> {
    /// Checks the entries in `(after, up_to]` with their facts and journal rows.
    pub(super) fn check_entries(&mut self, mut after: i64, up_to: i64) -> Result<(), DbError> {
        while after < up_to {
            let to = up_to.min(after + CHUNK);
            let mut entries: BTreeMap<i64, StoredEntry> =
                stored::entries(self.connection, after, to)?.into_iter().map(|e| (e.version, e)).collect();
            let mut facts: BTreeMap<i64, StoredFacts> =
                stored::facts(self.connection, after, to)?.into_iter().map(|f| (f.version, f)).collect();
            let mut postings: BTreeMap<i64, Vec<StoredPosting>> = BTreeMap::new();
            for posting in stored::journal(self.connection, after, to)? {
                postings.entry(posting.version).or_default().push(posting);
            }
            for version in after + 1..=to {
                let Some(entry) = entries.remove(&version) else {
                    self.found(format!("entry {version}"), "is missing");
                    continue;
                };
                self.check_chain(&entry);
                let facts = facts.remove(&version);
                self.check_facts(&entry, facts.as_ref());
                self.check_public_version(&entry, facts.as_ref());
                let postings = postings.remove(&version).unwrap_or_default();
                self.days.end_days_before(self.connection, self.days.day_of(&entry), &self.sums)?;
                self.check_journal(&entry, &postings);
                self.days.hear(self.connection, &entry, &postings)?;
            }
            after = to;
        }
        Ok(())
    }

    fn check_chain(&mut self, entry: &StoredEntry) {
        let what = format!("entry {}", entry.version);
        let hash = chain_hash(&SealedColumns {
            version: entry.version,
            recorded_at: entry.recorded_at,
            words: [&entry.actor, &entry.action, &entry.cause, &entry.subject],
            digest: &entry.digest,
            journal_digest: &entry.journal_digest,
            previous: &entry.previous,
        });
        if hash.as_slice() != entry.hash {
            self.found(&what, "its hash is not that of its columns");
        }
        if entry.previous != self.previous_hash {
            self.found(&what, "it does not follow the hash of the entry before");
        }
        (self.previous_hash, self.previous_at) = (entry.hash.clone(), entry.recorded_at);
    }

    fn check_facts(&mut self, entry: &StoredEntry, facts: Option<&StoredFacts>) {
        let what = format!("facts {}", entry.version);
        match facts {
            None => self.found(what, "are missing"),
            Some(StoredFacts { salt: None, note: Some(_), .. }) => self.found(what, "have a note without a salt"),
            Some(StoredFacts { salt, facts, note, .. }) => {
                let digest = salt.as_ref().map(|salt| facts_digest(salt, facts, note.as_deref()));
                let sealed = digest.is_some_and(|digest| digest.as_slice() == entry.digest);
                if salt.is_some() && !sealed {
                    self.found(what, "do not match the digest of the entry");
                } else {
                    self.householders.hear(entry.version, &entry.action, facts, sealed);
                    self.directory.hear(entry, facts);
                    self.days.hear_release(entry.version, &entry.action, facts);
                    self.days.hear_set_back(entry.version, &entry.action, facts);
                }
                // Inside a JSON text these quotes would be escaped.
                if facts.contains("\"site_refs\":") {
                    self.names.insert(entry.version);
                }
            }
        }
    }

    /// Checks which entry public numbers bear after this one. The facts say whether it is an entry of a sandbox partner.
    fn check_public_version(&mut self, entry: &StoredEntry, facts: Option<&StoredFacts>) {
        // Inside a JSON text these quotes would be escaped.
        let of_sandbox = facts.is_some_and(|facts| facts.facts.contains("\"of_sandbox\":true"));
        if !of_sandbox {
            self.public_version = entry.version;
        }
        if entry.public_version != of_sandbox.then_some(self.public_version) {
            self.found(format!("entry {}", entry.version), "names another public version than its facts give");
        }
    }

    fn check_journal(&mut self, entry: &StoredEntry, postings: &[StoredPosting]) {
        let day = day_of(entry.recorded_at);
        let rows = postings.iter().map(|posting| (posting.cell, posting.deltas.as_str()));
        let sealed = journal_digest(day, &entry.cause, rows).as_slice() == entry.journal_digest;
        if !sealed {
            self.found(format!("journal {}", entry.version), "its rows do not match the digest of the entry");
        }
        for (seq, posting) in (0..).zip(postings) {
            let what = format!("journal {}/{}", posting.version, posting.seq);
            if posting.seq != seq {
                self.found(&what, format!("the row {seq} is missing"));
            }
            if posting.recorded_on != day || posting.cause != entry.cause {
                self.found(&what, "its day or cause is not that of the entry");
            }
            let sum = self.sums.get(&posting.cell).copied().unwrap_or_default();
            match Totals::decode(&posting.deltas) {
                Some(delta) => {
                    self.sums.insert(posting.cell, sum.wrapping_add(delta));
                }
                None => self.found(&what, "its deltas are not readable"),
            }
        }
    }
}
