//! Made-up homes, the same for the same seed and number. They fill every dimension that cells
//! count by: places, kinds, measures with their exclusive groups, stages with their evidence,
//! all three flags with unknown among their values, months of installation and of the end.

use chrono::{Days, NaiveDate};
use green_homes::domain::records::{AttributesSold, Finance, MeasureLine, PowerUse, SiteFacts, SystemOwner, Terms};
use green_homes::domain::reference::Place;
use green_homes::domain::reference::{CommuneId, FormerProvinceId, MeasureId};
use green_homes::domain::values::Flags;
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{Quantity, Vnd};

use super::Result;

/// Raised when the homes change, or what is noted of them, so that databases seeded before are not taken for the new ones.
pub const VERSION: u32 = 5;
/// The partners that register them, by number.
pub const PARTNERS: u64 = 12;

const SEED: u64 = 0x6d69_6c6c_696f_6e21;
/// The day that the programme began.
const BEGAN: (i32, u32, u32) = (2019, 9, 1);

/// A home with what happened there.
pub struct Home {
    /// Its number, from which its names are made.
    pub number: u64,
    /// What is counted of it.
    pub facts: SiteFacts,
    /// Whether its address and customer code are known, with consent.
    pub identified: bool,
    /// What was installed there, oldest first.
    pub jobs: Vec<Job>,
}

/// One installation and what becomes of it.
pub struct Job {
    /// Its day; none while pledged.
    pub installed_on: Option<NaiveDate>,
    /// What was installed.
    pub lines: Vec<MeasureLine>,
    /// Its optional facts.
    pub terms: Terms,
    /// Verified by this evidence.
    pub verified: Option<Tier>,
    /// Rejected.
    pub rejected: bool,
    /// Its last day in operation.
    pub ended_on: Option<NaiveDate>,
}

/// Makes homes.
pub struct Generator {
    communes: Vec<CommuneId>,
    began: NaiveDate,
    today: NaiveDate,
}

impl Generator {
    /// Homes of which nothing is dated after `today`.
    pub fn new(today: NaiveDate) -> Result<Self> {
        let table = include_str!("../../reference/communes.csv");
        let codes = table.lines().skip(1).filter_map(|line| line.split(',').next());
        let communes: Vec<CommuneId> = codes.filter_map(CommuneId::parse).collect();
        let (year, month, day) = BEGAN;
        let began = NaiveDate::from_ymd_opt(year, month, day).filter(|began| *began < today);
        Ok(Self { communes, began: began.ok_or("the clock stands before the programme")?, today })
    }

    /// The home of a number.
    pub fn home(&self, number: u64) -> Home {
        let mut dice = Dice::new(number);
        let facts = SiteFacts { kind: kind(&mut dice), place: self.place(&mut dice), flags: flags(&mut dice) };
        let identified = dice.chance(50);
        let count = [1, 1, 1, 1, 1, 1, 1, 1, 2, 3];
        let mut jobs: Vec<Job> =
            (0..*dice.one_of(&count)).map(|place| self.job(facts.kind, place == 0, &mut dice)).collect();
        jobs.sort_by_key(|job| job.installed_on);
        Home { number, facts, identified, jobs }
    }

    /// Seven of eight by their commune, the others only by province; of these every other one
    /// with the province that it lay in before 2025.
    fn place(&self, dice: &mut Dice) -> Place {
        let commune = *dice.one_of(&self.communes);
        let province = commune.commune().province;
        if dice.chance(87) {
            return Place::stored(province, commune.commune().former_province, Some(commune));
        }
        let former: Vec<FormerProvinceId> =
            FormerProvinceId::all().filter(|former| former.former_province().province == province).collect();
        let told = dice.chance(50).then(|| *dice.one_of(&former));
        Place::stored(province, FormerProvinceId::of_unmerged(province).or(told), None)
    }

    fn job(&self, kind: SiteKind, first: bool, dice: &mut Dice) -> Job {
        let pledged = dice.chance(8);
        let installed_on = (!pledged).then(|| self.day(dice));
        let rejected = dice.chance(3);
        let verified = (!pledged && !rejected && dice.chance(62)).then(|| tier(dice));
        let ended_on = installed_on.filter(|_| !rejected && dice.chance(5)).map(|on| self.end(on, dice));
        Job { installed_on, lines: lines(kind, first, dice), terms: terms(dice), verified, rejected, ended_on }
    }

    /// More of them lately; one in a hundred from before the programme.
    fn day(&self, dice: &mut Dice) -> NaiveDate {
        if dice.chance(1) {
            return self.began - Days::new(1 + dice.below(3000));
        }
        let days = (self.today - self.began).num_days().unsigned_abs() + 1;
        self.began + Days::new(dice.below(days).max(dice.below(days)))
    }

    fn end(&self, on: NaiveDate, dice: &mut Dice) -> NaiveDate {
        on + Days::new(dice.below((self.today - on).num_days().unsigned_abs() + 1))
    }
}

fn kind(dice: &mut Dice) -> SiteKind {
    match dice.below(100) {
        0..90 => SiteKind::Home,
        90..95 => SiteKind::Building,
        95..98 => SiteKind::Office,
        _ => SiteKind::Factory,
    }
}

/// Of two homes in five nobody asked; of the others not everything is known.
fn flags(dice: &mut Dice) -> Flags {
    if dice.chance(40) {
        return Flags::default();
    }
    let mut flag = |unknown, yes| (!dice.chance(unknown)).then(|| dice.chance(yes));
    Flags { low_income: flag(20, 20), remote: flag(10, 25), woman_headed: flag(40, 30) }
}

fn tier(dice: &mut Dice) -> Tier {
    match dice.below(10) {
        0..5 => Tier::Document,
        5..8 => Tier::Inspected,
        _ => Tier::Metered,
    }
}

/// Mostly solar power first, then anything, the common ones more often; of an exclusive group one
/// replaces another when a home has several jobs.
fn lines(kind: SiteKind, first: bool, dice: &mut Dice) -> Vec<MeasureLine> {
    let all: Vec<MeasureId> = MeasureId::all().collect();
    let grouped: Vec<MeasureId> = all.iter().copied().filter(|id| id.exclusive_group().is_some()).collect();
    let mut chosen = match (first, dice.below(10)) {
        (true, 0..6) => all.iter().copied().take(1).collect(),
        (_, 6 | 7) => vec![*dice.one_of(&grouped)],
        _ => vec![common(&all, dice)],
    };
    for _ in 0..*dice.one_of(&[0, 0, 0, 1, 1, 2, 3]) {
        chosen.push(common(&all, dice));
    }
    chosen.sort();
    chosen.dedup();
    chosen.into_iter().map(|measure| line(measure, kind, dice)).collect()
}

/// Any measure; the list begins with those that homes take most.
fn common(all: &[MeasureId], dice: &mut Dice) -> MeasureId {
    let (one, other, third) = (*dice.one_of(all), *dice.one_of(all), *dice.one_of(all));
    one.min(other).min(third)
}

/// Whole units up to a quarter of what is usual there; solar power to the tenth.
fn line(id: MeasureId, kind: SiteKind, dice: &mut Dice) -> MeasureLine {
    let measure = id.measure();
    let usual = if kind == SiteKind::Home { measure.usual_max_home_milli } else { measure.usual_max_other_milli };
    let step = if measure.is_solar { 100 } else { 1000 };
    let steps = (usual / 4 / step).max(1).unsigned_abs();
    let milli = step * (1 + dice.below(steps).cast_signed());
    let inverter_w = (measure.is_solar && dice.chance(60)).then(|| Quantity::stored(milli));
    MeasureLine { measure: id, quantity: Quantity::stored(milli), inverter_w }
}

fn terms(dice: &mut Dice) -> Terms {
    Terms {
        project: None,
        cost: dice.chance(70).then(|| Vnd::stored(1_000_000 * (5 + dice.below(200).cast_signed()))),
        support: dice.chance(25).then(|| Vnd::stored(1_000_000 * dice.below(5).cast_signed())),
        finance: dice.chance(60).then(|| *dice.one_of(Finance::ALL)),
        system_owner: dice.chance(60).then(|| *dice.one_of(SystemOwner::ALL)),
        power_use: dice.chance(60).then(|| *dice.one_of(PowerUse::ALL)),
        attributes_sold: dice.chance(30).then(|| *dice.one_of(AttributesSold::ALL)),
    }
}

/// Random numbers of one home: `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn new(number: u64) -> Self {
        let mut dice = Self(SEED ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `end`, which is above 0.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let place = usize::try_from(self.below(all.len() as u64)).unwrap_or_default();
        all.get(place).unwrap_or_else(|| unreachable!("nothing to choose from"))
    }
}
