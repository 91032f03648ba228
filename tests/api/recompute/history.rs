//! A register with a long history: every measure, tier and stage, at sites with several measures of one exclusive group, some of it
//! sold, some decommissioned on the day or in the month of its installation, some older than the programme.

use std::sync::{Arc, Mutex};

use chrono::{Days, NaiveDate, TimeDelta};
use green_homes::domain::records::{
    Actor, AttributesSold, MeasureLine, MeasureLines, NewPartner, PrivateFacts, SiteFacts, Terms,
};
use green_homes::domain::reference::Place;
use green_homes::domain::reference::{MeasureId, ProvinceId};
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim, SiteSaid};
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{
    Code, DecommissionReason, ExternalId, Flags, InstallationId, Name, Quantity, SiteId, start_of,
};
use green_homes::register::{BatchTransaction, Command, DirectoryChange, Done, InstallationChange, Request};
use serde_json::{Value, json};

use crate::support::{App, TestDatabase, clock_at};

/// A service on a day with such a register, and its headline.
pub async fn with_a_long_history(database: TestDatabase, today: &str) -> (App, Value) {
    let today: NaiveDate = today.parse().unwrap();
    let now = start_of(today) + TimeDelta::hours(10);
    let app = App::start_at(database, clock_at(Arc::new(Mutex::new(now)))).await;
    let engine = BatchTransaction::new(app.database.db_open(), clock_at(Arc::new(Mutex::new(now))));
    let (code, name) = (Code::parse("SOLARCO").unwrap(), Name::parse("Solar Co").unwrap());
    let partner = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox: false };
    done(&engine, Command::Directory(DirectoryChange::AddPartner(partner)));
    let mut chance = Chance(7);
    let mut sites: Vec<SiteId> = Vec::new();
    for number in 0..192 {
        let at = if chance.below(3) == 0 { sites.get(chance.below(sites.len().max(1))).copied() } else { None };
        let is_old = number % 24 == 0;
        let on = if is_old { NaiveDate::from_ymd_opt(2018, 5, 1).unwrap() } else { chance.day(today) };
        let is_pledged = chance.below(12) == 0;
        let (site, id) = register(&engine, &mut chance, number, at, (!is_pledged).then_some(on));
        if at.is_none() {
            sites.push(site);
        }
        if is_pledged {
            continue;
        }
        if chance.below(5) > 0 {
            // No reviewer may verify by sampling yet.
            let tier = *chance.one_of(&[Tier::Document, Tier::Inspected, Tier::Metered]);
            done(&engine, InstallationChange::Verify { tier }.of(id));
        }
        if chance.below(3) == 0 {
            let days = [0, chance.below(20), chance.below(3000)][chance.below(3)];
            let on = (on + Days::new(days as u64)).min(today);
            done(&engine, InstallationChange::Decommission { on, reason: DecommissionReason::Removed }.of(id));
        }
    }
    // One takes the place of the other on its own first day, the first of a month: that one was never credited.
    let first = NaiveDate::from_ymd_opt(2024, 3, 1).unwrap();
    for number in [EXCLUSIVE[0], EXCLUSIVE[1]] {
        let (_, id) = register(&engine, &mut chance, number, Some(sites[0]), Some(first));
        done(&engine, InstallationChange::Verify { tier: Tier::Metered }.of(id));
    }
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["meta"]["as_of"], json!(today.to_string()));
    (app, progress)
}

/// Numbers of registrations whose measures in turn are a solar and a heat pump water heater: two of one exclusive group.
const EXCLUSIVE: [usize; 2] = [194, 200];

fn register(
    engine: &BatchTransaction,
    chance: &mut Chance,
    number: usize,
    at: Option<SiteId>,
    on: Option<NaiveDate>,
) -> (SiteId, InstallationId) {
    let province = ProvinceId::parse(["01", "48", "66", "79", "92"][chance.below(5)]).unwrap();
    let mut answer = || *chance.one_of(&[None, Some(false), Some(true)]);
    let flags = Flags { low_income: answer(), remote: answer(), woman_headed: answer() };
    let facts =
        SiteFacts { kind: *chance.one_of(SiteKind::ALL), place: Place::new(province, None, None).unwrap(), flags };
    let site = match at {
        Some(id) => SiteClaim::Known { id, said: SiteSaid::default() },
        None => SiteClaim::Described { external_id: None, facts },
    };
    let sold = AttributesSold::ALL.iter().map(|sold| Some(*sold)).chain([None]).collect::<Vec<_>>();
    let new = NewInstallation {
        external_id: ExternalId::parse(&format!("I-{number}")).unwrap(),
        site,
        private: PrivateFacts::default(),
        installed_on: on,
        measures: measures(chance, number),
        terms: Terms { attributes_sold: *chance.one_of(&sold), ..Terms::default() },
    };
    let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
    match done(engine, Command::Register { by, new: Box::new(new) }) {
        Done::Registered { record, id, .. } => (record.site.id, id),
        other => panic!("{other:?}"),
    }
}

/// Every measure comes in its turn, and solar power and those of exclusive groups beside them more often.
fn measures(chance: &mut Chance, number: usize) -> MeasureLines {
    let often = ["rooftop_solar_pv", "offgrid_solar_pv", "solar_water_heater", "heat_pump_water_heater", "cool_roof"];
    let turn = number % usize::from(MeasureId::COUNT) + 1;
    let measures = [
        MeasureId::from_number(u8::try_from(turn).unwrap()).unwrap(),
        MeasureId::parse(often[chance.below(often.len())]).unwrap(),
    ];
    let mut line = |measure: MeasureId| {
        let thousandths = if measure.measure().whole_units { 1000 } else { 1 };
        let quantity = i64::try_from(1 + chance.below(9_000)).unwrap() * thousandths;
        MeasureLine { measure, quantity: Quantity::stored(quantity), inverter_w: None }
    };
    let mut lines = vec![line(measures[0])];
    if measures[1] != measures[0] {
        lines.push(line(measures[1]));
    }
    MeasureLines::new(lines).unwrap()
}

fn done(engine: &BatchTransaction, command: Command) -> Done {
    engine.execute(&[&Request::new(Actor::operator("test"), command)]).results.remove(0).unwrap()
}

/// Numbers that look like chance, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        usize::try_from((self.0 >> 33) % limit as u64).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A day of the programme up to a day; half of them lie in its last two years, so that there is a pace.
    fn day(&mut self, last: NaiveDate) -> NaiveDate {
        let first = NaiveDate::from_ymd_opt(2019, 9, 1).unwrap();
        let span = usize::try_from((last - first).num_days()).unwrap();
        let farthest = if self.below(2) == 0 { span } else { 700 };
        let back = self.below(farthest + 1);
        last - Days::new(back as u64)
    }
}
