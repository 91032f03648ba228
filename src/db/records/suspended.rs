//! The installations that the suspension of a partner sets aside, and those that its end gives back.

use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{installation_id, installations, partners};
use crate::domain::values::InstallationId;

use super::index_lanes;

/// Whether anything is to be set aside or given back. PostgreSQL's planner must read the two indexes, which are empty where nothing is: by
/// its statistics it would expect many rows, and read the whole table for the first.
pub fn are_to_settle(connection: &mut Connection) -> Result<bool, DbError> {
    index_lanes::in_order(connection, |connection| {
        Ok(!to_set_aside(connection, 1)?.is_empty() || !to_give_back(connection, 1)?.is_empty())
    })
}

/// Up to `limit` installations of suspended partners that count though nobody verified them.
pub fn to_set_aside(connection: &mut Connection, limit: i64) -> Result<Vec<InstallationId>, DbError> {
    // Repeats the condition of the index word for word, because the planner then uses the index.
    let counts = "NOT installations.sandbox AND NOT installations.set_aside AND installations.evidence_tier IS NULL \
                  AND installations.status IN ('pledged', 'installed', 'decommissioned')";
    let suspended: Vec<String> = on_backend!(connection, c => {
        partners::table.filter(partners::suspended_at.is_not_null()).select(partners::code).load(c)
    })?;
    found(connection, &suspended, counts, limit)
}

/// Up to `limit` installations that are set aside although their partner is not suspended.
pub fn to_give_back(connection: &mut Connection, limit: i64) -> Result<Vec<InstallationId>, DbError> {
    let active: Vec<String> = on_backend!(connection, c => {
        partners::table.filter(partners::suspended_at.is_null()).select(partners::code).load(c)
    })?;
    found(connection, &active, "installations.set_aside", limit)
}

fn found(
    connection: &mut Connection,
    partners: &[String],
    condition: &str,
    limit: i64,
) -> Result<Vec<InstallationId>, DbError> {
    if partners.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<String> = on_backend!(connection, c => {
        installations::table
            .filter(installations::partner.eq_any(partners))
            .filter(sql::<Bool>(condition))
            .limit(limit)
            .select(installations::id)
            .load(c)
    })?;
    rows.iter().map(|id| installation_id(id)).collect()
}
