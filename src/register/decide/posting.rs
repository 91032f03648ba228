//! Posting: the entry of a change, chained to the entry before, with its facts and its postings.

use serde::Serialize;

use crate::db::DbError;
use crate::db::ledger::{PublicEntry, public_entries};
use crate::db::records::Named;
use crate::db::write_batch::Sealed;
use crate::domain::chain::{Entry, Facts, InstallationDoc, Posting, SiteDoc, SiteRefDoc, facts_digest, journal_digest};
use crate::domain::counting::{Contribution, add_all, contribution, difference};
use crate::domain::records::SiteRecord;
use crate::domain::values::{Action, Cause, Note};

use super::deciding::{BatchInProgress, NoteInBatch};

/// A change of records, to be posted as one entry.
pub struct Change<'a> {
    pub actor: &'a str,
    pub action: Action,
    pub cause: Cause,
    pub subject: String,
    pub before: Vec<SiteRecord>,
    pub after: Vec<SiteRecord>,
    pub reason: Option<&'a str>,
    pub note: Option<&'a Note>,
    /// The external id that the partner gives to the site, if it is new.
    pub name: Option<Named>,
}

/// The columns of an entry that its request decides.
pub struct EntryOf<'a> {
    pub actor: &'a str,
    pub action: Action,
    pub cause: Cause,
    pub subject: String,
    /// Whether it is about records of a sandbox partner alone. Then it makes no public version.
    pub of_sandbox: bool,
}

/// The facts of an entry, with the mark of an entry of a sandbox partner.
#[derive(Serialize)]
struct MarkedFacts<'a, F: Serialize> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    of_sandbox: bool,
    #[serde(flatten)]
    facts: &'a F,
}

impl BatchInProgress<'_> {
    /// Changes records: appends the entry, posts `contribution(after) - contribution(before)`, puts the new records in
    /// place. No other function changes a record that counts.
    pub fn post(&mut self, change: Change<'_>) -> Result<(), DbError> {
        if self.dry_run {
            return Ok(());
        }
        let sum = |records: &[SiteRecord]| {
            let mut cells = Contribution::new();
            for record in records {
                add_all(&mut cells, &contribution(record));
            }
            cells
        };
        let moved = difference(&sum(&change.after), &sum(&change.before));
        let version = self.stamp.version;
        let installations = change.after.iter().flat_map(|record| &record.installations);
        let facts = Facts {
            sites: change.after.iter().filter(|r| r.site.version == version).map(|r| SiteDoc::of(&r.site)).collect(),
            site_refs: change
                .name
                .iter()
                .zip(&change.after)
                .map(|((partner, name), record)| SiteRefDoc::of(&record.site, partner.as_str(), name))
                .collect(),
            installations: installations.filter(|i| i.version == version).map(InstallationDoc::of).collect(),
            personal: personal_changes(&change),
            reason: change.reason,
        };
        let entry = EntryOf {
            actor: change.actor,
            action: change.action,
            cause: change.cause,
            subject: change.subject,
            of_sandbox: is_of_sandbox(change.before.iter().chain(&change.after)),
        };
        self.append(entry, &facts, change.note, &moved)?;
        if let (Some(name), Some(record)) = (change.name, change.after.first()) {
            self.records.name_site(name, record.site.id, version);
        }
        for record in change.after {
            self.records.put(record, version);
        }
        Ok(())
    }

    /// Appends an entry to the chain, with the facts that it seals and the cells that it moves.
    pub fn append(
        &mut self,
        of: EntryOf<'_>,
        facts: &impl Serialize,
        note: Option<&Note>,
        moved: &Contribution,
    ) -> Result<(), DbError> {
        let public_version = if of.of_sandbox { Some(self.public_version()?) } else { None };
        let facts = MarkedFacts { of_sandbox: of.of_sandbox, facts };
        let facts = serde_json::to_string(&facts).map_err(|error| DbError::Unusable(error.to_string()))?;
        let note = note.map(|note| note.as_str().to_owned());
        let salt = random_salt()?;
        let postings: Vec<Posting> = moved.iter().map(|(cell, delta)| Posting { cell: *cell, delta: *delta }).collect();
        let rows: Vec<(i64, String)> = postings.iter().map(|p| (p.cell.to_stored(), p.delta.encode())).collect();
        let rows = rows.iter().map(|(cell, delta)| (*cell, delta.as_str()));
        let entry = Entry {
            version: self.stamp.version,
            recorded_at: self.stamp.at,
            actor: of.actor.to_owned(),
            action: of.action,
            cause: of.cause,
            subject: of.subject,
            digest: facts_digest(&salt, &facts, note.as_deref()),
            journal_digest: journal_digest(self.stamp.day, of.cause.as_str(), rows),
            previous: self.decided.hash,
        };
        let hash = entry.hash();
        if let Some(text) = note.clone() {
            self.notes.push(NoteInBatch { version: entry.version, subject: entry.subject.clone(), text });
        }
        let decided = &mut self.decided;
        let sealed = Sealed { salt, facts, note, public_version };
        decided.batch.add_entry(&entry, hash, sealed, self.stamp.day, &postings);
        decided.postings.extend(postings.iter().map(|posting| (posting.cell, posting.delta)));
        decided.version = entry.version;
        decided.hash = hash;
        if public_version.is_none() {
            decided.public = Some(PublicEntry { version: entry.version, hash, recorded_at: entry.recorded_at });
        }
        self.records.note_action(entry.version, entry.action);
        Ok(())
    }

    /// The version of the newest public entry, stored or of this batch.
    fn public_version(&mut self) -> Result<i64, DbError> {
        if let Some(public) = &self.decided.public {
            return Ok(public.version);
        }
        let stored = match self.stored_public_version {
            Some(known) => known,
            None => public_entries::version_at(self.connection, self.stored_version)?,
        };
        self.stored_public_version = Some(stored);
        Ok(stored)
    }
}

/// Whether records are a sandbox partner's alone.
pub fn is_of_sandbox<'a>(records: impl Iterator<Item = &'a SiteRecord>) -> bool {
    let mut installations = records.flat_map(|record| &record.installations).peekable();
    installations.peek().is_some() && installations.all(|installation| installation.sandbox)
}

/// The names of the personal data that the change alters at sites that were known before.
fn personal_changes(change: &Change<'_>) -> Vec<&'static str> {
    let known = |after: &SiteRecord| change.before.iter().find(|before| before.site.id == after.site.id);
    let mut names: Vec<_> = change
        .after
        .iter()
        .filter_map(|after| Some(after.private.changed_since(&known(after)?.private)))
        .flatten()
        .collect();
    names.dedup();
    names
}

fn random_salt() -> Result<Vec<u8>, DbError> {
    let mut salt = vec![0; 16];
    let filled = aws_lc_rs::rand::fill(&mut salt);
    filled.map_err(|_| DbError::Unusable("the system gives no random numbers".to_owned()))?;
    Ok(salt)
}
