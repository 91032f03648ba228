//! Replies that are kept under the idempotency keys of clients.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::sql_types::{BigInt, Timestamp};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{idempotency_keys, stored};
use crate::domain::values::Hash;

/// A reply that is kept under one key of one client.
pub struct KeptReply {
    pub client_id: String,
    pub key: String,
    /// A digest of the client's request.
    pub digest: Hash,
    /// The reply; `None` if it held a secret.
    pub answer: Option<String>,
    /// The instant of the reply.
    pub at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency_keys)]
struct KeyRow {
    client_id: String,
    key: String,
    request_digest: Vec<u8>,
    response: Option<String>,
    created_at: NaiveDateTime,
}

impl TryFrom<KeyRow> for KeptReply {
    type Error = DbError;

    fn try_from(row: KeyRow) -> Result<Self, DbError> {
        Ok(Self {
            digest: row.request_digest.try_into().map_err(|_| DbError::corrupt("the digest of a kept request"))?,
            client_id: row.client_id,
            key: row.key,
            answer: row.response,
            at: row.created_at.and_utc(),
        })
    }
}

/// The replies that are kept under these keys, each with its client.
pub fn find<'k>(
    connection: &mut Connection,
    keys: impl Iterator<Item = (&'k str, &'k str)>,
) -> Result<Vec<KeptReply>, DbError> {
    let mut of_clients: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (client_id, key) in keys {
        of_clients.entry(client_id).or_default().push(key);
    }
    let mut found = Vec::new();
    for (client_id, keys) in of_clients {
        let rows: Vec<KeyRow> = on_backend!(connection, c => {
            let own = idempotency_keys::table.filter(idempotency_keys::client_id.eq(client_id));
            own.filter(idempotency_keys::key.eq_any(keys)).select(KeyRow::as_select()).load(c)
        })?;
        for row in rows {
            found.push(KeptReply::try_from(row)?);
        }
    }
    Ok(found)
}

/// Stores replies. Call it in the transaction of the changes that they answer.
pub fn keep(connection: &mut Connection, kept: &[KeptReply]) -> Result<(), DbError> {
    let row = |one: &KeptReply| KeyRow {
        client_id: one.client_id.clone(),
        key: one.key.clone(),
        request_digest: one.digest.to_vec(),
        response: one.answer.clone(),
        created_at: stored(one.at),
    };
    let rows: Vec<KeyRow> = kept.iter().map(row).collect();
    match connection {
        Connection::Sqlite(c) => {
            for row in &rows {
                diesel::insert_into(idempotency_keys::table).values(row).execute(&mut **c)?;
            }
        }
        Connection::Postgres(c) => {
            diesel::insert_into(idempotency_keys::table).values(&rows).execute(&mut **c)?;
        }
    }
    Ok(())
}

/// Deletes replies older than an instant, oldest first, at most `most`, because writers wait meanwhile. Returns how many
/// were deleted.
pub fn forget(connection: &mut Connection, before: DateTime<Utc>, most: u32) -> Result<usize, DbError> {
    // Both statements find the rows by the index on `created_at` and delete them by key or place, because the
    // statistics of the planner may be old.
    let statement = match connection {
        Connection::Sqlite(_) => {
            "DELETE FROM idempotency_keys WHERE (client_id, key) IN \
             (SELECT client_id, key FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2)"
        }
        Connection::Postgres(_) => {
            "DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY \
             (SELECT ctid FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2))"
        }
    };
    Ok(on_backend!(connection, c => {
        diesel::sql_query(statement)
            .bind::<Timestamp, _>(stored(before))
            .bind::<BigInt, _>(i64::from(most))
            .execute(c)
    })?)
}
