//! The contribution of one site to the cells. Every change posts `contribution(after) - contribution(before)`, so this
//! pure function decides every number.
//!
//! A site makes a row for each time it was in operation. Each installation makes a row with its money, each measure line a row
//! with its quantity. Each row goes into the cell of its dimensions.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::domain::records::{CreditedSpan, GroupMember, Installation, MeasureLine, Site, SiteRecord, Stage};
use crate::domain::reference::target;
use crate::domain::values::{InstallationId, Month, Quantity, Vnd, day_before, days_left_in_month};

use super::cell_key::{CellDims, CellKey};
use super::cell_totals::Totals;

/// The number of this definition of a contribution. A changed definition gets the next number, and posts its
/// differences under the cause `definition`. The past is never rewritten. Whoever raises it must first let each site that waits for
/// company be counted by an entry of its own (docs/internals/disclosure.md, "What the rules do not hold yet").
pub const CONTRIBUTION_NO: i32 = 3;

/// The totals that a site adds to each cell. No totals are all zero.
pub type Contribution = BTreeMap<CellKey, Totals>;

/// The contribution of a site. A site that was merged into another one contributes nothing, and so do the installations of a
/// sandbox partner, and those that are set aside. The latter came after the number of this definition: no record before had the mark.
#[must_use]
pub fn contribution(record: &SiteRecord) -> Contribution {
    let mut cells = Contribution::new();
    let credited: Vec<(&Installation, CreditedSpan)> = record
        .installations
        .iter()
        .filter(|installation| !installation.sandbox && !installation.set_aside)
        .filter_map(|installation| Some((installation, installation.state.credited()?)))
        .collect();
    if record.site.superseded_by.is_some() || credited.is_empty() {
        return cells;
    }
    let lines = lines_of(&credited);
    add_site_rows(&mut cells, &record.site, &lines);
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

/// Every measure line of a site that is not rejected or withdrawn, sandbox lines too, as the installation `of` is counted beside the
/// others: what is set aside takes no place of what counts.
#[must_use]
pub fn credits<'a>(record: &'a SiteRecord, of: InstallationId) -> Vec<Credit<'a>> {
    let stand = record.installations.iter().filter(|one| one.id == of || !one.set_aside);
    let credited: Vec<(&'a Installation, CreditedSpan)> =
        stand.filter_map(|one| Some((one, one.state.credited()?))).collect();
    let lines = lines_of(&credited);
    let credit = |line: &Line<'a>| Credit {
        installation: line.installation,
        line: line.of,
        stage: line.span.stage,
        installed_on: line.span.installed_on,
        ended_on: line.credit_end,
        is_pre_programme: line.is_pre_programme(),
    };
    lines.iter().map(credit).collect()
}

/// `after - before`: the postings of a change.
#[must_use]
pub fn difference(after: &Contribution, before: &Contribution) -> Contribution {
    let mut cells = after.clone();
    for (key, totals) in before {
        add_to_cell(&mut cells, *key, totals.negated());
    }
    cells
}

/// Adds `other` to `cells`, cell by cell.
pub fn add_all(cells: &mut Contribution, other: &Contribution) {
    for (key, totals) in other {
        add_to_cell(cells, *key, *totals);
    }
}

/// Adds totals to one cell.
pub fn add_to_cell(cells: &mut Contribution, key: CellKey, totals: Totals) {
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
    /// The last credited day, if there is one.
    credit_end: Option<NaiveDate>,
}

impl Line<'_> {
    fn is_pre_programme(&self) -> bool {
        self.span.installed_on.is_some_and(|day| day < target().counted_from)
    }

    /// Whether the line is in operation on a day. On the day of its end it no longer is.
    fn operates_on(&self, day: NaiveDate) -> bool {
        self.span.installed_on.is_some_and(|on| on <= day) && self.span.ended_on.is_none_or(|ended| day < ended)
    }

    fn member(&self) -> GroupMember {
        GroupMember::of(self.installation, self.of, self.span)
    }
}

fn lines_of<'a>(credited: &[(&'a Installation, CreditedSpan)]) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = credited
        .iter()
        .flat_map(|(installation, span)| {
            let lines = installation.measures.as_slice().iter();
            lines.map(|line| Line { installation, of: line, span: *span, credit_end: span.ended_on })
        })
        .collect();
    // Once for each line, because a site may have two thousand lines.
    let ends: Vec<_> = lines.iter().map(|line| credit_end(line, &lines)).collect();
    for (line, end) in lines.iter_mut().zip(ends) {
        line.credit_end = end;
    }
    lines
}

/// Adds the rows that count the site, from the lines of measures that make a site count.
fn add_site_rows(cells: &mut Contribution, site: &Site, lines: &[Line<'_>]) {
    let counted: Vec<&Line<'_>> = lines.iter().filter(|line| line.of.counts_for_site()).collect();
    let mut spans = runs(&counted);
    if spans.last().is_none_or(|last| last.ended_on.is_some()) {
        spans.extend(span_beside_runs(&counted, !spans.is_empty()));
    }
    for span in spans {
        add_to_cell(
            cells,
            dims(site, span.stage, span.installed_on, span.ended_on).key(),
            Totals { sites: 1, ..Totals::default() },
        );
    }
}

/// The runs of a site within the programme: each longest span of days on which the best line in operation is of the same rank
/// (reported, verified). A run has the best evidence of its lines. The last run is open while a line operates. Runs follow each
/// other, so that on any day at most one run counts the site.
///
/// ```text
/// lamps     reported, installed 2020-05-20
/// roof      verified by documents, installed 2021-03-10, decommissioned 2023-06-01
/// heater    verified by inspection, installed 2022-07-01, decommissioned 2024-02-01
///
/// reported                   2020-05-20 to 2021-03-10
/// verified by inspection     2021-03-10 to 2024-02-01
/// reported                   2024-02-01, open: the lamps alone
/// ```
fn runs(counted: &[&Line<'_>]) -> Vec<CreditedSpan> {
    let lines: Vec<&&Line<'_>> = counted.iter().filter(|line| !line.is_pre_programme()).collect();
    let mut turns: Vec<NaiveDate> =
        lines.iter().flat_map(|line| [line.span.installed_on, line.span.ended_on]).flatten().collect();
    turns.sort_unstable();
    turns.dedup();
    let mut runs: Vec<CreditedSpan> = Vec::new();
    for day in turns {
        let best = lines.iter().filter(|line| line.operates_on(day)).map(|line| line.span.stage).max();
        match (runs.last_mut().filter(|run| run.ended_on.is_none()), best) {
            (Some(run), Some(stage)) if run.stage.rank() == stage.rank() => run.stage = run.stage.max(stage),
            (open, best) => {
                if let Some(run) = open {
                    run.ended_on = Some(day);
                }
                runs.extend(best.map(|stage| CreditedSpan { stage, installed_on: Some(day), ended_on: None }));
            }
        }
    }
    runs
}

/// The span of a site that has no open run: pledged; else in operation since before the programme, from the earliest day of the
/// lines of the best rank; else, of a site without a run, ended before the programme.
fn span_beside_runs(counted: &[&Line<'_>], has_run: bool) -> Option<CreditedSpan> {
    if counted.iter().any(|line| line.span.stage == Stage::Pledged) {
        return Some(CreditedSpan { stage: Stage::Pledged, installed_on: None, ended_on: None });
    }
    let mut old: Vec<&&Line<'_>> = counted.iter().filter(|line| line.is_pre_programme()).collect();
    let is_open = old.iter().any(|line| line.span.ended_on.is_none());
    if has_run && !is_open {
        return None;
    }
    let ended_on = if is_open { None } else { old.iter().filter_map(|line| line.span.ended_on).max() };
    old.retain(|line| line.span.ended_on == ended_on);
    let stage = old.iter().map(|line| line.span.stage).max()?;
    let of_best_rank = old.iter().filter(|line| line.span.stage.rank() == stage.rank());
    Some(CreditedSpan { stage, installed_on: of_best_rank.filter_map(|line| line.span.installed_on).min(), ended_on })
}

/// Adds the row that counts an installation and its money.
fn add_installation_row(cells: &mut Contribution, site: &Site, installation: &Installation, span: CreditedSpan) {
    let terms = &installation.terms;
    let dims = CellDims {
        attributes_sold: terms.sold_attributes(),
        ..dims(site, span.stage, span.installed_on, span.ended_on)
    };
    let totals = Totals {
        installations: 1,
        cost_vnd: terms.cost.map_or(0, Vnd::vnd),
        cost_known: i64::from(terms.cost.is_some()),
        support_vnd: terms.support.map_or(0, Vnd::vnd),
        support_known: i64::from(terms.support.is_some()),
        ..Totals::default()
    };
    add_to_cell(cells, dims.key(), totals);
}

/// Adds the row of one measure line.
fn add_measure_row(cells: &mut Contribution, site: &Site, line: &Line<'_>, lines: &[Line<'_>]) {
    let ended_on = line.credit_end;
    let quantity = line.of.quantity.milli();
    let totals = Totals {
        sites: i64::from(is_first_of_its_measure(line, lines)),
        quantity,
        quantity_days: line.span.installed_on.map_or(0, |day| quantity * days_left_in_month(day)),
        quantity_end_days: ended_on.map_or(0, |day| quantity * i64::from(day.day())),
        inverter_w: line.of.inverter_w.map_or(0, Quantity::milli),
        ..Totals::default()
    };
    let dims = CellDims {
        measure: Some(line.of.measure),
        attributes_sold: line.installation.terms.sold_attributes(),
        ..dims(site, line.span.stage, line.span.installed_on, ended_on)
    };
    add_to_cell(cells, dims.key(), totals);
}

/// The dimensions of a row that counts the site.
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
        attributes_sold: None,
    }
}

/// The last credited day of a line: its own end, or the day before a later measure of its exclusive group took its place,
/// whichever comes first.
fn credit_end(line: &Line<'_>, lines: &[Line<'_>]) -> Option<NaiveDate> {
    let displacing = lines.iter().filter(|other| other.member().displaces(&line.member()));
    let displaced = displacing.filter_map(|other| other.span.installed_on);
    displaced.map(day_before).chain(line.span.ended_on).min()
}

/// Whether this line counts the site for its measure. Among lines of one measure, a line within the programme whose place no other
/// measure took comes first, then a line in operation, the better stage, the earlier day, the earlier registration.
fn is_first_of_its_measure(line: &Line<'_>, lines: &[Line<'_>]) -> bool {
    let place = |l: &Line<'_>| {
        let is_left_out = l.is_pre_programme() || l.credit_end != l.span.ended_on;
        (
            is_left_out,
            l.span.ended_on.is_some(),
            std::cmp::Reverse(l.span.stage),
            l.span.installed_on,
            l.member().registered,
        )
    };
    let same = |other: &&Line<'_>| other.of.measure == line.of.measure;
    lines.iter().filter(same).map(&place).min() == Some(place(line))
}

#[cfg(test)]
#[path = "contribution_tests.rs"]
mod tests;
