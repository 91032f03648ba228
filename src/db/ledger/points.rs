//! Publication points, and their pages, compressed.

use chrono::NaiveDate;
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{point_pages, points, published_groups, waiting};
use crate::domain::counting::{Changes, NationalSums};
use crate::domain::disclosure::PointNumber;
use crate::domain::values::Hash;

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
    /// Answers about people that have company and wait for the end of the quarter, as `Ledger` encodes them.
    pub gathered: String,
    /// Whether a clock that was ahead had made it.
    pub is_void: bool,
}

/// What moved at a point. It is read by itself, because a day with a million entries moves tens of megabytes.
#[derive(PartialEq, Eq, Default)]
pub struct StoredMovement {
    /// What the national sums moved by, as `NationalSums` encodes it.
    pub national: String,
    /// The part of it that is told by cause, as `Changes` encodes it.
    pub by_cause: String,
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
    gathered: String,
    is_void: bool,
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

/// What moved at a point, as it is stored.
pub fn movement(connection: &mut Connection, of: PointNumber) -> Result<StoredMovement, DbError> {
    let of = small(of)?;
    let (national, by_cause) = on_backend!(connection, c => {
        points::table.find(of).select((points::national, points::by_cause)).first(c)
    })?;
    Ok(StoredMovement { national, by_cause })
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

/// Deletes every point, and what is known since.
pub fn delete_all(connection: &mut Connection) -> Result<(), DbError> {
    on_backend!(connection, c => diesel::delete(point_pages::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(points::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(waiting::table).execute(c))?;
    on_backend!(connection, c => diesel::delete(published_groups::table).execute(c))?;
    Ok(())
}

/// Stores a point.
pub fn keep(connection: &mut Connection, point: &StoredPoint, movement: &StoredMovement) -> Result<(), DbError> {
    let row = PointRow {
        number: small(point.number)?,
        day: point.day,
        version: point.version,
        hash: point.hash.to_vec(),
        cells_version: point.cells_version,
        methodology: point.methodology,
        gathered: point.gathered.clone(),
        is_void: point.is_void,
    };
    let row = (row, points::national.eq(&movement.national), points::by_cause.eq(&movement.by_cause));
    on_backend!(connection, c => diesel::insert_into(points::table).values(&row).execute(c))?;
    Ok(())
}

/// The compressed pages of a point, by their names.
pub fn pages(connection: &mut Connection, point: PointNumber) -> Result<Vec<(String, Vec<u8>)>, DbError> {
    let point = small(point)?;
    Ok(on_backend!(connection, c => {
        point_pages::table
            .filter(point_pages::point.eq(point))
            .order(point_pages::name)
            .select((point_pages::name, point_pages::body))
            .load(c)
    })?)
}

/// A compressed page of a point.
pub fn page(connection: &mut Connection, point: PointNumber, name: &str) -> Result<Option<Vec<u8>>, DbError> {
    let point = small(point)?;
    Ok(on_backend!(connection, c => {
        point_pages::table.find((point, name)).select(point_pages::body).first(c).optional()
    })?)
}

/// Stores the compressed pages of a point.
pub fn keep_pages(connection: &mut Connection, point: PointNumber, pages: &[(String, Vec<u8>)]) -> Result<(), DbError> {
    let point = small(point)?;
    for (name, body) in pages {
        let row = (point_pages::point.eq(point), point_pages::name.eq(name), point_pages::body.eq(body));
        on_backend!(connection, c => diesel::insert_into(point_pages::table).values(row).execute(c))?;
    }
    Ok(())
}
