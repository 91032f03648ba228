//! The head of the register: one row with the version, the last hash and the last instant. Its lock puts all writers in
//! one order.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    Selectable, SelectableHelper,
};

use crate::db::engine::{Connection, DbError, on_backend, transaction};
use crate::db::tables::{entries, register_head, stored};
use crate::domain::chain::GENESIS;
use crate::domain::counting::CONTRIBUTION_NO;
use crate::domain::values::{Hash, date};

const THE_ROW: i32 = 1;
/// The form of what this program writes. A migration after which an older program must not write any more takes the next number in the
/// head; this one then takes it, too.
const FORMAT_NO: i32 = 5;

/// The head of the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The number of entries.
    pub version: i64,
    /// The hash of the last entry.
    pub hash: Hash,
    /// The instant of the last entry; it never goes back.
    pub recorded_at: DateTime<Utc>,
    /// The id of this register.
    pub instance_id: String,
    /// The number of the counting rule by which the journal was posted.
    pub contribution_no: i32,
    /// The last closed day; no entry is recorded on it any more.
    pub closed_day: Option<NaiveDate>,
    /// The last instant at which a clock was believed, apart from entries.
    pub clock_seen: Option<DateTime<Utc>>,
}

impl Head {
    /// The last sign of life: the newest entry, the end of the last closed day, or the last instant at which a clock was believed.
    #[must_use]
    pub fn last_sign(&self) -> DateTime<Utc> {
        self.clock_seen.map_or(self.not_before(), |seen| seen.max(self.not_before()))
    }

    /// Whether the journal was posted by an older counting rule than that of this program.
    #[must_use]
    pub fn is_of_older_rule(&self) -> bool {
        self.contribution_no < CONTRIBUTION_NO
    }

    /// Whether the register writes an entry of its own before any other: its first, or the one that counts it anew.
    #[must_use]
    pub fn awaits_own_entry(&self) -> bool {
        self.version == 0 || self.is_of_older_rule()
    }

    /// Refuses a register whose journal was posted by an older counting rule. The start of the service counts it anew; nothing else
    /// does, because a service of the older program may be running.
    pub fn check_counting_rule(&self) -> Result<(), DbError> {
        if !self.is_of_older_rule() {
            return Ok(());
        }
        let why = "this register is counted by an older rule: start `green-homes serve`, which counts it anew";
        Err(DbError::Unusable(why.to_owned()))
    }

    /// The earliest instant for the next entry.
    #[must_use]
    pub fn not_before(&self) -> DateTime<Utc> {
        let next_day = self.closed_day.map(|day| date::start_of(day + Days::new(1)));
        next_day.map_or(self.recorded_at, |start| self.recorded_at.max(start))
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = register_head)]
struct HeadRow {
    id: i32,
    version: i64,
    hash: Vec<u8>,
    recorded_at: NaiveDateTime,
    instance_id: String,
    purpose: String,
    contribution_no: i32,
    closed_day: Option<NaiveDate>,
    clock_seen: Option<NaiveDateTime>,
    format_no: i32,
}

impl TryFrom<HeadRow> for Head {
    type Error = DbError;

    fn try_from(row: HeadRow) -> Result<Self, DbError> {
        Ok(Self {
            version: row.version,
            hash: row.hash.try_into().map_err(|_| DbError::corrupt("the head's hash"))?,
            recorded_at: row.recorded_at.and_utc(),
            instance_id: row.instance_id,
            contribution_no: row.contribution_no,
            closed_day: row.closed_day,
            clock_seen: row.clock_seen.map(|seen| seen.and_utc()),
        })
    }
}

/// Makes the head of a new register, if there is none.
pub fn ensure(connection: &mut Connection, instance_id: String, now: DateTime<Utc>) -> Result<(), DbError> {
    let row = HeadRow {
        id: THE_ROW,
        version: 0,
        hash: GENESIS.to_vec(),
        recorded_at: stored(now),
        instance_id,
        purpose: "live".to_owned(),
        contribution_no: CONTRIBUTION_NO,
        closed_day: None,
        clock_seen: Some(stored(now)),
        format_no: FORMAT_NO,
    };
    transaction::write(connection, |connection| {
        on_backend!(connection, c => {
            diesel::insert_into(register_head::table).values(&row).on_conflict_do_nothing().execute(c)
        })?;
        Ok(())
    })
}

/// Whether there is a register.
pub fn exists(connection: &mut Connection) -> Result<bool, DbError> {
    let row: Option<i64> = on_backend!(connection, c => {
        register_head::table.find(THE_ROW).select(register_head::version).first(c).optional()
    })?;
    Ok(row.is_some())
}

pub fn read(connection: &mut Connection) -> Result<Head, DbError> {
    let row: Option<HeadRow> = on_backend!(connection, c => {
        register_head::table.find(THE_ROW).select(HeadRow::as_select()).first(c).optional()
    })?;
    found(row)
}

/// Reads the head and locks it, for all processes, until the transaction ends.
pub fn lock(connection: &mut Connection) -> Result<Head, DbError> {
    let row: Option<HeadRow> = match connection {
        // `BEGIN IMMEDIATE` holds the lock already.
        Connection::Sqlite(c) => {
            register_head::table.find(THE_ROW).select(HeadRow::as_select()).first(&mut **c).optional()?
        }
        Connection::Postgres(c) => {
            register_head::table.find(THE_ROW).select(HeadRow::as_select()).for_update().first(&mut **c).optional()?
        }
    };
    found(row)
}

fn found(row: Option<HeadRow>) -> Result<Head, DbError> {
    let missing = || DbError::Unusable("the register has no head: run `green-homes init`".to_owned());
    let row = row.ok_or_else(missing)?;
    let (format_no, head) = (row.format_no, Head::try_from(row)?);
    let newer = |what: &str, its: i32, own: i32| {
        let why = format!("this register {what} {its}, this program {what} {own}: start the newer program");
        Err(DbError::Outdated(why))
    };
    if head.contribution_no > CONTRIBUTION_NO {
        return newer("counts by rule", head.contribution_no, CONTRIBUTION_NO);
    }
    if format_no > FORMAT_NO {
        return newer("has the form", format_no, FORMAT_NO);
    }
    Ok(head)
}

/// Notes the counting rule by which the journal is posted from now on. Call it in the transaction that posts the differences.
pub fn note_counting_rule(connection: &mut Connection, contribution_no: i32) -> Result<(), DbError> {
    on_backend!(connection, c => {
        diesel::update(register_head::table).set(register_head::contribution_no.eq(contribution_no)).execute(c)
    })?;
    Ok(())
}

/// Notes that a day is closed. Call it in the transaction that stores the day, which holds the lock.
pub fn close(connection: &mut Connection, day: NaiveDate) -> Result<(), DbError> {
    on_backend!(connection, c => {
        let later = register_head::closed_day.is_null().or(register_head::closed_day.lt(day));
        diesel::update(register_head::table.filter(later)).set(register_head::closed_day.eq(day)).execute(c)
    })?;
    Ok(())
}

/// Reads the version alone, which is cheap enough for four times a second.
pub fn version(connection: &mut Connection) -> Result<i64, DbError> {
    Ok(on_backend!(connection, c => {
        register_head::table.find(THE_ROW).select(register_head::version).first(c)
    })?)
}

/// The version, and whether the stored entry of the version `known` has this hash. If not, the database holds another
/// past than this process knows.
pub fn agrees(connection: &mut Connection, known: i64, hash: &Hash) -> Result<(i64, bool), DbError> {
    Ok((version(connection)?, is_entry(connection, known, hash)?))
}

/// Whether `version` is the number of an entry with this hash, or of the beginning.
pub fn is_entry(connection: &mut Connection, version: i64, hash: &Hash) -> Result<bool, DbError> {
    if version == 0 { Ok(*hash == GENESIS) } else { holds(connection, version, hash) }
}

/// Whether the entry of `version` is stored with this hash. Settles a commit of unknown outcome.
pub fn holds(connection: &mut Connection, version: i64, hash: &Hash) -> Result<bool, DbError> {
    let found: Option<Vec<u8>> = on_backend!(connection, c => {
        entries::table.filter(entries::version.eq(version)).select(entries::hash).first(c).optional()
    })?;
    Ok(found.as_deref() == Some(hash.as_slice()))
}
