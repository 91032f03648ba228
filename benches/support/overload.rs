//! More than the service can do, and ten times more than it is set to do: it goes on at its pace, refuses the rest at
//! once, keeps its memory, and the public reads its number meanwhile. The service has one processor, so that another can
//! ask. Ten times what it *can* do cannot be sent: that is as much as a handler which does nothing answers on two.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use green_homes::db::{Database, Url};
use green_homes::register::QUEUE;

use super::http::Connection;
use super::postgres::Cluster;
use super::report::{Report, Row, Target};
use super::service::{Limits, Register, Service};
use super::storm::{Force, Storm, p99_ms};
use super::{Plan, Result, figure, http, seed};

/// Homes in the register before.
const SEEDED: u64 = 10_000;
/// Where the numbers of sent homes begin, above every seeded one.
const FIRST_CALM: u64 = 400_000_000;
const FIRST_SENT: u64 = 600_000_000;
/// What one client may ask for a second in the second part, and what is offered then, as a multiple of it. More is tried,
/// as a connection that waits for its answer does not ask.
const ALLOWED: u32 = 1_500;
const TIMES: f64 = 10.0;
const TRIED: f64 = 16.0;
/// Connections that ask for as much as the service can do, and those that ask for more: the queue cannot hold them.
const FEW: u32 = 64;
const MANY: u32 = 4 * 1024;
/// Files that a process may need beside its connections.
const OTHER_FILES: u64 = 256;
/// Nothing is counted before: by then all connections are open, and have their buffers.
const SETTLED: Duration = Duration::from_secs(15);
/// What memory may grow by from then on. The allocator settles by some tens of MiB; if refused requests stayed, it would
/// be a gigabyte.
const GROWTH: f64 = 1.25;
/// Sets the seconds of the overload.
const SECONDS: &str = "BENCH_OVERLOAD_SECONDS";
const MINUTE: u64 = 60;

/// On both databases.
pub fn measure(plan: &Plan, report: &mut Report) -> Result<()> {
    const { assert!(MANY as usize > 3 * QUEUE, "many more connections than the queue holds") };
    check_files()?;
    let seeded = seed::sqlite(&plan.seeds, SEEDED)?;
    for part in [all_that_can_be_sent, ten_times_the_setting] {
        part(plan, report, "SQLite", Register::Sqlite(&seeded))?;
    }
    let cluster = Cluster::private();
    for part in [all_that_can_be_sent, ten_times_the_setting] {
        let url = cluster.create_database();
        seed::fill(&Database::open(&Url::parse(&url)?, 2)?, SEEDED)?;
        part(plan, report, "PostgreSQL", Register::Postgres(&url))?;
    }
    Ok(())
}

fn all_that_can_be_sent(plan: &Plan, report: &mut Report, on: &str, register: Register) -> Result<()> {
    let service = Service::start(&plan.scratch, register, Limits::None)?;
    service.confine()?;
    let calm = Force {
        connections: FEW,
        pace: Duration::ZERO,
        warm_up: Duration::from_secs(plan.warm_up),
        long: Duration::from_secs(plan.seconds),
    };
    let calm = Storm::begin(service.address, &service.token()?, FIRST_CALM, calm).wait()?;
    let capacity = figure(calm.accepted.len() as u64) / figure(plan.seconds);
    report.note(format!("p99 of POST without overload, {on}"), p99_ms(&calm.accepted), "ms");
    overload(report, &format!("all that can be sent to {on}"), &service, (capacity, Target::None))
}

fn ten_times_the_setting(plan: &Plan, report: &mut Report, on: &str, register: Register) -> Result<()> {
    let service = Service::start(&plan.scratch, register, Limits::Client(ALLOWED))?;
    service.confine()?;
    let allowed = (f64::from(ALLOWED), Target::AtLeast(TIMES));
    overload(report, &format!("10 x what {on} is set to"), &service, allowed)
}

/// Offers many times the capacity; `target` is for what was offered, measured by it.
fn overload(report: &mut Report, name: &str, service: &Service, (capacity, target): (f64, Target)) -> Result<()> {
    let seconds = std::env::var(SECONDS).map_or(Ok(MINUTE), |text| text.parse())?;
    let (address, idle, token) = (service.address, service.memory()?.0, service.token()?);
    let before = http::version(address)?;
    let reader = Reader::start(address)?;
    let pace = Duration::from_secs_f64(f64::from(MANY) / (capacity * TRIED));
    let storm = Force { connections: MANY, pace, warm_up: SETTLED, long: Duration::from_secs(seconds) };
    let storm = Storm::begin(address, &token, FIRST_SENT, storm);
    std::thread::sleep(SETTLED);
    let settled = service.memory()?.0;
    std::thread::sleep(Duration::from_secs(seconds));
    let (after, highest) = service.memory()?;
    let outcome = storm.wait()?;
    let took = figure(seconds);
    let (reads, failed_reads) = reader.stop()?;
    // The headline follows within a second.
    std::thread::sleep(Duration::from_secs(1));
    let (accepted, written) = (outcome.accepted.len() as u64, http::version(address)? - before);
    if written < accepted {
        return Err(format!("{accepted} accepted, {written} written").into());
    }

    if let Some(failure) = outcome.failures.first() {
        eprintln!("  an answer that is neither 201 nor a refusal: {failure}");
    }
    let failures = outcome.failures.len() as u64;
    let a_second = figure(accepted) / took;
    let offered = figure(accepted + outcome.refused + failures) / took;
    let row = |what: &str, ours: f64, theirs: f64, target, failures| Row {
        name: format!("{name}: {what}"),
        ours: vec![ours],
        theirs: vec![theirs],
        target,
        failures,
    };
    report.add(row("offered / capacity, a second", offered, capacity, target, 0));
    report.add(row("accepted / capacity, a second", a_second, capacity, Target::None, 0));
    let p99 = p99_ms(&outcome.accepted);
    report.add(row("p99 of accepted / one second, ms", p99, 1e3, Target::AtMost(1.0), failures));
    report.add(row("memory at the end / at the beginning, MiB", after, settled, Target::AtMost(GROWTH), 0));
    report.add(row("p99 of GET /v1/progress / one second, ms", p99_ms(&reads), 1e3, Target::AtMost(1.0), failed_reads));
    report.note(format!("{name}: refused by 429 or 503"), figure(outcome.refused) / took, "a second");
    report.note(format!("{name}: answered otherwise, or not"), figure(failures), "");
    report.note(format!("{name}: memory before, idle"), idle, "MiB");
    report.note(format!("{name}: memory at its highest"), highest, "MiB");
    Ok(())
}

/// Reads the headline a hundred times a second.
pub struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<(Vec<Duration>, u64)>,
}

impl Reader {
    /// Begins to read.
    pub fn start(address: std::net::SocketAddr) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let mut connection = Connection::to(address)?;
        let thread = std::thread::spawn(move || {
            let (mut took, mut failed) = (Vec::new(), 0);
            while !told.load(Ordering::Relaxed) {
                let began = Instant::now();
                match connection.send(b"GET /v1/progress HTTP/1.1\r\nHost: bench\r\n\r\n") {
                    Ok(answer) if answer.status == 200 => took.push(began.elapsed()),
                    _ => failed += 1,
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            took.sort_unstable();
            (took, failed)
        });
        Ok(Self { stop, thread })
    }

    /// How long the reads took, sorted, and how many failed.
    pub fn stop(self) -> Result<(Vec<Duration>, u64)> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the reader broke".into())
    }
}

/// Every connection is a file; children have the limit of this process.
fn check_files() -> Result<()> {
    let text = std::fs::read_to_string("/proc/self/limits")?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let may = line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(u64::MAX);
    let needed = u64::from(MANY) + OTHER_FILES;
    if may < needed {
        return Err(format!("a process may open {may} files here; run `ulimit -n {needed}` before").into());
    }
    Ok(())
}
