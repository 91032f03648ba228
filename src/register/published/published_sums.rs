//! What a publication point shows, as sums: all cells at its version less what waits. A table is made when it is asked for, because all
//! of them together take much memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::counting::{CellKey, CellTable, NationalKey, NationalSums, People, Progress, Totals};
use crate::domain::disclosure::{GroupState, Ledger, Partition, PointNumber, Projected};
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

/// All cells, and what of them waits.
struct Shown {
    all: AllCells,
    waiting: WaitingSums,
}

impl PublishedSums {
    /// What is shown of these cells while the ledger has what waits.
    #[must_use]
    pub fn of(close: PointClose, cells: &InOrder<'_>, waiting: WaitingSums) -> Self {
        let PointClose { figures, month_ends } = close;
        let mut sums = Self { figures, shown: Arc::new(Shown { all: AllCells::of(cells), waiting }) };
        let (nation, standing, progress) = (sums.cells(Partition::Nation, 0), sums.standing(2), sums.progress());
        let Figures { methodology, day, .. } = sums.figures;
        sums.figures = Figures {
            output: NationalOutput::of(&NationalSums::of_cells(nation.iter()), &mut Estimator::new(methodology, day)),
            pace: pace(&month_ends, &standing, progress.sites.verified, day, target()),
            progress,
            ..sums.figures
        };
        sums
    }

    /// The same sums by another methodology.
    #[must_use]
    pub fn with(&self, methodology: &'static Methodology) -> Self {
        let national = NationalSums::of_cells(self.cells(Partition::Nation, 0).iter());
        let output = NationalOutput::of(&national, &mut Estimator::new(methodology, self.figures.day));
        let restated = methodology.version != self.figures.methodology.version;
        let figures = Figures { methodology, restated, output, ..self.figures.clone() };
        Self { figures, shown: self.shown.clone() }
    }

    /// The cells that the groups of a level show.
    #[must_use]
    pub fn cells(&self, partition: Partition, level: u8) -> CellTable {
        let mut table = self.shown.all.of_level(partition, level);
        let waits = self.shown.waiting.of_levels.get(&(partition, level));
        for (key, totals) in waits.into_iter().flat_map(CellTable::iter) {
            table.add(key, &totals.negated());
        }
        table
    }

    /// What the country shows and the groups of a level do not.
    #[must_use]
    pub fn remainder(&self, partition: Partition, level: u8) -> CellTable {
        self.shown.waiting.remainders.get(&(partition, level)).cloned().unwrap_or_default()
    }

    /// What stands by the time of its installation, in groups of a level; what ended is not among it.
    #[must_use]
    pub fn standing(&self, level: u8) -> NationalSums {
        let times = self.cells(Partition::Times, level);
        NationalSums::of_cells(times.iter().filter(|(key, _)| key.ended().is_none()))
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
        self.shown.waiting.moved_on.get(&(partition, level, group)).copied()
    }

    /// The day on which the sums of a measure in the whole country moved last.
    #[must_use]
    pub fn measure_moved_on(&self, measure: MeasureId) -> Option<NaiveDate> {
        self.shown.waiting.measure_moved_on.get(&measure).copied()
    }

    /// The counts of the headline. Each is of the partition that has its dimension.
    fn progress(&self) -> Progress {
        let of = |partition: Partition| {
            let mut progress = Progress::default();
            progress.add_cells(self.cells(partition, partition.levels().min(1)).iter());
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

/// What waits at a point, added up, and when groups moved last.
#[derive(Default)]
pub struct WaitingSums {
    /// What the groups of a level do not show.
    of_levels: BTreeMap<(Partition, u8), CellTable>,
    /// The part of it that the country shows.
    remainders: BTreeMap<(Partition, u8), CellTable>,
    /// The day on which each group of a level moved last, by its number.
    moved_on: BTreeMap<(Partition, u8, u16), NaiveDate>,
    /// The same of each measure in the whole country.
    measure_moved_on: BTreeMap<MeasureId, NaiveDate>,
}

impl WaitingSums {
    /// What waits by the ledger. `days` are the days of all points.
    #[must_use]
    pub fn of(ledger: &Ledger, days: &[(PointNumber, NaiveDate)]) -> Self {
        let mut sums = Self::default();
        for one in &ledger.pending {
            let national = NationalKey::of(one.cell).as_cell();
            for (partition, level) in SHOWN {
                let (is_own, waits) = (partition == one.partition, one.depth <= level);
                if is_own && waits {
                    let key = if level == partition.levels() { one.cell } else { national };
                    sums.of_levels.entry((partition, level)).or_default().add(key, &one.totals);
                }
                // What waits for the nation waits in each partition, too, and stands in no remainder.
                let is_of_nation = one.partition == Partition::Nation && partition.project(one.cell).is_some();
                if level > 0 && ((is_own && waits) || is_of_nation) {
                    let totals = if is_own { one.totals } else { one.totals.negated() };
                    sums.remainders.entry((partition, level)).or_default().add(national, &totals);
                }
            }
        }
        for (cell, totals) in &ledger.gathered {
            for partition in Partition::ALL.iter().filter(|of| of.is_of_people() && of.project(*cell).is_some()) {
                sums.of_levels.entry((*partition, 0)).or_default().add(*cell, totals);
            }
        }
        for (group, GroupState { moved_at, .. }) in &ledger.groups {
            let at = moved_at.and_then(|number| days.iter().find(|(point, _)| *point >= number));
            let Some((_, day)) = at else { continue };
            match group.path.last() {
                Some(last) => note(&mut sums.moved_on, (group.partition, group.path.length(), last), *day),
                None if group.partition == Partition::Nation => {
                    let measure = group.strand.measure.into_iter();
                    measure.for_each(|measure| note(&mut sums.measure_moved_on, measure, *day));
                }
                None => {}
            }
        }
        sums
    }
}

/// All cells as the smallest groups of each partition would show them if nothing waited.
struct AllCells(BTreeMap<Partition, CellTable>);

impl AllCells {
    fn of(cells: &InOrder<'_>) -> Self {
        let mut tables: BTreeMap<Partition, CellTable> = BTreeMap::new();
        let mut together: BTreeMap<Partition, HashMap<CellKey, Totals>> = BTreeMap::new();
        let mut settle = |together: &mut BTreeMap<Partition, HashMap<CellKey, Totals>>| {
            for (partition, sums) in together {
                let mut sums: Vec<(CellKey, Totals)> = sums.drain().collect();
                sums.sort_unstable_by_key(|(key, _)| *key);
                let table = tables.entry(*partition).or_default();
                for (key, totals) in sums {
                    // Answers about people have no province, and few cells.
                    if partition.is_of_people() {
                        table.add(key, &totals);
                    } else {
                        table.push(key, &totals);
                    }
                }
            }
        };
        // Cells come in the order of measures and provinces, as the keys of all partitions do.
        let mut last = None;
        for (cell, totals) in cells() {
            if last.replace(cell).is_some_and(|last: CellKey| !last.has_same_measure_and_province(cell)) {
                settle(&mut together);
            }
            let (public, Some(projected)) = (totals.public(), Projected::of(cell)) else { continue };
            for partition in Partition::ALL.iter().filter(|of| is_kept(**of)) {
                if let Some(key) = projected.to(*partition) {
                    let sum = together.entry(*partition).or_default().entry(key).or_default();
                    *sum = sum.wrapping_add(public);
                }
            }
        }
        settle(&mut together);
        Self(tables)
    }

    fn of_level(&self, partition: Partition, level: u8) -> CellTable {
        let of = |partition: Partition| self.0.get(&partition).cloned().unwrap_or_default();
        if level == partition.levels() && is_kept(partition) {
            return of(partition);
        }
        // Other levels have no dimension that the country has not.
        let mut table = CellTable::default();
        let nation = of(Partition::Nation);
        let shown = nation.iter().filter(|(key, _)| partition.project(*key).is_some());
        shown.for_each(|(key, totals)| table.push(key, &totals));
        table
    }
}

/// Whether a table of its own is kept; the others are made of that of the country.
fn is_kept(partition: Partition) -> bool {
    partition == Partition::Nation || partition.adds_a_dimension()
}

/// Keeps the latest day of each.
fn note<K: Ord>(days: &mut BTreeMap<K, NaiveDate>, of: K, day: NaiveDate) {
    let latest = days.entry(of).or_insert(day);
    *latest = day.max(*latest);
}
