//! Changes of a registered installation and corrections of its site: each with its action, its cause, its reason, and who
//! may ask for it.

use crate::domain::records::{Actor, Role, SiteRecord};
use crate::domain::refusals::Refusal;
use crate::domain::rules::{Amend, Changed, Correction, SiteCorrection, correct, lifecycle};
use crate::domain::values::{Action, Cause, Fault, InstallationId, Note, SiteId};
use crate::register::commands::{Done, ExpectedRevision, InstallationChange};

use super::deciding::{BatchInProgress, Stop};
use super::posting::Change;

/// An action with the cause, reason and note of its entry.
pub(super) struct Act<'a> {
    action: Action,
    cause: Cause,
    reason: Option<&'a str>,
    note: Option<&'a Note>,
    expected: &'a ExpectedRevision,
}

impl<'a> Act<'a> {
    pub fn new(action: Action, cause: Cause, reason: Option<&'a str>, note: Option<&'a Note>) -> Self {
        Self { action, cause, reason, note, expected: &ExpectedRevision::Any }
    }

    /// Refuses the action unless the record has an expected revision.
    pub fn expecting(self, expected: &'a ExpectedRevision) -> Self {
        Self { expected, ..self }
    }
}

impl BatchInProgress<'_> {
    /// Changes one installation.
    pub(super) fn change_installation(
        &mut self,
        actor: &Actor,
        id: InstallationId,
        change: &InstallationChange,
        note: Option<&Note>,
    ) -> Result<Done, Stop> {
        let stamp = self.stamp;
        match change {
            InstallationChange::Verify { tier } => {
                let act = Act::new(Action::Verify, Cause::Verified, Some(tier.as_str()), note);
                self.act(actor, id, &act, |record, _| lifecycle::verify(record, id, *tier, stamp))
            }
            InstallationChange::Reject { expected, reason } => {
                let act = Act::new(Action::Reject, Cause::Rejected, Some(reason.as_str()), note);
                self.act(actor, id, &act.expecting(expected), |record, _| lifecycle::reject(record, id, stamp))
            }
            InstallationChange::Correct { expected, correction, reason } => {
                let act = Act::new(Action::Correct, Cause::Corrected, Some(reason.as_str()), note);
                let project = self.check_project(correction);
                self.act(actor, id, &act.expecting(expected), |record, _| {
                    match correct::correct(record, id, correction, stamp)? {
                        Some(after) => project.clone().map(|()| Some(after)),
                        None => Ok(None),
                    }
                })
            }
            InstallationChange::Complete { on } => {
                let act = Act::new(Action::Complete, Cause::Registered, None, note);
                self.act(actor, id, &act, |record, last| lifecycle::complete(record, id, *on, last, stamp))
            }
            InstallationChange::Resubmit => {
                let act = Act::new(Action::Resubmit, Cause::Registered, None, note);
                self.act(actor, id, &act, |record, last| lifecycle::resubmit(record, id, last, stamp))
            }
            InstallationChange::Withdraw { reason } => {
                let act = Act::new(Action::Withdraw, Cause::Withdrawn, Some(reason.as_str()), note);
                self.act(actor, id, &act, |record, _| lifecycle::withdraw(record, id, stamp))
            }
            InstallationChange::Decommission { on, reason } => {
                let act = Act::new(Action::Decommission, Cause::Decommissioned, Some(reason.as_str()), note);
                self.act(actor, id, &act, |record, _| lifecycle::decommission(record, id, *on, stamp))
            }
        }
    }

    fn check_project(&self, correction: &Correction) -> Result<(), Refusal> {
        match &correction.terms.project {
            Amend::Set(code) if !self.records.knows_project(code) => {
                Err(Refusal::invalid("/project_code", Fault::UnknownProject))
            }
            _ => Ok(()),
        }
    }

    fn act(
        &mut self,
        actor: &Actor,
        id: InstallationId,
        act: &Act<'_>,
        change: impl Fn(&SiteRecord, Option<Action>) -> Changed,
    ) -> Result<Done, Stop> {
        let before = self.records.record_of(id).ok_or(Refusal::NotFound)?.clone();
        let recorded = before.installation(id).filter(|installation| actor.may_see(&before, installation));
        let recorded = recorded.ok_or(Refusal::NotFound)?;
        let changed = change(&before, self.records.last_action(recorded));
        // A change that was made before is answered, whichever revision the caller read, because the reply may have been lost.
        if !matches!(changed, Ok(None)) && !act.expected.holds(&before.revision_tag(recorded)) {
            let current = before.current(recorded);
            return Err(Refusal::Stale { revision_tag: current.revision_tag.clone(), current: Some(current) }.into());
        }
        let Some(after) = changed? else {
            return Ok(Done::Changed { changed: false, record: Box::new(before), id });
        };
        self.post_act(actor, act, format!("installation/{id}"), before, after.clone())?;
        Ok(Done::Changed { changed: true, record: Box::new(after), id })
    }

    /// Corrects a site, if the actor's partner recorded it.
    pub(super) fn correct_site(
        &mut self,
        actor: &Actor,
        id: SiteId,
        correction: &SiteCorrection,
        act: &Act<'_>,
    ) -> Result<Done, Stop> {
        let before = self.records.record(id).ok_or(Refusal::NotFound)?.clone();
        if !actor.partner.as_ref().is_some_and(|partner| actor.role == Role::Partner && before.is_known_to(partner)) {
            return Err(Refusal::NotFound.into());
        }
        if actor.partner.as_ref() != Some(&before.site.partner) {
            return Err(Refusal::RecordedByAnother.into());
        }
        let changed = correct::correct_site(&before, correction, self.stamp).and_then(|after| match after {
            Some(after) if self.records.has_code_of_another(&after) => {
                Err(Refusal::invalid("/grid_customer_code", Fault::GridCodeOfAnother))
            }
            after => Ok(after),
        });
        if !matches!(changed, Ok(None)) && !act.expected.holds(&before.site_revision_tag()) {
            return Err(Refusal::Stale { revision_tag: before.site_revision_tag(), current: None }.into());
        }
        let Some(after) = changed? else {
            return Ok(Done::SiteChanged { changed: false, record: Box::new(before), unverified: Vec::new() });
        };
        // A correction of the site changes the installations that have to be verified again, and no others.
        let touched = after.installations.iter().filter(|one| before.installation(one.id) != Some(*one));
        let unverified = touched.map(|one| one.id).collect();
        self.post_act(actor, act, format!("site/{}", before.site.id), before, after.clone())?;
        Ok(Done::SiteChanged { changed: true, record: Box::new(after), unverified })
    }

    fn post_act(
        &mut self,
        actor: &Actor,
        act: &Act<'_>,
        subject: String,
        before: SiteRecord,
        after: SiteRecord,
    ) -> Result<(), Stop> {
        self.post(Change {
            actor: &actor.client_id,
            action: act.action,
            cause: act.cause,
            subject,
            before: vec![before],
            after: vec![after],
            reason: act.reason,
            note: act.note,
            name: None,
        })?;
        Ok(())
    }
}
