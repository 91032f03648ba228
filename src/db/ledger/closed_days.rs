//! The snapshot of each closed day in Hà Nội.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{days, entries, month_tables, stored};
use crate::domain::counting::Changes;
use crate::domain::values::{Hash, Month, date};

/// A day that is over.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// The version at its end.
    pub version: i64,
    /// The hash of the last entry then.
    pub hash: Hash,
    /// Verified sites then.
    pub verified_sites: i64,
    /// The headline as it was then.
    pub body: String,
    /// Where the public reached the service that kept it.
    pub public_url: String,
    /// Who published it.
    pub publisher: String,
    /// What moved on it, by cause, as `Changes` writes it.
    pub changes: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = days)]
struct DayRow {
    day: NaiveDate,
    version: i64,
    hash: Vec<u8>,
    verified_sites: i64,
    body: String,
    public_url: String,
    publisher: String,
    changes: String,
}

impl TryFrom<DayRow> for Day {
    type Error = DbError;

    fn try_from(row: DayRow) -> Result<Self, DbError> {
        let hash = row.hash.try_into().map_err(|_| DbError::corrupt(format!("the hash of {}", row.day)))?;
        Ok(Self {
            day: row.day,
            version: row.version,
            hash,
            verified_sites: row.verified_sites,
            body: row.body,
            public_url: row.public_url,
            publisher: row.publisher,
            changes: row.changes,
        })
    }
}

/// The last day that is kept.
pub fn last(connection: &mut Connection) -> Result<Option<Day>, DbError> {
    let row: Option<DayRow> = on_backend!(connection, c => {
        days::table.order(days::day.desc()).select(DayRow::as_select()).first(c).optional()
    })?;
    row.map(Day::try_from).transpose()
}

/// One day, if it is kept.
pub fn find(connection: &mut Connection, day: NaiveDate) -> Result<Option<Day>, DbError> {
    let row: Option<DayRow> =
        on_backend!(connection, c => days::table.find(day).select(DayRow::as_select()).first(c).optional())?;
    row.map(Day::try_from).transpose()
}

/// A day that is over, as it is kept; none before the register began. One that has still to be kept is no answer.
pub fn closed(connection: &mut Connection, day: NaiveDate) -> Result<Option<Day>, DbError> {
    let kept = find(connection, day)?;
    let first = entry(connection, 1)?.map(|(_, at)| date::day_of(at.and_utc()));
    if kept.is_none() && first.is_some_and(|first| first <= day) {
        return Err(DbError::Unavailable(format!("{day} has still to be kept")));
    }
    Ok(kept)
}

/// Verified sites at the end of each day, in order.
pub fn verified_sites(connection: &mut Connection) -> Result<Vec<(NaiveDate, i64)>, DbError> {
    Ok(on_backend!(connection, c => {
        days::table.order(days::day).select((days::day, days::verified_sites)).load(c)
    })?)
}

/// The headlines of the last days of months, in order, as they were kept.
pub fn month_ends(connection: &mut Connection) -> Result<Vec<(NaiveDate, String)>, DbError> {
    let ends: Vec<NaiveDate> =
        every(connection)?.into_iter().filter(|day| Month::of(*day).last_day() == *day).collect();
    Ok(on_backend!(connection, c => {
        days::table.filter(days::day.eq_any(ends)).order(days::day).select((days::day, days::body)).load(c)
    })?)
}

/// Every day that is kept, in order.
pub fn every(connection: &mut Connection) -> Result<Vec<NaiveDate>, DbError> {
    Ok(on_backend!(connection, c => days::table.order(days::day).select(days::day).load(c))?)
}

/// What moved on the days of `(after, up_to]`, in order, so many of them at most.
pub fn changes(
    connection: &mut Connection,
    after: Option<NaiveDate>,
    up_to: NaiveDate,
    limit: i64,
) -> Result<Vec<(NaiveDate, Changes)>, DbError> {
    let after = after.unwrap_or_default();
    let rows: Vec<(NaiveDate, String)> = on_backend!(connection, c => {
        days::table
            .filter(days::day.gt(after).and(days::day.le(up_to)))
            .order(days::day)
            .limit(limit)
            .select((days::day, days::changes))
            .load(c)
    })?;
    let read = |(day, text): (NaiveDate, String)| {
        let changes = Changes::decode(&text).ok_or_else(|| DbError::corrupt(format!("the changes of {day}")))?;
        Ok((day, changes))
    };
    rows.into_iter().map(read).collect()
}

/// Keeps a day; another process may have kept the same already.
pub fn keep(connection: &mut Connection, day: &Day) -> Result<(), DbError> {
    let row = DayRow {
        day: day.day,
        version: day.version,
        hash: day.hash.to_vec(),
        verified_sites: day.verified_sites,
        body: day.body.clone(),
        public_url: day.public_url.clone(),
        publisher: day.publisher.clone(),
        changes: day.changes.clone(),
    };
    on_backend!(connection, c => diesel::insert_into(days::table).values(&row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Keeps the public tables at the end of a month; another process may have kept the same already.
pub fn keep_tables(connection: &mut Connection, day: NaiveDate, tables: &[(&str, String)]) -> Result<(), DbError> {
    for (name, body) in tables {
        let row = (month_tables::day.eq(day), month_tables::name.eq(*name), month_tables::body.eq(body));
        on_backend!(connection, c => {
            diesel::insert_into(month_tables::table).values(row).on_conflict_do_nothing().execute(c)
        })?;
    }
    Ok(())
}

/// Whether the tables at the end of a month are kept.
pub fn has_tables(connection: &mut Connection, day: NaiveDate) -> Result<bool, DbError> {
    let one: Option<NaiveDate> = on_backend!(connection, c => {
        month_tables::table.filter(month_tables::day.eq(day)).select(month_tables::day).first(c).optional()
    })?;
    Ok(one.is_some())
}

/// A public table as it was at the end of a month, if it is kept.
pub fn table(connection: &mut Connection, day: NaiveDate, name: &str) -> Result<Option<String>, DbError> {
    Ok(on_backend!(connection, c => {
        month_tables::table.find((day, name)).select(month_tables::body).first(c).optional()
    })?)
}

/// An entry's hash and instant; none of a register that has none.
pub fn entry(connection: &mut Connection, version: i64) -> Result<Option<(Hash, NaiveDateTime)>, DbError> {
    let row: Option<(Vec<u8>, NaiveDateTime)> = on_backend!(connection, c => {
        entries::table.find(version).select((entries::hash, entries::recorded_at)).first(c).optional()
    })?;
    let read = |(hash, at): (Vec<u8>, NaiveDateTime)| {
        let hash = hash.try_into().map_err(|_| DbError::corrupt(format!("the hash of entry {version}")))?;
        Ok((hash, at))
    };
    row.map(read).transpose()
}

/// The last version recorded up to the end of a day, of those in `[from, to]`: instants never go
/// back, so that halving finds it.
pub fn version_at_end_of(
    connection: &mut Connection,
    day: NaiveDate,
    (mut from, mut to): (i64, i64),
) -> Result<i64, DbError> {
    let end = stored(date::start_of(day + chrono::Days::new(1)));
    while from < to {
        let middle = from + (to - from + 1) / 2;
        let (_, at) = entry(connection, middle)?.ok_or_else(|| DbError::corrupt(format!("entry {middle} is gone")))?;
        if at < end {
            from = middle;
        } else {
            to = middle - 1;
        }
    }
    Ok(from)
}
