//! The statement that lists installations along an index, in the order of their ids. It reads the next rows of each lane and no other,
//! whatever a planner believes. A lane is the rows of one index that begin with the same values.
//!
//! Each index ends with the id, after a status. A filter that names no status reads six lanes side by side:
//!
//! ```sql
//! SELECT * FROM (SELECT … FROM installations WHERE (partner, status, id) > ('SOLARCO', 'pledged', '…')
//!     AND (partner, status, id) < ('SOLARCO', 'pledged', '~') ORDER BY partner, status, id LIMIT 51) AS lane0
//! UNION ALL SELECT * FROM …
//! ORDER BY id LIMIT 51
//! ```
//!
//! Rows are compared as a whole, because a planner that reads `partner = 'SOLARCO' ORDER BY id` may go through all installations by
//! id, in search of those of the partner. So no index but that of the lane has the order.

use std::fmt::Write;

use diesel::RunQueryDsl;
use diesel::sql_types::{Bool, Nullable, Text};

use crate::db::engine::{Connection, DbError, on_backend, transaction};

/// The values with which the rows of a lane begin, each with its column.
pub(super) type Lane = Vec<(&'static str, String)>;

const IN_ORDER: &str = "SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off; SET LOCAL enable_seqscan = off; \
     SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

const WITHIN: &str = "SET LOCAL statement_timeout = '30s'";

/// An installation, as far as a filter looks at it.
#[derive(diesel::QueryableByName)]
pub(super) struct Candidate {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub site: String,
    #[diesel(sql_type = Text)]
    pub partner: String,
    #[diesel(sql_type = Bool)]
    pub sandbox: bool,
    #[diesel(sql_type = Text)]
    pub external_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub project: Option<String>,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Text)]
    pub province_code: String,
}

/// A line of a plan of SQLite.
#[derive(diesel::QueryableByName)]
struct LineOfSqlite {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A line of a plan of PostgreSQL.
#[derive(diesel::QueryableByName)]
struct LineOfPostgres {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    detail: String,
}

/// Runs a statement with its texts, in their order.
macro_rules! load {
    ($connection:expr, $statement:expr, $texts:expr) => {
        on_backend!($connection, c => {
            let query = diesel::sql_query($statement).into_boxed();
            $texts.iter().fold(query, |query, text| query.bind::<Text, _>(*text)).load(c)
        })?
    };
}

/// Has PostgreSQL's planner not sort until the end of the transaction: believing that a partner has few installations, it would read and
/// sort all of them, where the next few stand in an index in their order.
pub(super) fn keep_order(connection: &mut Connection) -> Result<(), DbError> {
    if matches!(connection, Connection::Postgres(_)) {
        transaction::execute(connection, IN_ORDER)?;
    }
    Ok(())
}

/// Runs reads on one view of the database, in the order of indexes.
pub(super) fn in_order<T>(
    connection: &mut Connection,
    reads: impl FnOnce(&mut Connection) -> Result<T, DbError>,
) -> Result<T, DbError> {
    transaction::read(connection, |connection| {
        keep_order(connection)?;
        if matches!(connection, Connection::Postgres(_)) {
            transaction::execute(connection, WITHIN)?;
        }
        reads(connection)
    })
}

/// The first `limit` installations of the lanes after an id, in the order of their ids.
pub(super) fn read(
    connection: &mut Connection,
    lanes: &[Lane],
    after: &str,
    limit: usize,
) -> Result<Vec<Candidate>, DbError> {
    Ok(load!(connection, statement(lanes, limit), texts(lanes, after)))
}

/// The plan by which the database would [`read`].
pub(super) fn plan(
    connection: &mut Connection,
    lanes: &[Lane],
    after: &str,
    limit: usize,
) -> Result<Vec<String>, DbError> {
    let (statement, texts) = (statement(lanes, limit), texts(lanes, after));
    if matches!(connection, Connection::Sqlite(_)) {
        let lines: Vec<LineOfSqlite> = load!(connection, format!("EXPLAIN QUERY PLAN {statement}"), texts);
        return Ok(lines.into_iter().map(|line| line.detail).collect());
    }
    let lines: Vec<LineOfPostgres> = load!(connection, format!("EXPLAIN {statement}"), texts);
    Ok(lines.into_iter().map(|line| line.detail).collect())
}

/// The values of the parameters: for each lane its values, then the id. SQLite counts parameters as they first appear.
fn texts<'a>(lanes: &'a [Lane], after: &'a str) -> Vec<&'a str> {
    lanes.iter().flat_map(|lane| lane.iter().map(|(_, value)| value.as_str()).chain([after])).collect()
}

fn statement(lanes: &[Lane], limit: usize) -> String {
    let (mut parameter, mut all) = (0, String::new());
    for (number, lane) in lanes.iter().enumerate() {
        let (mut columns, mut values) = (String::new(), String::new());
        for (column, _) in lane {
            parameter += 1;
            // Writing to memory cannot fail.
            let _ = (write!(columns, "{column}, "), write!(values, "${parameter}, "));
        }
        parameter += 1;
        let union = if number > 0 { " UNION ALL " } else { "" };
        // `~` comes after every id.
        let _ = write!(
            all,
            "{union}SELECT * FROM (SELECT id, site, partner, sandbox, external_id, project, status, province_code \
             FROM installations WHERE ({columns}id) > ({values}${parameter}) AND ({columns}id) < ({values}'~') \
             ORDER BY {columns}id LIMIT {limit}) AS lane{number}"
        );
    }
    format!("{all} ORDER BY id LIMIT {limit}")
}
