//! Closed days and releases. The audit replays the journal day by day and makes each headline again, and the pages of
//! publication points at the ends of months; each must equal the stored bytes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::db::ledger::{
    Activations, CellTotals, ClosedDay, Release, ReleaseDoc, StoredEntry, StoredPosting, Voided, activations,
    audit_scan as stored, clock, closed_days, points, releases,
};
use crate::db::{Connection, DbError};
use crate::domain::counting::{CellKey, Totals};
use crate::domain::values::{Action, Cause, Hash, day_of, hex, sha256};
use crate::register::counted::InOrder;
use crate::register::decide::VoidDoc;
use crate::register::published::{
    DayReplay, PageMaker, PageRenderer, PublicSettings, PublishedFigures, PublishedSums, WaitingSums, figures_at,
    is_last_of_month,
};

use super::points::{PointsAudit, check_pages, in_key_order};
use super::report::Finding;

/// The days of the register, replayed.
pub struct DaysAudit {
    make: PageMaker,
    activations: Activations,
    replay: DayReplay,
    /// The day that is being replayed.
    day: Option<NaiveDate>,
    /// Stored days that are still to be checked.
    kept: BTreeSet<NaiveDate>,
    releases: BTreeMap<NaiveDate, Release>,
    /// The facts that entries of releases seal, by version.
    sealed: BTreeMap<i64, Value>,
    /// The entries that set the clock back: the version and the day of each.
    set_backs: Vec<(i64, NaiveDate)>,
    /// What is void, and is still to be found in the facts of its entry.
    voided: Vec<Voided>,
    /// The publication points, made again.
    points: PointsAudit,
    /// What was published by the day that is being replayed.
    published: Option<PublishedFigures>,
    /// The hashes of the releases that are void.
    voided_releases: BTreeSet<(NaiveDate, Hash)>,
    found: Vec<Finding>,
}

impl DaysAudit {
    pub fn of(make: PageMaker) -> Self {
        Self {
            make,
            activations: Activations::default(),
            replay: DayReplay::begin(),
            day: None,
            kept: BTreeSet::new(),
            releases: BTreeMap::new(),
            sealed: BTreeMap::new(),
            set_backs: Vec::new(),
            voided: Vec::new(),
            points: PointsAudit::default(),
            published: None,
            voided_releases: BTreeSet::new(),
            found: Vec::new(),
        }
    }

    /// Reads what is to be checked.
    pub fn load(&mut self, connection: &mut Connection) -> Result<(), DbError> {
        self.activations = activations::read(connection)?;
        self.kept = closed_days::every(connection)?.into_iter().collect();
        self.releases = releases::all(connection)?.into_iter().map(|release| (release.day, release)).collect();
        self.set_backs = clock::set_backs(connection)?.into_iter().map(|(version, at)| (version, day_of(at))).collect();
        self.voided = clock::all_voided(connection)?;
        self.points.load(connection)?;
        let void_releases = self.voided.iter().filter(|void| void.is_release);
        self.voided_releases = void_releases.map(|void| (void.day, void.sha256)).collect();
        Ok(())
    }

    /// The day on which an entry counts as recorded: a clock that was set back later takes the entries before along.
    pub fn day_of(&self, entry: &StoredEntry) -> NaiveDate {
        let later = self.set_backs.iter().filter(|(version, _)| *version > entry.version).map(|(_, day)| *day);
        later.chain([day_of(entry.recorded_at)]).min().unwrap_or_default()
    }

    /// Holds the facts of an entry that set the clock back against what is stored as void by it.
    pub fn hear_set_back(&mut self, version: i64, action: &str, facts: &str) {
        if action != Action::SetClockBack.as_str() {
            return;
        }
        let (of_entry, others) = std::mem::take(&mut self.voided).into_iter().partition(|void| void.entry == version);
        self.voided = others;
        let of_entry: Vec<Voided> = of_entry;
        let mut stored: Vec<Value> = of_entry.iter().map(|void| json!(VoidDoc::of(void))).collect();
        let facts: Value = serde_json::from_str(facts).unwrap_or_default();
        let mut sealed = facts.get("void").and_then(Value::as_array).cloned().unwrap_or_default();
        stored.sort_by_key(Value::to_string);
        sealed.sort_by_key(Value::to_string);
        if stored != sealed {
            self.found
                .push(Finding::new(format!("facts {version}"), "seal other days and releases than are stored as void"));
        }
    }

    /// Notes the facts of an entry, if the entry releases a day.
    pub fn hear_release(&mut self, version: i64, action: &str, facts: &str) {
        if action == Action::Release.as_str() {
            self.sealed.insert(version, serde_json::from_str(facts).unwrap_or_default());
        }
    }

    /// Replays one entry.
    pub fn hear(
        &mut self,
        connection: &mut Connection,
        entry: &StoredEntry,
        postings: &[StoredPosting],
    ) -> Result<(), DbError> {
        self.day = self.day.or(Some(self.day_of(entry)));
        // Another check already reported a posting that cannot be read.
        let read = |posting: &StoredPosting| -> Option<(Cause, CellTotals)> {
            let cell = (CellKey::from_stored(posting.cell)?, Totals::decode(&posting.deltas)?);
            Some((Cause::parse(&posting.cause)?, cell))
        };
        self.replay.take(&postings.iter().filter_map(read).collect::<Vec<_>>());
        // An entry of a sandbox partner makes no public version.
        if entry.public_version.is_none() {
            self.replay.version = entry.version;
            self.replay.hash = Hash::try_from(entry.hash.as_slice()).unwrap_or_default();
            self.replay.recorded_at = entry.recorded_at;
        }
        // A point of a day that had not come was made somewhere between two entries.
        while let Some(day) = self.points.void_at(self.replay.version) {
            match self.replay.point_of(day, &self.activations) {
                Ok(close) => drop(self.points.check(connection, &close)?),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Ends every day before `today` and checks its stored headline and point; `cells` are the sums of the journal at
    /// its end.
    pub fn end_days_before(
        &mut self,
        connection: &mut Connection,
        today: NaiveDate,
        cells: &BTreeMap<i64, Totals>,
    ) -> Result<(), DbError> {
        while let Some(day) = self.day.filter(|day| *day < today) {
            let is_kept = self.kept.remove(&day);
            if !is_kept && !self.kept.is_empty() {
                // The writer closes days in their order.
                self.found.push(Finding::new(format!("day {day}"), "is missing, and later ones are kept"));
            }
            if let Some(kept) = if is_kept { closed_days::find(connection, day)? } else { None } {
                self.check_point(connection, &kept, cells)?;
                self.published = figures_at(connection, day)?;
                let changes = closed_days::encoded_changes(connection, day)?;
                self.check_day(&kept, changes.as_deref());
            }
            if let Some(release) = self.releases.remove(&day) {
                self.check_release(connection, &release)?;
            }
            self.replay.turn(day);
            self.day = Some(day + Days::new(1));
        }
        Ok(())
    }

    /// The replayed day as the writer would have stored it, under this publisher.
    fn made(&self, day: NaiveDate, publisher: &str) -> Option<ClosedDay> {
        let settings = PublicSettings { public_url: String::new(), publisher: publisher.to_owned() };
        let renderer = PageRenderer { make: self.make, settings };
        self.replay.close(day, &self.activations, self.published.as_ref(), &renderer).ok()
    }

    fn check_day(&mut self, kept: &ClosedDay, changes: Option<&str>) {
        let problem = match self.made(kept.day, &kept.publisher) {
            None => "was closed by a methodology that this program does not know",
            Some(made) if (made.version, made.hash) != (kept.version, kept.hash) => "is not kept at its last entry",
            Some(made) if made.verified_sites != kept.verified_sites => "is kept with another count of sites",
            Some(_) if changes != Some(&self.replay.encoded_changes()) => {
                "is kept with other changes than the journal has"
            }
            Some(made) if made.body != kept.body => "is kept with another headline than the register gives",
            Some(_) => return,
        };
        self.found.push(Finding::new(format!("day {}", kept.day), problem));
    }

    /// Makes the point of a day again. Its pages are made again at the ends of months and at the newest point, because that takes long.
    fn check_point(
        &mut self,
        connection: &mut Connection,
        kept: &ClosedDay,
        cells: &BTreeMap<i64, Totals>,
    ) -> Result<(), DbError> {
        // The check of the day reports an unknown methodology.
        let Ok(close) = self.replay.point_of(kept.day, &self.activations) else { return Ok(()) };
        let Some(point) = self.points.check(connection, &close)? else { return Ok(()) };
        if (is_last_of_month(kept.day) || self.points.is_last()) && point.cells_version == self.replay.version {
            let settings = PublicSettings { public_url: String::new(), publisher: kept.publisher.clone() };
            let renderer = PageRenderer { make: self.make, settings }.without_host();
            let in_order: &InOrder<'_> = &|| Box::new(in_key_order(cells).filter(|(_, totals)| !totals.is_zero()));
            let mut days = points::days(connection)?;
            days.retain(|(number, _)| *number <= point.number);
            let waiting = WaitingSums::of(self.points.ledger(), &days);
            let close = self.replay.point_close(kept.day, &self.activations)?;
            let pages = renderer.pages_of_point(&PublishedSums::of(close, in_order, waiting));
            self.found.extend(check_pages(connection, kept.day, &pages)?);
        }
        Ok(())
    }

    fn check_release(&mut self, connection: &mut Connection, release: &Release) -> Result<(), DbError> {
        let body = releases::body(connection, release.day)?.unwrap_or_default();
        let sealed = is_sealed(connection, release)?;
        let made = self.made(release.day, &release.publisher);
        let problem = match made {
            None => "was made by a methodology that this program does not know",
            Some(_) if sha256(body.as_bytes()) != release.sha256 => "has another SHA-256 than it says",
            Some(_) if !sealed => "is not what its entry sealed",
            Some(made) if made.version != release.version => "is not of the last entry of its day",
            // Numbers of the old form cannot be made any more. Its bytes, which name its address, are still those that its entry sealed.
            Some(_)
                if release.is_of_old_form() && !body.contains(&format!("\"permalink\":\"{}/", release.public_url)) =>
            {
                "is not of the address it says"
            }
            Some(_) if release.is_of_old_form() => return Ok(()),
            Some(made) if !says_the_same(&body, &made.body) => "has other numbers than the register gives",
            Some(_) => return Ok(()),
        };
        self.found.push(Finding::new(format!("release {}", release.day), problem));
        Ok(())
    }

    /// The findings about days and releases.
    pub fn findings(
        &mut self,
        connection: &mut Connection,
        cells: &BTreeMap<i64, Totals>,
    ) -> Result<Vec<Finding>, DbError> {
        // Ends the kept and released days after the last entry.
        let last = self.kept.last().max(self.releases.keys().last()).copied();
        if let Some(last) = last {
            self.end_days_before(connection, last + Days::new(1), cells)?;
        }
        let before = |day: &NaiveDate| Finding::new(format!("day {day}"), "was before the register began");
        self.found.extend(self.kept.iter().map(before));
        let released: BTreeSet<i64> = releases::all(connection)?.iter().map(|release| release.entry).collect();
        let is_void = |facts: &Value| {
            self.voided_releases.iter().any(|(day, sha256)| {
                facts.get("release") == Some(&json!(day)) && facts.get("sha256") == Some(&json!(hex(sha256)))
            })
        };
        let missing = self.sealed.iter().filter(|(version, facts)| !released.contains(version) && !is_void(facts));
        for version in missing.map(|(version, _)| *version).collect::<Vec<_>>() {
            self.found.push(Finding::new(format!("facts {version}"), "seal a release that is missing"));
        }
        self.found.extend(std::mem::take(&mut self.points).findings(connection)?);
        for void in &self.voided {
            self.found.push(Finding::new(format!("void {}", void.day), "is named by no entry"));
        }
        Ok(std::mem::take(&mut self.found))
    }
}

/// Whether the entry of a release seals it. The entry is younger than the day, so the replay has not come to it yet.
fn is_sealed(connection: &mut Connection, release: &Release) -> Result<bool, DbError> {
    let facts = stored::facts_at(connection, &[release.entry])?;
    let sealed = facts.first().and_then(|(_, text)| serde_json::from_str::<Value>(text).ok());
    Ok(sealed.is_some() && sealed == serde_json::to_value(ReleaseDoc::of(release)).ok())
}

/// Whether a release agrees with the headline that this program makes: byte for byte, or with further members in the
/// new headline, because a later program may tell more. The bytes of the release themselves are sealed.
fn says_the_same(kept: &str, made: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    kept == made || read(kept).zip(read(made)).is_some_and(|(kept, made)| is_within(&kept, &made))
}

fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|other| is_within(value, other)))
        }
        _ => part == whole,
    }
}
