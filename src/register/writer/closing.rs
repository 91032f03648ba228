//! Closing days in a thread of its own: what is published of a day takes seconds in a large register, and whoever wants to write does not
//! wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use chrono::NaiveDate;

use crate::db::{Database, DbError};
use crate::register::published::{ClosedDays, DayMaker, PageRenderer};

use super::shared::Shared;

/// A close of which no step ended for this long may wait for nothing, as the watchdog has to know. The longest step makes the pages of a
/// large register.
const STEP_WITHIN: Duration = Duration::from_mins(1);

/// The days as far as they were closed, and why the rest was not.
type Outcome = (ClosedDays, Result<(), DbError>);

/// A close of days that is under way.
pub struct DayClosing {
    thread: Option<JoinHandle<Outcome>>,
    is_called_off: Arc<AtomicBool>,
    /// When its last step ended.
    step_at: Arc<ArcSwap<Instant>>,
}

impl DayClosing {
    /// Begins to close every day after `closed` and before `today`.
    pub fn begin(
        database: &Database,
        mut closed: ClosedDays,
        today: NaiveDate,
        shared: &Arc<Shared>,
        renderer: &PageRenderer,
    ) -> Result<Self, DbError> {
        let (is_called_off, step_at) =
            (Arc::new(AtomicBool::new(false)), Arc::new(ArcSwap::from_pointee(Instant::now())));
        let (database, shared, renderer) = (database.clone(), shared.clone(), renderer.clone());
        let goes_on = {
            let (is_called_off, step_at) = (is_called_off.clone(), step_at.clone());
            move || {
                step_at.store(Arc::new(Instant::now()));
                let is_called_off = is_called_off.load(Ordering::Relaxed);
                if is_called_off { Err(DbError::Unavailable("the close was called off".to_owned())) } else { Ok(()) }
            }
        };
        let work = move || {
            let maker = DayMaker { counted: &shared.counted, renderer: &renderer, goes_on: &goes_on };
            let done = database.connection().and_then(|mut connection| {
                connection.with_few_pages(|connection| closed.close(connection, today, &maker))
            });
            (closed, done)
        };
        let thread = std::thread::Builder::new().name("day-close".to_owned()).spawn(work);
        let thread = thread.map_err(|error| DbError::Unusable(format!("no day can be closed: {error}")))?;
        Ok(Self { thread: Some(thread), is_called_off, step_at })
    }

    /// Whether a step of it ended lately.
    pub fn goes_on(&self) -> bool {
        self.step_at.load().elapsed() < STEP_WITHIN
    }

    /// Whether nothing is left to do but to take what it made.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for its end, and takes what it made.
    pub fn end(mut self) -> Result<Outcome, DbError> {
        let ended = self.thread.take().and_then(|thread| thread.join().ok());
        ended.ok_or_else(|| DbError::Unusable("the close of a day ended in a panic".to_owned()))
    }
}

impl Drop for DayClosing {
    /// Calls it off. What it stored stays: any process would have stored the same.
    fn drop(&mut self) {
        self.is_called_off.store(true, Ordering::Relaxed);
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the close of a day ended in a panic");
        }
    }
}
