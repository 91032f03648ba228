//! A watchdog: a shell that waits until the test process has gone, however it went, and then ends what the process
//! started.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Reads until the test process has gone: its end of the pipe closes.
const WAIT: &str = "trap '' HUP INT TERM; while read -r _; do :; done";

/// A running watchdog. Dropping it lets it do its work, and waits for the end.
pub struct Watchdog(Child);

impl Watchdog {
    /// Starts a watchdog in this shell; `ending` is what it does, with `arguments` as `$1`, `$2` and so on.
    ///
    /// A process group of its own keeps the watchdog clear of the Ctrl-C that ends the tests.
    pub fn start(mut shell: Command, ending: &str, arguments: &[&Path]) -> Self {
        shell.args(["-c", &format!("{WAIT}\n{ending}"), "watchdog"]).args(arguments);
        shell.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(shell.spawn().expect("start the watchdog"))
    }

    /// The process group of the watchdog, which programs join that it ends by `kill 0`.
    pub fn group(&self) -> i32 {
        self.0.id().try_into().expect("a process id")
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // No `expect` here: a panic while another one unwinds would abort the test run.
        let _ = self.0.wait();
    }
}
