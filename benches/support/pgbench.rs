//! What writes on PostgreSQL are measured against: `pgbench`, one single-row INSERT a commit by
//! 64 clients, on the same cluster with the same settings. The row is that of an installation, in
//! a table with the same columns and indexes, without foreign keys.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Result;
use super::wrk::CONNECTIONS;

const TABLE: &str = "CREATE TABLE bench_rows (LIKE installations INCLUDING ALL)";
const INSERT: &str = r"\set n random(1, 1000000000000000)
INSERT INTO bench_rows (id, site, partner, sandbox, external_id, installed_on, status, reported_at, cost_vnd,
    registered_version, revision, version)
VALUES (gen_random_uuid(), gen_random_uuid(), 'BENCH', false, 'I-' || :n, '2026-01-31', 'installed', now(),
    100000000, :n, 1, :n);
";

/// How `pgbench` sends its statement.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// As text each time, which is what it does unless told otherwise.
    Simple,
    /// Prepared once.
    Prepared,
}

/// A table in the database of a service.
pub struct Pgbench {
    programs: PathBuf,
    url: String,
    script: PathBuf,
}

impl Pgbench {
    /// Makes the table in a database with the service's schema.
    pub fn new(folder: &Path, url: &str) -> Result<Self> {
        let script = folder.join("insert.sql");
        std::fs::write(&script, INSERT)?;
        let pgbench = Self { programs: programs()?, url: url.to_owned(), script };
        let mut psql = Command::new(pgbench.programs.join("psql"));
        output(psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", TABLE]).arg(url))?;
        Ok(pgbench)
    }

    /// Commits a second.
    pub fn run(&self, protocol: Protocol, seconds: u64) -> Result<f64> {
        let mut command = Command::new(self.programs.join("pgbench"));
        let protocol = match protocol {
            Protocol::Simple => "simple",
            Protocol::Prepared => "prepared",
        };
        command.args(["--no-vacuum", "--jobs=1", "--protocol", protocol]);
        command.arg(format!("--client={CONNECTIONS}")).arg(format!("--time={seconds}"));
        let text = output(command.arg("--file").arg(&self.script).arg(&self.url))?;
        let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        tps.ok_or_else(|| format!("pgbench said: {text}").into())
    }
}

/// The folder of the programs: of the `pgbench` on the PATH, else of Debian's newest version.
fn programs() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort_by_key(|folder| {
        let version = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok());
        std::cmp::Reverse(version)
    });
    let mut all = folders.into_iter().chain(std::env::split_paths(&path));
    let found = all.find(|folder| folder.join("pgbench").exists() && folder.join("psql").exists());
    found.ok_or_else(|| "no pgbench; `make bench` installs it".into())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
