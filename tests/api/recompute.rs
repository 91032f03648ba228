//! The outsider's script, as an outsider runs it: from the public files alone it comes to the headline.

use std::cmp::Ordering;
use std::path::Path;
use std::process::Command as Program;
use std::sync::{Arc, Mutex};

use chrono::{Days, NaiveDate, TimeDelta};
use green_homes::domain::records::{
    Actor, MeasureLine, MeasureLines, NewPartner, PrivateFacts, Role, SiteFacts, Terms,
};
use green_homes::domain::reference::Place;
use green_homes::domain::reference::{MeasureId, ProvinceId};
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim, SiteSaid};
use green_homes::domain::values::Flags;
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{
    Code, DecommissionReason, ExternalId, InstallationId, Name, Quantity, SiteId, start_of,
};
use green_homes::register::{BatchTransaction, Command, DirectoryChange, Done, InstallationChange, Request};
use serde_json::{Value, json};

use crate::pilot::{outcomes, verify_all};
use crate::support::{App, TestDatabase, clock_at, on_both_databases};

on_both_databases!(
    recompute_the_pilot_gives_the_headline,
    recompute_on_a_leap_day_gives_the_headline,
    recompute_after_many_lives_ended_gives_the_headline,
    recompute_from_changed_files_finds_the_difference,
);

/// Runs the script, while the service answers it; its exit code, and what it printed.
pub async fn recompute(arguments: &[&str]) -> (Option<i32>, String) {
    let mut script = Program::new("python3");
    script.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/recompute.py")).args(arguments);
    let output = actix_web::web::block(move || script.output()).await.unwrap().expect("python3");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

async fn recompute_the_pilot_gives_the_headline(database: TestDatabase) {
    let app = App::start(database).await;
    assert_eq!(recompute(&[&app.address]).await.0, Some(0), "a register without anything");
    let (partner, reviewer) = (app.partner("PILOT").await, app.role(Role::Reviewer).await);
    assert_eq!(outcomes(&partner).await, (601, 0));
    verify_all(&partner, &reviewer).await;
    app.progress_at(app.db_version()).await;
    let (code, printed) = recompute(&[&app.address]).await;
    assert_eq!(code, Some(0), "{printed}");
    let sites = printed.lines().find(|line| line.starts_with("sites.verified")).unwrap();
    assert_eq!(sites.split_whitespace().collect::<Vec<_>>(), ["sites.verified", "601", "601", "0.0e+00"]);
    app.stop().await;
}

async fn recompute_on_a_leap_day_gives_the_headline(database: TestDatabase) {
    check(database, "2028-02-29").await;
}

async fn recompute_after_many_lives_ended_gives_the_headline(database: TestDatabase) {
    check(database, "2036-08-15").await;
}

async fn check(database: TestDatabase, today: &str) {
    let (app, progress) = with_a_long_history(database, today).await;
    let (code, printed) = recompute(&[&app.address]).await;
    assert_eq!(code, Some(0), "{printed}");
    for figure in ["/to_date/generation_kwh", "/to_date/saving_kwh", "/to_date/provisional_tco2e", "/lifetime/low"] {
        assert!(progress["data"].pointer(figure).unwrap().as_f64() > Some(1.0), "{figure} is not put to the test");
    }
    let sums = app.public().get("/v1/tables/programme_sums").await.body;
    let rows = sums["data"].as_array().unwrap();
    let of_measures = |row: &&Value| !row["measure_code"].is_null() && !row["ended_month"].is_null();
    let months = |row: &Value| ["ended_month", "installed_month"].map(|name| row[name].as_str().unwrap().to_owned());
    let ends: Vec<Ordering> =
        rows.iter().filter(of_measures).map(months).map(|[ended, installed]| ended.cmp(&installed)).collect();
    for end in [Ordering::Less, Ordering::Equal, Ordering::Greater] {
        assert!(ends.contains(&end), "the end {end:?} than the beginning is not put to the test");
    }
    app.stop().await;
}

/// A service on a day, with a register that has every measure, at sites with several of one exclusive group, some of it
/// verified, some decommissioned, some on the day or in the month of its installation.
async fn with_a_long_history(database: TestDatabase, today: &str) -> (App, Value) {
    let today: NaiveDate = today.parse().unwrap();
    let now = start_of(today) + TimeDelta::hours(10);
    let app = App::start_at(database, clock_at(Arc::new(Mutex::new(now)))).await;
    let engine = BatchTransaction::new(app.database.db_open(), clock_at(Arc::new(Mutex::new(now))));
    let (code, name) = (Code::parse("SOLARCO").unwrap(), Name::parse("Solar Co").unwrap());
    let partner = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox: false };
    done(&engine, Command::Directory(DirectoryChange::AddPartner(partner)));
    let mut chance = Chance(7);
    let mut sites: Vec<SiteId> = Vec::new();
    for number in 0..150 {
        let at = if chance.below(3) == 0 { sites.get(chance.below(sites.len().max(1))).copied() } else { None };
        let first = NaiveDate::from_ymd_opt(2019, 6, 1).unwrap();
        let span = usize::try_from((today - first).num_days()).unwrap();
        let on = first + Days::new(chance.below(span + 1) as u64);
        let (record_site, id) = register(&engine, &mut chance, number, at, on);
        if at.is_none() {
            sites.push(record_site);
        }
        if chance.below(5) > 0 {
            done(&engine, InstallationChange::Verify { tier: Tier::ALL[1 + chance.below(3)] }.of(id));
        }
        if chance.below(3) == 0 {
            let days = [0, chance.below(20), chance.below(3000)][chance.below(3)];
            let on = (on + Days::new(days as u64)).min(today);
            done(&engine, InstallationChange::Decommission { on, reason: DecommissionReason::Removed }.of(id));
        }
    }
    // One takes the place of the other on its own first day, the first of a month: that one was never credited.
    let first = NaiveDate::from_ymd_opt(2024, 3, 1).unwrap();
    for number in [152, 158] {
        let (_, id) = register(&engine, &mut chance, number, Some(sites[0]), first);
        done(&engine, InstallationChange::Verify { tier: Tier::Metered }.of(id));
    }
    let progress = app.progress_at(app.db_version()).await;
    assert_eq!(progress["meta"]["as_of"], json!(today.to_string()));
    (app, progress)
}

fn register(
    engine: &BatchTransaction,
    chance: &mut Chance,
    number: usize,
    at: Option<SiteId>,
    on: NaiveDate,
) -> (SiteId, InstallationId) {
    let province = ProvinceId::parse(["01", "48", "66", "79", "92"][chance.below(5)]).unwrap();
    let facts = SiteFacts {
        kind: SiteKind::ALL[chance.below(4)],
        place: Place::new(province, None, None).unwrap(),
        flags: Flags::default(),
    };
    let site = match at {
        Some(id) => SiteClaim::Known { id, said: SiteSaid::default() },
        None => SiteClaim::Described { external_id: None, facts },
    };
    // Every measure comes, solar power and those of exclusive groups more often.
    let often = ["rooftop_solar_pv", "offgrid_solar_pv", "solar_water_heater", "heat_pump_water_heater", "cool_roof"];
    let measures = [
        MeasureId::from_number(u8::try_from(number % 30 + 1).unwrap()).unwrap(),
        MeasureId::parse(often[chance.below(often.len())]).unwrap(),
    ];
    let line = |measure: MeasureId, chance: &mut Chance| {
        let thousandths = if measure.measure().whole_units { 1000 } else { 1 };
        let quantity = i64::try_from(1 + chance.below(9_000)).unwrap() * thousandths;
        MeasureLine { measure, quantity: Quantity::stored(quantity), inverter_w: None }
    };
    let mut lines = vec![line(measures[0], chance)];
    if measures[1] != measures[0] {
        lines.push(line(measures[1], chance));
    }
    let new = NewInstallation {
        external_id: ExternalId::parse(&format!("I-{number}")).unwrap(),
        site,
        private: PrivateFacts::default(),
        installed_on: Some(on),
        measures: MeasureLines::new(lines).unwrap(),
        terms: Terms::default(),
    };
    let by = Registrant { partner: Code::parse("SOLARCO").unwrap(), sandbox: false };
    match done(engine, Command::Register { by, new: Box::new(new) }) {
        Done::Registered { record, id, .. } => (record.site.id, id),
        other => panic!("{other:?}"),
    }
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
}

async fn recompute_from_changed_files_finds_the_difference(database: TestDatabase) {
    let (app, progress) = with_a_long_history(database, "2028-02-29").await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let files = [path("sums.csv"), path("methodology.json"), path("progress.json")];
    let addresses = ["/v1/tables/programme_sums.csv", "/v1/methodology/1", "/v1/progress"];
    for (file, address) in files.iter().zip(addresses) {
        std::fs::write(file, app.public().get(address).await.text).unwrap();
    }
    let arguments = files.each_ref().map(String::as_str);
    let (code, printed) = recompute(&arguments).await;
    assert_eq!(code, Some(0), "{printed}");

    let sums = std::fs::read_to_string(&files[0]).unwrap();
    for column in [
        "sites",
        "installations",
        "quantity",
        "quantity_days",
        "quantity_end_days",
        "quantity_x_yield",
        "quantity_days_x_yield",
        "quantity_end_days_x_yield",
    ] {
        std::fs::write(&files[0], with_one_more(&sums, column)).unwrap();
        let (code, printed) = recompute(&arguments).await;
        assert_eq!(code, Some(1), "{column}: {printed}");
    }
    let without_the_first = sums.lines().enumerate().filter(|(number, _)| *number != 1).map(|(_, line)| line);
    std::fs::write(&files[0], without_the_first.collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(recompute(&arguments).await.0, Some(1), "a row is gone");
    std::fs::write(&files[0], &sums).unwrap();

    let mut changed = progress.clone();
    let avoided = &mut changed["data"]["to_date"]["avoided_tco2e"];
    *avoided = json!(avoided.as_f64().unwrap() * (1.0 + 2e-9));
    save(&files[2], &changed);
    assert_eq!(recompute(&arguments).await.0, Some(1), "another headline");
    changed["meta"]["version"] = json!(1);
    save(&files[2], &changed);
    assert_eq!(recompute(&arguments).await.0, Some(2), "of another version");
    assert_eq!(recompute(&[]).await.0, Some(2));
    app.stop().await;
}

fn save(path: impl AsRef<Path>, body: &Value) {
    std::fs::write(path, body.to_string()).unwrap();
}

/// The sums with one more in a column, in the first row where it matters: of solar power the columns with yields and the
/// capacity do, of everything else the others.
fn with_one_more(sums: &str, column: &str) -> String {
    let mut reader = csv::Reader::from_reader(sums.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|one| one == name).unwrap();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    let mut changed = false;
    for record in reader.records() {
        let mut fields: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        let [installed, ended, by_yield] =
            ["installed_month", "ended_month", "quantity_x_yield"].map(|name| fields[place(name)].clone());
        let matters = if column.contains("end_days") { ended >= installed } else { ended.is_empty() };
        let is_used = by_yield.is_empty() || column.ends_with("_x_yield") || !column.contains("days");
        let number: f64 = fields[place(column)].parse().unwrap_or(0.0);
        let says = number > 0.0 && matters && is_used;
        if says && !changed {
            fields[place(column)] = (number + 1.0).to_string();
            changed = true;
        }
        writer.write_record(&fields).unwrap();
    }
    assert!(changed, "no row to change {column} in");
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}
