//! The binary as an operator runs it: a process of its own, that can be killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{TestDatabase, binary};

/// A running `green-homes serve`.
pub struct Process {
    pub address: String,
    child: Child,
}

impl Process {
    /// Starts the service on a free port, with a data directory of its own or the database's.
    pub fn serve(database: &TestDatabase, data_dir: &std::path::Path) -> Self {
        let mut child = command(database, data_dir).arg("serve").stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the service says where it listens").unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(' ').next().unwrap().to_owned();
            }
        };
        // Nobody may block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { address, child }
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, then the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

/// A command of the binary on this database.
pub fn command(database: &TestDatabase, data_dir: &std::path::Path) -> Command {
    let mut command = Command::new(binary());
    command.env_remove("DATABASE_URL_FILE").env("DATABASE_URL", &database.url);
    command.arg("--data-dir").arg(data_dir).args(["--listen", "127.0.0.1:0", "--workers", "1", "--log", "warn"]);
    command.stdout(Stdio::piped());
    command
}

/// What a command prints, and its exit code.
pub fn output(database: &TestDatabase, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = command(database, database.data_dir.path()).args(arguments).output().unwrap();
    (serde_json::from_slice(&output.stdout).unwrap_or_default(), output.status.code())
}

/// A partner's client, made on the command line.
pub fn partner_client(database: &TestDatabase, code: &str) -> (String, String) {
    assert_eq!(output(database, &["partner", "add", "--code", code, "--name", code]).1, Some(0));
    let (client, _) = output(database, &["client", "add", "--role", "partner", "--partner", code, "--name", "tests"]);
    let text = |name: &str| client[name].as_str().expect("id and secret").to_owned();
    (text("client_id"), text("client_secret"))
}
