//! What a publication point shows, as sums: all cells at its version less what waits.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::counting::{CellKey, CellTable, NationalKey, NationalSums, People, Progress, Totals};
use crate::domain::disclosure::{GroupState, Ledger, Partition, PointNumber};
use crate::domain::figures::{Estimator, Methodology, NationalOutput, pace};
use crate::domain::reference::{MeasureId, target};
use crate::register::counted::{Figures, InOrder};

/// The partitions at the levels of which there are figures.
const SHOWN: [(Partition, u8); 11] = [
    (Partition::Nation, 0),
    (Partition::Places, 1),
    (Partition::Places, 2),
    (Partition::Places, 3),
    (Partition::Kinds, 1),
    (Partition::Evidence, 1),
    (Partition::Times, 1),
    (Partition::Times, 2),
    (Partition::LowIncome, 0),
    (Partition::Remote, 0),
    (Partition::WomanHeaded, 0),
];

/// What is known of the close at which a point was made.
pub struct PointClose {
    /// Version, day and methodology; the numbers are zeros.
    pub figures: Figures,
    /// Verified sites at each closed month end before.
    pub month_ends: Vec<i64>,
}

/// The sums that a point shows.
pub struct PublishedSums {
    /// The figures of the country at the point.
    pub figures: Figures,
    shown: Arc<Shown>,
}

struct Shown {
    /// The sums of the country, within the programme.
    national: NationalSums,
    tables: BTreeMap<(Partition, u8), CellTable>,
    /// What the country shows and the groups of a level do not.
    remainders: BTreeMap<(Partition, u8), CellTable>,
    /// The day on which each group of a level moved last, by its number.
    moved_on: BTreeMap<(Partition, u8, u16), NaiveDate>,
    /// The same of each measure in the whole country.
    measure_moved_on: BTreeMap<MeasureId, NaiveDate>,
}

impl PublishedSums {
    /// What is shown of these cells while the ledger has what waits. `days` are the days of all points.
    #[must_use]
    pub fn of(close: PointClose, cells: &InOrder<'_>, ledger: &Ledger, days: &[(PointNumber, NaiveDate)]) -> Self {
        let shown = Shown::of(cells, ledger, days);
        let PointClose { figures, month_ends } = close;
        let (standing, progress) = (shown.standing(2), shown.progress());
        let figures = Figures {
            output: NationalOutput::of(&shown.national, &mut Estimator::new(figures.methodology, figures.day)),
            pace: pace(&month_ends, &standing, progress.sites.verified, figures.day, target()),
            progress,
            ..figures
        };
        Self { figures, shown: Arc::new(shown) }
    }

    /// The same sums by another methodology.
    #[must_use]
    pub fn with(&self, methodology: &'static Methodology) -> Self {
        let output = NationalOutput::of(&self.shown.national, &mut Estimator::new(methodology, self.figures.day));
        let restated = methodology.version != self.figures.methodology.version;
        let figures = Figures { methodology, restated, output, ..self.figures.clone() };
        Self { figures, shown: self.shown.clone() }
    }

    /// The cells that the groups of a level show.
    #[must_use]
    pub fn cells(&self, partition: Partition, level: u8) -> CellTable {
        self.shown.tables.get(&(partition, level)).cloned().unwrap_or_default()
    }

    /// What the country shows and the groups of a level do not.
    #[must_use]
    pub fn remainder(&self, partition: Partition, level: u8) -> CellTable {
        self.shown.remainders.get(&(partition, level)).cloned().unwrap_or_default()
    }

    /// What stands by the time of its installation, in groups of a level; what ended is not among it.
    #[must_use]
    pub fn standing(&self, level: u8) -> NationalSums {
        self.shown.standing(level)
    }

    /// What ended, of whatever month of installation.
    #[must_use]
    pub fn ended(&self, level: u8) -> CellTable {
        let mut ended = CellTable::default();
        for (key, totals) in self.cells(Partition::Times, level).iter().filter(|(key, _)| key.ended().is_some()) {
            ended.push(key, &totals);
        }
        ended
    }

    /// The day on which a group of a level moved last.
    #[must_use]
    pub fn moved_on(&self, partition: Partition, level: u8, group: u16) -> Option<NaiveDate> {
        self.shown.moved_on.get(&(partition, level, group)).copied()
    }

    /// The day on which the sums of a measure in the whole country moved last.
    #[must_use]
    pub fn measure_moved_on(&self, measure: MeasureId) -> Option<NaiveDate> {
        self.shown.measure_moved_on.get(&measure).copied()
    }
}

impl Shown {
    fn of(cells: &InOrder<'_>, ledger: &Ledger, days: &[(PointNumber, NaiveDate)]) -> Self {
        let mut tables = all_cells(cells);
        let mut remainders: BTreeMap<(Partition, u8), CellTable> = BTreeMap::new();
        for one in &ledger.pending {
            let national = NationalKey::of(one.cell).as_cell();
            for (partition, level) in SHOWN {
                let (is_own, waits) = (partition == one.partition, one.depth <= level);
                if is_own && waits {
                    let key = if level == partition.levels() { one.cell } else { national };
                    tables.entry((partition, level)).or_default().add(key, &one.totals.negated());
                }
                // What waits for the nation waits in each partition, too, and stands in no remainder.
                let is_of_nation = one.partition == Partition::Nation && partition.project(one.cell).is_some();
                if level > 0 && ((is_own && waits) || is_of_nation) {
                    let totals = if is_own { one.totals } else { one.totals.negated() };
                    remainders.entry((partition, level)).or_default().add(national, &totals);
                }
            }
        }
        for (cell, totals) in &ledger.gathered {
            for partition in Partition::ALL.iter().filter(|of| of.is_of_people() && of.project(*cell).is_some()) {
                tables.entry((*partition, 0)).or_default().add(*cell, &totals.negated());
            }
        }
        let nation = tables.get(&(Partition::Nation, 0)).cloned().unwrap_or_default();
        let national = NationalSums::of_cells(nation.iter());
        let (mut moved_on, mut measure_moved_on) = (BTreeMap::new(), BTreeMap::new());
        for (group, GroupState { moved_at, .. }) in &ledger.groups {
            let at = moved_at.and_then(|number| days.iter().find(|(point, _)| *point >= number));
            let Some((_, day)) = at else { continue };
            match group.path.last() {
                Some(last) => note(&mut moved_on, (group.partition, group.path.length(), last), *day),
                None if group.partition == Partition::Nation => {
                    group.strand.measure.into_iter().for_each(|measure| note(&mut measure_moved_on, measure, *day));
                }
                None => {}
            }
        }
        Self { national, tables, remainders, moved_on, measure_moved_on }
    }

    fn standing(&self, level: u8) -> NationalSums {
        let times = self.tables.get(&(Partition::Times, level)).into_iter().flat_map(CellTable::iter);
        NationalSums::of_cells(times.filter(|(key, _)| key.ended().is_none()))
    }

    /// The counts of the headline. Each is of the partition that has its dimension.
    fn progress(&self) -> Progress {
        let of = |partition: Partition| {
            let mut progress = Progress::default();
            let level = u8::from(partition.levels() > 0);
            progress.add_cells(self.tables.get(&(partition, level)).into_iter().flat_map(CellTable::iter));
            progress
        };
        Progress {
            by_kind: of(Partition::Kinds).by_kind,
            by_evidence_tier: of(Partition::Evidence).by_evidence_tier,
            people: People {
                low_income: of(Partition::LowIncome).people.low_income,
                remote: of(Partition::Remote).people.remote,
                woman_headed: of(Partition::WomanHeaded).people.woman_headed,
            },
            ..of(Partition::Nation)
        }
    }
}

/// All cells as each level would show them if nothing waited.
fn all_cells(cells: &InOrder<'_>) -> BTreeMap<(Partition, u8), CellTable> {
    // The other levels have no dimension that the country has not.
    let by_themselves =
        |(partition, level): &(Partition, u8)| *level == partition.levels() && !matches!(partition, Partition::Times);
    let mut tables: BTreeMap<(Partition, u8), CellTable> = BTreeMap::new();
    let mut together: BTreeMap<(Partition, u8), HashMap<CellKey, Totals>> = BTreeMap::new();
    let mut settle = |together: &mut BTreeMap<(Partition, u8), HashMap<CellKey, Totals>>| {
        for (of, sums) in together {
            let mut sums: Vec<(CellKey, Totals)> = sums.drain().collect();
            sums.sort_unstable_by_key(|(key, _)| *key);
            let table = tables.entry(*of).or_default();
            for (key, totals) in sums {
                // Answers about people have no province, and few cells.
                if of.0.is_of_people() {
                    table.add(key, &totals);
                } else {
                    table.push(key, &totals);
                }
            }
        }
    };
    // Cells come in the order of measures and provinces, as the keys of all levels do.
    let mut last = None;
    for (cell, totals) in cells() {
        let national = NationalKey::of(cell).as_cell();
        if last.replace(national).is_some_and(|last| !last.has_same_measure_and_province(national)) {
            settle(&mut together);
        }
        let totals = totals.public();
        for (partition, level) in SHOWN.iter().filter(|of| by_themselves(of)) {
            if let Some(key) = partition.project(cell) {
                let sum = together.entry((*partition, *level)).or_default().entry(key).or_default();
                *sum = sum.wrapping_add(totals);
            }
        }
    }
    settle(&mut together);
    let nation = tables.get(&(Partition::Nation, 0)).cloned().unwrap_or_default();
    for (partition, level) in SHOWN.iter().filter(|of| !by_themselves(of)) {
        let table = tables.entry((*partition, *level)).or_default();
        nation
            .iter()
            .filter(|(key, _)| partition.project(*key).is_some())
            .for_each(|(key, totals)| table.push(key, &totals));
    }
    tables
}

/// Keeps the latest day of each.
fn note<K: Ord>(days: &mut BTreeMap<K, NaiveDate>, of: K, day: NaiveDate) {
    let latest = days.entry(of).or_insert(day);
    *latest = day.max(*latest);
}
