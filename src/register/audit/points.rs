//! Publication points. The audit makes each point again where it was made; each must equal the stored one, and so must what waits
//! after the last one.

use std::collections::VecDeque;

use chrono::NaiveDate;

use crate::db::ledger::{StoredPoint, points};
use crate::db::{Connection, DbError};
use crate::register::published::{Close, Points};

use super::report::Finding;

/// The points of the register, made again.
#[derive(Default)]
pub struct PointsAudit {
    /// Stored points that are still to be checked.
    stored: VecDeque<StoredPoint>,
    made: Points,
    found: Vec<Finding>,
}

impl PointsAudit {
    /// Reads the stored points.
    pub fn load(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        self.stored = points::all(connection)?.into();
        Ok(())
    }

    /// The day of the next point, if it is void and was made at this version.
    pub fn void_at(&self, version: i64) -> Option<NaiveDate> {
        self.stored.front().filter(|point| point.is_void && point.version == version).map(|point| point.day)
    }

    /// Makes the point of a close again, and compares. After a difference nothing more is compared, because every later point
    /// depends on it.
    pub fn check(&mut self, connection: &mut Connection, close: &Close) -> Result<(), DbError> {
        let next = self.stored.front().is_some_and(|point| point.day == close.day);
        let stored = if next { self.stored.pop_front() } else { None };
        if !self.found.is_empty() {
            return Ok(());
        }
        let made = self.made.make(connection, close, &|| ())?;
        let (problem, made) = match (stored, made) {
            (None, None) => return Ok(()),
            (None, Some(_)) => ("is missing", None),
            (Some(_), None) => ("is stored, and no figure moves at it", None),
            (Some(stored), Some(made)) => {
                let is_right = StoredPoint { is_void: stored.is_void, ..made.point.clone() } == stored;
                ("is not what the journal gives", is_right.then_some(made))
            }
        };
        match made {
            Some(made) => self.made.take(made),
            None => self.found.push(Finding::new(format!("point of {}", close.day), problem)),
        }
        Ok(())
    }

    /// The findings about points and about what waits.
    pub fn findings(mut self, connection: &mut Connection) -> Result<Vec<Finding>, DbError> {
        if let Some(point) = self.stored.front() {
            self.found.push(Finding::new(format!("point of {}", point.day), "is of no closed day"));
        }
        if self.found.is_empty() && points::ledger(connection)? != *self.made.ledger() {
            self.found.push(Finding::new("waiting", "what waits for the next point is not what the journal gives"));
        }
        Ok(self.found)
    }
}
