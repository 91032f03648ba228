//! Somebody writes down every public table at every publication point as equations, and has them solved. He knows more than the public does: that every home has rooftop solar and nothing else, is verified on the day on which it is registered,
//! and stays; how small and how large a home may be; and how many homes are behind the capacity of each row. He does not know on which
//! day of a month a home was installed.

use chrono::NaiveDate;
use green_homes::domain::reference::ProvinceId;
use green_homes::domain::values::{SiteKind, Tier};
use microlp::{ComparisonOp, OptimizationDirection, Problem, Solution, Variable};
use serde_json::Value;

use crate::support::Client;

/// The least and the most of a home, in kWp.
const SIZES: (f64, f64) = (0.5, 20.0);
/// How many points he reads.
pub const POINTS: usize = 4;

/// Six provinces in three regions.
const PROVINCES: [&str; 6] = ["01", "31", "79", "75", "48", "56"];
const KINDS: [(SiteKind, Tier); 3] =
    [(SiteKind::Home, Tier::Document), (SiteKind::Home, Tier::Inspected), (SiteKind::Office, Tier::Document)];
/// The first of the days on which homes were installed, and how many days these are: a month of this year, so that no home has aged yet.
pub const FIRST_DAY: &str = "2027-09-01";
pub const DAYS: u64 = 30;

/// What a table shows: a part of what the level above it shows.
pub struct Level {
    pub table: &'static str,
    pub column: &'static str,
    pub above: usize,
    /// In which partition, and how deep, what it does not show waits.
    pub waits: (&'static str, u8),
}

/// The levels of all tables; the first is the nation.
pub const LEVELS: [Level; 5] = [
    Level { table: "", column: "", above: 0, waits: ("nation", 0) },
    Level { table: "regions", column: "region_code", above: 0, waits: ("places", 1) },
    Level { table: "provinces", column: "province_code", above: 1, waits: ("places", 2) },
    Level { table: "kinds", column: "kind_code", above: 0, waits: ("kinds", 1) },
    Level { table: "evidence_tiers", column: "evidence_tier_code", above: 0, waits: ("evidence", 1) },
];

/// Homes that no table tells apart, but for their day and their size.
#[derive(Clone, Copy)]
pub struct Atom {
    pub province: ProvinceId,
    pub kind: SiteKind,
    pub tier: Tier,
}

pub const ATOMS: usize = PROVINCES.len() * KINDS.len();

impl Atom {
    pub fn all() -> Vec<Self> {
        let province = |code| ProvinceId::parse(code).unwrap();
        let of = |code| KINDS.map(|(kind, tier)| Self { province: province(code), kind, tier });
        PROVINCES.into_iter().flat_map(of).collect()
    }

    /// Its code in a column of a table.
    pub fn code(self, column: &str) -> &'static str {
        match column {
            "province_code" => &self.province.province().code,
            "region_code" => &self.province.province().region,
            "kind_code" => self.kind.as_str(),
            "evidence_tier_code" => self.tier.as_str(),
            other => panic!("a column {other}"),
        }
    }

    /// What a kilowatt-peak generates there, in megawatt-hours a year.
    fn solar_yield(self) -> f64 {
        let mut table = csv::Reader::from_reader(include_str!("../../../reference/solar_yield.csv").as_bytes());
        let code = self.code("province_code");
        let row = table.records().map(Result::unwrap).find(|row| &row[0] == code).unwrap();
        row[2].parse::<f64>().unwrap() / 1_000.0
    }
}

/// What a level shows of an atom at a point.
#[derive(Clone, Copy)]
pub struct Unknown {
    pub point: usize,
    pub level: usize,
    pub atom: usize,
    pub what: What,
}

#[derive(Clone, Copy)]
pub enum What {
    Homes,
    Kwp,
    /// kWp times the days from the first day to that of installation.
    KwpDays,
}

impl Unknown {
    pub const COUNT: usize = POINTS * LEVELS.len() * ATOMS * 3;

    pub fn number(self) -> usize {
        ((self.point * LEVELS.len() + self.level) * ATOMS + self.atom) * 3 + self.what as usize
    }
}

/// What a row says, and how many homes are behind it.
struct Row<'v> {
    homes: usize,
    kwp: &'v Value,
    annual_kwh: &'v Value,
    to_date_kwh: &'v Value,
}

/// Unknown quantities by their numbers, each with a factor.
type Sum = Vec<(usize, f64)>;

/// What somebody knows: sums, with the least and the most that each may be.
#[derive(Default)]
pub struct Attacker(Vec<(Sum, f64, f64)>);

impl Attacker {
    /// What is shown in one place is a part of what is shown in another. The rest is neither fewer homes than none nor smaller or larger
    /// ones than there are.
    fn is_part(&mut self, part: Option<(usize, usize)>, whole: (usize, usize)) {
        for atom in 0..ATOMS {
            let rest = |what, factor: f64| {
                let of = |(point, level)| Unknown { point, level, atom, what }.number();
                [(of(whole), factor)].into_iter().chain(part.map(|part| (of(part), -factor))).collect::<Sum>()
            };
            let larger = [rest(What::Kwp, 1.0), rest(What::Homes, -SIZES.0)].concat();
            let smaller = [rest(What::Kwp, -1.0), rest(What::Homes, SIZES.1)].concat();
            let first = rest(What::KwpDays, 1.0);
            let last_day = f64::from(u32::try_from(DAYS - 1).unwrap());
            let last = [rest(What::KwpDays, -1.0), rest(What::Kwp, last_day)].concat();
            self.0.extend([rest(What::Homes, 1.0), larger, smaller, first, last].map(|sum| (sum, 0.0, f64::INFINITY)));
        }
    }

    /// A row at the end of a day. Its kWh are whole numbers that may be rounded up or down.
    fn read_row(&mut self, day: NaiveDate, row: &Row, unknowns: &[Unknown]) {
        let atoms = Atom::all();
        let sum = |what, factor: &dyn Fn(&Atom) -> f64| {
            unknowns.iter().map(|of| (Unknown { what, ..*of }.number(), factor(&atoms[of.atom]))).collect::<Sum>()
        };
        let homes = f64::from(u32::try_from(row.homes).unwrap());
        let kwp = row.kwp.as_f64().unwrap();
        self.0.push((sum(What::Homes, &|_| 1.0), homes, homes));
        self.0.push((sum(What::Kwp, &|_| 1.0), kwp, kwp));
        let a_day = |atom: &Atom| atom.solar_yield() / 365.0;
        let since: NaiveDate = FIRST_DAY.parse().unwrap();
        let days = f64::from(i32::try_from((day - since).num_days() + 1).unwrap());
        let so_far = [sum(What::Kwp, &|atom| a_day(atom) * days), sum(What::KwpDays, &|atom| -a_day(atom))].concat();
        for (sum, kwh) in [(sum(What::Kwp, &|atom| atom.solar_yield()), row.annual_kwh), (so_far, row.to_date_kwh)] {
            let mwh = kwh.as_f64().unwrap() / 1_000.0;
            self.0.push((sum, mwh - 0.002, mwh + 0.002));
        }
    }

    /// All tables of a point. `shown` are the atoms of the homes that each level shows.
    pub async fn read_point(&mut self, anybody: &Client, (point, day): (usize, NaiveDate), shown: &[Vec<usize>]) {
        for (number, level) in LEVELS.iter().enumerate() {
            self.is_part(point.checked_sub(1).map(|before| (before, number)), (point, number));
            if number > 0 {
                self.is_part(Some((point, number)), (point, level.above));
            }
        }
        let atoms = Atom::all();
        let progress = anybody.get(&format!("/v1/progress?as_of={day}")).await.body;
        assert_eq!(progress["data"]["figures_as_of"], day.to_string(), "each day makes a point");
        let figures = &progress["data"]["figures"];
        let row = Row {
            homes: shown[0].len(),
            kwp: &figures["capacity_kwp"]["verified"],
            annual_kwh: &figures["annual"]["generation_kwh"],
            to_date_kwh: &figures["to_date"]["generation_kwh"],
        };
        let of = |level| (0..ATOMS).map(move |atom| Unknown { point, level, atom, what: What::Homes });
        self.read_row(day, &row, &of(0).collect::<Vec<_>>());
        for (number, level) in LEVELS.iter().enumerate().skip(1) {
            let table = anybody.get(&format!("/v1/tables/{}?as_of={day}", level.table)).await.body;
            for row in table["data"].as_array().unwrap() {
                let is_in_row = |atom: usize| row[level.column] == atoms[atom].code(level.column);
                let unknowns: Vec<Unknown> = of(number).filter(|of| is_in_row(of.atom)).collect();
                let homes = shown[number].iter().filter(|atom| is_in_row(**atom)).count();
                let row = Row {
                    homes,
                    kwp: &row["capacity_kwp_verified"],
                    annual_kwh: &row["annual_generation_kwh"],
                    to_date_kwh: &row["to_date_generation_kwh"],
                };
                if !unknowns.is_empty() {
                    self.read_row(day, &row, &unknowns);
                }
            }
        }
    }

    /// What the register that was read contradicts, if what he knows of it is wrong.
    pub fn contradiction(&self, register: &[f64]) -> Option<String> {
        let value = |sum: &Sum| sum.iter().map(|(of, factor)| register[*of] * factor).sum::<f64>();
        let wrong = |(sum, least, most): &&(Sum, f64, f64)| value(sum) < least - 1e-6 || value(sum) > most + 1e-6;
        let (sum, least, most) = self.0.iter().find(wrong)?;
        Some(format!("{} is not from {least} to {most}: {sum:?}", value(sum)))
    }

    /// A register that agrees with everything that was read, and its unknown quantities.
    pub fn solve(&self) -> (Solution, Vec<Variable>) {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let unknowns: Vec<Variable> = (0..Unknown::COUNT).map(|_| problem.add_var(0.0, (0.0, f64::INFINITY))).collect();
        for (sum, least, most) in &self.0 {
            let sum: Vec<(Variable, f64)> = sum.iter().map(|(of, factor)| (unknowns[*of], *factor)).collect();
            problem.add_constraint(&sum, ComparisonOp::Ge, *least);
            problem.add_constraint(&sum, ComparisonOp::Le, *most);
        }
        (problem.solve().unwrap().into_solution().unwrap(), unknowns)
    }
}
