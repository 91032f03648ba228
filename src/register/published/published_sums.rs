//! What a publication point shows, as sums: all cells at its version less what waits. A table is made when it is asked for, because all
//! of them together take much memory.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::domain::counting::{
    CellKey, CellRow, CellTable, NationalKey, NationalSums, People, Progress, PublicTotals, Totals,
};
use crate::domain::disclosure::{GroupState, Ledger, Partition, PointNumber, Projected};
use crate::domain::figures::{Estimator, Methodology, NationalOutput, pace};
use crate::domain::reference::{MeasureId, target_on};
use crate::register::counted::{Figures, InOrder, merged};

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
pub struct PublishedSums<'c> {
    /// The figures of the country at the point.
    pub figures: Figures,
    cells: Box<InOrder<'c>>,
    /// All cells of the country, also what waits.
    nation: CellTable,
    waiting: WaitingSums,
}

/// The partitions of which the headline has counts, but for the country.
const COUNTED: [Partition; 5] =
    [Partition::Kinds, Partition::Evidence, Partition::LowIncome, Partition::Remote, Partition::WomanHeaded];

impl<'c> PublishedSums<'c> {
    /// What is shown of these cells while this waits.
    #[must_use]
    pub fn of(close: PointClose, cells: &'c InOrder<'_>, waiting: WaitingSums) -> Self {
        let mut counts = COUNTED.map(|partition| (partition, Progress::default()));
        let mut nation = CellTable::default();
        let counted = |cell: Projected, totals: PublicTotals| {
            for (partition, progress) in counts.iter_mut().filter(|_| cell.is_of_sites()) {
                progress.add_cells(cell.to(*partition).map(|cell| (cell, totals.into())).into_iter());
            }
            cell.to(Partition::Nation)
        };
        each_gathered(cells(), counted, |key, totals| nation.push(key, totals));
        for (partition, progress) in &mut counts {
            progress.add_cells(waiting.negated(*partition, partition.levels()));
        }
        let PointClose { figures, month_ends } = close;
        let cells: Box<InOrder<'c>> = Box::new(|| cells());
        let mut sums = Self { figures, cells, nation, waiting };
        let mut nation = Progress::default();
        nation.add_cells(sums.of_country(Partition::Nation, 0));
        let progress = progress_of(nation, counts);
        let Figures { methodology, day, .. } = sums.figures;
        let pace = pace(&month_ends, &sums.standing(2), progress.sites.verified, day, target_on(day));
        sums.figures = Figures { output: sums.output(methodology), pace, progress, ..sums.figures };
        sums
    }

    /// The same sums by another methodology.
    #[must_use]
    pub fn by(self, methodology: &'static Methodology) -> Self {
        let output = self.output(methodology);
        let restated = methodology.version != self.figures.methodology.version;
        Self { figures: Figures { methodology, restated, output, ..self.figures }, ..self }
    }

    fn output(&self, methodology: &'static Methodology) -> NationalOutput {
        let national = NationalSums::of_cells(self.of_country(Partition::Nation, 0));
        NationalOutput::of(&national, &mut Estimator::new(methodology, self.figures.day))
    }

    /// Calls `take` with each cell that the groups of a level show, in the order of keys.
    pub fn each_cell(&self, partition: Partition, level: u8, take: &mut dyn FnMut(CellKey, CellRow<'_>)) {
        if level < partition.levels() || !partition.adds_a_dimension() {
            self.of_country(partition, level).for_each(|(key, totals)| CellRow::of(key, &totals, |row| take(key, row)));
        } else {
            let shown = merged((self.cells)(), self.waiting.negated(partition, level));
            let take = |key, totals: &Totals| CellRow::of(key, totals, |row| take(key, row));
            each_gathered(shown, |cell, _| cell.to(partition), take);
        }
    }

    /// The cells that the groups of a level show, by the dimensions of the country.
    fn of_country(&self, partition: Partition, level: u8) -> impl Iterator<Item = (CellKey, Totals)> {
        let all = self.nation.iter().filter(move |(key, _)| partition.project(*key).is_some());
        merged(all, self.waiting.negated(partition, level)).filter(|(_, totals)| !totals.is_zero())
    }

    /// What the country shows and the groups of a level do not.
    #[must_use]
    pub fn remainder(&self, partition: Partition, level: u8) -> CellTable {
        self.waiting.remainders.get(&(partition, level)).cloned().unwrap_or_default()
    }

    /// What stands by the time of its installation, in groups of a level; what ended is not among it.
    #[must_use]
    pub fn standing(&self, level: u8) -> NationalSums {
        NationalSums::of_cells(self.of_country(Partition::Times, level).filter(|(key, _)| key.ended().is_none()))
    }

    /// What ended, of whatever month of installation.
    #[must_use]
    pub fn ended(&self, level: u8) -> CellTable {
        table_of(self.of_country(Partition::Times, level).filter(|(key, _)| key.ended().is_some()))
    }

    /// The day on which a group of a level moved last.
    #[must_use]
    pub fn moved_on(&self, partition: Partition, level: u8, group: u16) -> Option<NaiveDate> {
        self.waiting.moved_on.get(&(partition, level, group)).copied()
    }

    /// The day on which the sums of a measure in the whole country moved last.
    #[must_use]
    pub fn measure_moved_on(&self, measure: MeasureId) -> Option<NaiveDate> {
        self.waiting.measure_moved_on.get(&measure).copied()
    }
}

/// The counts of the headline. Each is of the partition that has its dimension.
fn progress_of(mut nation: Progress, counts: [(Partition, Progress); COUNTED.len()]) -> Progress {
    let [kinds, evidence, low_income, remote, woman_headed] = counts.map(|(_, progress)| progress);
    (nation.by_kind, nation.by_evidence_tier) = (kinds.by_kind, evidence.by_evidence_tier);
    nation.people = People {
        low_income: low_income.people.low_income,
        remote: remote.people.remote,
        woman_headed: woman_headed.people.woman_headed,
    };
    nation
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
    /// What the groups of a level do not show, taken away.
    fn negated(&self, partition: Partition, level: u8) -> impl Iterator<Item = (CellKey, Totals)> {
        let waits = self.of_levels.get(&(partition, level)).into_iter().flat_map(CellTable::iter);
        waits.map(|(cell, totals)| (cell, totals.negated()))
    }

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
                    sums.of_levels.entry((partition, level)).or_default().add(key, &one.totals.into());
                }
                // What waits for the nation waits in each partition, too, and stands in no remainder.
                let is_of_nation = one.partition == Partition::Nation && partition.project(one.cell).is_some();
                if level > 0 && ((is_own && waits) || is_of_nation) {
                    let totals = if is_own { one.totals } else { one.totals.negated() };
                    sums.remainders.entry((partition, level)).or_default().add(national, &totals.into());
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
        // Packed, because they are kept beside the tables that are made of them.
        for table in sums.of_levels.values_mut().chain(sums.remainders.values_mut()) {
            *table = table_of(table.iter());
        }
        sums
    }
}

/// Adds up each cell that a figure counts, under the key that `key_of` gives it, if any, and calls `take` with each sum. Cells come in the
/// order of measures and provinces, and so do these keys.
fn each_gathered(
    cells: impl Iterator<Item = (CellKey, Totals)>,
    mut key_of: impl FnMut(Projected, PublicTotals) -> Option<CellKey>,
    mut take: impl FnMut(CellKey, &Totals),
) {
    let mut settle = |together: &mut Vec<(CellKey, PublicTotals)>| {
        together.sort_unstable_by_key(|(key, _)| *key);
        for of_key in together.chunk_by(|(one, _), (other, _)| one == other) {
            let sum = of_key.iter().fold(PublicTotals::default(), |sum, (_, totals)| sum.wrapping_add(*totals));
            if let Some((key, _)) = of_key.first().filter(|_| !sum.is_zero()) {
                take(*key, &sum.into());
            }
        }
        together.clear();
    };
    let (mut together, mut last, mut projected) = (Vec::new(), None, None);
    for (cell, totals) in cells {
        if last.replace(cell).is_some_and(|last: CellKey| !last.has_same_measure_and_province(cell)) {
            settle(&mut together);
        }
        let totals = totals.public();
        projected = Projected::after(projected, cell);
        together.extend(projected.and_then(|cell| key_of(cell, totals)).map(|key| (key, totals)));
    }
    settle(&mut together);
}

/// The table of cells that come in the order of keys.
fn table_of(cells: impl Iterator<Item = (CellKey, Totals)>) -> CellTable {
    let mut table = CellTable::default();
    cells.for_each(|(key, totals)| table.push(key, &totals));
    table
}

/// Keeps the latest day of each.
fn note<K: Ord>(days: &mut BTreeMap<K, NaiveDate>, of: K, day: NaiveDate) {
    let latest = days.entry(of).or_insert(day);
    *latest = day.max(*latest);
}
