//! Publication points, and what waits for the next one: of which site, and what has to be known of each group.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{point_pages, points, published_groups, site_id, waiting};
use crate::domain::counting::{CellKey, Changes, NationalSums, Totals};
use crate::domain::disclosure::{GroupId, GroupState, Ledger, Partition, Path, Pending, PointNumber, Strand};
use crate::domain::values::{Cause, Hash};

/// Rows written at a time; SQLite takes at most 32,766 parameters in one statement.
const CHUNK: usize = 2_000;
/// Points read at a time.
const STEP: i64 = 64;

/// A publication point, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredPoint {
    pub number: PointNumber,
    /// The day at whose close it was made.
    pub day: NaiveDate,
    /// The version at that close.
    pub version: i64,
    /// The hash of that entry.
    pub hash: Hash,
    /// The version of the cells that it shows.
    pub cells_version: i64,
    pub methodology: i32,
    /// What the national sums moved by, as `Changes` encodes it.
    pub national: String,
    /// The part of it that is told by cause.
    pub by_cause: String,
    /// Answers about people that have company and wait for the end of the quarter, as `Ledger` encodes them.
    pub gathered: String,
    /// Whether a clock that was ahead had made it.
    pub is_void: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = points)]
struct PointRow {
    number: i32,
    day: NaiveDate,
    version: i64,
    hash: Vec<u8>,
    cells_version: i64,
    methodology: i32,
    national: String,
    by_cause: String,
    gathered: String,
    is_void: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = waiting)]
struct WaitingRow {
    place: i32,
    partition: String,
    site: String,
    cell: i64,
    cause: Option<String>,
    totals: String,
    depth: i32,
    new_to: i32,
    stays: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = published_groups)]
struct GroupRow {
    partition: String,
    strand: i64,
    path: String,
    moved_at: Option<i32>,
    earlier: String,
    shown: String,
}

fn number(stored: i32) -> Result<PointNumber, DbError> {
    PointNumber::try_from(stored).map_err(|_| DbError::corrupt(format!("the number {stored} of a point")))
}

/// A number of some bits, as tables store it.
pub(super) fn small(number: impl TryInto<i32>) -> Result<i32, DbError> {
    number.try_into().map_err(|_| DbError::Unusable("a point has a number beyond 31 bits".to_owned()))
}

impl TryFrom<PointRow> for StoredPoint {
    type Error = DbError;

    fn try_from(row: PointRow) -> Result<Self, DbError> {
        let hash = row.hash.try_into().map_err(|_| DbError::corrupt(format!("the hash of point {}", row.number)))?;
        Ok(Self {
            number: number(row.number)?,
            day: row.day,
            version: row.version,
            hash,
            cells_version: row.cells_version,
            methodology: row.methodology,
            national: row.national,
            by_cause: row.by_cause,
            gathered: row.gathered,
            is_void: row.is_void,
        })
    }
}

/// Every point, in the order in which they were made.
pub fn all(connection: &mut Connection) -> Result<Vec<StoredPoint>, DbError> {
    let rows: Vec<PointRow> =
        on_backend!(connection, c => points::table.order(points::number).select(PointRow::as_select()).load(c))?;
    rows.into_iter().map(StoredPoint::try_from).collect()
}

/// The point that was made last, be it void.
pub fn newest(connection: &mut Connection) -> Result<Option<StoredPoint>, DbError> {
    let row: Option<PointRow> = on_backend!(connection, c => {
        points::table.order(points::number.desc()).select(PointRow::as_select()).first(c).optional()
    })?;
    row.map(StoredPoint::try_from).transpose()
}

/// The newest point that may be shown for a day: at its close or before.
pub fn shown_at(connection: &mut Connection, day: NaiveDate) -> Result<Option<StoredPoint>, DbError> {
    let row: Option<PointRow> = on_backend!(connection, c => {
        points::table
            .filter(points::day.le(day).and(points::is_void.eq(false)))
            .order(points::number.desc())
            .select(PointRow::as_select())
            .first(c)
            .optional()
    })?;
    row.map(StoredPoint::try_from).transpose()
}

/// The number and the day of every point that is not void, in the order in which they were made.
pub fn days(connection: &mut Connection) -> Result<Vec<(PointNumber, NaiveDate)>, DbError> {
    let rows: Vec<(i32, NaiveDate)> = on_backend!(connection, c => {
        points::table
            .filter(points::is_void.eq(false))
            .order(points::number)
            .select((points::number, points::day))
            .load(c)
    })?;
    rows.into_iter().map(|(stored, day)| Ok((number(stored)?, day))).collect()
}

/// Calls `take` with the number of each point up to the number `last`, void ones too, with what the national sums moved by at it and the
/// part of it that is told by cause: a later point shows what earlier ones moved, void or not.
pub fn each_movement(
    connection: &mut Connection,
    last: PointNumber,
    mut take: impl FnMut(PointNumber, NationalSums, Changes),
) -> Result<(), DbError> {
    let last = small(last)?;
    let mut after = 0;
    while after < last {
        let rows: Vec<(i32, String, String)> = on_backend!(connection, c => {
            points::table
                .filter(points::number.gt(after).and(points::number.le(last)))
                .order(points::number)
                .limit(STEP)
                .select((points::number, points::national, points::by_cause))
                .load(c)
        })?;
        let Some((newest, ..)) = rows.last() else { break };
        after = *newest;
        for (stored, national, by_cause) in rows {
            let what = || DbError::corrupt(format!("what moved at the point {stored}"));
            let national = NationalSums::decode(&national).ok_or_else(what)?;
            take(number(stored)?, national, Changes::decode(&by_cause).ok_or_else(what)?);
        }
    }
    Ok(())
}

/// What waits since the point that was made last.
pub fn ledger(connection: &mut Connection) -> Result<Ledger, DbError> {
    let rows: Vec<WaitingRow> =
        on_backend!(connection, c => waiting::table.order(waiting::place).select(WaitingRow::as_select()).load(c))?;
    let groups: Vec<GroupRow> =
        on_backend!(connection, c => published_groups::table.select(GroupRow::as_select()).load(c))?;
    let pending = rows.into_iter().map(|row| {
        let place = row.place;
        pending(row).ok_or_else(|| DbError::corrupt(format!("row {place} of what waits")))
    });
    let groups = groups.into_iter().map(|row| {
        let what = format!("what is known of the group {} {} {}", row.partition, row.strand, row.path);
        group(&row).ok_or_else(|| DbError::corrupt(what))
    });
    let gathered = newest(connection)?.map(|point| point.gathered).unwrap_or_default();
    Ok(Ledger {
        pending: pending.collect::<Result<_, _>>()?,
        groups: groups.collect::<Result<BTreeMap<_, _>, _>>()?,
        gathered: Ledger::decode_gathered(&gathered)
            .ok_or_else(|| DbError::corrupt("what the newest point gathered"))?,
    })
}

fn pending(row: WaitingRow) -> Option<Pending> {
    let (partition, cell) = (Partition::parse(&row.partition)?, CellKey::from_stored(row.cell)?);
    let cause = match row.cause {
        Some(cause) => Some(Cause::parse(&cause)?),
        None => None,
    };
    Some(Pending {
        partition,
        site: site_id(&row.site).ok()?,
        cell,
        cause,
        path: partition.path(cell, cause),
        totals: Totals::decode(&row.totals)?,
        depth: row.depth.try_into().ok()?,
        new_to: row.new_to.try_into().ok()?,
        stays: Pending::decode_stays(&row.stays)?,
    })
}

fn group(row: &GroupRow) -> Option<(GroupId, GroupState)> {
    let moved_at = match row.moved_at {
        Some(number) => Some(number.try_into().ok()?),
        None => None,
    };
    let partition = Partition::parse(&row.partition)?;
    let id = GroupId { partition, strand: Strand::from_stored(row.strand)?, path: Path::parse(&row.path)? };
    let (shown, earlier) = (Totals::decode(&row.shown)?, GroupState::decode_earlier(&row.earlier)?);
    Some((id, GroupState { shown, moved_at, earlier }))
}

/// Deletes every point, and what is known since.
pub fn delete_all(connection: &mut Connection) -> Result<(), DbError> {
    on_backend!(connection, c => diesel::delete(point_pages::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(points::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(waiting::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(published_groups::table).execute(c))?;
    Ok(())
}

/// Stores a point with what waits after it. Points from this number on are of days that somebody deleted, to be made again.
pub fn keep(connection: &mut Connection, point: &StoredPoint, ledger: &Ledger) -> Result<(), DbError> {
    let row = PointRow {
        number: small(point.number)?,
        day: point.day,
        version: point.version,
        hash: point.hash.to_vec(),
        cells_version: point.cells_version,
        methodology: point.methodology,
        national: point.national.clone(),
        by_cause: point.by_cause.clone(),
        gathered: point.gathered.clone(),
        is_void: point.is_void,
    };
    let later = || point_pages::table.filter(point_pages::point.ge(row.number));
    on_backend!(connection, c => diesel::delete(later()).execute(c))?;
    on_backend!(connection, c => diesel::delete(points::table.filter(points::number.ge(row.number))).execute(c))?;
    on_backend!(connection, c => diesel::insert_into(points::table).values(&row).execute(c))?;
    on_backend!(connection, c => diesel::delete(waiting::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(published_groups::table).execute(c))?;
    let row = |(place, one): (usize, &Pending)| {
        Ok(WaitingRow {
            place: small(place)?,
            partition: one.partition.as_str().to_owned(),
            site: one.site.to_string(),
            cell: one.cell.to_stored(),
            cause: one.cause.map(|cause| cause.as_str().to_owned()),
            totals: one.totals.encode(),
            depth: one.depth.into(),
            new_to: one.new_to.into(),
            stays: one.encode_stays(),
        })
    };
    let rows = ledger.pending.iter().enumerate().map(row).collect::<Result<Vec<_>, DbError>>()?;
    for chunk in rows.chunks(CHUNK) {
        on_backend!(connection, c => diesel::insert_into(waiting::table).values(chunk).execute(c))?;
    }
    let row = |(id, state): (&GroupId, &GroupState)| {
        Ok(GroupRow {
            partition: id.partition.as_str().to_owned(),
            strand: id.strand.to_stored(),
            path: id.path.to_string(),
            moved_at: state.moved_at.map(small).transpose()?,
            earlier: state.encode_earlier(),
            shown: state.shown.encode(),
        })
    };
    let rows = ledger.groups.iter().map(row).collect::<Result<Vec<_>, DbError>>()?;
    for chunk in rows.chunks(CHUNK) {
        on_backend!(connection, c => diesel::insert_into(published_groups::table).values(chunk).execute(c))?;
    }
    Ok(())
}
