//! Moving the checkpoint of the cells, settling suspensions step by step, forgetting old idempotency keys, noting that the clock is
//! believed, and telling what is wrong.

use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::db::DbError;
use crate::db::engine::transaction;
use crate::db::ledger::{cells_and_journal, clock, head, idempotency_keys};
use crate::db::records::suspended;
use crate::domain::records::Actor;
use crate::register::commands::{Command, Done, Request};
use crate::register::decide::OWN_ACTOR;

use crate::register::marker::Marker;

use super::settling::Settling;
use super::trouble::Trouble;
use super::writer::{TICK, Writer};

/// The checkpoint moves when no request came for this long.
const IDLE: Duration = Duration::from_secs(1);
/// The checkpoint also moves under load when it stands this many entries behind the head. A restart reads about as
/// many in two seconds. Under load each step keeps requests waiting, so it does not move earlier.
const CHECKPOINT_LAG: i64 = 500_000;
/// Entries in one step of the checkpoint: a fraction of a second.
const CHECKPOINT_STEP: i64 = 2_000;
/// How long the checkpoint moves at the end of the thread. The next start does the rest.
const LAST_CHECKPOINT: Duration = Duration::from_secs(5);

/// Replies are kept under idempotency keys for this long: a day, as promised, and one more.
const KEYS_KEPT: TimeDelta = TimeDelta::days(2);
/// Old keys are forgotten this often.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// The clock is noted as believed this often where nothing is recorded.
const CLOCK_EVERY: TimeDelta = TimeDelta::hours(1);
/// While writes fail, a small one is tried this often.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Keys forgotten in one step: some milliseconds' worth, because requests wait meanwhile.
const FORGET_STEP: u32 = 2_000;

impl Writer {
    /// Moves the checkpoint by one step when the register is idle or the journal has grown long.
    pub(super) fn move_checkpoint_when_due(&mut self) {
        let lag = self.known.version - self.shared.checkpoint();
        let idle = self.busy_at.elapsed() >= IDLE;
        if lag >= CHECKPOINT_LAG || (idle && lag > 0) {
            self.move_checkpoint(Duration::ZERO);
        }
    }

    /// Moves the checkpoint for the last time.
    pub(super) fn move_checkpoint_at_the_end(&mut self) {
        self.move_checkpoint(LAST_CHECKPOINT);
    }

    /// Moves the checkpoint by one step, and by further steps for as long as `time`.
    fn move_checkpoint(&mut self, time: Duration) {
        let until = Instant::now() + time;
        let moved = self.database.connection().and_then(|mut connection| {
            let mut at = cells_and_journal::checkpoint_version(&mut connection)?;
            loop {
                let before = at;
                at = cells_and_journal::advance_checkpoint(&mut connection, before + CHECKPOINT_STEP)?;
                if at == before || at >= self.known.version || Instant::now() >= until {
                    return Ok(at);
                }
            }
        });
        match moved {
            Ok(to) => self.shared.note_checkpoint(to),
            Err(error) => {
                tracing::warn!(%error, "the checkpoint was not moved; the journal has everything");
                self.note_failed_write(&error);
            }
        }
    }

    /// Makes a step of what suspended and resumed partners ask for. A full step means that there is more; the next one follows once the
    /// waiting requests had their turn.
    pub(super) fn settle_suspensions_when_due(&mut self) {
        let is_reached = self.shared.is_database_up() && self.outdated.is_none();
        let may_write = is_reached && self.reading.doubt.is_none() && self.write_trouble.is_none();
        let is_due = match self.settling {
            Settling::InSteps => true,
            Settling::Done(version) if version == self.known.version => false,
            _ => self.settled_at.elapsed() >= TICK,
        };
        if !may_write || !is_due {
            // Not at once, where a step cannot be made.
            self.settling = if self.settling == Settling::InSteps { Settling::Unknown } else { self.settling };
            return;
        }
        self.settled_at = Instant::now();
        if self.settling == Settling::InSteps {
            self.settling = self.make_step_of_suspensions();
            return;
        }
        let known = self.known.version;
        let asked = self.database.connection().and_then(|mut connection| suspended::are_to_settle(&mut connection));
        self.settling = match asked {
            Ok(false) => Settling::Done(known),
            Ok(true) => self.make_step_of_suspensions(),
            Err(error) => {
                tracing::warn!(%error, "what suspended partners ask for waits");
                Settling::Unknown
            }
        };
    }

    fn make_step_of_suspensions(&mut self) -> Settling {
        let request = Request::new(Actor::operator(OWN_ACTOR), Command::SettleSuspensions);
        match self.write(&[&request]).pop() {
            Some(Ok(Done::SuspensionsSettled { changed, more })) => {
                tracing::info!(installations = changed, "installations of suspended or resumed partners were settled");
                if more { Settling::InSteps } else { Settling::Unknown }
            }
            other => {
                tracing::warn!(outcome = ?other, "what suspended partners ask for waits");
                Settling::Unknown
            }
        }
    }

    /// Forgets a step of old idempotency keys. A full step means that there are more, so the next one follows soon.
    pub(super) fn forget_keys_when_due(&mut self) {
        // A clock that is ahead would forget keys that are still promised.
        if Instant::now() < self.forget_at || self.reading.doubt.is_some() {
            return;
        }
        let before = self.now() - KEYS_KEPT;
        let forgotten =
            self.database.connection().and_then(|mut c| idempotency_keys::forget(&mut c, before, FORGET_STEP));
        let is_full = matches!(forgotten, Ok(count) if count >= FORGET_STEP as usize);
        self.forget_at = Instant::now() + if is_full { TICK } else { FORGET_EVERY };
        if let Err(error) = forgotten {
            tracing::warn!(%error, "old idempotency keys were not forgotten");
        }
    }

    /// Notes in the head that the clock is believed, once an hour, so that a stop of hours does not make it doubtful. While writes
    /// fail this is tried every second, because its success shows that they no longer do.
    pub(super) fn note_clock_when_due(&mut self) {
        let is_due = if self.write_trouble.is_some() {
            self.probed_at.elapsed() >= PROBE_EVERY
        } else {
            self.now() - self.last_sign >= CLOCK_EVERY
        };
        if !is_due || self.reading.doubt.is_some() {
            return;
        }
        self.probed_at = Instant::now();
        let noted = self.database.connection().and_then(|mut connection| {
            transaction::write(&mut connection, |connection| {
                let head = head::lock(connection)?;
                clock::note_seen(connection, self.now().max(head.last_sign()))
            })
        });
        match noted {
            Ok(()) if self.database.has_room() => self.write_trouble = None,
            Ok(()) => {}
            Err(error) => self.note_failed_write(&error),
        }
    }

    /// Keeps the marker of the data directory in step, at each poll at most.
    pub(super) fn keep_marker(&mut self) {
        if let (Some(keeper), Some(instance_id)) = (&mut self.marker, &self.instance_id) {
            keeper.keep(Marker { instance_id: instance_id.clone(), version: self.known.version });
        }
    }

    /// Tells what is wrong, if anything: the first thing that an operator has to see to.
    pub(super) fn tell_trouble(&self) {
        let outdated = self.outdated.clone().map(Trouble::Outdated);
        let doubt = self.reading.doubt.map(Trouble::ClockInDoubt);
        let contradiction = self.unreadable.clone().or(self.unclosable.clone()).map(Trouble::Contradiction);
        let missing = self.missing_methodology.clone().map(Trouble::MethodologyMissing);
        self.shared.note_trouble(outdated.or(doubt).or(contradiction).or(self.write_trouble.clone()).or(missing));
    }

    fn note_failed_write(&mut self, error: &DbError) {
        let is_full = matches!(error, DbError::StorageFull(_));
        self.write_trouble = Some(if is_full { Trouble::StorageFull } else { Trouble::WritesFail });
    }
}
