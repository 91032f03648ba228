//! Finding sites by what a person can say of theirs: the customer code, the address. For the operator, who erases at their wish.

use diesel::{BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{site_id, site_private};
use crate::domain::records::GridCode;
use crate::domain::values::SiteId;

/// Addresses that are read at a time.
const ADDRESSES: i64 = 10_000;

/// The sites with this customer code, whichever partner recorded them.
pub fn with_customer_code(connection: &mut Connection, code: &GridCode) -> Result<Vec<SiteId>, DbError> {
    let found: Vec<String> = on_backend!(connection, c => {
        site_private::table
            .filter(site_private::grid_customer_code.eq(code.as_str()))
            .select(site_private::site)
            .order(site_private::site)
            .load(c)
    })?;
    found.iter().map(|id| site_id(id)).collect()
}

/// The sites whose address `is_meant`. It reads every address of the register.
pub fn with_address(connection: &mut Connection, is_meant: impl Fn(&str) -> bool) -> Result<Vec<SiteId>, DbError> {
    let mut meant = Vec::new();
    let mut after = String::new();
    loop {
        let rows: Vec<(String, String)> = on_backend!(connection, c => {
            site_private::table
                .filter(site_private::site.gt(&after).and(site_private::address.is_not_null()))
                .select((site_private::site, site_private::address.assume_not_null()))
                .order(site_private::site)
                .limit(ADDRESSES)
                .load(c)
        })?;
        let Some((last, _)) = rows.last() else { return Ok(meant) };
        after.clone_from(last);
        for (site, address) in rows {
            if is_meant(&address) {
                meant.push(site_id(&site)?);
            }
        }
    }
}
