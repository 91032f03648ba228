//! The public keys of the keys that processes sign with.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{signing_keys, stored};

#[derive(Queryable, Selectable, Insertable, diesel::AsChangeset)]
#[diesel(table_name = signing_keys)]
struct KeyRow {
    kid: String,
    public_key: String,
    not_after: NaiveDateTime,
}

/// A published public key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey {
    /// Its id: the RFC 7638 thumbprint.
    pub kid: String,
    /// The Ed25519 public key, base64url without padding.
    pub x: String,
    /// The instant from which it is no longer accepted.
    pub not_after: DateTime<Utc>,
}

/// Publishes a key when its process starts. A published key gets the new end.
pub fn publish(connection: &mut Connection, key: &PublicKey) -> Result<(), DbError> {
    let row = KeyRow { kid: key.kid.clone(), public_key: key.x.clone(), not_after: stored(key.not_after) };
    on_backend!(connection, c => {
        diesel::insert_into(signing_keys::table)
            .values(&row)
            .on_conflict(signing_keys::kid)
            .do_update()
            .set(signing_keys::not_after.eq(row.not_after))
            .execute(c)
    })?;
    Ok(())
}

/// Gives a published key a later end. `false` if it is not there, because it was withdrawn.
pub fn renew(connection: &mut Connection, kid: &str, not_after: DateTime<Utc>) -> Result<bool, DbError> {
    let renewed = on_backend!(connection, c => {
        diesel::update(signing_keys::table.find(kid)).set(signing_keys::not_after.eq(stored(not_after))).execute(c)
    })?;
    Ok(renewed > 0)
}

/// The keys that are accepted at `now`.
pub fn accepted(connection: &mut Connection, now: DateTime<Utc>) -> Result<Vec<PublicKey>, DbError> {
    let rows: Vec<KeyRow> = on_backend!(connection, c => {
        signing_keys::table
            .filter(signing_keys::not_after.gt(stored(now)))
            .order(signing_keys::kid)
            .select(KeyRow::as_select())
            .load(c)
    })?;
    let key = |row: KeyRow| PublicKey { kid: row.kid, x: row.public_key, not_after: row.not_after.and_utc() };
    Ok(rows.into_iter().map(key).collect())
}
