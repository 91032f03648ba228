//! The binary as an operator runs it: a process of its own, that can be killed.
//!
//! No process outlives its test: a test that panics kills its services, and a watchdog process kills those of a test
//! process that was killed itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Client, TestDatabase, binary, token};
use crate::watchdog::Watchdog;

/// A running `green-homes serve`.
pub struct Process {
    pub address: String,
    /// Where operators are answered.
    pub metrics_address: String,
    child: Running,
    /// What was said and logged so far.
    said: Arc<Mutex<Vec<String>>>,
    listener: JoinHandle<()>,
}

/// A child process, killed when dropped.
pub struct Running(Child);

impl Running {
    /// Starts another program than the binary.
    pub fn start(mut command: Command) -> Self {
        Self(command.process_group(watched_group()).spawn().unwrap())
    }

    pub fn goes_on(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // No `unwrap` here: a panic while another one unwinds would abort the test run.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts the service on a free port, with a data directory of its own or the database's.
    pub fn serve(database: &TestDatabase, data_dir: &Path) -> Self {
        Self::serve_logging(database, data_dir, "warn")
    }

    /// The same, with a log of this level.
    pub fn serve_logging(database: &TestDatabase, data_dir: &Path, level: &str) -> Self {
        let mut command = command(database, data_dir);
        command.env("GREEN_HOMES_LOG", level).args(["serve", "--metrics-listen", "127.0.0.1:0"]);
        Self::start(command)
    }

    /// Starts a command that serves, and waits until it says where.
    pub fn start(mut command: Command) -> Self {
        command.process_group(watched_group()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
        let (mut metrics_address, mut said) = (String::new(), Vec::new());
        let address = loop {
            let line = lines.next().expect("the service says where it listens").unwrap();
            said.push(line.clone());
            if let Some((_, rest)) = line.split_once("metrics at ") {
                rest.trim_end_matches("/metrics").clone_into(&mut metrics_address);
            }
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(' ').next().unwrap().to_owned();
            }
        };
        answers(address.trim_start_matches("http://"));
        let said = Arc::new(Mutex::new(said));
        // Nobody may block on a full pipe.
        let heard = said.clone();
        let listener =
            std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| heard.lock().unwrap().push(line)));
        Self { address, metrics_address, child, said, listener }
    }

    /// Its number among the processes of the machine.
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// What was said and logged so far.
    pub fn log_so_far(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Starts a command that serves and whose stderr nobody hears: a file, or a pipe that is never read. `address` is where
    /// it answers, known beforehand.
    pub fn start_unheard(mut command: Command, address: String, stderr: Stdio) -> Self {
        command.process_group(watched_group()).stdout(Stdio::null()).stderr(stderr);
        let child = Running(command.spawn().unwrap());
        Self::unheard(address, String::new(), child)
    }

    fn unheard(address: String, metrics_address: String, child: Running) -> Self {
        Self { address, metrics_address, child, said: Arc::default(), listener: std::thread::spawn(|| ()) }
    }

    /// Starts a command that serves, waits until it says where, and then closes the pipe that it logs to.
    pub fn start_then_close_its_log(mut command: Command) -> Self {
        command.process_group(watched_group()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = Running(command.spawn().unwrap());
        let mut lines = BufReader::new(child.0.stderr.take().unwrap()).lines();
        let mut place = |name: &str| {
            let found = lines.by_ref().map(Result::unwrap).find_map(|line| Some(line.split_once(name)?.1.to_owned()));
            found.expect("the service says where it listens").split(' ').next().unwrap().to_owned()
        };
        let metrics_address = place("metrics at ").trim_end_matches("/metrics").to_owned();
        let address = place("listening on ");
        Self::unheard(address, metrics_address, child)
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }

    /// SIGSTOP: it stands still, whatever it holds, until it is thawed.
    pub fn freeze(&self) {
        kill_process(Pid::from_child(&self.child.0), Signal::STOP).unwrap();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        kill_process(Pid::from_child(&self.child.0), Signal::CONT).unwrap();
    }

    /// The exit code of a process that ends by itself.
    pub fn ended(mut self) -> Option<i32> {
        self.child.0.wait().unwrap().code()
    }

    /// SIGTERM, then the exit code.
    pub fn terminate(self) -> Option<i32> {
        self.terminate_and_listen().0
    }

    /// SIGTERM, then the exit code and what was said and logged.
    pub fn terminate_and_listen(mut self) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.child.0), Signal::TERM).unwrap();
        let code = self.child.0.wait().unwrap().code();
        self.listener.join().unwrap();
        let log = self.said.lock().unwrap().join("\n");
        (code, log)
    }
}

/// Waits for an answer: from then on the service stops in order when it is told to.
fn answers(address: &str) {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(b"GET /livez HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1."), "{answer}");
}

/// A watchdog that kills its process group: itself and every program that joined.
pub fn killer() -> Watchdog {
    Watchdog::start(Command::new("sh"), "kill -KILL 0", &[])
}

/// The process group that is killed when the test process has gone, however it went.
fn watched_group() -> i32 {
    static WATCHDOG: OnceLock<Watchdog> = OnceLock::new();
    WATCHDOG.get_or_init(killer).group()
}

/// A command of the binary on this database.
pub fn command(database: &TestDatabase, data_dir: &Path) -> Command {
    let mut command = Command::new(binary());
    command.process_group(watched_group()).stdin(Stdio::null());
    command.env_remove("DATABASE_URL_FILE").env("DATABASE_URL", &database.url);
    command.arg("--data-dir").arg(data_dir).args(["--listen", "127.0.0.1:0", "--workers", "1"]);
    command.env("GREEN_HOMES_LOG", "warn");
    command.env("GREEN_HOMES_CLIENT_RATE", "0").env("GREEN_HOMES_ADDRESS_RATE", "0");
    command.env("GREEN_HOMES_DAILY_INSTALLATIONS", "0");
    command.stdout(Stdio::piped());
    command
}

/// A command by a clock that libfaketime moves.
pub fn faked(database: &TestDatabase, data_dir: &Path, offset: &str, arguments: &[&str]) -> Command {
    let mut command = command(database, data_dir);
    command.env("LD_PRELOAD", faketime()).env("FAKETIME", offset).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command.args(arguments);
    command
}

fn faketime() -> String {
    let found =
        std::fs::read_dir("/usr/lib").unwrap().flatten().map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    let found = found.filter(|path| path.exists()).map(|path| path.display().to_string()).next();
    found.expect("libfaketime: scripts/install-test-needs.sh installs it")
}

/// A command that serves on a listener of the test's, handed over as systemd does it.
pub fn handed(listener: &TcpListener, database: &TestDatabase) -> Command {
    let mut plain = command(database, database.data_dir.path());
    plain.arg("serve");
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec 3<&0; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"", "sh"]);
    let mut shell = under(shell, &plain);
    shell.stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())));
    shell
}

/// A program that is given a command to carry out.
pub fn under(mut program: Command, plain: &Command) -> Command {
    program.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => program.env(name, value),
            None => program.env_remove(name),
        };
    }
    program
}

/// What a command prints, and its exit code.
pub fn output(database: &TestDatabase, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = command(database, database.data_dir.path()).args(arguments).output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), output.status.code())
}

/// What a command prints and says, and its exit code.
pub fn printed(database: &TestDatabase, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = command(database, database.data_dir.path());
    command.args(arguments);
    ran(command)
}

/// The same of a command as it stands.
pub fn ran(mut command: Command) -> (String, String, Option<i32>) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// A partner's client, made on the command line.
pub fn partner_client(database: &TestDatabase, code: &str) -> (String, String) {
    // Begins the register, if there is none.
    drop(database.db_open());
    assert_eq!(output(database, &["partner", "add", "--code", code, "--name", code]).1, Some(0));
    client(database, &["--role", "partner", "--partner", code, "--name", "tests"])
}

/// A service on this database, with a partner who may write.
pub async fn serve_a_partner(database: &TestDatabase) -> (Process, Client) {
    let (id, secret) = partner_client(database, "SOLARCO");
    let server = Process::serve(database, database.data_dir.path());
    let token = token(&server.address, &id, &secret).await.unwrap();
    let partner = Client::new(&server.address).with_token(token);
    (server, partner)
}

/// A client, made on the command line: its id and its secret.
pub fn client(database: &TestDatabase, arguments: &[&str]) -> (String, String) {
    let (client, _) = output(database, &[&["client", "add"], arguments].concat());
    let text = |name: &str| client[name].as_str().expect("id and secret").to_owned();
    (text("client_id"), text("client_secret"))
}

#[test]
fn drop_of_a_running_service_ends_it() {
    let database = TestDatabase::sqlite();
    let server = Process::serve(&database, database.data_dir.path());
    let address = server.address.trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    // As a test does that panics.
    drop(server);
    assert!(TcpStream::connect(&address).is_err());
}
