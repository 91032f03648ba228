//! The contribution of one site to the cells. Every change posts `contribution(after) - contribution(before)`, so this
//! pure function decides every number.
//!
//! A site makes one row that counts the site. Each installation makes a row with its money, each measure line a row with its
//! quantity. Each row goes into the cell of its dimensions.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::records::{CreditedSpan, Installation, MeasureLine, Site, SiteRecord, Stage};
use crate::domain::reference::target;
use crate::domain::values::{InstallationId, Month, Quantity, Vnd, day_before, days_left_in_month};

use super::cell_key::{CellDims, CellKey};
use super::cell_totals::Totals;

/// The number of this definition of a contribution. A changed definition gets the next number, and posts its
/// differences under the cause `definition`. The past is never rewritten.
pub const CONTRIBUTION_NO: i32 = 1;

/// The totals that a site adds to each cell. No totals are all zero.
pub type Contribution = BTreeMap<CellKey, Totals>;

/// The contribution of a site. A site that was merged into another one contributes nothing, and so do the installations of a
/// sandbox partner.
#[must_use]
pub fn contribution(record: &SiteRecord) -> Contribution {
    let mut cells = Contribution::new();
    let credited: Vec<(&Installation, CreditedSpan)> = record
        .installations
        .iter()
        .filter(|installation| !installation.sandbox)
        .filter_map(|installation| Some((installation, installation.state.credited()?)))
        .collect();
    if record.site.superseded_by.is_some() || credited.is_empty() {
        return cells;
    }
    let lines = lines_of(&credited);
    add_site_row(&mut cells, &record.site, &lines);
    for (installation, span) in &credited {
        add_installation_row(&mut cells, &record.site, installation, *span);
    }
    for line in &lines {
        add_measure_row(&mut cells, &record.site, line, &lines);
    }
    cells
}

/// A measure line of a site and the span for which it is credited.
#[derive(Clone, Copy, Debug)]
pub struct Credit<'a> {
    pub installation: &'a Installation,
    pub line: &'a MeasureLine,
    pub stage: Stage,
    /// The first credited day; `None` while pledged.
    pub installed_on: Option<NaiveDate>,
    /// The last credited day, if the line ended or a later measure of its exclusive group took its place.
    pub ended_on: Option<NaiveDate>,
    /// Whether the line is older than the programme. Such lines are kept, but not counted.
    pub is_pre_programme: bool,
}

/// Every measure line of a site that is not rejected or withdrawn, sandbox lines too.
#[must_use]
pub fn credits<'a>(record: &'a SiteRecord) -> Vec<Credit<'a>> {
    let credited: Vec<(&'a Installation, CreditedSpan)> =
        record.installations.iter().filter_map(|one| Some((one, one.state.credited()?))).collect();
    let lines = lines_of(&credited);
    let credit = |line: &Line<'a>| Credit {
        installation: line.installation,
        line: line.of,
        stage: line.span.stage,
        installed_on: line.span.installed_on,
        ended_on: credit_end(line, &lines),
        is_pre_programme: line.is_pre_programme(),
    };
    lines.iter().map(credit).collect()
}

/// `after - before`: the postings of a change.
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

/// A measure line, the installation of the line and its span.
struct Line<'a> {
    installation: &'a Installation,
    of: &'a MeasureLine,
    span: CreditedSpan,
}

impl Line<'_> {
    fn is_pre_programme(&self) -> bool {
        self.span.installed_on.is_some_and(|day| day < target().counted_from)
    }

    /// The order of registration, which decides between lines of one day.
    fn order(&self) -> (i64, InstallationId) {
        (self.installation.registered_version, self.installation.id)
    }
}

fn lines_of<'a>(credited: &[(&'a Installation, CreditedSpan)]) -> Vec<Line<'a>> {
    credited
        .iter()
        .flat_map(|(installation, span)| {
            let lines = installation.measures.as_slice().iter();
            lines.map(|line| Line { installation, of: line, span: *span })
        })
        .collect()
}

/// Adds the row that counts the site, at its best standing among the measures that make a site count.
fn add_site_row(cells: &mut Contribution, site: &Site, lines: &[Line<'_>]) {
    let counted: Vec<&Line<'_>> = lines.iter().filter(|line| line.of.counts_for_site()).collect();
    let Some(best) = best_standing(&counted) else { return };
    let key = CellDims { measure: None, ..dims(site, best.stage, best.installed_on, best.ended_on) }.key();
    add(cells, key, Totals { sites: 1, ..Totals::default() });
}

/// The stage and the months under which a site counts once, however many lines it has.
///
/// Lines are ranked: in operation within the programme (0), pledged (1), in operation since before the programme (2), ended
/// within the programme (3), ended before (4). The best rank that has a line decides alone. Among its lines the best stage
/// counts, and the earliest day of installation of a line with that stage (whatever the tier). Among ended lines only those
/// that ended last take part.
///
/// ```text
/// roof      verified by documents, installed 2021-03-10                  rank 0
/// heater    verified by inspection, installed 2022-07-01                 rank 0
/// lamps     reported, installed 2020-05-20                               rank 0
/// stove     pledged                                                      rank 1, takes no part
///
/// the site counts as verified by inspection (the best stage), installed in March 2021 (the roof: the earliest verified line)
/// ```
fn best_standing(counted: &[&Line<'_>]) -> Option<CreditedSpan> {
    let rank = |line: &&&Line<'_>| match (line.span.ended_on, line.span.stage, line.is_pre_programme()) {
        (None, Stage::Pledged, _) => 1,
        (None, _, false) => 0,
        (None, _, true) => 2,
        (Some(_), _, false) => 3,
        (Some(_), _, true) => 4,
    };
    let first = counted.iter().map(|line| rank(&line)).min()?;
    let mut group: Vec<&&Line<'_>> = counted.iter().filter(|line| rank(line) == first).collect();
    let last_end = group.iter().filter_map(|line| line.span.ended_on).max();
    group.retain(|line| line.span.ended_on == last_end);
    let stage = group.iter().map(|line| line.span.stage).max()?;
    let installed_on = group
        .iter()
        .filter(|line| line.span.stage.rank() == stage.rank())
        .filter_map(|line| line.span.installed_on)
        .min();
    Some(CreditedSpan { stage, installed_on, ended_on: last_end })
}

/// Adds the row that counts an installation and its money.
fn add_installation_row(cells: &mut Contribution, site: &Site, installation: &Installation, span: CreditedSpan) {
    let terms = &installation.terms;
    let totals = Totals {
        installations: 1,
        cost_vnd: terms.cost.map_or(0, Vnd::vnd),
        cost_known: i64::from(terms.cost.is_some()),
        support_vnd: terms.support.map_or(0, Vnd::vnd),
        support_known: i64::from(terms.support.is_some()),
        ..Totals::default()
    };
    add(cells, dims(site, span.stage, span.installed_on, span.ended_on).key(), totals);
}

/// Adds the row of one measure line.
fn add_measure_row(cells: &mut Contribution, site: &Site, line: &Line<'_>, lines: &[Line<'_>]) {
    let ended_on = credit_end(line, lines);
    let quantity = line.of.quantity.milli();
    let totals = Totals {
        sites: i64::from(is_first_of_its_measure(line, lines)),
        quantity,
        quantity_days: line.span.installed_on.map_or(0, |day| quantity * days_left_in_month(day)),
        quantity_end_days: ended_on.map_or(0, |day| quantity * i64::from(day.day())),
        inverter_w: line.of.inverter_w.map_or(0, Quantity::milli),
        ..Totals::default()
    };
    let measure = Some(line.of.measure);
    let key = CellDims { measure, ..dims(site, line.span.stage, line.span.installed_on, ended_on) }.key();
    add(cells, key, totals);
}

/// The dimensions of a row without a measure.
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

/// The last credited day of a line: its own end, or the day before a later measure of its exclusive group took its place,
/// whichever comes first.
fn credit_end(line: &Line<'_>, lines: &[Line<'_>]) -> Option<NaiveDate> {
    let displaced = lines.iter().filter(|other| displaces(other, line)).filter_map(|other| other.span.installed_on);
    displaced.map(day_before).chain(line.span.ended_on).min()
}

/// Whether a line takes the place of an earlier one: it is of the same exclusive group, was installed later, and its stage is
/// the same or better.
fn displaces(later: &Line<'_>, earlier: &Line<'_>) -> bool {
    let group = |line: &Line<'_>| line.of.measure.exclusive_group();
    if group(earlier).is_none() || group(later) != group(earlier) {
        return false;
    }
    let comes_after = match (later.span.installed_on, earlier.span.installed_on) {
        (Some(later_on), Some(earlier_on)) => {
            (later_on, later.order(), later.of.measure) > (earlier_on, earlier.order(), earlier.of.measure)
        }
        _ => false,
    };
    comes_after && later.span.stage.rank() >= earlier.span.stage.rank()
}

/// Whether this line counts the site for its measure. Among lines of one measure, a line in operation comes first, then the
/// better stage, the earlier day, the earlier registration.
fn is_first_of_its_measure(line: &Line<'_>, lines: &[Line<'_>]) -> bool {
    let place =
        |l: &Line<'_>| (l.span.ended_on.is_some(), std::cmp::Reverse(l.span.stage), l.span.installed_on, l.order());
    let same = |other: &&Line<'_>| other.of.measure == line.of.measure;
    lines.iter().filter(same).map(&place).min() == Some(place(line))
}

#[cfg(test)]
#[path = "contribution_tests.rs"]
mod tests;
