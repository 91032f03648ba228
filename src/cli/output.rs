//! What commands print: answers for programs on stdout, messages for people on stderr. A message that nobody can read is
//! dropped; an answer that nobody can read is an error, because it may have been a secret.

use std::fmt::{Arguments, Display};
use std::io::{self, Write};

use crate::api::operations::log_lines::LOG;
use crate::app::StartError;

/// Says something to people, in the order of the log. `say!` takes what `format!` takes.
macro_rules! say {
    ($($message:tt)+) => { $crate::cli::output::to_people(format_args!($($message)+)) };
}
pub(super) use say;

pub(super) fn to_people(message: Arguments<'_>) {
    // The log takes every line.
    let _ = (&LOG).write_all(format!("{message}\n").as_bytes());
}

/// Prints an answer for programs, after everything that was said to people.
pub(super) fn print_answer(answer: impl Display) -> Result<(), StartError> {
    LOG.finish();
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(format!("{answer}\n").as_bytes()).and_then(|()| stdout.flush());
    printed.map_err(|error| format!("it is done, but the answer could not be printed: {error}").into())
}

/// Asks on stderr, and reads the answer from stdin. Anything but yes is an error that says `otherwise`.
pub(super) fn confirm(question: &str, otherwise: &'static str) -> Result<(), StartError> {
    say!("{question}");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(otherwise.into()) }
}
