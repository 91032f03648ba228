//! Signs of life: the last instant at which a clock was believed, the clock of the database's machine, and what was declared void
//! after a clock had carried the register off.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::sql_types::Bool;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, Queryable, QueryableByName, RunQueryDsl,
    Selectable, SelectableHelper, sql_types,
};

use crate::db::engine::{Connection, DbError, on_backend, transaction};
use crate::db::tables::{days, entries, points, register_head, releases, stored, voided};
use crate::domain::values::{Hash, sha256};

use super::head;

/// Notes that a clock was believed at `instant`. Call it under the lock of the head. The row is written even if nothing changes, so
/// that the commit shows whether the database still takes writes.
pub fn note_seen(connection: &mut Connection, instant: DateTime<Utc>) -> Result<(), DbError> {
    on_backend!(connection, c => {
        diesel::update(register_head::table).set(register_head::clock_seen.eq(Some(stored(instant)))).execute(c)
    })?;
    Ok(())
}

/// Believes a clock on the word of the operator, whatever the register's last sign of life.
pub fn accept(connection: &mut Connection, instant: DateTime<Utc>) -> Result<(), DbError> {
    transaction::write(connection, |connection| {
        if head::lock(connection)?.last_sign() < instant { note_seen(connection, instant) } else { Ok(()) }
    })
}

#[derive(QueryableByName)]
struct DatabaseClock {
    #[diesel(sql_type = sql_types::Timestamp)]
    now: NaiveDateTime,
    #[diesel(sql_type = Bool)]
    elsewhere: bool,
}

/// The clock of the database and whether it is another machine's, as far as the addresses tell: a socket, or one address at both ends,
/// is this machine. `None` for SQLite.
pub fn of_database(connection: &mut Connection) -> Result<Option<(DateTime<Utc>, bool)>, DbError> {
    let Connection::Postgres(c) = connection else { return Ok(None) };
    let ask = diesel::sql_query(
        "SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now, \
         coalesce(inet_server_addr() <> inet_client_addr(), false) AS elsewhere",
    );
    let found: DatabaseClock = ask.get_result(&mut **c)?;
    Ok(Some((found.now.and_utc(), found.elsewhere)))
}

/// The entries that set the clock back, in order: the version of each, and its instant.
pub fn set_backs(connection: &mut Connection) -> Result<Vec<(i64, DateTime<Utc>)>, DbError> {
    let rows: Vec<(i64, NaiveDateTime)> = on_backend!(connection, c => {
        entries::table
            // Repeats the condition of the index word for word, because the planner then uses the index.
            .filter(sql::<Bool>("entries.action = 'set_clock_back'"))
            .order(entries::version)
            .select((entries::version, entries::recorded_at))
            .load(c)
    })?;
    Ok(rows.into_iter().map(|(version, at)| (version, at.and_utc())).collect())
}

/// A closed day or a release that is void.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Voided {
    pub day: NaiveDate,
    pub is_release: bool,
    /// The entry that declared it void.
    pub entry: i64,
    /// The SHA-256 of what was sealed.
    pub sha256: Hash,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = voided)]
struct VoidedRow {
    day: NaiveDate,
    is_release: bool,
    entry: i64,
    sha256: Vec<u8>,
}

/// Everything that is void, in the order of days.
pub fn all_voided(connection: &mut Connection) -> Result<Vec<Voided>, DbError> {
    let rows: Vec<VoidedRow> = on_backend!(connection, c => {
        voided::table
            .order((voided::day, voided::is_release, voided::entry))
            .select(VoidedRow::as_select())
            .load(c)
    })?;
    let read = |row: VoidedRow| {
        let sha256 = row.sha256.try_into().map_err(|_| DbError::corrupt(format!("the hash of void {}", row.day)))?;
        Ok(Voided { day: row.day, is_release: row.is_release, entry: row.entry, sha256 })
    };
    rows.into_iter().map(read).collect()
}

/// What was sealed of days.
pub struct SealedDays {
    /// Closed days, each with its headline.
    pub days: Vec<(NaiveDate, String)>,
    /// Releases, each with the SHA-256 of its headline.
    pub releases: Vec<(NaiveDate, Vec<u8>)>,
}

/// What was sealed of the days from `day` on.
pub fn sealed_from(connection: &mut Connection, day: NaiveDate) -> Result<SealedDays, DbError> {
    let days = on_backend!(connection, c => {
        days::table.filter(days::day.ge(day)).order(days::day).select((days::day, days::body)).load(c)
    })?;
    let releases = on_backend!(connection, c => {
        releases::table
            .filter(releases::day.ge(day))
            .order(releases::day)
            .select((releases::day, releases::sha256))
            .load(c)
    })?;
    Ok(SealedDays { days, releases })
}

/// Voids the closed days from `today` on, their points and releases, by the entry `entry`, and sets the head back to `at`. Call it under the
/// lock of the head. Returns what is void now.
pub fn void_from(
    connection: &mut Connection,
    today: NaiveDate,
    entry: i64,
    at: DateTime<Utc>,
) -> Result<Vec<Voided>, DbError> {
    let SealedDays { days: closed, releases: released } = sealed_from(connection, today)?;
    let row = |day, is_release, sha256| VoidedRow { day, is_release, entry, sha256 };
    let of_days = closed.into_iter().map(|(day, body)| row(day, false, sha256(body.as_bytes()).to_vec()));
    let of_releases = released.into_iter().map(|(day, sha256)| row(day, true, sha256));
    for row in of_days.chain(of_releases) {
        on_backend!(connection, c => diesel::insert_into(voided::table).values(&row).execute(c))?;
    }
    on_backend!(connection, c => diesel::delete(releases::table.filter(releases::day.ge(today))).execute(c))?;
    on_backend!(connection, c => diesel::delete(days::table.filter(days::day.ge(today))).execute(c))?;
    on_backend!(connection, c => {
        diesel::update(points::table.filter(points::day.ge(today))).set(points::is_void.eq(true)).execute(c)
    })?;
    let yesterday = today.pred_opt();
    on_backend!(connection, c => {
        let later = register_head::closed_day.is_not_null().and(register_head::closed_day.ge(today));
        diesel::update(register_head::table.filter(later)).set(register_head::closed_day.eq(yesterday)).execute(c)
    })?;
    note_seen(connection, at)?;
    Ok(all_voided(connection)?.into_iter().filter(|void| void.entry == entry).collect())
}
