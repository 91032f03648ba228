//! A publication point of a large register: what it costs, and who waits for it. A process of its own makes it, the morning after.

use std::path::Path;
use std::process::Command as Process;
use std::time::Instant;

use green_homes::db::{Database, Url};
use green_homes::domain::records::Actor;
use green_homes::domain::rules::Registrant;
use green_homes::domain::values::day_of;
use green_homes::register::{Command, Request, system_clock};
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

/// The process: closes the day that is over, tomorrow, and prints what it cost.
#[expect(clippy::print_stdout, reason = "what it is for")]
pub fn make(file: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (today, generator) = (day_of(system_clock()()), Generator::new(day_of(system_clock()()))?);
    let register = seed::start(&open(Path::new(file))?, 1)?;
    // From here on the highest is that of the point.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let (began, before) = (Instant::now(), memory("VmRSS:")?);
    let (mut slowest, mut writes) = (0.0_f64, 0);
    while register.snapshot().point.as_ref().is_none_or(|point| point.day < today) {
        let home = generator.home(FIRST_WRITTEN + writes);
        let job = home.jobs.first().ok_or("a home without a job")?;
        let by = Registrant { partner: facts::partner_of(&home), sandbox: false };
        let new = Box::new(facts::new_installation(&home, 0, job)?);
        let request = Request::new(Actor::operator("bench"), Command::Register { by, new });
        let sent = Instant::now();
        runtime.block_on(register.submit(request)).map_err(|failure| format!("a write is refused: {failure:?}"))?;
        slowest = slowest.max(1e3 * sent.elapsed().as_secs_f64());
        writes += 1;
    }
    let seconds = began.elapsed().as_secs_f64();
    let more_mib = memory("VmHWM:")? - before;
    println!("{}", serde_json::to_string(&Made { seconds, more_mib, writes, slowest_write_ms: slowest })?);
    register.stop(std::time::Duration::from_mins(1));
    Ok(())
}

/// The resident memory of this process, in MiB.
fn memory(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no memory in /proc")?;
    let kib: f64 = line.split_whitespace().next().ok_or("no memory in /proc")?.parse()?;
    Ok(kib / 1024.0)
}
