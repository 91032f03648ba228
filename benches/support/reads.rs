//! Reading at three sizes of the register: the headline against a bare handler, against a small
//! register and beside a flow of writes; then what else the numbers cost, in time and memory.

use std::time::Duration;

use super::bare::Bare;
use super::generator::Generator;
use super::report::{Report, Row, Target};
use super::seed;
use super::service::Service;
use super::steady::Flow;
use super::wrk::{self, Figures};
use super::{Plan, Result, http, numbers};

/// Homes of the registers; the targets are those of the largest.
const SIZES: [u64; 3] = [FEW, 100_000, numbers::MANY];
const FEW: u64 = 10_000;
/// Writes a second beside the reads.
const WRITES: u64 = 500;
/// Where the numbers of written homes begin, above every seeded one.
const FIRST_WRITTEN: u64 = 100_000_000;
/// After the last write the newest version is published within this.
const PUBLISHED: Duration = Duration::from_secs(1);
/// What a register may take.
const MEMORY_MIB: f64 = 150.0;
const START_SECONDS: f64 = 1.0;

/// Measures every row about reading.
pub fn measure(plan: &Plan, report: &mut Report) -> Result<()> {
    let small = Service::on_sqlite(&plan.scratch, &seed::sqlite(&plan.seeds, FEW)?)?;
    SIZES.into_iter().try_for_each(|homes| of_size(plan, report, homes, &small))
}

fn of_size(plan: &Plan, report: &mut Report, homes: u64, small: &Service) -> Result<()> {
    let seeded = seed::sqlite(&plan.seeds, homes)?;
    report.note(format!("seeding {homes} homes, now or in an earlier run"), seeded.seconds, "s");
    report.note(format!("entries of {homes} homes"), super::figure(seeded.entries.unsigned_abs()), "");
    report.note(format!("cells of {homes} homes"), super::figure(seeded.cells), "");
    let mut service = Service::on_sqlite(&plan.scratch, &seeded)?;
    let limit = |what: &str, figure: f64, most: f64, unit: &str| {
        let name = format!("{what}, {homes} homes / {most}, {unit}");
        Row { name, ours: vec![figure], theirs: vec![most], target: Target::AtMost(1.0), failures: 0 }
    };
    report.add(limit("from start to the first headline", service.first_answer.as_secs_f64(), START_SECONDS, "s"));
    report.add(limit("resident memory after start", service.memory()?.0, MEMORY_MIB, "MiB"));
    numbers::timeline(report, &service, homes)?;
    numbers::aggregates_again(report, &service, homes)?;
    still(plan, report, &service, (homes, small))?;
    report.add(limit("resident memory under reads", service.memory()?.0, MEMORY_MIB, "MiB"));
    numbers::aggregates_first(plan, report, &service, homes)?;
    beside_writes(plan, report, &service, homes)?;
    let (now, highest) = service.memory()?;
    report.add(limit("resident memory beside writes", now, MEMORY_MIB, "MiB"));
    report.note(format!("the same at its highest, {homes} homes"), highest, "MiB");
    std::thread::sleep(PUBLISHED);
    let version = http::version(service.address)?;
    let again = service.restart()?.as_secs_f64();
    if http::version(service.address)? != version {
        return Err("a service that was killed does not come back with the same headline".into());
    }
    report.add(limit("killed beside writes: from start to the same headline", again, START_SECONDS, "s"));
    Ok(())
}

/// One run of the load for each server and round, the servers in turn.
fn rounds<const N: usize>(
    plan: &Plan,
    mut load: impl FnMut(usize, u64) -> Result<Figures>,
) -> Result<[Vec<Figures>; N]> {
    let mut all = [const { Vec::new() }; N];
    for server in 0..N {
        load(server, plan.warm_up)?;
    }
    for _ in 0..plan.rounds {
        for (server, figures) in all.iter_mut().enumerate() {
            figures.push(load(server, plan.seconds)?);
        }
    }
    Ok(all)
}

fn still(plan: &Plan, report: &mut Report, service: &Service, (homes, small): (u64, &Service)) -> Result<()> {
    let bare = Bare::start(&plan.scratch, &http::get(service.address, "/v1/progress")?)?;
    let servers = [service.address, bare.address, small.address];
    let [ours, bare, small] = rounds(plan, |server, seconds| {
        let address = servers.get(server).ok_or("no such server")?;
        wrk::get(&plan.scratch, *address, seconds)
    })?;
    let what = format!("GET /v1/progress, {homes} homes");
    report.add(throughput(format!("{what} / bare handler, a second"), &ours, &bare, 0.90));
    report.add(Row { target: Target::AtMost(1.5), ..p99(format!("{what} / bare handler, p99 ms"), &ours, &bare) });
    if homes != FEW {
        report.add(throughput(format!("{what} / {FEW} homes, a second"), &ours, &small, 0.95));
    }
    Ok(())
}

/// The bare handler has the machine to itself: the writes cost the service alone.
fn beside_writes(plan: &Plan, report: &mut Report, service: &Service, homes: u64) -> Result<()> {
    let bare = Bare::start(&plan.scratch, &http::get(service.address, "/v1/progress")?)?;
    let generator = Generator::new(plan.today)?;
    let mut first = FIRST_WRITTEN;
    let mut written = Vec::new();
    let [ours, theirs] = rounds(plan, |server, seconds| {
        if server == 1 {
            return wrk::get(&plan.scratch, bare.address, seconds);
        }
        // A little longer than the load, which ends on time only roughly.
        let flow = Flow::start(service.address, &service.token()?, &generator, first, WRITES, seconds + 5)?;
        first += WRITES * (seconds + 5);
        let figures = wrk::get(&plan.scratch, service.address, seconds)?;
        let (count, time) = flow.so_far();
        written.push(super::figure(count) / time.as_secs_f64());
        flow.stop()?;
        Ok(figures)
    })?;
    let what = format!("GET /v1/progress beside {WRITES} writes a second, {homes} homes");
    let slowest = written.iter().copied().fold(f64::INFINITY, f64::min);
    report.add(throughput(format!("{what} / bare, a second"), &ours, &theirs, 0.80));
    report.add(p99(format!("{what} / bare, p99 ms"), &ours, &theirs));
    report.note(format!("writes that flowed beside, least of the runs, {homes} homes"), slowest, "a second");
    Ok(())
}

fn throughput(name: String, ours: &[Figures], theirs: &[Figures], least: f64) -> Row {
    let of = |figures: &[Figures]| figures.iter().map(|f| f.per_second).collect();
    Row { name, ours: of(ours), theirs: of(theirs), target: Target::AtLeast(least), failures: failures(ours, theirs) }
}

fn p99(name: String, ours: &[Figures], theirs: &[Figures]) -> Row {
    let of = |figures: &[Figures]| figures.iter().map(|f| f.p99_ms).collect();
    Row { name, ours: of(ours), theirs: of(theirs), target: Target::None, failures: failures(ours, theirs) }
}

fn failures(ours: &[Figures], theirs: &[Figures]) -> u64 {
    ours.iter().chain(theirs).map(|f| f.failures).sum()
}
