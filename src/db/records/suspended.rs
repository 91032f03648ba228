//! The installations that the suspension of a partner sets aside, and those that its end gives back.
//!
//! Each is found in an index of its own, which is empty where nothing is to be done. Rows are compared as a whole and read in the order of
//! that index, because PostgreSQL's planner, which expects many rows by its statistics, would otherwise read the partner's whole list.

use diesel::sql_types::Text;
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{installation_id, partners};
use crate::domain::values::InstallationId;

use super::index_lanes;

/// What counts though nobody verified it. Both conditions repeat those of their indexes word for word, because planners compare them so.
const COUNTS_UNVERIFIED: &str =
    "NOT sandbox AND NOT set_aside AND evidence_tier IS NULL AND status IN ('pledged', 'installed', 'decommissioned')";
const SET_ASIDE: &str = "set_aside";
/// Comes after every id and every code of a partner.
const LAST: &str = "~";

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    partner: String,
}

/// What a step of a suspension, or of its end, changes.
#[derive(Default)]
pub struct ToSettle {
    /// Installations of suspended partners that count though nobody verified them.
    pub to_set_aside: Vec<InstallationId>,
    /// Installations that are set aside although their partner is not suspended.
    pub to_give_back: Vec<InstallationId>,
}

/// Whether anything is to be set aside or given back.
pub fn are_to_settle(connection: &mut Connection) -> Result<bool, DbError> {
    let first = index_lanes::in_order(connection, |connection| to_settle(connection, 1))?;
    Ok(!first.to_set_aside.is_empty() || !first.to_give_back.is_empty())
}

/// Up to `limit` installations that are to be set aside or given back. Call it in a transaction, which goes by indexes from then on.
pub fn to_settle(connection: &mut Connection, limit: usize) -> Result<ToSettle, DbError> {
    index_lanes::keep_order(connection)?;
    let (suspended, mut found, mut left) = (suspended(connection)?, ToSettle::default(), limit);
    for partner in &suspended {
        let of_partner = of_partner(connection, COUNTS_UNVERIFIED, partner, left)?;
        left -= of_partner.len();
        found.to_set_aside.extend(of_partner);
    }
    // From one partner with installations that are set aside to the next.
    let mut partner = String::new();
    while left > 0 {
        let Some(next) = between(connection, SET_ASIDE, (&partner, LAST), LAST, 1)?.pop() else { break };
        partner = next.partner;
        if !suspended.contains(&partner) {
            let of_partner = of_partner(connection, SET_ASIDE, &partner, left)?;
            left -= of_partner.len();
            found.to_give_back.extend(of_partner);
        }
    }
    Ok(found)
}

fn suspended(connection: &mut Connection) -> Result<Vec<String>, DbError> {
    Ok(on_backend!(connection, c => {
        partners::table.filter(partners::suspended_at.is_not_null()).select(partners::code).load(c)
    })?)
}

fn of_partner(
    connection: &mut Connection,
    condition: &str,
    partner: &str,
    limit: usize,
) -> Result<Vec<InstallationId>, DbError> {
    let rows = between(connection, condition, (partner, ""), partner, limit)?;
    rows.iter().map(|row| installation_id(&row.id)).collect()
}

/// The first installations on a condition after this partner and id, up to the last one of a partner.
fn between(
    connection: &mut Connection,
    condition: &str,
    (partner, id): (&str, &str),
    last_partner: &str,
    limit: usize,
) -> Result<Vec<Found>, DbError> {
    let statement = format!(
        "SELECT id, partner FROM installations WHERE {condition} AND (partner, id) > ($1, $2) AND (partner, id) < ($3, '{LAST}') \
         ORDER BY partner, id LIMIT {limit}"
    );
    Ok(on_backend!(connection, c => {
        diesel::sql_query(statement)
            .bind::<Text, _>(partner)
            .bind::<Text, _>(id)
            .bind::<Text, _>(last_partner)
            .load(c)
    })?)
}
