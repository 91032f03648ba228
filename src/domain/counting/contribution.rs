//! What one site counts for. Every change of any kind is posted as
//! `contribution(after) - contribution(before)`, so this one pure function decides every number.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::records::{CreditedSpan, Installation, MeasureLine, Site, SiteRecord, Stage};
use crate::domain::reference::target;
use crate::domain::values::{InstallationId, Month, day_before, days_left_in_month};

use super::cell_key::{CellDims, CellKey};
use super::cell_totals::Totals;

/// The number of this way of counting. A change of it posts its differences under the cause
/// `definition`; the past is never rewritten.
pub const CONTRIBUTION_NO: i32 = 1;

/// What a site counts for, cell by cell; no cell is all zero.
pub type Contribution = BTreeMap<CellKey, Totals>;

/// What `record` counts for: nothing once it was merged into another site, and never by a
/// sandbox partner's installations.
#[must_use]
pub fn contribution(record: &SiteRecord) -> Contribution {
    let mut cells = Contribution::new();
    let held: Vec<(&Installation, CreditedSpan)> = record
        .installations
        .iter()
        .filter(|installation| !installation.sandbox)
        .filter_map(|installation| Some((installation, installation.state.credited()?)))
        .collect();
    if record.site.superseded_by.is_some() || held.is_empty() {
        return cells;
    }
    let lines = lines_of(&held);
    add_site_row(&mut cells, &record.site, &lines);
    for (installation, held) in &held {
        add_installation_row(&mut cells, &record.site, installation, *held);
    }
    for line in &lines {
        add_measure_row(&mut cells, &record.site, line, &lines);
    }
    cells
}

/// One measure line of a site, with what of it is credited.
#[derive(Clone, Copy, Debug)]
pub struct Credit<'a> {
    /// Of which installation.
    pub installation: &'a Installation,
    /// The line.
    pub line: &'a MeasureLine,
    /// At which stage.
    pub stage: Stage,
    /// Since when; never while pledged.
    pub installed_on: Option<NaiveDate>,
    /// The last credited day, if it ended or a later measure of its group took its place.
    pub ended_on: Option<NaiveDate>,
    /// Whether it is older than the programme: kept, and not counted.
    pub is_pre_programme: bool,
}

/// Every measure line of a site, as it is credited.
#[must_use]
pub fn credits<'a>(record: &'a SiteRecord) -> Vec<Credit<'a>> {
    let held: Vec<(&'a Installation, CreditedSpan)> =
        record.installations.iter().filter_map(|one| Some((one, one.state.credited()?))).collect();
    let lines = lines_of(&held);
    let credit = |line: &Line<'a>| Credit {
        installation: line.installation,
        line: line.of,
        stage: line.held.stage,
        installed_on: line.held.installed_on,
        ended_on: credit_end(line, &lines),
        is_pre_programme: line.is_pre_programme(),
    };
    lines.iter().map(credit).collect()
}

/// `after - before`: what a change adds to and takes from each cell.
#[must_use]
pub fn difference(after: &Contribution, before: &Contribution) -> Contribution {
    let mut cells = after.clone();
    for (key, totals) in before {
        add(&mut cells, *key, totals.negated());
    }
    cells
}

/// Adds `other` to `cells`, cell by cell.
pub fn add_all(cells: &mut Contribution, other: &Contribution) {
    for (key, totals) in other {
        add(cells, *key, *totals);
    }
}

fn add(cells: &mut Contribution, key: CellKey, totals: Totals) {
    let sum = cells.get(&key).copied().unwrap_or_default().wrapping_add(totals);
    if sum.is_zero() {
        cells.remove(&key);
    } else {
        cells.insert(key, sum);
    }
}

/// One measure of one installation, with what it holds.
struct Line<'a> {
    installation: &'a Installation,
    of: &'a MeasureLine,
    held: CreditedSpan,
}

impl Line<'_> {
    fn is_pre_programme(&self) -> bool {
        self.held.installed_on.is_some_and(|day| day < target().counted_from)
    }

    /// Order of registration, for ties on one day.
    fn order(&self) -> (i64, InstallationId) {
        (self.installation.registered_version, self.installation.id)
    }
}

fn lines_of<'a>(held: &[(&'a Installation, CreditedSpan)]) -> Vec<Line<'a>> {
    held.iter()
        .flat_map(|(installation, held)| {
            let lines = installation.measures.as_slice().iter();
            lines.map(|line| Line { installation, of: line, held: *held })
        })
        .collect()
}

/// (a) The row that counts the site: its best stage among counted measures.
fn add_site_row(cells: &mut Contribution, site: &Site, lines: &[Line<'_>]) {
    let counted: Vec<&Line<'_>> = lines.iter().filter(|line| line.of.counts_for_site()).collect();
    let Some(best) = best_standing(&counted) else { return };
    let key = CellDims { measure: None, ..dims(site, best.stage, best.installed_on, best.ended_on) }.key();
    add(cells, key, Totals { sites: 1, ..Totals::default() });
}

/// The site's standing, by the first of these that has a line: in operation within the
/// programme, pledged, in operation since before the programme, ended within, ended before.
fn best_standing(counted: &[&Line<'_>]) -> Option<CreditedSpan> {
    let standing = |line: &&&Line<'_>| match (line.held.ended_on, line.held.stage, line.is_pre_programme()) {
        (None, Stage::Pledged, _) => 1,
        (None, _, false) => 0,
        (None, _, true) => 2,
        (Some(_), _, false) => 3,
        (Some(_), _, true) => 4,
    };
    let first = counted.iter().map(|line| standing(&line)).min()?;
    let mut group: Vec<&&Line<'_>> = counted.iter().filter(|line| standing(line) == first).collect();
    let last_end = group.iter().filter_map(|line| line.held.ended_on).max();
    group.retain(|line| line.held.ended_on == last_end);
    let stage = group.iter().map(|line| line.held.stage).max()?;
    let installed_on = group
        .iter()
        .filter(|line| line.held.stage.rank() == stage.rank())
        .filter_map(|line| line.held.installed_on)
        .min();
    Some(CreditedSpan { stage, installed_on, ended_on: last_end })
}

/// (b) The row that counts the installation and its money.
fn add_installation_row(cells: &mut Contribution, site: &Site, installation: &Installation, held: CreditedSpan) {
    let terms = &installation.terms;
    let totals = Totals {
        installations: 1,
        cost_vnd: terms.cost.map_or(0, crate::domain::values::Vnd::vnd),
        cost_known: i64::from(terms.cost.is_some()),
        support_vnd: terms.support.map_or(0, crate::domain::values::Vnd::vnd),
        support_known: i64::from(terms.support.is_some()),
        ..Totals::default()
    };
    add(cells, dims(site, held.stage, held.installed_on, held.ended_on).key(), totals);
}

/// (c) The row that adds up one measure line.
fn add_measure_row(cells: &mut Contribution, site: &Site, line: &Line<'_>, lines: &[Line<'_>]) {
    let ended_on = credit_end(line, lines);
    let quantity = line.of.quantity.milli();
    let totals = Totals {
        sites: i64::from(is_first_of_its_measure(line, lines)),
        quantity,
        quantity_days: line.held.installed_on.map_or(0, |day| quantity * days_left_in_month(day)),
        quantity_end_days: ended_on.map_or(0, |day| quantity * i64::from(chrono::Datelike::day(&day))),
        inverter_w: line.of.inverter_w.map_or(0, crate::domain::values::Quantity::milli),
        ..Totals::default()
    };
    let measure = Some(line.of.measure);
    let key = CellDims { measure, ..dims(site, line.held.stage, line.held.installed_on, ended_on) }.key();
    add(cells, key, totals);
}

fn dims(site: &Site, stage: Stage, installed_on: Option<NaiveDate>, ended_on: Option<NaiveDate>) -> CellDims {
    CellDims {
        measure: None,
        province: site.facts.place.province(),
        kind: site.facts.kind,
        stage,
        installed: installed_on.map(Month::of),
        ended: ended_on.map(Month::of),
        former: site.facts.place.former(),
        flags: site.facts.flags,
    }
}

/// The last credited day of a line: its own end, or the day before a later measure of the same
/// exclusive group at the same or a better stage was installed, whichever comes first.
fn credit_end(line: &Line<'_>, lines: &[Line<'_>]) -> Option<NaiveDate> {
    let displaced = lines.iter().filter(|other| displaces(other, line)).filter_map(|other| other.held.installed_on);
    displaced.map(day_before).chain(line.held.ended_on).min()
}

fn displaces(later: &Line<'_>, earlier: &Line<'_>) -> bool {
    let group = |line: &Line<'_>| line.of.measure.exclusive_group();
    if group(earlier).is_none() || group(later) != group(earlier) {
        return false;
    }
    let comes_after = match (later.held.installed_on, earlier.held.installed_on) {
        (Some(later_on), Some(earlier_on)) => {
            (later_on, later.order(), later.of.measure) > (earlier_on, earlier.order(), earlier.of.measure)
        }
        _ => false,
    };
    comes_after && later.held.stage.rank() >= earlier.held.stage.rank()
}

/// Whether this line stands for its measure at the site: among lines of the same measure, those
/// in operation come first, then the better stage, then the earlier day, then the earlier entry.
fn is_first_of_its_measure(line: &Line<'_>, lines: &[Line<'_>]) -> bool {
    let place =
        |l: &Line<'_>| (l.held.ended_on.is_some(), std::cmp::Reverse(l.held.stage), l.held.installed_on, l.order());
    let same = |other: &&Line<'_>| other.of.measure == line.of.measure;
    lines.iter().filter(same).map(&place).min() == Some(place(line))
}

#[cfg(test)]
#[path = "contribution_tests.rs"]
mod tests;
