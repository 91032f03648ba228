//! How many installations a partner may register a day, and how many it has registered.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{installations, partners, stored};
use crate::domain::records::OwnQuota;
use crate::domain::values::PartnerCode;

/// The quota that an administrator gave to a partner, even if its last day is over.
pub fn own(connection: &mut Connection, code: &PartnerCode) -> Result<Option<OwnQuota>, DbError> {
    let found: Option<(Option<i32>, Option<NaiveDate>)> = on_backend!(connection, c => {
        partners::table
            .find(code.as_str())
            .select((partners::daily_installations, partners::quota_until))
            .first(c)
            .optional()
    })?;
    Ok(found.and_then(OwnQuota::stored))
}

/// Gives a partner a quota of its own. The writer alone calls this, under the lock of the head.
pub fn set(connection: &mut Connection, code: &PartnerCode, quota: OwnQuota) -> Result<(), DbError> {
    let most = i32::try_from(quota.daily_installations).unwrap_or(i32::MAX);
    let row = (partners::daily_installations.eq(Some(most)), partners::quota_until.eq(Some(quota.until)));
    on_backend!(connection, c => diesel::update(partners::table.find(code.as_str())).set(row).execute(c))?;
    Ok(())
}

/// Installations that a partner registered from one instant to another, whatever became of them.
pub fn registered_between(
    connection: &mut Connection,
    code: &PartnerCode,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<i64, DbError> {
    Ok(on_backend!(connection, c => {
        installations::table
            .filter(installations::partner.eq(code.as_str()))
            .filter(installations::reported_at.between(stored(from), stored(to)))
            .count()
            .get_result(c)
    })?)
}
