//! Publication points: at the close of a day, what may be published of it by the rules of `domain::disclosure`.
//!
//! A point is a pure function of the journal and of the points before it, so every process makes the same ones, and the audit makes
//! them again.

use chrono::NaiveDate;

use crate::db::ledger::{SitePostings, StoredMovement, StoredPoint, point_ledger, points, site_postings};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellKey, Changes, NationalSums, Totals};
use crate::domain::disclosure::{
    Ledger, Partition, Pending, PointNumber, Rules, SolarOutput, Touched, arrivals, make_point,
};
use crate::domain::figures::{Methodology, all};
use crate::domain::reference::{Disclosure, MeasureId, target_on};
use crate::domain::values::{Cause, Hash, Interval, Month, SiteId};

/// Entries that are taken at a time.
const ENTRIES: i64 = 5_000;
/// Sites of which the earlier postings are read at a time.
const SITES: usize = 500;

/// The points so far: the last one, and what waits since.
#[derive(Clone, Default)]
pub struct Points {
    last: Option<StoredPoint>,
    ledger: Ledger,
}

/// The close of a day.
pub struct Close {
    pub day: NaiveDate,
    /// The version at the close.
    pub version: i64,
    /// The hash of that entry.
    pub hash: Hash,
    pub methodology: &'static Methodology,
    /// Sites in operation, reported or verified.
    pub sites_in_operation: i64,
}

/// A point with what waits after it.
#[derive(PartialEq)]
pub struct MadePoint {
    pub point: StoredPoint,
    pub movement: StoredMovement,
    pub ledger: Ledger,
}

impl Points {
    /// Reads the stored points.
    pub fn load(connection: &mut Connection) -> Result<Self, DbError> {
        Ok(Self { last: points::newest(connection)?, ledger: point_ledger::read(connection)? })
    }

    /// The point of the close of a day; `None` if nothing may be published by it. `connection` sees every entry up to the close.
    /// Calls `goes_on` after each step.
    pub fn make(
        self,
        connection: &mut Connection,
        close: &Close,
        goes_on: &dyn Fn() -> Result<(), DbError>,
    ) -> Result<Option<MadePoint>, DbError> {
        let Disclosure { company, least_sites, .. } = target_on(close.day).disclosure;
        if close.sites_in_operation < least_sites {
            return Ok(None);
        }
        // As far as they were known then, because the audit makes the same point.
        let known = all().iter().filter(|one| one.version <= close.methodology.version);
        let life = |measure| Some((measure, close.methodology.effect(measure)?.lifetime_years));
        let lives = MeasureId::all().filter_map(life);
        let outputs = known.map(|one| SolarOutput { yields: one.solar_yields(), wear: one.solar_wear() });
        let rules = Rules::of(company, close.day).with_outputs(outputs).with_lives(lives);
        let mut number = self.last.as_ref().map_or(1, |last| last.number + 1);
        let shown = self.last.as_ref().map_or(0, |last| last.cells_version);
        let stored = |number: PointNumber, cells_version: i64, ledger: &Ledger| StoredPoint {
            number,
            day: close.day,
            version: close.version,
            hash: close.hash,
            cells_version,
            methodology: close.methodology.version,
            gathered: ledger.encode_gathered(),
            is_void: false,
        };
        if self.last.as_ref().is_some_and(|last| last.methodology != close.methodology.version) {
            // No figure moves but by the new method, so that the two are never mixed.
            let (point, movement) = (stored(number, shown, &self.ledger), StoredMovement::default());
            return Ok(Some(MadePoint { point, movement, ledger: self.ledger }));
        }
        let next = Month::of(close.day).plus(1);
        let is_end_of_quarter =
            Month::of(close.day).last_day() == close.day && Interval::Quarter.first_month(next) == next;
        let (mut ledger, mut at, mut has_moved) = (self.ledger, shown, false);
        let (mut national, mut by_cause) = (NationalSums::default(), Changes::default());
        // A day with very many entries is taken as several points, of which the last one is published: the rules hold for each, and so for
        // that one. It takes little memory, and the writer is seen to go on.
        loop {
            let to = close.version.min(at + ENTRIES);
            let of_all = arrived(connection, (at, to), number, &mut ledger.pending)?;
            let with_people = is_end_of_quarter && to == close.version;
            let point = make_point(ledger, &rules, number, with_people);
            national.add_all(&point.national);
            by_cause.add_all(&point.by_cause);
            for (cause, cell, totals) in of_all {
                if let Some(cell) = Partition::Nation.project(cell) {
                    national.add_cells(std::iter::once((cell, totals)));
                    by_cause.add(cause, std::iter::once((cell, totals)));
                    has_moved = true;
                }
            }
            if point.has_moved && to < close.version {
                number += 1;
            }
            has_moved |= point.has_moved;
            (ledger, at) = (point.ledger, to);
            goes_on()?;
            if at == close.version {
                break;
            }
        }
        if !has_moved {
            return Ok(None);
        }
        ledger.pending.sort_unstable();
        let point = stored(number, close.version, &ledger);
        let movement = StoredMovement { national: national.encode(), by_cause: by_cause.encode() };
        Ok(Some(MadePoint { point, movement, ledger }))
    }

    /// Goes on from a point.
    pub fn take(&mut self, MadePoint { point, ledger, .. }: MadePoint) {
        (self.last, self.ledger) = (Some(point), ledger);
    }

    /// What waits.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// Adds what arrived in the entries between two versions to what waits. Returns what a new definition moved, of all sites at once:
/// nobody waits for that, because it is an event of the programme and not of a home.
fn arrived(
    connection: &mut Connection,
    (after, up_to): (i64, i64),
    number: PointNumber,
    pending: &mut Vec<Pending>,
) -> Result<Vec<(Cause, CellKey, Totals)>, DbError> {
    let mut of_all = Vec::new();
    let sites = site_postings::by_site(connection, after, up_to)?;
    for chunk in sites.chunks(SITES) {
        let ids: Vec<SiteId> = chunk.iter().filter_map(|one| one.site).collect();
        let earlier = site_postings::earlier(connection, &ids, after)?;
        for SitePostings { site, postings } in chunk {
            let Some(site) = *site else {
                of_all.extend(postings);
                continue;
            };
            let earlier = earlier.get(&site).map(Vec::as_slice).unwrap_or_default();
            pending.extend(arrivals(&Touched { site, postings, earlier }, number));
        }
    }
    Ok(of_all)
}
