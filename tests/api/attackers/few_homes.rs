//! What somebody learns of fewer homes than keep company who has every public table of every point, and a solver.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use green_homes::domain::counting::CellKey;
use green_homes::domain::records::{Actor, MeasureLine, MeasureLines, SiteFacts};
use green_homes::domain::reference::Place;
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim};
use green_homes::domain::values::{Code, Flags, Quantity, SiteId};
use green_homes::register::{BatchTransaction, Command, Done, InstallationChange, Request};
use microlp::{ComparisonOp, Error};

use super::linear_program::{ATOMS, Atom, Attacker, DAYS, FIRST_DAY, LEVELS, Level, POINTS, Unknown, What};
use crate::support::{Passing, TestDatabase, clock_at, db_lines, new_installation, run};

/// How many homes come on each day.
const COMING: [usize; POINTS] = [70, 24, 19, 45];
/// Fewer homes are few.
const COMPANY: usize = 5;
/// By how much of its largest home a sum of few is uncertain at least, upwards and downwards. Statistical offices ask for 10 to 20 %.
const UNCERTAIN: f64 = 0.25;

struct Home {
    atom: usize,
    watts: i64,
    /// How many days after the first day it was installed.
    late: u64,
}

impl Home {
    fn kwp(&self) -> f64 {
        f64::from(i32::try_from(self.watts).unwrap()) / 1_000.0
    }
}

type Homes = BTreeMap<SiteId, Home>;

/// Registers and verifies the homes of a day, of all atoms and many sizes.
fn register(days: &Passing, day: usize, homes: &mut Homes) {
    let engine = BatchTransaction::new(days.app.database.db_open(), clock_at(days.now.clone()));
    let carry_out = |commands: Vec<Command>| {
        let request = |command| Request::new(Actor::operator("test"), command);
        let requests: Vec<Request> = commands.into_iter().map(request).collect();
        let results = engine.execute(&requests.iter().collect::<Vec<_>>()).results;
        results.into_iter().map(Result::unwrap).collect::<Vec<_>>()
    };
    let atoms = Atom::all();
    let home = |number: usize| {
        let mixed = number * 7_919 + day * 104_729;
        Home {
            atom: (mixed + 1_299_709) / 13 % ATOMS,
            watts: 2_000 + i64::try_from(mixed / 13 % 700).unwrap() * 10,
            late: u64::try_from(mixed / 17).unwrap() % DAYS,
        }
    };
    let new = |(number, home): (usize, &Home)| {
        let new = new_installation(&format!("{day}-{number}"));
        let Atom { province, kind, .. } = atoms[home.atom];
        let installed_on = FIRST_DAY.parse().ok().map(|first: NaiveDate| first + Days::new(home.late));
        let place = Place::new(province, None, None).unwrap();
        let facts = SiteFacts { kind, place, flags: Flags::default() };
        let site = SiteClaim::Described { external_id: None, facts };
        let line = MeasureLine { quantity: Quantity::stored(home.watts), ..new.measures.as_slice()[0] };
        let measures = MeasureLines::new(vec![line]).unwrap();
        let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
        Command::Register { by, new: Box::new(NewInstallation { site, measures, installed_on, ..new }) }
    };
    let of_day: Vec<Home> = (0..COMING[day]).map(home).collect();
    let mut verify = Vec::new();
    for (done, home) in carry_out(of_day.iter().enumerate().map(new).collect()).into_iter().zip(of_day) {
        let Done::Registered { id, record, .. } = done else { panic!("{done:?}") };
        verify.push(InstallationChange::Verify { tier: atoms[home.atom].tier }.of(id));
        homes.insert(record.site.id, home);
    }
    carry_out(verify);
}

/// The homes of which each level shows the solar power now.
fn db_shown(days: &Passing, homes: &Homes) -> Vec<BTreeSet<SiteId>> {
    let waiting = "SELECT partition || ' ' || CAST(depth AS TEXT) || ' ' || CAST(cell AS TEXT) || ' ' || site AS line FROM waiting";
    let mut shown = vec![homes.keys().copied().collect::<BTreeSet<_>>(); LEVELS.len()];
    for line in db_lines(&days.app.database.url, waiting) {
        let [partition, depth, cell, site] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let is_solar = CellKey::from_stored(cell.parse().unwrap()).unwrap().measure().is_some();
        for (shown, Level { waits, .. }) in shown.iter_mut().zip(&LEVELS) {
            if is_solar && waits.0 == partition && depth.parse::<u8>().unwrap() <= waits.1 {
                shown.remove(&SiteId::new(site.parse().unwrap()));
            }
        }
    }
    shown
}

/// A sum that somebody can make of what levels show at points.
struct View {
    /// Points and levels that are added, or taken away.
    parts: Vec<(usize, usize, f64)>,
    /// The homes behind it.
    homes: BTreeSet<SiteId>,
}

/// What each level shows at each point, what it shows more than at a point before, and what it does not show of the level above.
fn views(points: &[Vec<BTreeSet<SiteId>>]) -> Vec<View> {
    let mut views = Vec::new();
    for (point, shown) in points.iter().enumerate() {
        for (number, level) in LEVELS.iter().enumerate() {
            views.push(View { parts: vec![(point, number, 1.0)], homes: shown[number].clone() });
            for (earlier, before) in points[..point].iter().enumerate() {
                let homes = &shown[number] - &before[number];
                views.push(View { parts: vec![(point, number, 1.0), (earlier, number, -1.0)], homes });
            }
            let homes = &shown[level.above] - &shown[number];
            views.push(View { parts: vec![(point, level.above, 1.0), (point, number, -1.0)], homes });
        }
    }
    views
}

/// Every way of telling homes apart: nothing, or columns of one table or of several.
fn all_columns() -> Vec<Vec<&'static str>> {
    let mut all = vec![Vec::new()];
    for columns in [&["region_code", "province_code"][..], &["kind_code"], &["evidence_tier_code"]] {
        let with =
            |before: &Vec<&'static str>| columns.iter().map(|one| [&before[..], &[*one]].concat()).collect::<Vec<_>>();
        all.extend(all.iter().flat_map(with).collect::<Vec<_>>());
    }
    all
}

#[test]
fn solve_all_tables_of_all_points_leaves_every_sum_of_few_homes_uncertain() {
    run(async {
        let days = Passing::begin_on(TestDatabase::sqlite(), "2027-11-02").await;
        let (anybody, mut attacker) = (days.app.public(), Attacker::default());
        let (mut homes, mut points) = (Homes::new(), Vec::new());
        for point in 0..POINTS {
            let day = days.today();
            register(&days, point, &mut homes);
            days.pass_to(day + Days::new(1)).await;
            let shown = db_shown(&days, &homes);
            let atoms_of = |sites: &BTreeSet<SiteId>| sites.iter().map(|site| homes[site].atom).collect();
            attacker.read_point(&anybody, (point, day), &shown.iter().map(atoms_of).collect::<Vec<_>>()).await;
            points.push(shown);
        }
        days.app.stop().await;
        let waiting = points.iter().any(|shown| shown.iter().any(|sites| sites.len() < shown[0].len()));
        assert!(waiting, "some homes of the nation are in no row");
        assert_eq!(attacker.contradiction(&register_of(&homes, &points)), None);
        let asked = ask(&attacker, &homes, &points);
        assert!(asked > 1_000, "{asked} questions");
    });
}

/// The quantities as they are.
fn register_of(homes: &Homes, points: &[Vec<BTreeSet<SiteId>>]) -> Vec<f64> {
    let mut register = vec![0.0; Unknown::COUNT];
    for (point, levels) in points.iter().enumerate() {
        for (level, shown) in levels.iter().enumerate() {
            for home in shown.iter().map(|site| &homes[site]) {
                let late = f64::from(u32::try_from(home.late).unwrap());
                for (what, quantity) in
                    [(What::Homes, 1.0), (What::Kwp, home.kwp()), (What::KwpDays, home.kwp() * late)]
                {
                    register[Unknown { point, level, atom: home.atom, what }.number()] += quantity;
                }
            }
        }
    }
    register
}

/// Asks of every sum of few homes whether it may be larger and smaller than it is; how many questions that are.
fn ask(attacker: &Attacker, homes: &Homes, points: &[Vec<BTreeSet<SiteId>>]) -> usize {
    let (solution, unknowns) = attacker.solve();
    let (atoms, views) = (Atom::all(), views(points));
    let mut asked = 0;
    for columns in all_columns() {
        let cell = |atom: usize| columns.iter().map(|column| atoms[atom].code(column)).collect::<Vec<_>>();
        for view in &views {
            let mut cells: BTreeMap<Vec<&str>, Vec<f64>> = BTreeMap::new();
            for home in view.homes.iter().map(|site| &homes[site]) {
                cells.entry(cell(home.atom)).or_default().push(home.kwp());
            }
            for (of, sizes) in cells.into_iter().filter(|(_, sizes)| sizes.len() < COMPANY) {
                let in_cell = || (0..ATOMS).filter(|atom| cell(*atom) == of);
                let unknown = |point, level, atom| unknowns[Unknown { point, level, atom, what: What::Kwp }.number()];
                let part = |(point, level, sign)| in_cell().map(move |atom| (unknown(point, level, atom), sign));
                let sum: Vec<_> = view.parts.iter().copied().flat_map(part).collect();
                let (kwp, largest) = (sizes.iter().sum::<f64>(), sizes.iter().copied().fold(0.0, f64::max));
                for (open, bound) in [(ComparisonOp::Ge, UNCERTAIN), (ComparisonOp::Le, -UNCERTAIN)] {
                    let found = solution.clone().add_constraint(&sum, open, kwp + bound * largest);
                    let told = format!("{of:?} of {:?}: {sizes:?} kWp cannot be {open:?} by {bound}", view.parts);
                    assert!(!matches!(found, Err(Error::Infeasible)), "{told}");
                    assert!(found.is_ok_and(|found| found.is_optimal()), "the solver has no answer: {told}");
                    asked += 1;
                }
            }
        }
    }
    asked
}
