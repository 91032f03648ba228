//! The person at home: their codes, their home, and the notes that an erasure deletes.

use std::collections::BTreeSet;

use diesel::sql_types::Bool;
use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{entries, entry_facts, householder_codes, site_id, sites};
use crate::domain::records::SiteRecord;
use crate::domain::rules::ErasureScope;
use crate::domain::values::{Hash, SiteId};

use super::by_id::CHUNK;
use super::disputes::DisputeWithNotes;
use super::{by_id, disputes};

/// The site that a code opens, by the hash of the code.
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

/// The site and all sites that were merged into it.
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

/// The versions of the stored entries whose notes an erasure deletes, in order. The query follows
/// [`ErasureScope::takes`] in the words of the index. The index holds no registrations, so the query finds those by
/// version.
pub fn notes_to_erase(connection: &mut Connection, scope: &ErasureScope) -> Result<Vec<i64>, DbError> {
    let mut about: Vec<i64> = on_backend!(connection, c => {
        entries::table
            .filter(entries::subject.eq_any(&scope.subjects))
            // Repeats the condition of the index word for word, because the planner then uses the index.
            .filter(diesel::dsl::sql::<Bool>("action <> 'register'"))
            .select(entries::version)
            .load(c)
    })?;
    about.extend(&scope.registrations);
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

/// A home: a site with everything at it, and the disputes of its householder.
pub struct Home {
    /// The record of the site, or of its successor.
    pub record: SiteRecord,
    /// The disputes, oldest first.
    pub disputes: Vec<DisputeWithNotes>,
}

/// The home at a site; `None` if there is no such site.
pub fn home(connection: &mut Connection, site: SiteId) -> Result<Option<Home>, DbError> {
    let Some(record) = by_id::successors(connection, &[site])?.remove(&site) else { return Ok(None) };
    let family = family(connection, record.site.id)?;
    let found = disputes::at(connection, &family)?;
    Ok(Some(Home { record, disputes: disputes::with_notes(connection, found)? }))
}
