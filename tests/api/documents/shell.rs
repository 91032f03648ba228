//! The blocks of one document as one script, and what came of running it.

use std::fmt::Write;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::markdown::Document;
use crate::process::killer;

/// Printed before each block, with its place among the blocks.
const MARK: &str = "=== block ";
/// Ends the text of a Python block.
const END: &str = "END_OF_THE_PYTHON_BLOCK";
/// A document takes seconds; one that hangs must not hold up every test.
const PATIENCE: Duration = Duration::from_mins(3);

/// The blocks of a document that run, one after the other in one shell, so that variables carry over.
pub struct Script(String);

impl Script {
    pub fn of(document: &Document) -> Self {
        let mut script = String::from("set -eu\n");
        for (place, block) in document.blocks.iter().enumerate().filter(|(_, block)| block.runs()) {
            let mark = format!("printf '\\n%s\\n' '{MARK}{place}'");
            writeln!(script, "{mark}; {mark} >&2").unwrap();
            match block.info.as_str() {
                "sh run" => script.push_str(&block.text),
                "python run" => write!(script, "python3 - <<'{END}'\n{}{END}\n", block.text).unwrap(),
                other => panic!("{}:{}: what is {other}?", document.name, block.line),
            }
        }
        Self(script)
    }

    /// Runs the script in a folder with these settings. What it leaves at work is killed at its end, and so is a script that
    /// hangs.
    pub fn run(&self, folder: &Path, mut command: Command) -> Outcome {
        let [script, out, err] = ["script", "out", "err"].map(|name| folder.join(name));
        std::fs::write(&script, &self.0).unwrap();
        let watchdog = killer();
        command.arg(script).current_dir(folder).process_group(watchdog.group());
        command.stdin(Stdio::null()).stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
        let mut child = command.spawn().expect("sh");
        let until = Instant::now() + PATIENCE;
        let ended = loop {
            match child.try_wait().unwrap() {
                None if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
                ended => break ended,
            }
        };
        drop(watchdog);
        child.wait().unwrap();
        let succeeded = ended.is_some_and(|status| status.success());
        let text = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        Outcome { succeeded, out: text(&out), err: text(&err) }
    }
}

/// What came of a script.
pub struct Outcome {
    pub succeeded: bool,
    out: String,
    err: String,
}

impl Outcome {
    /// What a block printed, by its place among the blocks of its document.
    pub fn printed_by(&self, place: usize) -> &str {
        of_block(&self.out, place)
    }

    /// All that was said and printed.
    pub fn printed(&self) -> String {
        format!("{}{}", self.err, self.out)
    }

    /// The block at which the script ended, and what it printed and said.
    pub fn failure(&self, document: &Document) -> String {
        let last = self.err.rsplit(MARK).next().and_then(|rest| rest.lines().next()?.parse::<usize>().ok());
        let Some(place) = last else { return format!("{}: no block ran: {}", document.name, self.err) };
        let block = &document.blocks[place];
        let (printed, said) = (of_block(&self.out, place), of_block(&self.err, place));
        format!("{}:{}: this block fails:\n{}\n{printed}\n{said}", document.name, block.line, block.text)
    }
}

fn of_block(text: &str, place: usize) -> &str {
    let mark = format!("\n{MARK}{place}\n");
    let (_, rest) = text.split_once(&mark).unwrap_or_default();
    rest.split(&format!("\n{MARK}")).next().unwrap_or_default()
}
