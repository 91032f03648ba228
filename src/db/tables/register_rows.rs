//! Rows of the tables that a batch appends to: entries, their facts, the journal, householders' codes.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{Insertable, Queryable, Selectable};

use super::schema;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::entries)]
pub(in crate::db) struct EntryRow {
    pub version: i64,
    pub recorded_at: NaiveDateTime,
    pub actor: String,
    pub action: String,
    pub cause: String,
    pub subject: String,
    pub digest: Vec<u8>,
    pub journal_digest: Vec<u8>,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
    /// Of an entry of a sandbox partner: the newest one before it that is none.
    pub public_version: Option<i64>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::entry_facts)]
pub(in crate::db) struct FactsRow {
    pub version: i64,
    pub salt: Option<Vec<u8>>,
    pub facts: String,
    pub note: Option<String>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::journal)]
pub(in crate::db) struct JournalRow {
    pub version: i64,
    pub seq: i32,
    pub recorded_on: NaiveDate,
    pub cause: String,
    pub cell: i64,
    pub deltas: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::householder_codes)]
pub(in crate::db) struct CodeRow {
    pub hash: Vec<u8>,
    pub site: String,
    pub issued_at: NaiveDateTime,
}
