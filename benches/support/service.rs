//! The service under test: its own release binary as a child process, on a copy of a seeded
//! register or on PostgreSQL, with a client made by its own command line.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::http::{self, Connection};
use super::{Result, seed::Seeded};

const BINARY: &str = env!("CARGO_BIN_EXE_green-homes");
const PARTNER: &str = "BENCH";
const DATABASE: &str = "green-homes.db";
const START_WITHIN: Duration = Duration::from_mins(2);

/// What callers may do.
#[derive(Clone, Copy)]
pub enum Limits {
    /// Anything.
    None,
    /// A client so many requests a second, and nothing else is limited.
    Client(u32),
    /// What they may do where nothing is set.
    Defaults,
}

/// Which register a service runs on.
#[derive(Clone, Copy)]
pub enum Register<'a> {
    /// A copy of a seeded file.
    Sqlite(&'a Seeded),
    /// A database that no service has used yet.
    Postgres(&'a str),
}

/// A running service, ended when dropped.
pub struct Service {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer on `/v1/progress`.
    pub first_answer: Duration,
    /// What it is started with.
    command: Command,
    /// The database, where it is not the file in the folder.
    url: Option<String>,
    partner: Client,
    reviewer: Client,
    folder: TempDir,
}

/// A client's credentials.
struct Client {
    id: String,
    secret: String,
}

impl Service {
    /// On a copy of a seeded file, without limits: what is measured is the work.
    pub fn on_sqlite(folder: &Path, seeded: &Seeded) -> Result<Self> {
        Self::start(folder, Register::Sqlite(seeded), Limits::None)
    }

    /// On PostgreSQL, without limits.
    pub fn on_postgres(folder: &Path, url: &str) -> Result<Self> {
        Self::start(folder, Register::Postgres(url), Limits::None)
    }

    /// With these limits.
    pub fn start(folder: &Path, register: Register, limits: Limits) -> Result<Self> {
        let data = TempDir::with_prefix_in("service-", folder)?;
        let url = match register {
            Register::Sqlite(seeded) => {
                std::fs::copy(&seeded.file, data.path().join(DATABASE))?;
                None
            }
            Register::Postgres(url) => {
                // Refuses where the database is seeded already.
                let _ = run_line(data.path(), Some(url), &["init"]);
                Some(url)
            }
        };
        run_line(data.path(), url, &["partner", "add", "--code", PARTNER, "--name", "Benchmark"])?;
        let client = |words| add_client(data.path(), url, words);
        let (partner, reviewer) = (client(&["partner", "--partner", PARTNER])?, client(&["reviewer"])?);
        let address = free_address()?;
        let mut command = program(data.path(), url);
        let client_rate = match limits {
            Limits::None => Some(0),
            Limits::Client(rate) => Some(rate),
            Limits::Defaults => None,
        };
        if let Some(rate) = client_rate {
            let rate = rate.to_string();
            command.args(["--client-rate", &rate, "--address-rate", "0", "--address-connections", "0"]);
            command.args(["--daily-installations", "0"]);
        }
        command.arg("--listen").arg(address.to_string()).stdout(Stdio::null());
        command.stderr(File::create(data.path().join("log"))?);
        let began = Instant::now();
        let mut child = command.spawn()?;
        let answered = wait_for_answer(address, &mut child);
        let first_answer = began.elapsed();
        let url = url.map(str::to_owned);
        let service = Self { child, address, first_answer, command, url, partner, reviewer, folder: data };
        answered.map(|()| service)
    }

    /// Kills it as it stands and starts it again; gives the time to its first answer.
    pub fn restart(&mut self) -> Result<Duration> {
        self.child.kill()?;
        self.child.wait()?;
        let began = Instant::now();
        self.child = self.command.spawn()?;
        wait_for_answer(self.address, &mut self.child)?;
        Ok(began.elapsed())
    }

    /// Its SQLite file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join(DATABASE)
    }

    /// A fresh token of a partner, good for 15 minutes.
    pub fn token(&self) -> Result<String> {
        self.token_of(&self.partner)
    }

    /// A fresh token of a reviewer.
    pub fn reviewer_token(&self) -> Result<String> {
        self.token_of(&self.reviewer)
    }

    /// A token of a client that is added now; `words` are its role and whose it is.
    pub fn new_token(&self, words: &[&str]) -> Result<String> {
        self.token_of(&add_client(self.folder.path(), self.url.as_deref(), words)?)
    }

    fn token_of(&self, Client { id, secret }: &Client) -> Result<String> {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = Connection::to(self.address)?.send(&http::post("/oauth/token", headers, &form))?;
        let body: Value = serde_json::from_slice(&answer.body)?;
        let token = body.get("access_token").and_then(Value::as_str);
        token.map(str::to_owned).ok_or_else(|| format!("no token: {body}").into())
    }

    /// Leaves it one processor, so that the others can ask for more than it can do.
    pub fn confine(&self) -> Result<()> {
        let id = self.child.id().to_string();
        let output = Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", "0", &id]).output()?;
        if !output.status.success() {
            return Err(format!("taskset: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(())
    }

    /// Its resident memory in MiB, now and at its highest.
    pub fn memory(&self) -> Result<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok().map(|kib| kib / 1024.0)
        };
        mib("VmRSS:").zip(mib("VmHWM:")).ok_or_else(|| "no memory in /proc".into())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // What it wrote is thrown away, so it need not stop in order.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with settings of its own and none of the caller's.
fn program(data: &Path, url: Option<&str>) -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().into_owned();
        if text.starts_with("GREEN_HOMES_") || text.starts_with("DATABASE_URL") {
            command.env_remove(name);
        }
    }
    command.arg("--data-dir").arg(data).stdin(Stdio::null());
    if let Some(url) = url {
        command.env("DATABASE_URL", url);
    }
    command
}

fn add_client(data: &Path, url: Option<&str>, words: &[&str]) -> Result<Client> {
    let words = [&["client", "add", "--name", "Benchmark", "--role"], words].concat();
    let made: Value = serde_json::from_slice(&run_line(data, url, &words)?)?;
    let word = |name: &str| made.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Client { id: word("client_id"), secret: word("client_secret") })
}

fn run_line(data: &Path, url: Option<&str>, words: &[&str]) -> Result<Vec<u8>> {
    let output = program(data, url).args(words).output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(output.stdout)
}

/// An address that nobody listens on just now.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until a child answers on `/v1/progress`, and ends it if it does not.
pub fn wait_for_answer(address: SocketAddr, child: &mut Child) -> Result<()> {
    let until = Instant::now() + START_WITHIN;
    loop {
        if http::get(address, "/v1/progress").is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            return Err(format!("a server ended at its start: {status}").into());
        }
        if Instant::now() > until {
            let _ = child.kill();
            return Err("a server does not answer".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
