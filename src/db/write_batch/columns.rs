//! The rows of one table as PostgreSQL takes them: one array a column.
//!
//! A column brings its name from `schema.rs`, so that the name and the values cannot part. A change writes every
//! column that it was given, under those names alone; a test holds them against the table.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::PgConnection;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Integer, Nullable, Text, Timestamp};
use diesel::{QueryResult, RunQueryDsl};

/// A change of the rows of one table.
pub(super) struct TableChange<'a> {
    pub table: &'static str,
    pub columns: Vec<ColumnValues<'a>>,
    pub way: Way,
}

/// How rows are written. The keys and columns are names of the table's columns.
#[derive(Clone, Copy)]
pub(super) enum Way {
    /// Inserts rows; a row that is there already is an error.
    Insert,
    /// Inserts rows; a row of the same key takes the new values.
    InsertOrReplace { key: &'static str },
    /// Changes rows, found by the key, but for the columns that never change.
    Update { key: &'static str, never_change: &'static [&'static str] },
}

/// The name of a column with one value a row.
pub(super) struct ColumnValues<'a> {
    pub name: &'static str,
    values: Values<'a>,
}

enum Values<'a> {
    Text(Vec<Option<&'a str>>),
    Int(Vec<Option<i32>>),
    Big(Vec<Option<i64>>),
    Bool(Vec<Option<bool>>),
    Date(Vec<Option<NaiveDate>>),
    Time(Vec<Option<NaiveDateTime>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

impl<'a> ColumnValues<'a> {
    fn of<C: diesel::Column>(_: C, values: Values<'a>) -> Self {
        Self { name: C::NAME, values }
    }
}

pub(super) fn text<'a, C: diesel::Column, R>(
    column: C,
    rows: &'a [R],
    get: impl Fn(&'a R) -> &'a str,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Text(rows.iter().map(|row| Some(get(row))).collect()))
}

pub(super) fn maybe_text<'a, C: diesel::Column, R>(
    column: C,
    rows: &'a [R],
    get: impl Fn(&'a R) -> Option<&'a str>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Text(rows.iter().map(get).collect()))
}

pub(super) fn int<'a, C: diesel::Column, R>(
    column: C,
    rows: &[R],
    get: impl Fn(&R) -> Option<i32>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Int(rows.iter().map(get).collect()))
}

pub(super) fn big<'a, C: diesel::Column, R>(
    column: C,
    rows: &[R],
    get: impl Fn(&R) -> Option<i64>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Big(rows.iter().map(get).collect()))
}

pub(super) fn boolean<'a, C: diesel::Column, R>(
    column: C,
    rows: &[R],
    get: impl Fn(&R) -> Option<bool>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Bool(rows.iter().map(get).collect()))
}

pub(super) fn date<'a, C: diesel::Column, R>(
    column: C,
    rows: &[R],
    get: impl Fn(&R) -> Option<NaiveDate>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Date(rows.iter().map(get).collect()))
}

pub(super) fn time<'a, C: diesel::Column, R>(
    column: C,
    rows: &[R],
    get: impl Fn(&R) -> Option<NaiveDateTime>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Time(rows.iter().map(get).collect()))
}

pub(super) fn bytes<'a, C: diesel::Column, R>(
    column: C,
    rows: &'a [R],
    get: impl Fn(&'a R) -> Option<&'a [u8]>,
) -> ColumnValues<'a> {
    ColumnValues::of(column, Values::Bytes(rows.iter().map(get).collect()))
}

/// A change that is a statement by itself.
impl RunQueryDsl<PgConnection> for TableChange<'_> {}

impl QueryId for TableChange<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for TableChange<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let names = || self.columns.iter().map(|column| column.name);
        match self.way {
            Way::Insert | Way::InsertOrReplace { .. } => {
                for word in ["INSERT INTO ", self.table, " ("] {
                    out.push_sql(word);
                }
                push_list(&mut out, names());
                out.push_sql(") SELECT * FROM unnest(");
                self.push_values(&mut out)?;
                out.push_sql(")");
                if let Way::InsertOrReplace { key } = self.way {
                    for word in [" ON CONFLICT (", key, ") DO UPDATE SET "] {
                        out.push_sql(word);
                    }
                    push_assignments(&mut out, names().filter(|name| *name != key), "excluded");
                }
            }
            Way::Update { key, never_change } => {
                for word in ["UPDATE ", self.table, " SET "] {
                    out.push_sql(word);
                }
                let changing = names().filter(|name| *name != key && !never_change.contains(name));
                push_assignments(&mut out, changing, "new");
                out.push_sql(" FROM unnest(");
                self.push_values(&mut out)?;
                out.push_sql(") AS new (");
                push_list(&mut out, names());
                for word in [") WHERE ", self.table, ".", key, " = new.", key] {
                    out.push_sql(word);
                }
            }
        }
        Ok(())
    }
}

impl TableChange<'_> {
    fn push_values<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push_sql(", ");
            }
            match &column.values {
                Values::Text(values) => out.push_bind_param::<Array<Nullable<Text>>, _>(values)?,
                Values::Int(values) => out.push_bind_param::<Array<Nullable<Integer>>, _>(values)?,
                Values::Big(values) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(values)?,
                Values::Bool(values) => out.push_bind_param::<Array<Nullable<Bool>>, _>(values)?,
                Values::Date(values) => out.push_bind_param::<Array<Nullable<Date>>, _>(values)?,
                Values::Time(values) => out.push_bind_param::<Array<Nullable<Timestamp>>, _>(values)?,
                Values::Bytes(values) => out.push_bind_param::<Array<Nullable<Binary>>, _>(values)?,
            }
        }
        Ok(())
    }
}

/// `a, b, c`
fn push_list(out: &mut AstPass<'_, '_, Pg>, names: impl Iterator<Item = &'static str>) {
    for (index, name) in names.enumerate() {
        out.push_sql(if index > 0 { ", " } else { "" });
        out.push_sql(name);
    }
}

/// `a = from.a, b = from.b`
fn push_assignments(out: &mut AstPass<'_, '_, Pg>, names: impl Iterator<Item = &'static str>, from: &str) {
    for (index, name) in names.enumerate() {
        out.push_sql(if index > 0 { ", " } else { "" });
        for word in [name, " = ", from, ".", name] {
            out.push_sql(word);
        }
    }
}
