//! What concerns the person at home: codes, disputes, and which notes an erasure has to delete.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::sql_types::{Array, Binary, Bool, Text as SqlText, Timestamp};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use super::connection::{Connection, on_backend};
use super::error::DbError;
use super::lookup::{self, CHUNK};
use super::rows::{installation_id, site_id, stored};
use super::schema::{disputes, entries, entry_facts, householder_codes, sites};
use super::store::Batch;
use crate::domain::entry::Hash;
use crate::domain::householder::{Closing, Dispute, DisputeOutcome, DisputeReason};
use crate::domain::id::SiteId;
use crate::domain::site::SiteRecord;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = householder_codes)]
pub(super) struct CodeRow {
    hash: Vec<u8>,
    site: String,
    issued_at: NaiveDateTime,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = disputes)]
struct DisputeRow {
    id: i64,
    site: String,
    installation: Option<String>,
    reason: String,
    opened_at: NaiveDateTime,
    closed_at: Option<NaiveDateTime>,
    closed_version: Option<i64>,
    outcome: Option<String>,
}

impl Batch {
    /// A site's code from now on, by its hash; the one before stops working.
    pub fn issue_code(&mut self, site: SiteId, hash: Hash, at: DateTime<Utc>) {
        let site = site.to_string();
        // One statement may write a row only once.
        self.codes.retain(|row| row.site != site);
        self.codes.push(CodeRow { hash: hash.to_vec(), site, issued_at: stored(at) });
    }

    /// Entries of this batch that speak of one of the subjects and have a note.
    #[must_use]
    pub fn noted(&self, subjects: &[String]) -> Vec<i64> {
        let about = self.entries.iter().zip(&self.facts).filter(|(entry, _)| subjects.contains(&entry.subject));
        about.filter(|(_, facts)| facts.note.is_some()).map(|(entry, _)| entry.version).collect()
    }

    /// Deletes note and salt of an entry, written before or in this batch.
    pub fn erase_note(&mut self, version: i64) {
        match self.facts.iter_mut().find(|facts| facts.version == version) {
            Some(facts) => (facts.salt, facts.note) = (None, None),
            None => self.erased.push(version),
        }
    }

    /// Writes codes and erasures, after everything else of the batch.
    pub(super) fn write_householders(&self, connection: &mut Connection) -> Result<(), DbError> {
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

/// Entries with a note: of these versions, and of the others that speak of one of the subjects.
pub fn noted(connection: &mut Connection, subjects: &[String], versions: &[i64]) -> Result<Vec<i64>, DbError> {
    let mut about: Vec<i64> = on_backend!(connection, c => {
        entries::table
            .filter(entries::subject.eq_any(subjects))
            // In these words, so that the index without registrations serves.
            .filter(diesel::dsl::sql::<Bool>("action <> 'register'"))
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

/// Keeps a new dispute.
pub fn add_dispute(connection: &mut Connection, dispute: &Dispute) -> Result<(), DbError> {
    let row = DisputeRow {
        id: dispute.id,
        site: dispute.site.to_string(),
        installation: dispute.installation.map(|id| id.to_string()),
        reason: dispute.reason.as_str().to_owned(),
        opened_at: stored(dispute.opened_at),
        closed_at: None,
        closed_version: None,
        outcome: None,
    };
    on_backend!(connection, c => diesel::insert_into(disputes::table).values(&row).execute(c))?;
    Ok(())
}

/// Keeps how a dispute ended.
pub fn close_dispute(connection: &mut Connection, id: i64, closing: Closing) -> Result<(), DbError> {
    let end = || {
        diesel::update(disputes::table.find(id)).set((
            disputes::closed_at.eq(stored(closing.at)),
            disputes::closed_version.eq(closing.version),
            disputes::outcome.eq(closing.outcome.as_str()),
        ))
    };
    on_backend!(connection, c => end().execute(c))?;
    Ok(())
}

/// One dispute.
pub fn dispute(connection: &mut Connection, id: i64) -> Result<Option<Dispute>, DbError> {
    let row: Option<DisputeRow> = on_backend!(connection, c => {
        disputes::table.find(id).select(DisputeRow::as_select()).first(c).optional()
    })?;
    row.map(Dispute::try_from).transpose()
}

/// Every dispute about these sites, oldest first.
pub fn disputes_at(connection: &mut Connection, at: &[SiteId]) -> Result<Vec<Dispute>, DbError> {
    let at: Vec<String> = at.iter().map(ToString::to_string).collect();
    let rows: Vec<DisputeRow> = on_backend!(connection, c => {
        disputes::table
            .filter(disputes::site.eq_any(&at))
            .order(disputes::id)
            .select(DisputeRow::as_select())
            .load(c)
    })?;
    rows.into_iter().map(Dispute::try_from).collect()
}

/// The first `limit` disputes after `after`, oldest first; with `open`, of those not closed.
pub fn disputes_after(
    connection: &mut Connection,
    after: i64,
    open: bool,
    limit: i64,
) -> Result<Vec<Dispute>, DbError> {
    let rows: Vec<DisputeRow> = on_backend!(connection, c => {
        let mut query = disputes::table
            .filter(disputes::id.gt(after))
            .order(disputes::id)
            .limit(limit)
            .select(DisputeRow::as_select())
            .into_boxed();
        if open {
            query = query.filter(disputes::closed_at.is_null());
        }
        query.load(c)
    })?;
    rows.into_iter().map(Dispute::try_from).collect()
}

/// The notes of these entries, where they have one.
fn notes(connection: &mut Connection, versions: &[i64]) -> Result<HashMap<i64, String>, DbError> {
    let found: Vec<(i64, Option<String>)> = on_backend!(connection, c => {
        entry_facts::table
            .filter(entry_facts::version.eq_any(versions))
            .select((entry_facts::version, entry_facts::note))
            .load(c)
    })?;
    Ok(found.into_iter().filter_map(|(version, note)| Some((version, note?))).collect())
}

impl TryFrom<DisputeRow> for Dispute {
    type Error = DbError;

    fn try_from(row: DisputeRow) -> Result<Self, DbError> {
        let corrupt = || DbError::corrupt(format!("dispute {}", row.id));
        let closed = match (row.closed_at, row.closed_version, row.outcome.as_deref()) {
            (Some(at), Some(version), Some(outcome)) => {
                let outcome = DisputeOutcome::parse(outcome).ok_or_else(corrupt)?;
                Some(Closing { at: at.and_utc(), version, outcome })
            }
            (None, None, None) => None,
            _ => return Err(corrupt()),
        };
        Ok(Self {
            id: row.id,
            site: site_id(&row.site)?,
            installation: row.installation.as_deref().map(installation_id).transpose()?,
            reason: DisputeReason::parse(&row.reason).ok_or_else(corrupt)?,
            opened_at: row.opened_at.and_utc(),
            closed,
        })
    }
}

/// A site with everything at it, and what its householder disputed.
pub struct Home {
    /// The site as it stands, or the one that took its place.
    pub record: SiteRecord,
    /// Each dispute, oldest first.
    pub disputes: Vec<Noted>,
}

/// A dispute with its note.
pub struct Noted {
    /// The dispute.
    pub dispute: Dispute,
    /// In the householder's words.
    pub note: Option<String>,
}

/// The home that a householder's code opened.
pub fn home(connection: &mut Connection, site: SiteId) -> Result<Option<Home>, DbError> {
    let Some(record) = standing(connection, &[site])?.remove(&site) else { return Ok(None) };
    let family = family(connection, record.site.id)?;
    let disputes = disputes_at(connection, &family)?;
    Ok(Some(Home { record, disputes: with_notes(connection, disputes)? }))
}

/// The first `limit` open disputes after `after`, oldest first, each with its site as it stands.
pub fn open_disputes(connection: &mut Connection, after: i64, limit: i64) -> Result<Vec<(Noted, SiteRecord)>, DbError> {
    let disputes = disputes_after(connection, after, true, limit)?;
    let sites: Vec<SiteId> = disputes.iter().map(|dispute| dispute.site).collect();
    let records = standing(connection, &sites)?;
    let noted = with_notes(connection, disputes)?.into_iter();
    Ok(noted.filter_map(|noted| records.get(&noted.dispute.site).cloned().map(|record| (noted, record))).collect())
}

fn with_notes(connection: &mut Connection, disputes: Vec<Dispute>) -> Result<Vec<Noted>, DbError> {
    let versions: Vec<i64> = disputes.iter().map(|dispute| dispute.id).collect();
    let mut notes = notes(connection, &versions)?;
    Ok(disputes.into_iter().map(|dispute| Noted { note: notes.remove(&dispute.id), dispute }).collect())
}

/// The records of these sites, or of those that took their place.
fn standing(connection: &mut Connection, sites: &[SiteId]) -> Result<HashMap<SiteId, SiteRecord>, DbError> {
    let mut standing = HashMap::new();
    let mut wanted: Vec<(SiteId, SiteId)> = sites.iter().map(|site| (*site, *site)).collect();
    while !wanted.is_empty() {
        let now: Vec<SiteId> = wanted.iter().map(|(_, now)| *now).collect();
        let records = lookup::records(connection, &now)?;
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
