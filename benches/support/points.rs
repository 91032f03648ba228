//! A publication point of a large register: what it costs, and who waits for it. A process of its own makes it, the morning after.

use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use green_homes::db::{Database, Url};
use green_homes::domain::records::Actor;
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::day_of;
use green_homes::register::{Clock, Command, Register, Request, system_clock};
use serde::{Deserialize, Serialize};

use super::generator::Generator;
use super::numbers::MANY;
use super::report::{Report, Row, Target};
use super::{Plan, Result, facts, seed};

/// The first argument of the process that makes a point; the file of the register follows.
pub const ARGUMENT: &str = "--make-point";

/// Homes of the day: a million of them come in 200 such days.
const OF_A_DAY: u64 = 5_000;
/// Their numbers, above every seeded one.
const FIRST_OF_A_DAY: u64 = 50_000_000;
const FIRST_WRITTEN: u64 = 51_000_000;
const POINT_SECONDS: f64 = 5.0;
const MORE_MEMORY_MIB: f64 = 15.0;
/// Homes that are registered before.
const WARM: u64 = 3_000;
/// What a write may take meanwhile.
const WRITE_MS: f64 = 1_000.0;

/// What the process measures.
#[derive(Serialize, Deserialize)]
struct Made {
    seconds: f64,
    more_mib: f64,
    writes: u64,
    slowest_write_ms: f64,
}

/// Closes a day of many homes, and writes to the register meanwhile.
pub fn measure(plan: &Plan, report: &mut Report) -> Result<()> {
    let seeded = seed::sqlite(&plan.seeds, MANY)?;
    report.note(format!("close of a day of {MANY} homes, now or in an earlier run"), seeded.close_seconds, "s");
    let with_a_day = plan.scratch.join("with-a-day.db");
    std::fs::copy(&seeded.file, &with_a_day)?;
    seed::add(&open(&with_a_day)?, FIRST_OF_A_DAY..FIRST_OF_A_DAY + OF_A_DAY)?;
    let mut made = Vec::new();
    for round in 0..plan.rounds {
        let file = plan.scratch.join("point.db");
        std::fs::copy(&with_a_day, &file)?;
        // A commit would wait for all of it.
        std::fs::File::open(&file)?.sync_all()?;
        let output = Process::new(std::env::current_exe()?).arg(ARGUMENT).arg(&file).output()?;
        if !output.status.success() {
            return Err(format!("no point: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let one: Made = serde_json::from_slice(&output.stdout)?;
        report.note(format!("writes beside the point of round {round}"), super::figure(one.writes), "");
        made.push(one);
    }
    let what = format!("a point of {OF_A_DAY} homes of a day, {MANY} homes");
    let mut limit = |name: String, of: fn(&Made) -> f64, most: f64| {
        let ours = made.iter().map(of).collect();
        report.add(Row { name, ours, theirs: vec![most], target: Target::AtMost(1.0), failures: 0 });
    };
    limit(format!("{what} / {POINT_SECONDS}, s"), |made| made.seconds, POINT_SECONDS);
    limit(format!("more memory by {what} / {MORE_MEMORY_MIB}, MiB"), |made| made.more_mib, MORE_MEMORY_MIB);
    limit(format!("slowest write beside {what} / {WRITE_MS}, ms"), |made| made.slowest_write_ms, WRITE_MS);
    Ok(())
}

fn open(file: &Path) -> Result<Database> {
    Ok(Database::open(&Url::Sqlite(file.display().to_string()), 4)?)
}

/// The process: works for a while, then passes to the next day, and prints what the close cost.
#[expect(clippy::print_stdout, reason = "what it is for")]
pub fn make(file: &str) -> Result<()> {
    let days = Arc::new(AtomicI64::new(0));
    let (now, ahead) = (system_clock(), days.clone());
    let clock: Clock = Arc::new(move || now() + TimeDelta::days(ahead.load(Ordering::Relaxed)));
    let register = seed::start(&open(Path::new(file))?, &clock)?;
    let mut writes = Writes::begin(&register)?;
    // Until it has the memory of a service that is at work.
    for _ in 0..WARM {
        writes.next()?;
    }
    let (today, before) = (day_of(clock()), memory("VmRSS:")?);
    // From here on the highest is that of the point.
    std::fs::write("/proc/self/clear_refs", "5")?;
    writes = Writes { slowest: 0.0, done: 0, ..writes };
    let began = Instant::now();
    days.store(1, Ordering::Relaxed);
    while register.snapshot().point.as_ref().is_none_or(|point| point.day < today) {
        writes.next()?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let more_mib = memory("VmHWM:")? - before;
    let Writes { slowest: slowest_write_ms, done, .. } = writes;
    println!("{}", serde_json::to_string(&Made { seconds, more_mib, writes: done, slowest_write_ms })?);
    register.stop(Duration::from_mins(1));
    Ok(())
}

/// Registrations, one after the other.
struct Writes<'r> {
    register: &'r Register,
    runtime: tokio::runtime::Runtime,
    generator: Generator,
    home: u64,
    done: u64,
    /// The slowest of them, in milliseconds.
    slowest: f64,
}

impl<'r> Writes<'r> {
    fn begin(register: &'r Register) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let generator = Generator::new(day_of(system_clock()()))?;
        Ok(Self { register, runtime, generator, home: FIRST_WRITTEN, done: 0, slowest: 0.0 })
    }

    fn next(&mut self) -> Result<()> {
        let home = self.generator.home(self.home);
        let job = home.jobs.first().ok_or("a home without a job")?;
        let by = Registrant { partner: facts::partner_of(&home), sandbox: false };
        let new = Box::new(facts::new_installation(&home, 0, job)?);
        let request = Request::new(Actor::operator("bench"), Command::Register { by, new });
        let sent = Instant::now();
        let done = self.runtime.block_on(self.register.submit(request));
        done.map_err(|failure| format!("a write is refused: {failure:?}"))?;
        self.slowest = self.slowest.max(1e3 * sent.elapsed().as_secs_f64());
        (self.home, self.done) = (self.home + 1, self.done + 1);
        Ok(())
    }
}

/// The resident memory of this process, in MiB.
fn memory(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no memory in /proc")?;
    let kib: f64 = line.split_whitespace().next().ok_or("no memory in /proc")?.parse()?;
    Ok(kib / 1024.0)
}
