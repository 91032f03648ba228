//! Reading the headline: against a bare handler, at two sizes of the register, and beside a
//! flow of writes.

use super::bare::Bare;
use super::generator::Generator;
use super::report::{Report, Row, Target};
use super::seed::{self, Seeded};
use super::service::Service;
use super::steady::Flow;
use super::wrk::{self, Figures};
use super::{Plan, Result, http};

/// Homes of the large register and of the small one.
const MANY: u64 = 1_000_000;
const FEW: u64 = 10_000;
/// Writes a second beside the reads.
const WRITES: u64 = 500;
/// Where the numbers of written homes begin, above every seeded one.
const FIRST_WRITTEN: u64 = 100_000_000;

/// Measures every row about reading.
pub fn measure(plan: &Plan, report: &mut Report) -> Result<()> {
    let many = seed::sqlite(&plan.seeds, MANY)?;
    let few = seed::sqlite(&plan.seeds, FEW)?;
    report.note(format!("seeding {MANY} homes, now or in an earlier run"), many.seconds, "s");
    report.note(format!("entries of {MANY} homes"), super::figure(many.entries.unsigned_abs()), "");
    report.note(format!("cells of {MANY} homes"), super::figure(many.cells), "");
    still(plan, report, &many, &few)?;
    beside_writes(plan, report, &many)
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

fn still(plan: &Plan, report: &mut Report, many: &Seeded, few: &Seeded) -> Result<()> {
    let large = Service::on_sqlite(&plan.scratch, many)?;
    report.note(format!("from start to the first headline, {MANY} homes"), large.first_answer.as_secs_f64(), "s");
    report.note(format!("resident memory after start, {MANY} homes"), large.memory()?.0, "MiB");
    let small = Service::on_sqlite(&plan.scratch, few)?;
    let bare = Bare::start(&plan.scratch, &http::get(large.address, "/v1/progress")?)?;
    let servers = [large.address, bare.address, small.address];
    let [large_figures, bare_figures, small_figures] = rounds(plan, |server, seconds| {
        let address = servers.get(server).ok_or("no such server")?;
        wrk::get(&plan.scratch, *address, seconds)
    })?;
    let what = format!("GET /v1/progress, {MANY} homes");
    report.add(throughput(format!("{what} / bare handler, a second"), &large_figures, &bare_figures, 0.90));
    report.add(Row {
        target: Target::AtMost(1.5),
        ..p99(format!("{what} / bare handler, p99 ms"), &large_figures, &bare_figures)
    });
    report.add(throughput(format!("{what} / {FEW} homes, a second"), &large_figures, &small_figures, 0.95));
    report.note(format!("resident memory under reads, {MANY} homes"), large.memory()?.0, "MiB");
    Ok(())
}

/// The bare handler has the machine to itself: the writes cost the service alone.
fn beside_writes(plan: &Plan, report: &mut Report, many: &Seeded) -> Result<()> {
    let service = Service::on_sqlite(&plan.scratch, many)?;
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
    let what = format!("GET /v1/progress beside {WRITES} writes a second, {MANY} homes");
    let slowest = written.iter().copied().fold(f64::INFINITY, f64::min);
    report.add(throughput(format!("{what} / bare, a second"), &ours, &theirs, 0.80));
    report.add(p99(format!("{what} / bare, p99 ms"), &ours, &theirs));
    report.note("writes that flowed beside, least of the runs", slowest, "a second");
    let (now, highest) = service.memory()?;
    report.note(format!("resident memory under reads and writes, {MANY} homes"), now, "MiB");
    report.note("the same at its highest", highest, "MiB");
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
