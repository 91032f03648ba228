//! The load: `wrk` with one thread and 64 connections kept alive, the same for every server.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::generator::Generator;
use super::{Result, facts};

/// Connections kept alive.
pub const CONNECTIONS: usize = 64;

const GET: &str = include_str!("get.lua");
const POST: &str = include_str!("post.lua");

/// What one run of `wrk` measured.
#[derive(Clone, Copy)]
pub struct Figures {
    /// Requests answered.
    pub requests: u64,
    /// Requests answered a second.
    pub per_second: f64,
    /// 99 of 100 requests were answered within this.
    pub p99_ms: f64,
    /// Answers that say no, and connections that broke.
    pub failures: u64,
}

/// Loads `/v1/progress`.
pub fn get(folder: &Path, address: SocketAddr, seconds: u64) -> Result<Figures> {
    run(folder, GET, &format!("http://{address}/v1/progress"), seconds, &[])
}

/// Loads `POST /v1/installations` with the bodies of a file, each sent once.
pub fn post(folder: &Path, address: SocketAddr, seconds: u64, token: &str, bodies: &Path) -> Result<Figures> {
    let bodies = bodies.display().to_string();
    let variables = [("BENCH_TOKEN", token), ("BENCH_BODIES", &bodies)];
    run(folder, POST, &format!("http://{address}/v1/installations"), seconds, &variables)
}

fn run(folder: &Path, script: &str, url: &str, seconds: u64, variables: &[(&str, &str)]) -> Result<Figures> {
    let file = folder.join("wrk.lua");
    std::fs::write(&file, script)?;
    let mut command = Command::new("wrk");
    command.arg("--threads=1").arg(format!("--connections={CONNECTIONS}")).arg(format!("--duration={seconds}s"));
    command.args(["--latency", "--timeout=20s"]).arg("--script").arg(&file).arg(url);
    command.envs(variables.iter().copied());
    let output = command.output().map_err(|error| format!("wrk does not run ({error}); `make bench` installs it"))?;
    read(&output)
}

/// Reads the line that the scripts print at the end.
fn read(output: &Output) -> Result<Figures> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("figures "));
    let told = || format!("wrk said: {text}{}", String::from_utf8_lossy(&output.stderr));
    let figures: Vec<f64> = line.ok_or_else(told)?.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [requests, microseconds, failures, p99] = figures[..] else { return Err(told().into()) };
    Ok(Figures {
        requests: whole(requests),
        per_second: requests * 1e6 / microseconds,
        p99_ms: p99 / 1e3,
        failures: whole(failures),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts that wrk prints")]
fn whole(count: f64) -> u64 {
    count as u64
}

/// Writes the bodies of `count` new installations, one a line, of homes from number `first` on.
pub fn write_bodies(folder: &Path, generator: &Generator, first: u64, count: u64) -> Result<PathBuf> {
    let path = folder.join("bodies.ndjson");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    for number in first..first + count {
        if let Some(body) = facts::body(&generator.home(number)) {
            writeln!(file, "{body}")?;
        }
    }
    file.flush()?;
    Ok(path)
}
