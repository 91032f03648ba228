//! The closed days: for each, the headline and the changes that were kept.

use std::ops::RangeInclusive;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{days, entries};
use crate::domain::counting::Changes;
use crate::domain::values::{Hash, Month, date};

use super::clock;

/// A closed day.
#[derive(Clone, Debug)]
pub struct ClosedDay {
    pub day: NaiveDate,
    /// The version at its close.
    pub version: i64,
    /// The hash of that entry.
    pub hash: Hash,
    /// Verified sites at its close.
    pub verified_sites: i64,
    /// The headline at its close, byte for byte; its links are paths without a host.
    pub body: String,
    pub publisher: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = days)]
struct DayRow {
    day: NaiveDate,
    version: i64,
    hash: Vec<u8>,
    verified_sites: i64,
    body: String,
    publisher: String,
}

impl TryFrom<DayRow> for ClosedDay {
    type Error = DbError;

    fn try_from(row: DayRow) -> Result<Self, DbError> {
        let hash = row.hash.try_into().map_err(|_| DbError::corrupt(format!("the hash of {}", row.day)))?;
        Ok(Self {
            day: row.day,
            version: row.version,
            hash,
            verified_sites: row.verified_sites,
            body: row.body,
            publisher: row.publisher,
        })
    }
}

/// The last closed day.
pub fn last(connection: &mut Connection) -> Result<Option<ClosedDay>, DbError> {
    let row: Option<DayRow> = on_backend!(connection, c => {
        days::table.order(days::day.desc()).select(DayRow::as_select()).first(c).optional()
    })?;
    row.map(ClosedDay::try_from).transpose()
}

/// A day, if it is closed.
pub fn find(connection: &mut Connection, day: NaiveDate) -> Result<Option<ClosedDay>, DbError> {
    let row: Option<DayRow> =
        on_backend!(connection, c => days::table.find(day).select(DayRow::as_select()).first(c).optional())?;
    row.map(ClosedDay::try_from).transpose()
}

/// The stored close of a past day. `None` before the first entry; `Unavailable` while the day is over and not closed yet.
pub fn closed(connection: &mut Connection, day: NaiveDate) -> Result<Option<ClosedDay>, DbError> {
    let kept = find(connection, day)?;
    let first = first_day(connection)?;
    if kept.is_none() && first.is_some_and(|first| first <= day) {
        return Err(DbError::Unavailable(format!("{day} has still to be kept")));
    }
    Ok(kept)
}

/// The first day of the register: that of its first entry, or an earlier one on which the clock was set back. `None` before the first
/// entry.
pub fn first_day(connection: &mut Connection) -> Result<Option<NaiveDate>, DbError> {
    let Some(first) = entry(connection, 1)? else { return Ok(None) };
    let back = clock::set_backs(connection)?.into_iter().map(|(_, at)| at);
    Ok(back.chain([first.recorded_at]).min().map(date::day_of))
}

/// Whether a day was over before the register began; so is every day of a register without an entry.
pub fn is_before_the_register(connection: &mut Connection, day: NaiveDate) -> Result<bool, DbError> {
    Ok(first_day(connection)?.is_none_or(|first| day < first))
}

/// Verified sites at the close of each day, in order.
pub fn verified_sites(connection: &mut Connection) -> Result<Vec<(NaiveDate, i64)>, DbError> {
    Ok(on_backend!(connection, c => {
        days::table.order(days::day).select((days::day, days::verified_sites)).load(c)
    })?)
}

/// The stored headlines of the month ends, in order.
pub fn month_ends(connection: &mut Connection) -> Result<Vec<(NaiveDate, String)>, DbError> {
    let ends: Vec<NaiveDate> =
        every(connection)?.into_iter().filter(|day| Month::of(*day).last_day() == *day).collect();
    Ok(on_backend!(connection, c => {
        days::table.filter(days::day.eq_any(ends)).order(days::day).select((days::day, days::body)).load(c)
    })?)
}

/// Every closed day, in order.
pub fn every(connection: &mut Connection) -> Result<Vec<NaiveDate>, DbError> {
    Ok(on_backend!(connection, c => days::table.order(days::day).select(days::day).load(c))?)
}

/// The changes of the first `limit` closed days in `(after, up_to]`, in order.
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

/// The changes of a closed day, as `Changes` encodes them. A day is read without them, because a day with a million entries
/// has tens of megabytes of changes.
pub fn encoded_changes(connection: &mut Connection, day: NaiveDate) -> Result<Option<String>, DbError> {
    Ok(on_backend!(connection, c => days::table.find(day).select(days::changes).first(c).optional())?)
}

/// Stores a closed day with its changes, as `Changes` encodes them, unless another process stored the same one already. Returns
/// whether it is stored now.
pub fn keep(connection: &mut Connection, day: &ClosedDay, changes: &str) -> Result<bool, DbError> {
    let row = DayRow {
        day: day.day,
        version: day.version,
        hash: day.hash.to_vec(),
        verified_sites: day.verified_sites,
        body: day.body.clone(),
        publisher: day.publisher.clone(),
    };
    let row = (row, days::changes.eq(changes));
    let stored = on_backend!(connection, c => {
        diesel::insert_into(days::table).values(&row).on_conflict_do_nothing().execute(c)
    })?;
    Ok(stored > 0)
}

/// The hash and the instant of an entry.
pub struct EntryMark {
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
}

/// The hash and the instant of an entry; `None` if there is no such entry.
pub fn entry(connection: &mut Connection, version: i64) -> Result<Option<EntryMark>, DbError> {
    let row: Option<(Vec<u8>, NaiveDateTime)> = on_backend!(connection, c => {
        entries::table.find(version).select((entries::hash, entries::recorded_at)).first(c).optional()
    })?;
    let read = |(hash, at): (Vec<u8>, NaiveDateTime)| {
        let hash = hash.try_into().map_err(|_| DbError::corrupt(format!("the hash of entry {version}")))?;
        Ok(EntryMark { hash, recorded_at: at.and_utc() })
    };
    row.map(read).transpose()
}

/// The last version of `versions` that was recorded up to the end of a day. Halves the range, because instants never go
/// back from one entry to the next, unless the clock was set back: entries before that count as recorded on the day on which it was
/// set back, if not earlier.
pub fn version_at_end_of(
    connection: &mut Connection,
    day: NaiveDate,
    versions: RangeInclusive<i64>,
) -> Result<i64, DbError> {
    let end = date::start_of(day + Days::new(1));
    let (mut from, mut to) = versions.into_inner();
    // The newest first: it takes along whatever an earlier one had left beyond it.
    for (version, at) in clock::set_backs(connection)?.into_iter().rev() {
        if at < end {
            from = from.max(version.min(to));
            break;
        }
        to = to.min(version - 1).max(from);
    }
    while from < to {
        let middle = from + (to - from + 1) / 2;
        let entry = entry(connection, middle)?.ok_or_else(|| DbError::corrupt(format!("entry {middle} is gone")))?;
        if entry.recorded_at < end {
            from = middle;
        } else {
            to = middle - 1;
        }
    }
    Ok(from)
}
