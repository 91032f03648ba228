//! A naive register: no cells, no journal, no cleverness. It recounts everything from scratch,
//! in the words of the rules, and knows nothing of how the real one does it.

mod headline;
mod pace;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use green_homes::db::ledger::CellTotals;
use green_homes::domain::counting::CellDims;
use green_homes::domain::records::{SiteFacts, Stage};
use green_homes::domain::reference::MeasureId;
use green_homes::domain::reference::Place;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{InstallationId, Month};

/// Sums of a cell in the order in which tables write them.
pub type Sums = [i64; 10];

#[derive(Clone, Debug)]
pub struct ReferenceSite {
    pub facts: SiteFacts,
    pub merged_away: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    Pledged,
    Installed,
    Verified(Tier),
    Rejected,
    Withdrawn,
    /// Ended on a day; verified or not before.
    Ended(Option<Tier>, NaiveDate),
}

#[derive(Clone, Debug)]
pub struct ReferenceInstallation {
    pub id: InstallationId,
    pub site: usize,
    pub standing: Standing,
    pub on: Option<NaiveDate>,
    /// Measure, thousandths, inverter watts.
    pub lines: Vec<(MeasureId, i64, i64)>,
    pub cost: Option<i64>,
    /// Whether the attributes were sold.
    pub sold: Option<bool>,
    /// Whether it is set aside, because its partner is suspended and nobody verified it.
    pub aside: bool,
}

/// One line with what it holds.
#[derive(Clone, Copy)]
struct Held {
    /// The place of its installation in the order of registration.
    order: usize,
    measure: MeasureId,
    milli: i64,
    inverter: i64,
    stage: Stage,
    on: Option<NaiveDate>,
    ended: Option<NaiveDate>,
    sold: Option<bool>,
}

/// One line, as somebody would credit it.
pub struct Line {
    pub measure: MeasureId,
    pub place: Place,
    pub milli: i64,
    pub stage: Stage,
    pub on: Option<NaiveDate>,
    pub ended: Option<NaiveDate>,
    pub sold: Option<bool>,
}

#[derive(Clone, Default)]
pub struct ReferenceRegister {
    pub sites: Vec<ReferenceSite>,
    /// In the order of registration.
    pub installations: Vec<ReferenceInstallation>,
}

impl ReferenceInstallation {
    /// Whoever has seen it, or rejected it, need not set it aside.
    pub fn stands(&mut self, standing: Standing) {
        self.standing = standing;
        self.aside &= self.is_unverified();
    }

    /// Whether somebody says so and nobody has seen it.
    pub fn is_unverified(&self) -> bool {
        matches!(self.standing, Standing::Pledged | Standing::Installed | Standing::Ended(None, _))
    }

    fn held(&self) -> Option<(Stage, Option<NaiveDate>)> {
        if self.aside {
            return None;
        }
        match self.standing {
            Standing::Pledged => Some((Stage::Pledged, None)),
            Standing::Installed => Some((Stage::Reported, None)),
            Standing::Verified(tier) => Some((Stage::Verified(tier), None)),
            Standing::Ended(None, day) => Some((Stage::Reported, Some(day))),
            Standing::Ended(Some(tier), day) => Some((Stage::Verified(tier), Some(day))),
            Standing::Rejected | Standing::Withdrawn => None,
        }
    }
}

impl ReferenceRegister {
    /// Every cell, counted from nothing.
    pub fn recount(&self) -> BTreeMap<i64, Sums> {
        let mut cells = BTreeMap::new();
        for (index, site) in self.sites.iter().enumerate().filter(|(_, site)| !site.merged_away) {
            self.count_site(index, &site.facts, &mut cells);
        }
        cells.retain(|_, sums| *sums != [0; 10]);
        cells
    }

    /// Every line that counts for something, with the end of its credit.
    pub fn lines(&self) -> Vec<Line> {
        let sites = self.sites.iter().enumerate().filter(|(_, site)| !site.merged_away);
        let at = |(index, site): (usize, &ReferenceSite)| {
            let (held, place) = (self.held_at(index), site.facts.place);
            let line = |one: &Held| Line {
                measure: one.measure,
                place,
                milli: one.milli,
                stage: one.stage,
                on: one.on,
                ended: end_of_credit(one, &held),
                sold: one.sold,
            };
            held.iter().map(line).collect::<Vec<_>>()
        };
        sites.flat_map(at).collect()
    }

    /// Sites in operation on a day by what is known now, by their word.
    pub fn sites_on(&self, day: NaiveDate) -> BTreeMap<&'static str, i64> {
        let mut sites = BTreeMap::new();
        for (index, _) in self.sites.iter().enumerate().filter(|(_, site)| !site.merged_away) {
            let counted: Vec<Held> = self.held_at(index).into_iter().filter(counts).collect();
            if let Some(stage) = in_operation_on(day, &counted) {
                *sites.entry(stage.as_str()).or_default() += 1;
            }
        }
        sites
    }

    /// Every line at a site that counts for something.
    fn held_at(&self, index: usize) -> Vec<Held> {
        let mut lines = Vec::new();
        for (order, installation) in self.installations.iter().enumerate().filter(|(_, i)| i.site == index) {
            let Some((stage, ended)) = installation.held() else { continue };
            for (measure, milli, inverter) in installation.lines.iter().copied() {
                lines.push(Held {
                    order,
                    measure,
                    milli,
                    inverter,
                    stage,
                    on: installation.on,
                    ended,
                    sold: installation.sold,
                });
            }
        }
        lines
    }

    fn count_site(&self, index: usize, facts: &SiteFacts, cells: &mut BTreeMap<i64, Sums>) {
        for installation in self.installations.iter().filter(|installation| installation.site == index) {
            let Some((stage, ended)) = installation.held() else { continue };
            let (cost, known) = installation.cost.map_or((0, 0), |cost| (cost, 1));
            add(
                cells,
                facts,
                (None, installation.sold),
                (stage, installation.on, ended),
                [0, 1, 0, 0, 0, 0, cost, known, 0, 0],
            );
        }
        let lines = self.held_at(index);
        for standing in standings_of(&lines) {
            add(cells, facts, (None, None), standing, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        for line in &lines {
            let ended = end_of_credit(line, &lines);
            let days = line.on.map_or(0, days_left);
            let end_day = ended.map_or(0, |day| i64::from(day.day()));
            let sums = [
                i64::from(stands_for_its_measure(line, &lines)),
                0,
                line.milli,
                line.milli * days,
                line.milli * end_day,
                line.inverter,
                0,
                0,
                0,
                0,
            ];
            add(cells, facts, (Some(line.measure), line.sold), (line.stage, line.on, ended), sums);
        }
    }
}

type At = (Stage, Option<NaiveDate>, Option<NaiveDate>);

fn add(
    cells: &mut BTreeMap<i64, Sums>,
    facts: &SiteFacts,
    (measure, attributes_sold): (Option<MeasureId>, Option<bool>),
    (stage, on, ended): At,
    sums: Sums,
) {
    let dims = CellDims {
        measure,
        province: facts.place.province(),
        kind: facts.kind,
        stage,
        installed: on.map(Month::of),
        ended: ended.map(Month::of),
        former: facts.place.former(),
        flags: facts.flags,
        attributes_sold,
    };
    let cell = cells.entry(dims.key().to_stored()).or_insert([0; 10]);
    for (sum, more) in cell.iter_mut().zip(sums) {
        *sum += more;
    }
}

fn days_left(day: NaiveDate) -> i64 {
    (0..31).filter(|n| (day + Days::new(*n)).month() == day.month()).count().try_into().unwrap()
}

fn counts(line: &Held) -> bool {
    matches!(line.measure.measure().role.as_str(), "core" | "pilot_included")
}

fn before_the_programme(line: &Held) -> bool {
    before(line.on)
}

fn before(on: Option<NaiveDate>) -> bool {
    on.is_some_and(|day| day < NaiveDate::from_ymd_opt(2019, 9, 1).unwrap())
}

/// The best stage of the lines within the programme that operate on a day; on its last day a line no longer does.
fn in_operation_on(day: NaiveDate, counted: &[Held]) -> Option<Stage> {
    let operates = |l: &&Held| l.on.is_some_and(|on| on <= day) && l.ended.is_none_or(|ended| ended > day);
    counted.iter().filter(operates).filter(|l| !before_the_programme(l)).map(|l| l.stage).max()
}

/// Every standing of a site: each span of days with one word for it, and where no span is open a pledge or what is older than the
/// programme.
fn standings_of(lines: &[Held]) -> Vec<At> {
    let counted: Vec<Held> = lines.iter().copied().filter(counts).collect();
    let choose = |keep: &dyn Fn(&Held) -> bool| counted.iter().copied().filter(|line| keep(line)).collect::<Vec<_>>();
    let within = choose(&|l| l.stage != Stage::Pledged && !before_the_programme(l));
    let days: BTreeSet<NaiveDate> = within.iter().flat_map(|l| [l.on, l.ended]).flatten().collect();
    let days: Vec<_> = days.into_iter().map(|day| (day, in_operation_on(day, &within))).collect();
    let word = |stage: Option<Stage>| stage.map(Stage::as_str);
    let spans: Vec<_> = days.chunk_by(|(_, a), (_, b)| word(*a) == word(*b)).collect();
    let ends = spans.iter().skip(1).map(|span| Some(span[0].0)).chain([None]);
    let mut standings: Vec<At> = spans
        .iter()
        .zip(ends)
        .filter_map(|(span, end)| Some((span.iter().filter_map(|(_, stage)| *stage).max()?, Some(span[0].0), end)))
        .collect();
    let (pledged, old) = (choose(&|l| l.stage == Stage::Pledged), choose(&before_the_programme));
    let old_and_open = choose(&|l| before_the_programme(l) && l.ended.is_none());
    if standings.iter().any(|(_, _, ended)| ended.is_none()) {
        return standings;
    } else if !pledged.is_empty() {
        standings.push((Stage::Pledged, None, None));
    } else if !old_and_open.is_empty() {
        standings.extend(at_its_best(old_and_open));
    } else if standings.is_empty() {
        standings.extend(at_its_best(old));
    }
    standings
}

/// Of the lines that ended last: the best stage, and the first day of a line with that word.
fn at_its_best(mut group: Vec<Held>) -> Option<At> {
    let ended = group.iter().filter_map(|line| line.ended).max();
    group.retain(|line| line.ended == ended);
    let best = group.iter().map(|line| line.stage).max()?;
    let word = best.as_str();
    let first = group.iter().filter(|line| line.stage.as_str() == word).filter_map(|line| line.on).min();
    Some((best, first, ended))
}

fn end_of_credit(line: &Held, lines: &[Held]) -> Option<NaiveDate> {
    let mut end = line.ended;
    let group = line.measure.exclusive_group();
    let rival =
        |other: &&Held| group.is_some() && other.measure.exclusive_group() == group && other.measure != line.measure;
    for other in lines.iter().filter(rival) {
        let (Some(mine), Some(theirs)) = (line.on, other.on) else { continue };
        let good_enough = !matches!((line.stage, other.stage), (Stage::Verified(_), Stage::Reported));
        let later = (theirs, other.order, other.measure) > (mine, line.order, line.measure);
        if later && good_enough {
            let day_before = theirs - Days::new(1);
            end = Some(end.map_or(day_before, |end| end.min(day_before)));
        }
    }
    end
}

fn stands_for_its_measure(line: &Held, lines: &[Held]) -> bool {
    let left_out = |l: &Held| before_the_programme(l) || end_of_credit(l, lines) != l.ended;
    let better = |other: &&Held| {
        match (left_out(line), left_out(other)) {
            (true, false) => return true,
            (false, true) => return false,
            _ => {}
        }
        let open = (line.ended.is_some(), other.ended.is_some());
        match open {
            (true, false) => return true,
            (false, true) => return false,
            _ => {}
        }
        if other.stage != line.stage {
            return other.stage > line.stage;
        }
        (other.on, other.order) < (line.on, line.order)
    };
    !lines.iter().filter(|other| other.measure == line.measure).any(|other| better(&other))
}

/// Postings added up cell by cell.
pub fn summed(postings: impl Iterator<Item = CellTotals>) -> BTreeMap<i64, Sums> {
    let mut cells: BTreeMap<i64, Sums> = BTreeMap::new();
    for (cell, totals) in postings {
        let sums = cells.entry(cell.to_stored()).or_insert([0; 10]);
        for (sum, more) in sums.iter_mut().zip(totals.to_array()) {
            *sum += more;
        }
    }
    cells.retain(|_, sums| *sums != [0; 10]);
    cells
}
