//! The pages of publication points, compressed.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::point_pages;
use crate::domain::disclosure::PointNumber;

use super::points::small;

/// The compressed pages of a point, by their names.
pub fn all(connection: &mut Connection, point: PointNumber) -> Result<Vec<(String, Vec<u8>)>, DbError> {
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
pub fn find(connection: &mut Connection, point: PointNumber, name: &str) -> Result<Option<Vec<u8>>, DbError> {
    let point = small(point)?;
    Ok(on_backend!(connection, c => {
        point_pages::table.find((point, name)).select(point_pages::body).first(c).optional()
    })?)
}

/// Stores the compressed pages of a point.
pub fn keep(connection: &mut Connection, point: PointNumber, pages: &[(String, Vec<u8>)]) -> Result<(), DbError> {
    let point = small(point)?;
    for (name, body) in pages {
        let row = (point_pages::point.eq(point), point_pages::name.eq(name), point_pages::body.eq(body));
        on_backend!(connection, c => diesel::insert_into(point_pages::table).values(row).execute(c))?;
    }
    Ok(())
}
