//! Setting the clock of the register back, after a clock that was ahead had carried it off.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::db::ledger::{Voided, clock};
use crate::domain::counting::Contribution;
use crate::domain::refusals::Refusal;
use crate::domain::values::{Action, Cause, hex};
use crate::register::commands::Done;

use super::deciding::{BatchInProgress, Stop};
use super::posting::EntryOf;

/// The facts that the entry of a clock set back seals.
#[derive(Serialize)]
struct ClockSetBackDoc {
    /// The instant to which the register had been carried.
    from: DateTime<Utc>,
    /// The closed days and releases that are void.
    void: Vec<VoidDoc>,
}

/// A closed day or a release that is void.
#[derive(Serialize)]
pub struct VoidDoc {
    day: NaiveDate,
    release: bool,
    sha256: String,
}

impl VoidDoc {
    #[must_use]
    pub fn of(void: &Voided) -> Self {
        Self { day: void.day, release: void.is_release, sha256: hex(&void.sha256) }
    }
}

impl BatchInProgress<'_> {
    /// Sets the clock of the register back to the instant of this batch: closed days and releases from today on are void, and later
    /// entries are recorded from now on. What was recorded meanwhile stays, on the day of this entry.
    pub fn set_clock_back(&mut self, actor: &str, carried_to: DateTime<Utc>) -> Result<Done, Stop> {
        let (now, today, version) = (self.stamp.at, self.stamp.day, self.stamp.version);
        if carried_to <= now {
            return Err(Refusal::NotFound.into());
        }
        let voided = clock::void_from(self.connection, today, version, now)?;
        let doc = ClockSetBackDoc { from: carried_to, void: voided.iter().map(VoidDoc::of).collect() };
        let (action, subject) = (Action::SetClockBack, "clock".to_owned());
        let entry = EntryOf { actor, action, cause: Cause::Administration, subject, of_sandbox: false };
        self.append(entry, &doc, None, &Contribution::new())?;
        Ok(Done::ClockSetBack { voided })
    }
}
