//! The log on its way to stderr. Requests give their lines to a queue and go on, and one thread writes, because whoever reads
//! the log may be gone, full or slow. A line that cannot be written is dropped and counted; nobody waits and nothing panics.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines that may wait; one more is dropped.
const MOST_WAITING: usize = 10_000;
/// How long the end of the program waits for a reader that does not read.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(2);

/// The log of the process. There is one, because there is one stderr.
pub static LOG: Log = Log {
    lines: Mutex::new(Lines { waiting: VecDeque::new(), is_writing: false }),
    changed: Condvar::new(),
    dropped: AtomicU64::new(0),
};

/// A queue of lines. `&LOG` takes one line with each write.
pub struct Log {
    lines: Mutex<Lines>,
    changed: Condvar,
    dropped: AtomicU64,
}

struct Lines {
    waiting: VecDeque<Vec<u8>>,
    /// Whether a line was taken out that is not written yet.
    is_writing: bool,
}

impl Log {
    /// Starts the thread that writes.
    pub fn start(&'static self) -> io::Result<()> {
        thread::Builder::new().name("log".to_owned()).spawn(|| self.write_for_ever()).map(drop)
    }

    /// The number of lines that could not be written.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Waits until every line is written, but not for a reader that does not read.
    pub fn finish(&self) {
        let waits = |lines: &mut Lines| lines.is_writing || !lines.waiting.is_empty();
        drop(self.changed.wait_timeout_while(self.lock(), LAST_WORDS_WITHIN, waits));
    }

    fn write_for_ever(&self) {
        loop {
            let empty = |lines: &mut Lines| lines.waiting.is_empty();
            let mut lines = self.changed.wait_while(self.lock(), empty).unwrap_or_else(PoisonError::into_inner);
            let line = lines.waiting.pop_front().unwrap_or_default();
            lines.is_writing = true;
            drop(lines);
            if io::stderr().write_all(&line).is_err() {
                self.dropped.fetch_add(1, Relaxed);
            }
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut lines = self.lock();
        if lines.waiting.len() < MOST_WAITING {
            lines.waiting.push_back(line.to_owned());
            drop(lines);
            self.changed.notify_all();
        } else {
            self.dropped.fetch_add(1, Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_more_lines_than_may_wait_drops_and_counts_the_rest() {
        let log = Log {
            lines: Mutex::new(Lines { waiting: VecDeque::new(), is_writing: false }),
            changed: Condvar::new(),
            dropped: AtomicU64::new(0),
        };
        for number in 0..MOST_WAITING + 7 {
            (&log).write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        assert_eq!((log.lock().waiting.len(), log.dropped()), (MOST_WAITING, 7));
    }
}
