//! Registers full of made-up homes, written by the register's own engine, so that they are as
//! real as those of a service. SQLite files are kept for the next run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use green_homes::api::MAKE;
use green_homes::db::engine::migrations;
use green_homes::db::ledger::{cells_and_journal, head};
use green_homes::db::{Database, Url};
use green_homes::domain::counting::CONTRIBUTION_NO;
use green_homes::domain::records::{Actor, NewPartner};
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::{DecommissionReason, InstallationId, Name, RejectReason, day_of};
use green_homes::register::{
    BatchTransaction, Clock, Command, DirectoryChange, Done, ExpectedRevision, Failure, InstallationChange, Options,
    PageRenderer, PublicSettings, Register, Request, audit, system_clock,
};
use serde::{Deserialize, Serialize};

use super::generator::{self, Generator, Home, Job, PARTNERS};
use super::{Result, facts};

/// Homes whose changes are written in one transaction.
const HOMES_AT_A_TIME: u64 = 1_000;
/// Entries between two checkpoints, as under a service.
const CHECKPOINT_STEP: i64 = 100_000;

/// How often it is asked whether a day is closed.
const CLOSED_YET: Duration = Duration::from_millis(50);

/// A SQLite file with a full register, and what is known of it.
#[derive(Serialize, Deserialize)]
pub struct Seeded {
    /// The file; it must be copied, never changed.
    #[serde(skip)]
    pub file: PathBuf,
    /// Seconds that the seeding took, now or in an earlier run.
    pub seconds: f64,
    /// Seconds of them in which the day was closed.
    pub close_seconds: f64,
    /// Entries of the register.
    pub entries: i64,
    /// Cells of the register that are not zero.
    pub cells: u64,
}

/// The kept file with this many homes, made now if there is none of this generator.
pub fn sqlite(folder: &Path, homes: u64) -> Result<Seeded> {
    let name = format!("seed-{}-{CONTRIBUTION_NO}-{homes}", generator::VERSION);
    let (file, notes) = (folder.join(format!("{name}.db")), folder.join(format!("{name}.json")));
    if let (true, Ok(known)) = (file.exists(), std::fs::read_to_string(&notes)) {
        return Ok(Seeded { file, ..serde_json::from_str(&known)? });
    }
    eprintln!("seeding {homes} homes; the file is kept for the next run");
    let building = tempfile::tempdir_in(folder)?;
    let draft = building.path().join("draft.db");
    let database = Database::open(&Url::Sqlite(draft.display().to_string()), 2)?;
    let (seconds, close_seconds) = fill(&database, homes)?;
    let report = audit::audit(&database, MAKE)?;
    if !report.ok {
        return Err(format!("the seeded register does not pass its audit: {:?}", report.findings).into());
    }
    // The last connection to close folds the log into the file.
    drop(database);
    std::fs::rename(&draft, &file)?;
    let seeded = Seeded { file, seconds, close_seconds, entries: report.version, cells: report.cells };
    eprintln!("seeded in {seconds:.0} s: {} entries, {} cells", seeded.entries, seeded.cells);
    std::fs::write(&notes, serde_json::to_string(&seeded)?)?;
    Ok(seeded)
}

/// Adds these homes to a register, recorded today.
pub fn add(database: &Database, homes: std::ops::Range<u64>) -> Result<()> {
    let seeder = Seeder::of(database, system_clock())?;
    for first in homes.clone().step_by(usize::try_from(HOMES_AT_A_TIME)?) {
        seeder.add_homes(first..homes.end.min(first + HOMES_AT_A_TIME))?;
    }
    Ok(())
}

/// A clock that is some days ahead.
fn clock_ahead(days: i64) -> Clock {
    let now = system_clock();
    Arc::new(move || now() + TimeDelta::days(days))
}

/// Works on a register with a clock.
pub fn start(database: &Database, clock: &Clock) -> Result<Register> {
    let settings = PublicSettings { public_url: "http://bench.example".to_owned(), publisher: "Bench".to_owned() };
    let options = Options { queue: 1, monthly_releases: false, daily_installations: 0, marker: None };
    Ok(Register::start(database, clock, &PageRenderer { make: MAKE, settings }, options)?)
}

/// Fills a database, all of it recorded yesterday, and closes that day; gives the seconds that it took, and those of them for the close.
pub fn fill(database: &Database, homes: u64) -> Result<(f64, f64)> {
    let began = Instant::now();
    // By its parts, because `migrate` refuses a clock before the day on which the program was built, and that may be today.
    let mut connection = database.connection()?;
    migrations::migrate(&mut connection, |_| Ok(()))?;
    head::ensure(&mut connection, uuid::Uuid::new_v4().to_string(), clock_ahead(-1)())?;
    drop(connection);
    let seeder = Seeder::of(database, clock_ahead(-1))?;
    seeder.add_partners()?;
    let (mut first, mut checkpoint) = (0, 0);
    while first < homes {
        let end = homes.min(first + HOMES_AT_A_TIME);
        let version = seeder.add_homes(first..end)?;
        if version - checkpoint >= CHECKPOINT_STEP || end == homes {
            cells_and_journal::advance_checkpoint(&mut database.connection()?, version)?;
            checkpoint = version;
        }
        first = end;
    }
    // The first start after midnight closes the day. A seeded register has that behind it.
    let closed = Instant::now();
    close(database)?;
    Ok((began.elapsed().as_secs_f64(), closed.elapsed().as_secs_f64()))
}

/// Works on a register until the days before today are closed.
fn close(database: &Database) -> Result<()> {
    let register = start(database, &system_clock())?;
    let today = day_of(system_clock()());
    while register.snapshot().figures.day < today {
        if !register.is_alive() {
            return Err("the day could not be closed".into());
        }
        std::thread::sleep(CLOSED_YET);
    }
    register.stop(Duration::from_mins(1));
    Ok(())
}

struct Seeder {
    engine: BatchTransaction,
    generator: Generator,
    today: NaiveDate,
}

impl Seeder {
    fn of(database: &Database, clock: Clock) -> Result<Self> {
        let today = day_of(clock());
        Ok(Self { engine: BatchTransaction::new(database.clone(), clock), generator: Generator::new(today)?, today })
    }

    fn add_partners(&self) -> Result<()> {
        let mut commands = Vec::new();
        for number in 0..PARTNERS {
            let name = Name::parse(&format!("Partner {number}")).map_err(|fault| fault.code())?;
            let code = facts::partner(number);
            let new = NewPartner { code, name, kind: None, vcca_role: None, listed: true, sandbox: false };
            commands.push(Command::Directory(DirectoryChange::AddPartner(new)));
        }
        self.execute(commands).map(|_| ())
    }

    /// Registers what stands at these homes, then what became of it; gives the version after.
    fn add_homes(&self, numbers: std::ops::Range<u64>) -> Result<i64> {
        let homes: Vec<Home> = numbers.map(|number| self.generator.home(number)).collect();
        let jobs: Vec<(&Home, usize, &Job)> = homes
            .iter()
            .flat_map(|home| home.jobs.iter().enumerate().map(move |(place, job)| (home, place, job)))
            .collect();
        let mut commands = Vec::with_capacity(jobs.len());
        for (home, place, job) in &jobs {
            let by = Registrant { partner: facts::partner_of(home), sandbox: false };
            commands.push(Command::Register { by, new: Box::new(facts::new_installation(home, *place, job)?) });
        }
        let (done, version) = self.execute(commands)?;
        let ids = done.iter().filter_map(|done| match done {
            Done::Registered { id, .. } => Some(*id),
            _ => None,
        });
        let known: Vec<(InstallationId, &Job)> = ids.zip(jobs.iter().map(|(_, _, job)| *job)).collect();
        let decisions = known.iter().filter_map(|(id, job)| decision(*id, job)).collect();
        let (_, decided) = self.execute(decisions)?;
        let ends = known.iter().filter_map(|(id, job)| {
            let (id, on) = (*id, job.ended_on?);
            Some(InstallationChange::Decommission { on, reason: DecommissionReason::Removed }.of(id))
        });
        let (_, ended) = self.execute(ends.collect())?;
        Ok(version.max(decided).max(ended))
    }

    /// Carries them out in one transaction; every one of them must succeed.
    fn execute(&self, commands: Vec<Command>) -> Result<(Vec<Done>, i64)> {
        let request = |command| Request::new(Actor::operator("bench"), command);
        let requests: Vec<Request> = commands.into_iter().map(request).collect();
        let executed = self.engine.execute(&requests.iter().collect::<Vec<_>>());
        let version = executed.committed.last().map_or(0, |committed| committed.version);
        let refused = |failure: Failure| format!("on {} a seeded change was refused: {failure:?}", self.today);
        let done: std::result::Result<Vec<Done>, Failure> = executed.results.into_iter().collect();
        Ok((done.map_err(refused)?, version))
    }
}

/// What a reviewer decides on a job, if one did.
fn decision(id: InstallationId, job: &Job) -> Option<Command> {
    if job.rejected {
        return Some(
            InstallationChange::Reject { expected: ExpectedRevision::Any, reason: RejectReason::EvidenceMissing }
                .of(id),
        );
    }
    job.verified.map(|tier| InstallationChange::Verify { tier }.of(id))
}
