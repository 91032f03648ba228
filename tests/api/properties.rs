//! Whatever happens, in whatever order: cells, journal and a naive model agree after every step,
//! on both databases. Merges, splits and decommissionings too, though no route offers them yet.

mod figures;

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use green_homes::db::ledger::{cells_and_journal as stored, head};
use green_homes::db::records::by_id;
use green_homes::domain::counting::{CellTable, Progress};
use green_homes::domain::records::{
    Actor, AttributesSold, MeasureLine, MeasureLines, NewPartner, PrivateFacts, SiteFacts, Terms,
};
use green_homes::domain::reference::Place;
use green_homes::domain::reference::parse_former_province as parse_former;
use green_homes::domain::reference::{MeasureId, ProvinceId};
use green_homes::domain::rules::{NewInstallation, Registrant, SiteClaim, SiteSaid};
use green_homes::domain::values::Flags;
use green_homes::domain::values::SiteKind;
use green_homes::domain::values::Tier;
use green_homes::domain::values::{
    Code, DecommissionReason, ExternalId, Name, Quantity, RejectReason, SiteId, Vnd, day_of, start_of,
};
use green_homes::register::{
    BatchTransaction, Command, DirectoryChange, Done, ExpectedRevision, Failure, InstallationChange, Request,
    SitesChange, apply_postings,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::reference_counts::{ReferenceInstallation, ReferenceRegister, ReferenceSite, Standing, summed};
use crate::support::{TestDatabase, clock_at};

#[test]
fn any_history_on_sqlite_is_counted_as_the_model_counts() {
    drive(24, TestDatabase::sqlite);
}

#[test]
fn any_history_on_postgres_is_counted_as_the_model_counts() {
    drive(10, TestDatabase::postgres);
}

fn drive(cases: u32, database: fn() -> TestDatabase) {
    let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 200, ..Config::default() });
    let batch = (passing(), prop::collection::vec(step(), 1..5));
    let histories = prop::collection::vec(batch, 1..25);
    let result = runner.run(&histories, |history| {
        let mut driver = Driver::new(database());
        for (days, batch) in history {
            driver.pass(days);
            driver.carry_out(&batch);
        }
        driver.finish();
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Register {
        at: Option<usize>,
        facts: (usize, usize, [Option<bool>; 3]),
        day: Option<u64>,
        lines: Vec<(usize, i64)>,
        cost: Option<i64>,
        sold: Option<AttributesSold>,
    },
    Resend(usize),
    Verify(usize, Tier),
    Reject(usize),
    Decommission(usize, u64),
    Merge(usize, usize),
    Split(usize),
    /// The partner is suspended, or resumed.
    Suspend(bool),
    /// A step of what that asks for.
    Settle,
}

const MEASURES: [&str; 9] = [
    "rooftop_solar_pv",
    "offgrid_solar_pv",
    "solar_water_heater",
    "heat_pump_water_heater",
    "roof_insulation",
    "cool_roof",
    "biogas_digester",
    "improved_cookstove",
    "battery_storage",
];

/// Provinces, one of which was never merged, with the former ones as far as they are known.
const PLACES: [(&str, Option<&str>); 6] =
    [("01", None), ("79", Some("74")), ("79", Some("77")), ("79", None), ("66", Some("54")), ("66", None)];

/// Days that pass before a batch.
fn passing() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(0u64), 1 => 1u64..12]
}

fn step() -> impl Strategy<Value = Step> {
    let flags = prop::array::uniform3(prop::option::of(any::<bool>()));
    let lines = prop::collection::btree_map(0..MEASURES.len(), 1i64..50, 1..4);
    let register = (
        prop::option::weighted(0.7, 0usize..6),
        (0..PLACES.len(), 0usize..4, flags),
        prop::option::weighted(0.7, days()),
        lines,
        prop::option::of(0i64..1_000_000),
        prop::option::of(prop::sample::select(AttributesSold::ALL)),
    );
    let tier = prop_oneof![Just(Tier::Document), Just(Tier::Inspected), Just(Tier::Metered)];
    prop_oneof![
        6 => register.prop_map(|(at, facts, day, lines, cost, sold)| {
            Step::Register { at, facts, day, lines: lines.into_iter().collect(), cost, sold }
        }),
        1 => (0usize..40).prop_map(Step::Resend),
        4 => (0usize..40, tier).prop_map(|(n, tier)| Step::Verify(n, tier)),
        1 => (0usize..40).prop_map(Step::Reject),
        2 => (0usize..40, days()).prop_map(|(n, day)| Step::Decommission(n, day)),
        2 => (0usize..20, 0usize..20).prop_map(|(a, b)| Step::Merge(a, b)),
        2 => (0usize..40).prop_map(Step::Split),
        1 => any::<bool>().prop_map(Step::Suspend),
        2 => Just(Step::Settle),
    ]
}

/// Days from the first one; many of them before the programme.
fn days() -> impl Strategy<Value = u64> {
    prop_oneof![1 => 0u64..90, 2 => 0u64..2600]
}

/// From before the programme until a few days ago.
fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2019, 7, 1).unwrap() + Days::new(offset)
}

struct Driver {
    database: TestDatabase,
    engine: BatchTransaction,
    model: ReferenceRegister,
    suspended: bool,
    sites: Vec<SiteId>,
    sent: Vec<NewInstallation>,
    cells: CellTable,
    now: Arc<Mutex<DateTime<Utc>>>,
    /// What was known at the close of days, those with nothing recorded left out.
    past: Vec<(NaiveDate, ReferenceRegister)>,
}

impl Driver {
    fn new(database: TestDatabase) -> Self {
        // Ahead of the clock that made the database.
        let now = Arc::new(Mutex::new(start_of(day_of(Utc::now()) + Days::new(1)) + TimeDelta::hours(10)));
        database.db_accept(&clock_at(now.clone()));
        let engine = BatchTransaction::new(database.db_open(), clock_at(now.clone()));
        let (code, name) = (Code::parse("MODEL").unwrap(), Name::parse("ReferenceRegister").unwrap());
        let new = NewPartner { code, name, kind: None, vcca_role: None, listed: false, sandbox: false };
        let executed = engine.execute(&[&request(Command::Directory(DirectoryChange::AddPartner(new)))]);
        assert!(executed.results[0].is_ok());
        Self {
            database,
            engine,
            model: ReferenceRegister::default(),
            suspended: false,
            sites: Vec::new(),
            sent: Vec::new(),
            cells: CellTable::default(),
            now,
            past: Vec::new(),
        }
    }

    fn today(&self) -> NaiveDate {
        day_of(*self.now.lock().unwrap())
    }

    fn pass(&mut self, days: u64) {
        if days > 0 {
            self.past.push((self.today(), self.model.clone()));
            let morning = start_of(self.today() + Days::new(days));
            *self.now.lock().unwrap() = morning;
            self.database.db_accept(&clock_at(self.now.clone()));
        }
    }

    /// One batch; its steps speak of what was there before it.
    fn carry_out(&mut self, batch: &[Step]) {
        let before = self.model.installations.clone();
        let known = before.len();
        let planned: Vec<(Step, Request)> =
            batch.iter().filter_map(|step| Some((step.clone(), request(self.command(step, known)?)))).collect();
        let requests: Vec<&Request> = planned.iter().map(|(_, request)| request).collect();
        let executed = self.engine.execute(&requests);
        for committed in &executed.committed {
            apply_postings(&mut self.cells, &committed.postings);
        }
        for ((step, request), result) in planned.iter().zip(executed.results) {
            if let Step::Settle = step {
                self.settled(&before, &result);
                continue;
            }
            self.follow(step, request, known, result);
        }
        self.compare();
    }

    fn command(&self, step: &Step, known: usize) -> Option<Command> {
        let id = |n: &usize| (known > 0).then(|| self.model.installations[n % known].id);
        Some(match step {
            Step::Register { at, facts, day: on, lines, cost, sold } => {
                let terms = Terms { cost: cost.map(Vnd::stored), attributes_sold: *sold, ..Terms::default() };
                self.registration(at.as_ref(), *facts, on.map(day), lines, terms)
            }
            Step::Resend(n) => register(self.sent.get(n.checked_rem(known)?)?.clone()),
            Step::Verify(n, tier) => InstallationChange::Verify { tier: *tier }.of(id(n)?),
            Step::Reject(n) => {
                InstallationChange::Reject { expected: ExpectedRevision::Any, reason: RejectReason::Other }.of(id(n)?)
            }
            Step::Decommission(n, on) => {
                InstallationChange::Decommission { on: day(*on), reason: DecommissionReason::Removed }.of(id(n)?)
            }
            Step::Merge(a, b) => {
                let count = self.sites.len();
                Command::Sites(SitesChange::Merge {
                    from: self.sites[a.checked_rem(count)?],
                    into: self.sites[b.checked_rem(count)?],
                })
            }
            Step::Split(n) => Command::Sites(SitesChange::Split { id: id(n)? }),
            Step::Suspend(suspend) => {
                let code = Code::parse("MODEL").unwrap();
                let change = if *suspend { DirectoryChange::SuspendPartner } else { DirectoryChange::ResumePartner };
                Command::Directory(change(code))
            }
            Step::Settle => Command::SettleSuspensions,
        })
    }

    fn registration(
        &self,
        at: Option<&usize>,
        (place, kind, flags): (usize, usize, [Option<bool>; 3]),
        on: Option<NaiveDate>,
        lines: &[(usize, i64)],
        terms: Terms,
    ) -> Command {
        let (province, former) = PLACES[place];
        let (province, former) = (ProvinceId::parse(province).unwrap(), former.map(|code| parse_former(code).unwrap()));
        let [low_income, remote, woman_headed] = flags;
        let facts = SiteFacts {
            kind: SiteKind::ALL[kind],
            place: Place::new(province, None, former).unwrap(),
            flags: Flags { low_income, remote, woman_headed },
        };
        let site = match at.filter(|_| !self.sites.is_empty()) {
            Some(n) => SiteClaim::Known { id: self.sites[n % self.sites.len()], said: SiteSaid::default() },
            None => SiteClaim::Described { external_id: None, facts },
        };
        let line = |(measure, units): &(usize, i64)| MeasureLine {
            measure: MeasureId::parse(MEASURES[*measure]).unwrap(),
            quantity: Quantity::stored(units * 1000),
            inverter_w: (*measure == 0).then(|| Quantity::stored(units * 900)),
        };
        register(NewInstallation {
            external_id: ExternalId::parse(&uuid::Uuid::now_v7().to_string()).unwrap(),
            site,
            private: PrivateFacts::default(),
            installed_on: on,
            measures: MeasureLines::new(lines.iter().map(line).collect()).unwrap(),
            terms,
        })
    }

    /// Does to the model what the answer says was done, and checks that the answer is right.
    fn follow(&mut self, step: &Step, request: &Request, known: usize, result: Result<Done, Failure>) {
        let target = |n: &usize| n % known.max(1);
        match (step, result) {
            (Step::Register { facts: _, day: on, .. }, Ok(Done::Registered { record, id, .. })) => {
                self.registered(request, on.map(day), &record, id);
            }
            (Step::Resend(n), Ok(Done::Registered { id, .. })) => {
                assert_eq!(id, self.model.installations[target(n)].id, "the same one");
            }
            (Step::Resend(n), Err(Failure::Refused(_))) => {
                // Rejected; or its site was merged away or it was split off since.
                let installation = &self.model.installations[target(n)];
                let by_id = matches!(self.sent[target(n)].site, SiteClaim::Known { .. });
                assert!(installation.standing == Standing::Rejected || by_id);
            }
            (Step::Verify(n, tier), result) => {
                let installation = &mut self.model.installations[target(n)];
                let standing = installation.standing;
                let allowed = match standing {
                    Standing::Installed => true,
                    Standing::Verified(reached) => *tier >= reached,
                    _ => false,
                };
                assert_eq!(result.is_ok(), allowed, "verify {standing:?}");
                if allowed {
                    installation.stands(Standing::Verified(*tier));
                }
            }
            (Step::Reject(n), result) => {
                let installation = &mut self.model.installations[target(n)];
                let standing = installation.standing;
                let allowed = !matches!(standing, Standing::Ended(..));
                assert_eq!(result.is_ok(), allowed, "reject {standing:?}");
                if allowed {
                    installation.stands(Standing::Rejected);
                }
            }
            (Step::Decommission(n, on), result) => self.decommissioned(target(n), day(*on), result.is_ok()),
            (Step::Merge(..), result) => self.merged(request, result.is_ok()),
            (Step::Split(n), result) => self.split(target(n), result.is_ok()),
            (Step::Suspend(suspend), Ok(Done::Administered)) => self.suspended = *suspend,
            (step, result) => panic!("{step:?}: {result:?}"),
        }
    }

    /// A step finds what is stored, and goes by what the batch has made of it.
    fn settled(&mut self, before: &[ReferenceInstallation], result: &Result<Done, Failure>) {
        let mut count = 0;
        for (one, stored) in self.model.installations.iter_mut().zip(before) {
            let goes = self.suspended && !stored.aside && stored.is_unverified() && !one.aside && one.is_unverified();
            let comes_back = !self.suspended && stored.aside && one.aside;
            if goes || comes_back {
                one.aside = goes;
                count += 1;
            }
        }
        let Ok(Done::SuspensionsSettled { changed, more }) = result else { panic!("{result:?}") };
        assert_eq!((*changed, *more), (count, false));
    }

    fn registered(
        &mut self,
        request: &Request,
        on: Option<NaiveDate>,
        record: &green_homes::domain::records::SiteRecord,
        id: green_homes::domain::values::InstallationId,
    ) {
        let Command::Register { new, .. } = &request.command else { panic!("a registration") };
        let site = self.sites.iter().position(|site| *site == record.site.id).unwrap_or_else(|| {
            self.sites.push(record.site.id);
            self.model.sites.push(ReferenceSite { facts: record.site.facts, merged_away: false });
            self.sites.len() - 1
        });
        if let SiteClaim::Described { facts, .. } = &new.site {
            assert_eq!(self.model.sites[site].facts, *facts, "a site of its own");
        }
        let lines = new.measures.by_number();
        let line = |l: &MeasureLine| (l.measure, l.quantity.milli(), l.inverter_w.map_or(0, Quantity::milli));
        self.model.installations.push(ReferenceInstallation {
            id,
            site,
            standing: if on.is_some() { Standing::Installed } else { Standing::Pledged },
            on,
            lines: lines.as_slice().iter().map(line).collect(),
            cost: new.terms.cost.map(Vnd::vnd),
            sold: new.terms.attributes_sold.map(|sold| sold != AttributesSold::None),
            aside: false,
        });
        self.sent.push(NewInstallation::clone(new));
    }

    fn decommissioned(&mut self, n: usize, ended: NaiveDate, done: bool) {
        let installation = &mut self.model.installations[n];
        let after = installation.on.is_some_and(|on| on <= ended);
        let next = match installation.standing {
            Standing::Installed if after => Some(Standing::Ended(None, ended)),
            Standing::Verified(tier) if after => Some(Standing::Ended(Some(tier), ended)),
            Standing::Ended(tier, day) if day == ended => Some(Standing::Ended(tier, day)),
            _ => None,
        };
        assert_eq!(done, next.is_some(), "decommission {:?}", installation.standing);
        installation.stands(next.unwrap_or(installation.standing));
    }

    fn merged(&mut self, request: &Request, done: bool) {
        let Command::Sites(SitesChange::Merge { from, into }) = request.command else { panic!("a merge") };
        let place = |id: SiteId| self.sites.iter().position(|site| *site == id).unwrap();
        let (from, into) = (place(from), place(into));
        let gone = |n: usize| self.model.sites[n].merged_away;
        let allowed = from != into && !gone(from) && !gone(into);
        assert_eq!(done, allowed, "merge");
        if allowed {
            self.model.sites[from].merged_away = true;
            for installation in self.model.installations.iter_mut().filter(|i| i.site == from) {
                installation.site = into;
            }
        }
    }

    fn split(&mut self, n: usize, done: bool) {
        let (id, site) = (self.model.installations[n].id, self.model.installations[n].site);
        let there = self.model.installations.iter().filter(|i| i.site == site).count();
        assert_eq!(done, there > 1, "split");
        if done {
            let facts = self.model.sites[site].facts;
            let mut connection = self.database.db_open().connection().unwrap();
            self.sites.push(by_id::sites_of(&mut connection, &[id]).unwrap()[&id]);
            self.model.sites.push(ReferenceSite { facts, merged_away: false });
            self.model.installations[n].site = self.sites.len() - 1;
        }
    }

    /// Cells in memory, checkpoint with the journal after it, the whole journal, and the model.
    fn compare(&self) {
        let expected = self.model.recount();
        let mut connection = self.database.db_open().connection().unwrap();
        let version = head::version(&mut connection).unwrap();
        assert_eq!(summed(self.cells.iter()), expected, "cells in memory");
        let journal = stored::postings(&mut connection, 0, version).unwrap();
        let (mut followed, mut counted) = (Progress::default(), Progress::default());
        followed.add_cells(journal.iter().copied());
        counted.add_cells(self.cells.iter());
        assert_eq!(followed, counted, "the headline, followed posting by posting");
        assert_eq!(summed(journal.into_iter()), expected, "the journal");
        if version % 3 == 0 {
            stored::advance_checkpoint(&mut connection, version).unwrap();
        }
        let at = stored::checkpoint_version(&mut connection).unwrap();
        let mut all = stored::postings(&mut connection, at, version).unwrap();
        stored::each_cell(&mut connection, |cell, totals| all.push((cell, totals))).unwrap();
        assert_eq!(summed(all.into_iter()), expected, "the checkpoint with the journal after it");
    }
}

fn register(new: NewInstallation) -> Command {
    let by = Registrant { partner: Code::parse("MODEL").unwrap(), sandbox: false };
    Command::Register { by, new: Box::new(new) }
}

fn request(command: Command) -> Request {
    Request::new(Actor::operator("model"), command)
}
