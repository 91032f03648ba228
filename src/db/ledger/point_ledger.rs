//! What waits for the next publication point: of which site, and what has to be known of each group.
//!
//! A row keeps its place for as long as it is the same. So a point writes what changed, and little of a large register does.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};

use crate::db::engine::{Connection, DbError, on_backend};
use crate::db::tables::{published_groups, site_id, waiting};
use crate::domain::counting::{CellKey, PublicTotals};
use crate::domain::disclosure::{GroupId, GroupState, Ledger, Partition, Path, Pending, Sizes, Strand};
use crate::domain::values::Cause;

use super::points::{self, small};

/// Rows written at a time; SQLite takes at most 32,766 parameters in one statement.
const CHUNK: usize = 2_000;
/// Rows read at a time.
const STEP: i64 = 2_000;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = waiting, treat_none_as_default_value = false)]
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
#[diesel(table_name = published_groups, treat_none_as_default_value = false)]
struct GroupRow {
    place: i32,
    partition: String,
    strand: i64,
    path: String,
    moved_at: Option<i32>,
    earlier: String,
    shown: String,
    sizes: String,
}

/// What waits since the point that was made last.
pub fn read(connection: &mut Connection) -> Result<Ledger, DbError> {
    let count: i64 = on_backend!(connection, c => waiting::table.count().get_result(c))?;
    // With room for what arrives, because a longer list would be a copy of it. Room that stays empty takes no memory.
    let room = usize::try_from(2 * count).unwrap_or_default();
    let mut ledger = Ledger { pending: Vec::with_capacity(room), ..Ledger::default() };
    each_waiting(connection, |_, one| ledger.pending.push(one))?;
    each_group(connection, |_, id, state| {
        ledger.groups.insert(id, state);
    })?;
    ledger.pending.sort_unstable();
    let gathered = points::newest(connection)?.map(|point| point.gathered).unwrap_or_default();
    ledger.gathered =
        Ledger::decode_gathered(&gathered).ok_or_else(|| DbError::corrupt("what the newest point gathered"))?;
    Ok(ledger)
}

/// How the stored rows become those of a ledger.
#[derive(Default)]
pub struct LedgerChange {
    gone: Vec<i32>,
    new: Vec<(i32, Pending)>,
    gone_groups: Vec<i32>,
    new_groups: Vec<(i32, GroupId, GroupState)>,
}

impl LedgerChange {
    /// Compares a ledger with the stored rows.
    pub fn to(connection: &mut Connection, ledger: &Ledger) -> Result<Self, DbError> {
        let mut change = Self::default();
        let mut is_stored = vec![false; ledger.pending.len()];
        let mut last = 0;
        each_waiting(connection, |place, one| {
            let first = ledger.pending.partition_point(|other| *other < one);
            let same = ledger.pending.iter().zip(&mut is_stored).skip(first).take_while(|(other, _)| **other == one);
            match same.map(|(_, is_stored)| is_stored).find(|is_stored| !**is_stored) {
                Some(is_stored) => *is_stored = true,
                None => change.gone.push(place),
            }
            last = place;
        })?;
        let new = ledger.pending.iter().zip(&is_stored).filter(|(_, is_stored)| !**is_stored).map(|(one, _)| *one);
        change.new = (last + 1..).zip(new).collect();
        let mut groups: BTreeMap<&GroupId, &GroupState> = ledger.groups.iter().collect();
        last = 0;
        each_group(connection, |place, id, state| {
            if groups.get(&id).is_some_and(|other| **other == state) {
                groups.remove(&id);
            } else {
                change.gone_groups.push(place);
            }
            last = place;
        })?;
        change.new_groups = (last + 1..).zip(groups).map(|(place, (id, state))| (place, *id, state.clone())).collect();
        Ok(change)
    }

    /// Stores it.
    pub fn store(&self, connection: &mut Connection) -> Result<(), DbError> {
        for places in self.gone.chunks(CHUNK) {
            let gone = || waiting::table.filter(waiting::place.eq_any(places));
            on_backend!(connection, c => diesel::delete(gone()).execute(c))?;
        }
        for chunk in self.new.chunks(CHUNK) {
            let rows: Vec<WaitingRow> = chunk.iter().map(|(place, one)| waiting_row(*place, one)).collect();
            on_backend!(connection, c => diesel::insert_into(waiting::table).values(&rows).execute(c))?;
        }
        for places in self.gone_groups.chunks(CHUNK) {
            let gone = || published_groups::table.filter(published_groups::place.eq_any(places));
            on_backend!(connection, c => diesel::delete(gone()).execute(c))?;
        }
        for chunk in self.new_groups.chunks(CHUNK) {
            let rows: Vec<GroupRow> =
                chunk.iter().map(|(place, id, state)| group_row(*place, id, state)).collect::<Result<_, _>>()?;
            on_backend!(connection, c => diesel::insert_into(published_groups::table).values(&rows).execute(c))?;
        }
        Ok(())
    }
}

/// Calls `take` with what waits, each with its place, in the order of places.
fn each_waiting(connection: &mut Connection, mut take: impl FnMut(i32, Pending)) -> Result<(), DbError> {
    let mut after = 0;
    loop {
        let rows: Vec<WaitingRow> = on_backend!(connection, c => {
            waiting::table
                .filter(waiting::place.gt(after))
                .order(waiting::place)
                .limit(STEP)
                .select(WaitingRow::as_select())
                .load(c)
        })?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.place;
        for row in rows {
            let place = row.place;
            take(place, pending(&row).ok_or_else(|| DbError::corrupt(format!("row {place} of what waits")))?);
        }
    }
}

/// Calls `take` with what is known of each group, each with its place, in the order of places.
fn each_group(connection: &mut Connection, mut take: impl FnMut(i32, GroupId, GroupState)) -> Result<(), DbError> {
    let mut after = 0;
    loop {
        let rows: Vec<GroupRow> = on_backend!(connection, c => {
            published_groups::table
                .filter(published_groups::place.gt(after))
                .order(published_groups::place)
                .limit(STEP)
                .select(GroupRow::as_select())
                .load(c)
        })?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.place;
        for row in rows {
            let what = || {
                DbError::corrupt(format!("what is known of the group {} {} {}", row.partition, row.strand, row.path))
            };
            let (id, state) = group(&row).ok_or_else(what)?;
            take(row.place, id, state);
        }
    }
}

fn pending(row: &WaitingRow) -> Option<Pending> {
    let (partition, cell) = (Partition::parse(&row.partition)?, CellKey::from_stored(row.cell)?);
    let cause = match &row.cause {
        Some(cause) => Some(Cause::parse(cause)?),
        None => None,
    };
    Some(Pending {
        partition,
        strand: Strand::of(cell)?,
        site: site_id(&row.site).ok()?,
        cell,
        cause,
        path: partition.path(cell, cause),
        totals: PublicTotals::decode(&row.totals)?,
        depth: row.depth.try_into().ok()?,
        new_to: row.new_to.try_into().ok()?,
        stays: Pending::decode_stays(&row.stays)?,
    })
}

fn waiting_row(place: i32, one: &Pending) -> WaitingRow {
    WaitingRow {
        place,
        partition: one.partition.as_str().to_owned(),
        site: one.site.to_string(),
        cell: one.cell.to_stored(),
        cause: one.cause.map(|cause| cause.as_str().to_owned()),
        totals: one.totals.encode(),
        depth: one.depth.into(),
        new_to: one.new_to.into(),
        stays: one.encode_stays(),
    }
}

fn group(row: &GroupRow) -> Option<(GroupId, GroupState)> {
    let moved_at = match row.moved_at {
        Some(number) => Some(number.try_into().ok()?),
        None => None,
    };
    let partition = Partition::parse(&row.partition)?;
    let id = GroupId { partition, strand: Strand::from_stored(row.strand)?, path: Path::parse(&row.path)? };
    let (shown, earlier) = (PublicTotals::decode(&row.shown)?, GroupState::decode_earlier(&row.earlier)?);
    Some((id, GroupState { shown, sizes: Sizes::decode(&row.sizes)?, moved_at, earlier }))
}

fn group_row(place: i32, id: &GroupId, state: &GroupState) -> Result<GroupRow, DbError> {
    Ok(GroupRow {
        place,
        partition: id.partition.as_str().to_owned(),
        strand: id.strand.to_stored(),
        path: id.path.to_string(),
        moved_at: state.moved_at.map(small).transpose()?,
        earlier: state.encode_earlier(),
        shown: state.shown.encode(),
        sizes: state.sizes.encode(),
    })
}
