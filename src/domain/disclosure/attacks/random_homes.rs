//! Homes that change at random, for tests.

use crate::domain::counting::{CellDims, CellKey, Contribution, Totals, add_to_cell};
use crate::domain::disclosure::Strand;
use crate::domain::records::Stage;
use crate::domain::reference::{FormerProvinceId, MeasureId, ProvinceId};
use crate::domain::values::{Cause, Flags, Month, SiteKind, Tier};

/// Numbers that look random: the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

/// The months in which homes were installed: the newest three, and two years ago and seven.
const MONTHS: [u16; 5] = [238, 298, 320, 321, 322];

/// A site with one measure, which may have been installed in several months.
#[derive(Clone, Debug)]
pub struct RandomHome {
    former: u8,
    kind: usize,
    low_income: Option<bool>,
    stage: Option<Stage>,
    measure: u8,
    quantity: i64,
    month: u16,
    later: Option<(u16, i64)>,
    ended: Option<u16>,
    attributes_sold: Option<bool>,
}

impl RandomHome {
    pub fn rolled(dice: &mut Dice) -> Self {
        let quantities = [3_000, 4_200, 5_400, 6_000, 12_000, 900_000];
        Self {
            former: u8::try_from(dice.roll(6)).unwrap(),
            kind: dice.roll(4),
            low_income: [None, Some(true), Some(false)][dice.roll(3)],
            stage: Some(
                [Stage::Reported, Stage::Reported, Stage::Verified(Tier::Document), Stage::Pledged][dice.roll(4)],
            ),
            measure: [1, 1, 1, 4][dice.roll(4)],
            quantity: quantities[dice.roll(6)] + i64::try_from(dice.roll(100)).unwrap(),
            month: MONTHS[dice.roll(5)],
            later: None,
            ended: None,
            attributes_sold: [None, Some(false), Some(true)][dice.roll(3)],
        }
    }

    /// A change, and its cause.
    pub fn change(&mut self, dice: &mut Dice) -> Cause {
        match dice.roll(15) {
            0..5 => {
                self.stage = Some(Stage::Verified(Tier::ALL[dice.roll(4)]));
                Cause::Verified
            }
            5 => {
                self.stage = None;
                Cause::Withdrawn
            }
            6 => {
                self.stage = Some(Stage::Reported);
                Cause::Reinstated
            }
            7 => {
                self.ended = Some(323);
                Cause::Decommissioned
            }
            8 => {
                self.kind = dice.roll(4);
                Cause::Corrected
            }
            9 => {
                self.former = u8::try_from(dice.roll(6)).unwrap();
                Cause::Corrected
            }
            10 => {
                self.quantity = [5_400, 6_000][dice.roll(2)];
                Cause::Corrected
            }
            11 => {
                self.month = MONTHS[dice.roll(5)];
                Cause::Corrected
            }
            12 => {
                self.attributes_sold = [None, Some(false), Some(true)][dice.roll(3)];
                Cause::Corrected
            }
            _ => {
                self.later = Some((321 + u16::try_from(dice.roll(2)).unwrap(), 2_000));
                Cause::Registered
            }
        }
    }

    /// Its answers about people; those to two questions go by its size.
    fn flags(&self) -> Flags {
        let answer = |number: i64| [None, Some(true), Some(false)][usize::try_from(number % 3).unwrap()];
        Flags { low_income: self.low_income, remote: answer(self.quantity), woman_headed: answer(self.quantity / 3) }
    }

    pub fn contribution(&self) -> Contribution {
        let mut cells = Contribution::new();
        let Some(stage) = self.stage else { return cells };
        let is_pledged = stage == Stage::Pledged;
        let former = FormerProvinceId::from_index(self.former).unwrap();
        let dims = CellDims {
            measure: None,
            province: former.former_province().province,
            kind: SiteKind::ALL[self.kind],
            stage,
            installed: Month::from_number(self.month).filter(|_| !is_pledged),
            ended: self.ended.and_then(Month::from_number).filter(|_| !is_pledged),
            former: Some(former),
            flags: self.flags(),
            attributes_sold: None,
        };
        add_to_cell(&mut cells, dims.key(), Totals { sites: 1, installations: 1, ..Totals::default() });
        let days = |in_month| if is_pledged { 0 } else { in_month };
        let measure = MeasureId::from_number(self.measure);
        let line = CellDims { measure, attributes_sold: self.attributes_sold, ..dims };
        let quantity_days = self.quantity * days(7);
        let totals = Totals { sites: 1, quantity: self.quantity, quantity_days, ..Totals::default() };
        add_to_cell(&mut cells, line.key(), totals);
        // Some have a second measure.
        if self.former < 2 {
            let measure = MeasureId::parse("biogas_digester");
            let totals = Totals { sites: 1, quantity: 1_000, quantity_days: 1_000 * days(7), ..Totals::default() };
            add_to_cell(&mut cells, CellDims { measure, ..dims }.key(), totals);
        }
        if let Some((month, quantity)) = self.later.filter(|_| !is_pledged) {
            let totals = Totals { quantity, quantity_days: quantity * 3, ..Totals::default() };
            add_to_cell(&mut cells, CellDims { installed: Month::from_number(month), ..line }.key(), totals);
        }
        cells
    }
}

/// A cell of a strand, to ask which partitions have it.
pub fn sample_cell(strand: Strand) -> CellKey {
    CellDims {
        measure: strand.measure,
        province: ProvinceId::FIRST,
        kind: SiteKind::Home,
        stage: strand.stage,
        installed: Month::from_number(if strand.is_pre_programme { 1 } else { 320 }),
        ended: None,
        former: None,
        flags: Flags::default(),
        attributes_sold: Some(strand.is_sold),
    }
    .key()
}
