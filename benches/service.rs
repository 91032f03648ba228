//! The service against its targets: every row compares two things measured in the same run on
//! the same machine, in turn, by the median of three rounds. `make bench` runs it;
//! `cargo bench --bench service -- reads postgres sqlite --quick` runs some of it, shortly.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it is for")]

mod support;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use support::report::Report;
use support::{Plan, Result, attacks, bare, overload, points, reads, writes};

type Measure = fn(&Plan, &mut Report) -> Result<()>;

/// What can be asked for by name; nothing asked for is everything.
const PARTS: [(&str, Measure); 6] = [
    ("reads", reads::measure),
    ("points", points::measure),
    ("postgres", writes::on_postgres),
    ("sqlite", writes::on_sqlite),
    ("overload", overload::measure),
    ("attacks", attacks::measure),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words[..] {
        [bare::ARGUMENT, address, file] => bare::serve(address, file),
        [points::ARGUMENT, file] => points::make(file),
        _ => run(&words),
    };
    if let Err(error) = done {
        eprintln!("the benchmark broke off: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(words: &[&str]) -> Result<()> {
    let quick = words.contains(&"--quick");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    std::fs::create_dir_all(&folder)?;
    let scratch = tempfile::tempdir_in(&folder)?;
    let plan = Plan {
        seeds: folder.clone(),
        scratch: scratch.path().to_owned(),
        today: green_homes::domain::values::day_of(chrono::Utc::now()),
        warm_up: if quick { 1 } else { 5 },
        seconds: if quick { 2 } else { 10 },
        rounds: if quick { 1 } else { 3 },
    };
    let asked = |name: &str| words.iter().all(|word| word.starts_with("--")) || words.contains(&name);
    let mut report = Report::default();
    let began = Instant::now();
    report.note("processors", f64::from(u32::try_from(std::thread::available_parallelism()?.get())?), "");
    report.note("load before, one minute", load()?, "");
    for (name, measure) in PARTS.into_iter().filter(|(name, _)| asked(name)) {
        eprintln!("{name}");
        measure(&plan, &mut report)?;
    }
    report.note("the whole benchmark", began.elapsed().as_secs_f64(), "s");
    report.print();
    report.write(&folder.join("report.json"))
}

/// What else the machine has to do: anything much above 0 makes the figures doubtful.
fn load() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').next().unwrap_or_default().parse()?)
}
