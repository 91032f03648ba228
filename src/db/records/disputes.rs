//! Disputes of householders. The notes of a dispute lie in the facts of its entries, where an erasure finds them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{disputes, entry_facts, installation_id, site_id, stored};
use crate::domain::records::{Closing, Dispute, DisputeOutcome, DisputeReason, SiteRecord};
use crate::domain::values::SiteId;

use super::by_id;

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

/// A dispute with its notes.
pub struct DisputeWithNotes {
    pub dispute: Dispute,
    /// The note of the householder.
    pub note: Option<String>,
    /// The note of the reviewer who closed it.
    pub answer: Option<String>,
}

pub fn add(connection: &mut Connection, dispute: &Dispute) -> Result<(), DbError> {
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

/// Stores the closing of a dispute.
pub fn close(connection: &mut Connection, id: i64, closing: Closing) -> Result<(), DbError> {
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

pub fn find(connection: &mut Connection, id: i64) -> Result<Option<Dispute>, DbError> {
    let row: Option<DisputeRow> = on_backend!(connection, c => {
        disputes::table.find(id).select(DisputeRow::as_select()).first(c).optional()
    })?;
    row.map(Dispute::try_from).transpose()
}

/// All disputes about these sites, oldest first.
pub fn at(connection: &mut Connection, at: &[SiteId]) -> Result<Vec<Dispute>, DbError> {
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

/// The first `limit` disputes after the id `after`, oldest first; with `open`, open ones alone.
pub fn after(connection: &mut Connection, after: i64, open: bool, limit: i64) -> Result<Vec<Dispute>, DbError> {
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

/// The notes of these entries; entries without a note are left out.
pub fn notes(connection: &mut Connection, versions: &[i64]) -> Result<HashMap<i64, String>, DbError> {
    let found: Vec<(i64, Option<String>)> = on_backend!(connection, c => {
        entry_facts::table
            .filter(entry_facts::version.eq_any(versions))
            .select((entry_facts::version, entry_facts::note))
            .load(c)
    })?;
    Ok(found.into_iter().filter_map(|(version, note)| Some((version, note?))).collect())
}

/// The first `limit` open disputes after the id `after`, oldest first, each with the record of its site.
pub fn open(
    connection: &mut Connection,
    after: i64,
    limit: i64,
) -> Result<Vec<(DisputeWithNotes, SiteRecord)>, DbError> {
    let found = self::after(connection, after, true, limit)?;
    let sites: Vec<SiteId> = found.iter().map(|dispute| dispute.site).collect();
    let records = by_id::successors(connection, &sites)?;
    let noted = with_notes(connection, found)?.into_iter();
    Ok(noted.filter_map(|noted| records.get(&noted.dispute.site).cloned().map(|record| (noted, record))).collect())
}

pub(in crate::db) fn with_notes(
    connection: &mut Connection,
    disputes: Vec<Dispute>,
) -> Result<Vec<DisputeWithNotes>, DbError> {
    let closed_by = |dispute: &Dispute| dispute.closed.map(|closing| closing.version);
    let versions: Vec<i64> = disputes.iter().flat_map(|one| [Some(one.id), closed_by(one)]).flatten().collect();
    let mut notes = notes(connection, &versions)?;
    let mut noted = |dispute: Dispute| DisputeWithNotes {
        note: notes.remove(&dispute.id),
        answer: closed_by(&dispute).and_then(|version| notes.remove(&version)),
        dispute,
    };
    Ok(disputes.into_iter().map(&mut noted).collect())
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
