//! Entries of the register: one numbered change each, chained by their hashes.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use crate::domain::counting::{CellKey, Totals};
use crate::domain::values::{Action, Cause};
use crate::domain::values::{Hash, hash_of};

/// The hash that stands before the first entry.
pub const GENESIS: Hash = [0; 32];

/// One numbered change of the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The number of the entry. The first is 1, and no number is left out.
    pub version: i64,
    /// The instant at which its batch was decided.
    pub recorded_at: DateTime<Utc>,
    /// The id of the client that asked for it.
    pub actor: String,
    pub action: Action,
    /// The cause of the numbers that moved.
    pub cause: Cause,
    /// The record that the entry is about.
    pub subject: String,
    /// SHA-256 of the salt, the facts and the note.
    pub digest: Hash,
    /// SHA-256 of the entry's journal rows.
    pub journal_digest: Hash,
    /// The hash of the entry before.
    pub previous: Hash,
}

impl Entry {
    /// SHA-256 over the hash of the entry before and the canonical bytes of every other column.
    #[must_use]
    pub fn hash(&self) -> Hash {
        chain_hash(&SealedColumns {
            version: self.version,
            recorded_at: self.recorded_at,
            words: [&self.actor, self.action.as_str(), self.cause.as_str(), &self.subject],
            digest: &self.digest,
            journal_digest: &self.journal_digest,
            previous: &self.previous,
        })
    }
}

/// The columns of an entry that its hash seals, as they are stored.
pub struct SealedColumns<'a> {
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    /// Actor, action, cause and subject.
    pub words: [&'a str; 4],
    /// The digest of its facts.
    pub digest: &'a [u8],
    pub journal_digest: &'a [u8],
    /// The hash of the entry before.
    pub previous: &'a [u8],
}

/// The hash of an entry from its columns.
#[must_use]
pub fn chain_hash(columns: &SealedColumns<'_>) -> Hash {
    let recorded_at = columns.recorded_at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let [actor, action, cause, subject] = columns.words;
    hash_of(&[
        columns.previous,
        &columns.version.to_be_bytes(),
        recorded_at.as_bytes(),
        actor.as_bytes(),
        action.as_bytes(),
        cause.as_bytes(),
        subject.as_bytes(),
        columns.digest,
        columns.journal_digest,
    ])
}

/// One row of the journal: the change of one cell by one entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Posting {
    pub cell: CellKey,
    pub delta: Totals,
}

/// The digest of an entry's facts. The salt is there because a short note could be guessed from its digest.
#[must_use]
pub fn facts_digest(salt: &[u8], facts: &str, note: Option<&str>) -> Hash {
    let has_note = [u8::from(note.is_some())];
    hash_of(&[salt, facts.as_bytes(), &has_note, note.unwrap_or_default().as_bytes()])
}

/// The digest of an entry's journal rows, in their order.
#[must_use]
pub fn journal_digest<'a>(recorded_on: NaiveDate, cause: &str, rows: impl Iterator<Item = (i64, &'a str)>) -> Hash {
    let mut text = format!("{recorded_on} {cause}");
    for (cell, delta) in rows {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{cell} {delta}");
    }
    hash_of(&[text.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::values::hex;

    fn entry() -> Entry {
        Entry {
            version: 1,
            recorded_at: "2026-11-24T01:02:03.000004Z".parse().unwrap(),
            actor: "c-1".into(),
            action: Action::Register,
            cause: Cause::Registered,
            subject: "installation/1".into(),
            digest: [1; 32],
            journal_digest: [2; 32],
            previous: GENESIS,
        }
    }

    #[test]
    fn hash_changes_with_every_column() {
        let base = entry().hash();
        let changed: [fn(&mut Entry); 9] = [
            |e| e.version = 2,
            |e| e.recorded_at += chrono::TimeDelta::microseconds(1),
            |e| e.actor.push('x'),
            |e| e.action = Action::Verify,
            |e| e.cause = Cause::Verified,
            |e| e.subject.push('x'),
            |e| e.digest[31] ^= 1,
            |e| e.journal_digest[0] ^= 1,
            |e| e.previous[0] ^= 1,
        ];
        for change in changed {
            let mut other = entry();
            change(&mut other);
            assert_ne!(other.hash(), base);
        }
    }

    #[test]
    fn hash_is_the_same_for_ever() {
        assert_eq!(hex(&entry().hash()), PINNED);
    }

    const PINNED: &str = "a9f0de131ca69e239ec57c79798784de6278e82ad3558bdb84eccf4b49b66069";

    #[test]
    fn facts_digest_tells_an_empty_note_from_none() {
        assert_ne!(facts_digest(b"s", "{}", None), facts_digest(b"s", "{}", Some("")));
    }
}
