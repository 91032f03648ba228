//! What concerns the person at home: codes, what they see, and which notes an erasure deletes.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::sql_types::{Array, Binary, Bool, Text as SqlText, Timestamp};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable,
};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{entries, entry_facts, householder_codes, site_id, sites, stored};
use crate::db::write_batch::Batch;
use crate::domain::records::SiteRecord;
use crate::domain::values::{Hash, SiteId};

use super::by_id::CHUNK;
use super::disputes::Noted;
use super::{by_id, disputes};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = householder_codes)]
pub(in crate::db) struct CodeRow {
    hash: Vec<u8>,
    site: String,
    issued_at: NaiveDateTime,
}

impl Batch {
    /// A site's code from now on, by its hash; the one before stops working.
    pub fn issue_code(&mut self, site: SiteId, hash: Hash, at: DateTime<Utc>) {
        let site = site.to_string();
        // One statement may write a row only once.
        self.codes.retain(|row| row.site != site);
        self.codes.push(CodeRow { hash: hash.to_vec(), site, issued_at: stored(at) });
    }

    /// Entries of this batch that speak of one of the subjects and have a note, but for these actions.
    #[must_use]
    pub fn noted(&self, subjects: &[String], spared: &[&str]) -> Vec<i64> {
        let about = self.entries.iter().zip(&self.facts).filter(|(entry, _)| subjects.contains(&entry.subject));
        let about = about.filter(|(entry, _)| !spared.contains(&entry.action.as_str()));
        about.filter(|(_, facts)| facts.note.is_some()).map(|(entry, _)| entry.version).collect()
    }

    /// The note of an entry of this batch.
    #[must_use]
    pub fn note(&self, version: i64) -> Option<&str> {
        self.facts.iter().find(|facts| facts.version == version)?.note.as_deref()
    }

    /// Whether the note of an entry written before goes with this batch.
    #[must_use]
    pub fn erases(&self, version: i64) -> bool {
        self.erased.contains(&version)
    }

    /// Deletes note and salt of an entry, written before or in this batch.
    pub fn erase_note(&mut self, version: i64) {
        match self.facts.iter_mut().find(|facts| facts.version == version) {
            Some(facts) => (facts.salt, facts.note) = (None, None),
            None => self.erased.push(version),
        }
    }

    /// Writes codes and erasures, after everything else of the batch.
    pub(in crate::db) fn write_householders(&self, connection: &mut Connection) -> Result<(), DbError> {
        for chunk in self.erased.chunks(CHUNK) {
            let erase = || {
                let erased = (entry_facts::salt.eq(None::<Vec<u8>>), entry_facts::note.eq(None::<String>));
                diesel::update(entry_facts::table.filter(entry_facts::version.eq_any(chunk))).set(erased)
            };
            on_backend!(connection, c => erase().execute(c))?;
        }
        match connection {
            _ if self.codes.is_empty() => {}
            Connection::Sqlite(c) => {
                for row in &self.codes {
                    diesel::replace_into(householder_codes::table).values(row).execute(&mut **c)?;
                }
            }
            Connection::Postgres(c) => {
                diesel::sql_query(
                    "INSERT INTO householder_codes (hash, site, issued_at) SELECT * FROM unnest($1, $2, $3) \
                     ON CONFLICT (site) DO UPDATE SET hash = excluded.hash, issued_at = excluded.issued_at",
                )
                .bind::<Array<Binary>, _>(self.codes.iter().map(|row| row.hash.as_slice()).collect::<Vec<_>>())
                .bind::<Array<SqlText>, _>(self.codes.iter().map(|row| row.site.as_str()).collect::<Vec<_>>())
                .bind::<Array<Timestamp>, _>(self.codes.iter().map(|row| row.issued_at).collect::<Vec<_>>())
                .execute(&mut **c)?;
            }
        }
        Ok(())
    }
}

/// The site that a code opens, by the code's hash.
pub fn site_of_code(connection: &mut Connection, hash: &Hash) -> Result<Option<SiteId>, DbError> {
    let found: Option<String> = on_backend!(connection, c => {
        householder_codes::table
            .filter(householder_codes::hash.eq(hash.as_slice()))
            .select(householder_codes::site)
            .first(c)
            .optional()
    })?;
    found.as_deref().map(site_id).transpose()
}

/// A site and every site that was merged into it.
pub fn family(connection: &mut Connection, site: SiteId) -> Result<Vec<SiteId>, DbError> {
    let mut family = BTreeSet::from([site.to_string()]);
    let mut newest: Vec<String> = family.iter().cloned().collect();
    while !newest.is_empty() {
        let merged: Vec<String> = on_backend!(connection, c => {
            sites::table.filter(sites::superseded_by.eq_any(&newest)).select(sites::id).load(c)
        })?;
        newest = merged.into_iter().filter(|id| family.insert(id.clone())).collect();
    }
    family.iter().map(|id| site_id(id)).collect()
}

/// Entries with a note: of these versions, and of the others that speak of one of the subjects,
/// but for some actions.
pub fn noted(
    connection: &mut Connection,
    subjects: &[String],
    versions: &[i64],
    spared: &[&str],
) -> Result<Vec<i64>, DbError> {
    let mut about: Vec<i64> = on_backend!(connection, c => {
        entries::table
            .filter(entries::subject.eq_any(subjects))
            // In these words, so that the index without registrations serves.
            .filter(diesel::dsl::sql::<Bool>("action <> 'register'"))
            .filter(entries::action.ne_all(spared))
            .select(entries::version)
            .load(c)
    })?;
    about.extend(versions);
    let mut noted = Vec::new();
    for chunk in about.chunks(CHUNK) {
        let found: Vec<i64> = on_backend!(connection, c => {
            entry_facts::table
                .filter(entry_facts::version.eq_any(chunk).and(entry_facts::note.is_not_null()))
                .select(entry_facts::version)
                .load(c)
        })?;
        noted.extend(found);
    }
    noted.sort_unstable();
    Ok(noted)
}

/// A site with everything at it, and what its householder disputed.
pub struct Home {
    /// The site as it stands, or the one that took its place.
    pub record: SiteRecord,
    /// Each dispute, oldest first.
    pub disputes: Vec<Noted>,
}

/// The home that a householder's code opened.
pub fn home(connection: &mut Connection, site: SiteId) -> Result<Option<Home>, DbError> {
    let Some(record) = standing(connection, &[site])?.remove(&site) else { return Ok(None) };
    let family = family(connection, record.site.id)?;
    let found = disputes::at(connection, &family)?;
    Ok(Some(Home { record, disputes: disputes::with_notes(connection, found)? }))
}

/// The records of these sites, or of those that took their place.
pub(in crate::db) fn standing(
    connection: &mut Connection,
    sites: &[SiteId],
) -> Result<HashMap<SiteId, SiteRecord>, DbError> {
    let mut standing = HashMap::new();
    let mut wanted: Vec<(SiteId, SiteId)> = sites.iter().map(|site| (*site, *site)).collect();
    while !wanted.is_empty() {
        let now: Vec<SiteId> = wanted.iter().map(|(_, now)| *now).collect();
        let records = by_id::records(connection, &now)?;
        let mut moved = Vec::new();
        for (asked, now) in wanted {
            let Some(record) = records.iter().find(|record| record.site.id == now) else { continue };
            match record.site.superseded_by {
                Some(successor) => moved.push((asked, successor)),
                None => {
                    standing.insert(asked, record.clone());
                }
            }
        }
        wanted = moved;
    }
    Ok(standing)
}
