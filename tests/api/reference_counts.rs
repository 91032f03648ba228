//! A naive register: no cells, no journal, no cleverness. It recounts everything from scratch,
//! in the words of the rules, and knows nothing of how the real one does it.

mod headline;

use std::collections::BTreeMap;

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
}

/// One line, as somebody would credit it.
pub struct Line {
    pub measure: MeasureId,
    pub place: Place,
    pub milli: i64,
    pub stage: Stage,
    pub on: Option<NaiveDate>,
    pub ended: Option<NaiveDate>,
}

#[derive(Clone, Default)]
pub struct ReferenceRegister {
    pub sites: Vec<ReferenceSite>,
    /// In the order of registration.
    pub installations: Vec<ReferenceInstallation>,
}

impl ReferenceInstallation {
    fn held(&self) -> Option<(Stage, Option<NaiveDate>)> {
        match self.standing {
            Standing::Pledged => Some((Stage::Pledged, None)),
            Standing::Installed => Some((Stage::Installed, None)),
            Standing::Verified(tier) => Some((Stage::Verified(tier), None)),
            Standing::Ended(None, day) => Some((Stage::Installed, Some(day))),
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
            };
            held.iter().map(line).collect::<Vec<_>>()
        };
        sites.flat_map(at).collect()
    }

    /// Every line at a site that counts for something.
    fn held_at(&self, index: usize) -> Vec<Held> {
        let mut lines = Vec::new();
        for (order, installation) in self.installations.iter().enumerate().filter(|(_, i)| i.site == index) {
            let Some((stage, ended)) = installation.held() else { continue };
            for (measure, milli, inverter) in installation.lines.iter().copied() {
                lines.push(Held { order, measure, milli, inverter, stage, on: installation.on, ended });
            }
        }
        lines
    }

    fn count_site(&self, index: usize, facts: &SiteFacts, cells: &mut BTreeMap<i64, Sums>) {
        for installation in self.installations.iter().filter(|installation| installation.site == index) {
            let Some((stage, ended)) = installation.held() else { continue };
            let (cost, known) = installation.cost.map_or((0, 0), |cost| (cost, 1));
            add(cells, facts, None, (stage, installation.on, ended), [0, 1, 0, 0, 0, 0, cost, known, 0, 0]);
        }
        let lines = self.held_at(index);
        if let Some(standing) = standing_of(&lines) {
            add(cells, facts, None, standing, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
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
            add(cells, facts, Some(line.measure), (line.stage, line.on, ended), sums);
        }
    }
}

type At = (Stage, Option<NaiveDate>, Option<NaiveDate>);

fn add(
    cells: &mut BTreeMap<i64, Sums>,
    facts: &SiteFacts,
    measure: Option<MeasureId>,
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

fn standing_of(lines: &[Held]) -> Option<At> {
    let counted: Vec<Held> = lines.iter().copied().filter(counts).collect();
    let choose = |keep: &dyn Fn(&Held) -> bool| counted.iter().copied().filter(|line| keep(line)).collect::<Vec<_>>();
    let groups = [
        choose(&|l| l.ended.is_none() && l.stage != Stage::Pledged && !before_the_programme(l)),
        choose(&|l| l.ended.is_none() && l.stage == Stage::Pledged),
        choose(&|l| l.ended.is_none() && before_the_programme(l)),
        choose(&|l| l.ended.is_some() && !before_the_programme(l)),
        choose(&|l| l.ended.is_some()),
    ];
    let mut group = groups.into_iter().find(|group| !group.is_empty())?;
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
    for other in lines.iter().filter(|other| group.is_some() && other.measure.exclusive_group() == group) {
        let (Some(mine), Some(theirs)) = (line.on, other.on) else { continue };
        let good_enough = !matches!((line.stage, other.stage), (Stage::Verified(_), Stage::Installed));
        let later = (theirs, other.order, other.measure) > (mine, line.order, line.measure);
        if later && good_enough {
            let day_before = theirs - Days::new(1);
            end = Some(end.map_or(day_before, |end| end.min(day_before)));
        }
    }
    end
}

fn stands_for_its_measure(line: &Held, lines: &[Held]) -> bool {
    let better = |other: &&Held| {
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
