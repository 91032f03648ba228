//! Revoking clients, suspending and resuming partners, changing secrets. The writer alone calls this, under the lock of
//! the head.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{client_secrets, clients, partners, stored};
use crate::domain::values::PartnerCode;

use super::partners_and_clients::SecretRow;

/// Whether a client is revoked; `None` if there is no such client.
pub fn is_revoked(connection: &mut Connection, client_id: &str) -> Result<Option<bool>, DbError> {
    let found: Option<Option<NaiveDateTime>> = on_backend!(connection, c => {
        clients::table.find(client_id).select(clients::revoked_at).first(c).optional()
    })?;
    Ok(found.map(|revoked_at| revoked_at.is_some()))
}

/// Revokes a client for ever.
pub fn revoke(connection: &mut Connection, client_id: &str, at: DateTime<Utc>) -> Result<(), DbError> {
    on_backend!(connection, c => {
        diesel::update(clients::table.find(client_id)).set(clients::revoked_at.eq(stored(at))).execute(c)
    })?;
    Ok(())
}

/// Gives a client a new secret. The secret before works until `old_until`. Older secrets end now, so that there are never
/// more than two.
pub fn reset_secret(
    connection: &mut Connection,
    client_id: &str,
    secret_hash: &str,
    at: DateTime<Utc>,
    old_until: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = SecretRow {
        client_id: client_id.to_owned(),
        hash: secret_hash.to_owned(),
        created_at: stored(at),
        expires_at: None,
    };
    on_backend!(connection, c => {
        let own = || client_secrets::table.filter(client_secrets::client_id.eq(client_id));
        // The newest secret is the one without an end.
        diesel::delete(own().filter(client_secrets::expires_at.is_not_null())).execute(c)?;
        diesel::update(own()).set(client_secrets::expires_at.eq(stored(old_until))).execute(c)?;
        diesel::insert_into(client_secrets::table).values(&row).execute(c)
    })?;
    Ok(())
}

/// Whether a partner is suspended; `None` if there is no such partner.
pub fn is_suspended(connection: &mut Connection, code: &PartnerCode) -> Result<Option<bool>, DbError> {
    let found: Option<Option<NaiveDateTime>> = on_backend!(connection, c => {
        partners::table.find(code.as_str()).select(partners::suspended_at).first(c).optional()
    })?;
    Ok(found.map(|suspended_at| suspended_at.is_some()))
}

/// Suspends a partner from `at` on; without an instant, resumes it.
pub fn suspend(connection: &mut Connection, code: &PartnerCode, at: Option<DateTime<Utc>>) -> Result<(), DbError> {
    on_backend!(connection, c => {
        diesel::update(partners::table.find(code.as_str())).set(partners::suspended_at.eq(at.map(stored))).execute(c)
    })?;
    Ok(())
}
