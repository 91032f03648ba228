//! Watching the clock of this process: it tells the time, and whether the time is believed.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::ledger::{Head, clock};
use crate::db::{Connection, DbError};
use crate::domain::rules::ClockDoubt;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(Utc::now)
}

/// The clock of the database is asked for this often.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// An answer of the database's clock that raises a doubt is asked for again if it is older than this, because a machine that slept
/// does not know how long.
const FRESH: Duration = Duration::from_secs(1);

/// The clock of this process, and the database's clock where there is one.
pub struct ClockWatch {
    clock: Clock,
    /// Whether the operator said that the database runs on this machine, so that its clock proves nothing.
    shares_clock: bool,
    of_database: Cell<Option<DatabaseClock>>,
}

/// What the clock said, and why that is not believed, if it is not.
#[derive(Clone, Copy)]
pub struct ClockReading {
    pub now: DateTime<Utc>,
    pub doubt: Option<ClockDoubt>,
}

/// What the database's clock said.
#[derive(Clone, Copy)]
struct DatabaseClock {
    said: DateTime<Utc>,
    asked_at: Instant,
    /// This process's clock less the database's.
    offset: TimeDelta,
    /// Whether it is the clock of another machine.
    elsewhere: bool,
}

impl ClockWatch {
    pub fn new(clock: Clock, shares_clock: bool) -> Self {
        Self { clock, shares_clock, of_database: Cell::new(None) }
    }

    /// Reads the clock once, and judges what it says.
    pub fn read(&self, connection: &mut Connection, head: &Head) -> Result<ClockReading, DbError> {
        let judge = |watch: &Self| {
            let now = (watch.clock)();
            ClockReading { now, doubt: ClockDoubt::of(now, head.last_sign(), watch.elsewhere_now()) }
        };
        self.ask_if_older(connection, ASK_AGAIN)?;
        let reading = judge(self);
        if reading.doubt.is_none() {
            return Ok(reading);
        }
        self.ask_if_older(connection, FRESH)?;
        Ok(judge(self))
    }

    /// This process's clock less the database's, as far as it was asked for. `None` for SQLite.
    pub fn offset(&self) -> Option<TimeDelta> {
        self.of_database.get().map(|said| said.offset)
    }

    /// What the clock of another machine says now.
    fn elsewhere_now(&self) -> Option<DateTime<Utc>> {
        let asked = self.of_database.get().filter(|asked| asked.elsewhere)?;
        TimeDelta::from_std(asked.asked_at.elapsed()).ok().map(|since| asked.said + since)
    }

    fn ask_if_older(&self, connection: &mut Connection, age: Duration) -> Result<(), DbError> {
        if self.of_database.get().is_some_and(|asked| asked.asked_at.elapsed() < age) {
            return Ok(());
        }
        if let Some((said, elsewhere)) = clock::of_database(connection)? {
            let (elsewhere, offset) = (elsewhere && !self.shares_clock, (self.clock)() - said);
            self.of_database.set(Some(DatabaseClock { said, asked_at: Instant::now(), offset, elsewhere }));
        }
        Ok(())
    }
}
