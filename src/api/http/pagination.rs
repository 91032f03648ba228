//! Pages of lists, by key set: each begins after the last row of the one before.

use serde::Serialize;
use utoipa::ToSchema;

use super::query;
use super::query::Query;

const MOST_LISTED: i64 = 200;
const USUALLY_LISTED: i64 = 50;

/// A page of a list.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageInfo {
    /// The most items of a page. Example: 50.
    pub limit: i64,
    /// The `cursor` of the next page; null on the last. A page may be short or empty while more follow.
    pub next_cursor: Option<String>,
}

/// Reads the `limit` of a list.
pub fn limit(query: &mut Query) -> i64 {
    query.parse("limit", |raw| query::limit(raw, MOST_LISTED)).unwrap_or(USUALLY_LISTED)
}

impl PageInfo {
    /// The page of rows that were read with one more than the limit, which tells that there are
    /// more, and goes.
    pub fn of<T>(rows: &mut Vec<T>, limit: i64, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = i64::try_from(rows.len()).is_ok_and(|count| count > limit);
        if more {
            rows.pop();
        }
        Self { limit, next_cursor: rows.last().filter(|_| more).map(cursor) }
    }
}
