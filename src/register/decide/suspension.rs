//! The steps of a suspension and of its end: installations that nobody verified are set aside, or given back.
//!
//! A partner may have hundreds of thousands of installations, so the head is never held for all of them. Each step finds what is still
//! to be done, under the lock of the head; so steps are made by any process, after any crash, and none is made twice.

use crate::db::records::suspended::{self, ToSettle};
use crate::domain::rules::suspension;
use crate::domain::values::{Action, Cause, InstallationId};
use crate::register::commands::Done;

use super::count_anew::OWN_ACTOR;
use super::deciding::{BatchInProgress, Stop};
use super::posting::Change;

/// Installations of one step, an entry each: the head is held as long as for two full batches of requests.
const STEP: usize = 500;

impl BatchInProgress<'_> {
    /// Makes one step.
    pub(super) fn settle_suspensions(&mut self) -> Result<Done, Stop> {
        let ToSettle { to_set_aside, to_give_back } = suspended::to_settle(self.connection, STEP)?;
        let aside = to_set_aside.into_iter().map(|id| (id, true));
        let all: Vec<(InstallationId, bool)> = aside.chain(to_give_back.into_iter().map(|id| (id, false))).collect();
        let ids: Vec<InstallationId> = all.iter().map(|(id, _)| *id).collect();
        self.records.load_sites_of(self.connection, &ids)?;
        let mut changed = 0;
        for (id, aside) in all {
            self.stamp.version = self.decided.version + 1;
            let Some(before) = self.records.record_of(id).cloned() else { continue };
            let Some(after) = suspension::set_aside(&before, id, aside, self.stamp) else { continue };
            let (action, cause) =
                if aside { (Action::SetAside, Cause::Suspended) } else { (Action::GiveBack, Cause::Reinstated) };
            self.post(Change {
                actor: OWN_ACTOR,
                action,
                cause,
                subject: format!("installation/{id}"),
                before: vec![before],
                after: vec![after],
                reason: None,
                note: None,
                name: None,
            })?;
            changed += 1;
        }
        Ok(Done::SuspensionsSettled { changed, more: changed == STEP })
    }
}
