//! Publication points. The audit makes each point again where it was made; each must equal the stored one, and so must what waits
//! after the last one.

use std::collections::{BTreeMap, VecDeque};
use std::iter::Peekable;

use chrono::NaiveDate;

use crate::db::ledger::{StoredPoint, point_ledger, points};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellKey, Totals};
use crate::domain::disclosure::Ledger;
use crate::register::published::{Close, PointPage, Points, page_at};

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

    /// Makes the point of a close again, and compares; gives it if it is right. After a difference nothing more is compared, because
    /// every later point depends on it.
    pub fn check(&mut self, connection: &mut Connection, close: &Close) -> Result<Option<StoredPoint>, DbError> {
        let next = self.stored.front().is_some_and(|point| point.day == close.day);
        let stored = if next { self.stored.pop_front() } else { None };
        if !self.found.is_empty() {
            return Ok(None);
        }
        let made = self.made.clone().make(connection, close, &|| Ok(()))?;
        let (problem, made) = match (stored, made) {
            (None, None) => return Ok(None),
            (None, Some(_)) => ("is missing", None),
            (Some(_), None) => ("is stored, and no figure moves at it", None),
            (Some(stored), Some(made)) => {
                let is_right = StoredPoint { is_void: stored.is_void, ..made.point.clone() } == stored
                    && points::movement(connection, stored.number)? == made.movement;
                ("is not what the journal gives", is_right.then_some(made))
            }
        };
        let Some(made) = made else {
            self.found.push(Finding::new(format!("point of {}", close.day), problem));
            return Ok(None);
        };
        let point = made.point.clone();
        self.made.take(made);
        Ok(Some(point))
    }

    /// Whether no stored point is left to be checked.
    pub fn is_last(&self) -> bool {
        self.stored.is_empty()
    }

    /// What waits after the points so far.
    pub fn ledger(&self) -> &Ledger {
        self.made.ledger()
    }

    /// The findings about points and about what waits.
    pub fn findings(mut self, connection: &mut Connection) -> Result<Vec<Finding>, DbError> {
        if let Some(point) = self.stored.front() {
            self.found.push(Finding::new(format!("point of {}", point.day), "is of no closed day"));
        }
        if self.found.is_empty() && point_ledger::read(connection)? != *self.made.ledger() {
            self.found.push(Finding::new("waiting", "what waits for the next point is not what the journal gives"));
        }
        Ok(self.found)
    }
}

/// The pages of the point of a day that are not stored as they were made.
pub fn check_pages(connection: &mut Connection, day: NaiveDate, made: &[PointPage]) -> Result<Vec<Finding>, DbError> {
    let mut found = Vec::new();
    for page in made {
        if page_at(connection, day, &page.name)?.as_ref() != Some(&page.text) {
            let problem = "is missing, or has other numbers than the register gives";
            found.push(Finding::new(format!("page {} of {day}", page.name), problem));
        }
    }
    Ok(found)
}

/// Cells by their stored numbers, in the order of keys: numbers sort as keys do within each part.
pub fn in_key_order(cells: &BTreeMap<i64, Totals>) -> impl Iterator<Item = (CellKey, Totals)> {
    let read = |(number, totals): (&i64, &Totals)| Some((CellKey::from_stored(*number)?, *totals));
    let mut parts = CellKey::stored_parts().map(|numbers| cells.range(numbers).filter_map(read).peekable());
    std::iter::from_fn(move || {
        let next = |part: &mut Peekable<_>| part.peek().map(|(key, _)| *key);
        let least = parts.iter_mut().filter_map(next).min()?;
        parts.iter_mut().find_map(|part| part.next_if(|(key, _)| *key == least))
    })
}
