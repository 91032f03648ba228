//! The journal and its checkpoint, the stored cells: reading postings, and moving the checkpoint.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use diesel::connection::DefaultLoadingMode;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteValue};
use diesel::{BoolExpressionMethods, ExpressionMethods, Insertable, QueryDsl, RunQueryDsl};

use super::head;
use crate::db::engine::{Connection, DbError, on_backend, transaction};
use crate::db::tables::{cells, cells_checkpoint, journal};
use crate::domain::counting::{CellKey, Totals};
use crate::domain::values::Cause;

/// Cells read or written at a time.
const CHUNK: u32 = 5_000;

#[derive(Insertable)]
#[diesel(table_name = cells)]
struct NewCell {
    cell: i64,
    totals: String,
}

/// The totals of a stored text; `None` if it is no such text. They are read where the database holds it, because a copy of
/// each text would take as long as reading it.
#[derive(FromSqlRow)]
struct StoredTotals(Option<Totals>);

impl FromSql<Text, Sqlite> for StoredTotals {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(Totals::decode(value.read_text())))
    }
}

impl FromSql<Text, Pg> for StoredTotals {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes()).ok().and_then(Totals::decode)))
    }
}

/// A cell with its totals, or with a change of its totals.
pub type CellTotals = (CellKey, Totals);

fn decode((cell, StoredTotals(totals)): (i64, StoredTotals)) -> Result<CellTotals, DbError> {
    let key = CellKey::from_stored(cell).ok_or_else(|| DbError::corrupt(format!("cell {cell}")))?;
    let totals = totals.ok_or_else(|| DbError::corrupt(format!("totals of cell {cell}")))?;
    Ok((key, totals))
}

/// The postings of the entries in `(after, up_to]`, in order.
pub fn postings(connection: &mut Connection, after: i64, up_to: i64) -> Result<Vec<CellTotals>, DbError> {
    on_backend!(connection, c => {
        let rows = journal::table
            .filter(journal::version.gt(after).and(journal::version.le(up_to)))
            .order((journal::version, journal::seq))
            .select((journal::cell, journal::deltas))
            .load_iter::<(i64, StoredTotals), DefaultLoadingMode>(c)?;
        rows.map(|row| decode(row?)).collect()
    })
}

/// The postings of the entries in `(after, up_to]`, in order, each with the cause of its entry.
pub fn postings_by_cause(
    connection: &mut Connection,
    after: i64,
    up_to: i64,
) -> Result<Vec<(Cause, CellTotals)>, DbError> {
    let read = |row: diesel::QueryResult<(String, (i64, StoredTotals))>| {
        let (cause, posting) = row?;
        let cause = Cause::parse(&cause).ok_or_else(|| DbError::corrupt(format!("cause {cause:?}")))?;
        Ok((cause, decode(posting)?))
    };
    on_backend!(connection, c => {
        let rows = journal::table
            .filter(journal::version.gt(after).and(journal::version.le(up_to)))
            .order((journal::version, journal::seq))
            .select((journal::cause, (journal::cell, journal::deltas)))
            .load_iter::<(String, (i64, StoredTotals)), DefaultLoadingMode>(c)?;
        rows.map(read).collect()
    })
}

/// The version of the checkpoint.
pub fn checkpoint_version(connection: &mut Connection) -> Result<i64, DbError> {
    Ok(on_backend!(connection, c => cells_checkpoint::table.select(cells_checkpoint::version).first(c))?)
}

/// Calls `take` with every stored cell, in the order of keys.
///
/// Tables sort cells by what is known of their attributes first, keys do so last. So the cells of each part are read side by
/// side, and the least key of all parts comes next.
pub fn each_cell(connection: &mut Connection, mut take: impl FnMut(CellKey, Totals)) -> Result<(), DbError> {
    let mut parts = CellKey::stored_parts().map(|numbers| StoredCells { numbers, rows: VecDeque::new() });
    loop {
        let mut least: Option<(CellKey, &mut StoredCells)> = None;
        for part in &mut parts {
            part.read_if_empty(connection)?;
            if let Some((key, _)) =
                part.rows.front().filter(|(key, _)| least.as_ref().is_none_or(|(other, _)| key < other))
            {
                least = Some((*key, part));
            }
        }
        let Some((_, part)) = least else { return Ok(()) };
        if let Some((key, totals)) = part.rows.pop_front() {
            take(key, totals);
        }
    }
}

/// The stored cells within a range of numbers, read chunk by chunk.
struct StoredCells {
    /// The numbers that are still to be read.
    numbers: Range<i64>,
    rows: VecDeque<CellTotals>,
}

impl StoredCells {
    /// Reads the next chunk when the last one is taken.
    fn read_if_empty(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        if !self.rows.is_empty() || self.numbers.is_empty() {
            return Ok(());
        }
        let (from, to) = (self.numbers.start, self.numbers.end);
        on_backend!(connection, c => {
            let rows = cells::table
                .filter(cells::cell.ge(from).and(cells::cell.lt(to)))
                .order(cells::cell)
                .limit(i64::from(CHUNK))
                .select((cells::cell, cells::totals))
                .load_iter::<(i64, StoredTotals), DefaultLoadingMode>(c)?;
            for row in rows {
                self.rows.push_back(decode(row?)?);
            }
        });
        self.numbers.start = self.rows.back().map_or(to, |(last, _)| last.to_stored() + 1);
        Ok(())
    }
}

/// Moves the checkpoint forward to the version `to`, by the postings in between, and returns where it stands then. Any process
/// may do it at any time, because the result depends on the journal alone. It never passes the head, although a process
/// may know entries that the register lost in a failover. One that stands beyond the head is emptied.
pub fn advance_checkpoint(connection: &mut Connection, to: i64) -> Result<i64, DbError> {
    transaction::write(connection, |connection| {
        let from = lock_checkpoint(connection)?;
        let head = head::version(connection)?;
        if from > head {
            on_backend!(connection, c => diesel::delete(cells::table).execute(c))?;
            return note_checkpoint(connection, 0);
        }
        let to = to.min(head);
        if from >= to {
            return Ok(from);
        }
        let mut sums: BTreeMap<i64, Totals> = BTreeMap::new();
        for (key, delta) in postings(connection, from, to)? {
            add(sums.entry(key.to_stored()).or_default(), delta);
        }
        let keys: Vec<i64> = sums.keys().copied().collect();
        for chunk in keys.chunks(CHUNK as usize) {
            let rows: Vec<(i64, StoredTotals)> = on_backend!(connection, c => {
                cells::table.filter(cells::cell.eq_any(chunk)).select((cells::cell, cells::totals)).load(c)
            })?;
            for row in rows {
                let (key, before) = decode(row)?;
                add(sums.entry(key.to_stored()).or_default(), before);
            }
        }
        save(connection, &sums)?;
        note_checkpoint(connection, to)
    })
}

fn note_checkpoint(connection: &mut Connection, version: i64) -> Result<i64, DbError> {
    on_backend!(connection, c => {
        diesel::update(cells_checkpoint::table).set(cells_checkpoint::version.eq(version)).execute(c)
    })?;
    Ok(version)
}

fn add(sum: &mut Totals, delta: Totals) {
    *sum = sum.wrapping_add(delta);
}

/// The version of the checkpoint, which no other process moves until the transaction ends.
pub fn lock_checkpoint(connection: &mut Connection) -> Result<i64, DbError> {
    Ok(match connection {
        Connection::Sqlite(c) => cells_checkpoint::table.select(cells_checkpoint::version).first(&mut **c)?,
        Connection::Postgres(c) => {
            cells_checkpoint::table.select(cells_checkpoint::version).for_update().first(&mut **c)?
        }
    })
}

/// Stores cells in place of the stored ones; a cell of zeros is deleted.
fn save(connection: &mut Connection, sums: &BTreeMap<i64, Totals>) -> Result<(), DbError> {
    let keys: Vec<i64> = sums.keys().copied().collect();
    for chunk in keys.chunks(CHUNK as usize) {
        on_backend!(connection, c => diesel::delete(cells::table.filter(cells::cell.eq_any(chunk))).execute(c))?;
        let rows: Vec<NewCell> = chunk
            .iter()
            .filter_map(|cell| sums.get(cell).filter(|sum| !sum.is_zero()).map(|sum| (*cell, sum.encode())))
            .map(|(cell, totals)| NewCell { cell, totals })
            .collect();
        on_backend!(connection, c => diesel::insert_into(cells::table).values(&rows).execute(c))?;
    }
    Ok(())
}
