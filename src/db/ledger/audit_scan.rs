//! Reading the whole register for an audit, piece by piece and exactly as stored. Nothing is parsed, because a changed byte
//! must become a finding and not an error.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl, SelectableHelper, sql_types};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{
    EntryRow, FactsRow, JournalRow, SiteRefRow, cells, entries, entry_facts, installations, journal, site_refs, sites,
};

/// An entry as stored: the columns of `entries`.
#[derive(Debug)]
pub struct StoredEntry {
    pub version: i64,
    pub recorded_at: DateTime<Utc>,
    pub actor: String,
    pub action: String,
    pub cause: String,
    pub subject: String,
    pub digest: Vec<u8>,
    pub journal_digest: Vec<u8>,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
    pub public_version: Option<i64>,
}

/// Facts as stored: the columns of `entry_facts`.
#[derive(Debug)]
pub struct StoredFacts {
    pub version: i64,
    pub salt: Option<Vec<u8>>,
    pub facts: String,
    pub note: Option<String>,
}

/// A journal row as stored: the columns of `journal`.
#[derive(Debug)]
pub struct StoredPosting {
    pub version: i64,
    pub seq: i32,
    pub recorded_on: NaiveDate,
    pub cause: String,
    pub cell: i64,
    pub deltas: String,
}

/// The external id of a site, as stored: the columns of `site_refs`.
#[derive(Debug)]
pub struct StoredSiteRef {
    pub partner: String,
    pub external_id: String,
    pub site: String,
    pub version: i64,
}

/// The entries with versions in `(after, up_to]`, in order.
pub fn entries(connection: &mut Connection, after: i64, up_to: i64) -> Result<Vec<StoredEntry>, DbError> {
    let rows: Vec<EntryRow> = on_backend!(connection, c => {
        entries::table
            .filter(entries::version.gt(after).and(entries::version.le(up_to)))
            .order(entries::version)
            .select(EntryRow::as_select())
            .load(c)
    })?;
    let entry = |row: EntryRow| StoredEntry {
        version: row.version,
        recorded_at: row.recorded_at.and_utc(),
        actor: row.actor,
        action: row.action,
        cause: row.cause,
        subject: row.subject,
        digest: row.digest,
        journal_digest: row.journal_digest,
        previous: row.previous,
        hash: row.hash,
        public_version: row.public_version,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// The facts with versions in `(after, up_to]`, in order.
pub fn facts(connection: &mut Connection, after: i64, up_to: i64) -> Result<Vec<StoredFacts>, DbError> {
    let rows: Vec<FactsRow> = on_backend!(connection, c => {
        entry_facts::table
            .filter(entry_facts::version.gt(after).and(entry_facts::version.le(up_to)))
            .order(entry_facts::version)
            .select(FactsRow::as_select())
            .load(c)
    })?;
    let facts = |row: FactsRow| StoredFacts { version: row.version, salt: row.salt, facts: row.facts, note: row.note };
    Ok(rows.into_iter().map(facts).collect())
}

/// The facts of these versions.
pub fn facts_at(connection: &mut Connection, versions: &[i64]) -> Result<Vec<(i64, String)>, DbError> {
    Ok(on_backend!(connection, c => {
        entry_facts::table
            .filter(entry_facts::version.eq_any(versions))
            .select((entry_facts::version, entry_facts::facts))
            .load(c)
    })?)
}

/// The journal rows with versions in `(after, up_to]`, in order.
pub fn journal(connection: &mut Connection, after: i64, up_to: i64) -> Result<Vec<StoredPosting>, DbError> {
    let rows: Vec<JournalRow> = on_backend!(connection, c => {
        journal::table
            .filter(journal::version.gt(after).and(journal::version.le(up_to)))
            .order((journal::version, journal::seq))
            .select(JournalRow::as_select())
            .load(c)
    })?;
    let posting = |row: JournalRow| StoredPosting {
        version: row.version,
        seq: row.seq,
        recorded_on: row.recorded_on,
        cause: row.cause,
        cell: row.cell,
        deltas: row.deltas,
    };
    Ok(rows.into_iter().map(posting).collect())
}

/// The external ids of these sites.
pub fn site_refs(connection: &mut Connection, sites: &[String]) -> Result<Vec<StoredSiteRef>, DbError> {
    let rows: Vec<SiteRefRow> = on_backend!(connection, c => {
        site_refs::table.filter(site_refs::site.eq_any(sites)).select(SiteRefRow::as_select()).load(c)
    })?;
    let name = |row: SiteRefRow| StoredSiteRef {
        partner: row.partner,
        external_id: row.external_id,
        site: row.site,
        version: row.version,
    };
    Ok(rows.into_iter().map(name).collect())
}

/// The ids of the next `limit` sites after `after`, in order.
pub fn site_ids(connection: &mut Connection, after: &str, limit: i64) -> Result<Vec<String>, DbError> {
    Ok(on_backend!(connection, c => {
        sites::table.filter(sites::id.gt(after)).order(sites::id).limit(limit).select(sites::id).load(c)
    })?)
}

/// The next `limit` cells after the key `after`, in the order of keys, as stored.
pub fn cells(connection: &mut Connection, after: i64, limit: i64) -> Result<Vec<(i64, String)>, DbError> {
    Ok(on_backend!(connection, c => {
        cells::table
            .filter(cells::cell.gt(after))
            .order(cells::cell)
            .limit(limit)
            .select((cells::cell, cells::totals))
            .load(c)
    })?)
}

/// The number of rows of entries, facts and journal after `version`. There should be none.
pub fn rows_after(connection: &mut Connection, version: i64) -> Result<i64, DbError> {
    let entries: i64 =
        on_backend!(connection, c => entries::table.filter(entries::version.gt(version)).count().get_result(c))?;
    let facts: i64 = on_backend!(connection, c => {
        entry_facts::table.filter(entry_facts::version.gt(version)).count().get_result(c)
    })?;
    let postings: i64 =
        on_backend!(connection, c => journal::table.filter(journal::version.gt(version)).count().get_result(c))?;
    Ok(entries + facts + postings)
}

/// A row that names a missing row.
#[derive(diesel::QueryableByName)]
pub struct Orphan {
    /// The table of the row.
    #[diesel(sql_type = sql_types::Text)]
    pub table: String,
    /// The table of the missing row.
    #[diesel(sql_type = sql_types::Text)]
    pub parent: String,
    /// The key of the missing row.
    #[diesel(sql_type = sql_types::Text)]
    pub key: String,
}

/// The references between rows: a table and its column, the other table and its key.
const REFERENCES: [(&str, &str, &str, &str); 12] = [
    ("sites", "partner", "partners", "code"),
    ("sites", "superseded_by", "sites", "id"),
    ("site_refs", "partner", "partners", "code"),
    ("site_refs", "site", "sites", "id"),
    ("site_private", "site", "sites", "id"),
    ("installations", "site", "sites", "id"),
    ("installations", "partner", "partners", "code"),
    ("installations", "project", "projects", "code"),
    ("installation_measures", "installation", "installations", "id"),
    ("householder_codes", "site", "sites", "id"),
    ("disputes", "site", "sites", "id"),
    ("disputes", "installation", "installations", "id"),
];

/// Installations whose copy of the province is not that of their site, at most `limit`.
pub fn in_another_province(connection: &mut Connection, limit: usize) -> Result<Vec<String>, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(on_backend!(connection, c => {
        installations::table
            .inner_join(sites::table)
            .filter(installations::province_code.ne(sites::province_code))
            .order(installations::id)
            .limit(limit)
            .select(installations::id)
            .load(c)
    })?)
}

/// Rows that name a missing row, at most `limit` for each reference.
pub fn orphans(connection: &mut Connection, limit: usize) -> Result<Vec<Orphan>, DbError> {
    let mut all = Vec::new();
    for (table, column, parent, key) in REFERENCES {
        let query = diesel::sql_query(format!(
            "SELECT DISTINCT '{table}' AS \"table\", '{parent}' AS parent, CAST(child.{column} AS TEXT) AS key \
             FROM {table} AS child WHERE child.{column} IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM {parent} AS other WHERE other.{key} = child.{column}) LIMIT {limit}"
        ));
        let found: Vec<Orphan> = on_backend!(connection, c => query.load(c))?;
        all.extend(found);
    }
    Ok(all)
}
