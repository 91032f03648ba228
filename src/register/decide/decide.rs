//! Deciding a batch: every request in turn, on the records that the ones before it left, each
//! that changes something with its entry and what it moves in the cells.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::db::ledger::{CellTotals, Head, Kept, idempotency_keys};
use crate::db::write_batch::Batch;
use crate::db::{Connection, DbError};
use crate::domain::records::SiteRecord;
use crate::domain::refusals::{FieldFault, Refusal, Remark, Warning};
use crate::domain::rules::{
    FreshIds, NewInstallation, Registrant, SiteClaim, Stamp, merge_and_split, registration, resend, second_look,
};
use crate::domain::values::{Action, Cause, Fault, Hash, InstallationId, SiteId, date};
use crate::register::commands::{Command, Done, Failure, Outcome, Request};

use super::posting::Change;
use super::working_set::LoadedRecords;

/// A decided batch, ready to be written.
pub(in crate::register) struct DecidedBatch {
    /// The rows.
    pub batch: Batch,
    /// What was asked for, answered.
    pub results: Vec<Result<Done, Failure>>,
    /// What moves in the cells.
    pub postings: Vec<CellTotals>,
    /// The version after it.
    pub version: i64,
    /// The hash after it.
    pub hash: Hash,
    /// Its instant.
    pub at: DateTime<Utc>,
    /// Whether partners, clients or projects changed.
    pub administrative: bool,
    /// Answers to be kept under their idempotency keys.
    pub kept: Vec<Kept>,
}

/// Decides the requests in their order, under the lock of `head`.
pub(in crate::register) fn decide(
    connection: &mut Connection,
    head: &Head,
    requests: &[&Request],
    now: DateTime<Utc>,
) -> Result<DecidedBatch, DbError> {
    let at = date::stored(now).max(head.not_before());
    let kept = idempotency_keys::find(connection, requests.iter().filter_map(|request| name_of_key(request)))?;
    let known = kept.len();
    let mut deciding = BatchInProgress {
        set: LoadedRecords::load(connection, requests)?,
        connection,
        stamp: Stamp { version: head.version, at, day: date::day_of(at) },
        decided: DecidedBatch {
            batch: Batch::default(),
            results: Vec::with_capacity(requests.len()),
            postings: Vec::new(),
            version: head.version,
            hash: head.hash,
            at,
            administrative: false,
            kept,
        },
        dry_run: false,
        activated: None,
    };
    for request in requests {
        deciding.stamp.version = deciding.decided.version + 1;
        deciding.dry_run = request.dry_run;
        let result = match deciding.once(request) {
            Ok(done) => Ok(done),
            Err(Stop::Refused(refusal)) => Err(Failure::Refused(refusal)),
            Err(Stop::Database(error)) => return Err(error),
        };
        deciding.decided.results.push(result);
    }
    deciding.decided.kept.drain(..known);
    deciding.set.fill(&mut deciding.decided.batch);
    Ok(deciding.decided)
}

/// Whose key, and which, if there is one.
fn name_of_key(request: &Request) -> Option<(&str, &str)> {
    Some((request.by.client_id.as_str(), request.key.as_ref()?.key.as_str()))
}

/// Why one request comes to nothing: its own fault, or the database's.
pub(in crate::register) enum Stop {
    Refused(Refusal),
    Database(DbError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// A batch half way: the records as the last request left them, and what was decided so far.
pub(in crate::register) struct BatchInProgress<'a> {
    pub connection: &'a mut Connection,
    pub set: LoadedRecords,
    /// Version, instant and day of the request in hand.
    pub stamp: Stamp,
    pub decided: DecidedBatch,
    /// Whether the request in hand only asks what would come of it.
    pub dry_run: bool,
    /// The methodology that this batch put in force.
    pub activated: Option<i32>,
}

impl BatchInProgress<'_> {
    /// Decides a request, unless it was carried out before under the same idempotency key.
    fn once(&mut self, request: &Request) -> Result<Done, Stop> {
        let Some(keyed) = request.key.as_ref().filter(|_| !request.dry_run) else { return self.one(request) };
        let name = (request.by.client_id.as_str(), keyed.key.as_str());
        if let Some(kept) = self.decided.kept.iter().find(|kept| (kept.client_id.as_str(), kept.key.as_str()) == name) {
            if kept.digest != keyed.digest {
                return Err(Refusal::KeyReused.into());
            }
            return kept.answer.clone().map(Done::Replayed).ok_or(Refusal::AnswerNotKept.into());
        }
        let done = self.one(request)?;
        self.decided.kept.push(Kept {
            client_id: request.by.client_id.clone(),
            key: keyed.key.clone(),
            digest: keyed.digest,
            answer: (keyed.answer)(&done),
            at: self.stamp.at,
        });
        Ok(done)
    }

    fn one(&mut self, request: &Request) -> Result<Done, Stop> {
        let actor = &request.by;
        match &request.command {
            Command::Register { by, new } => self.register(&actor.client_id, by, new),
            Command::Merge { from, into } => self.merge(&actor.client_id, *from, *into),
            Command::Split { id } => self.split(&actor.client_id, *id),
            Command::AddPartner(_)
            | Command::AddClient { .. }
            | Command::AddProject(_)
            | Command::RevokeClient { .. }
            | Command::ResetSecret { .. }
            | Command::SuspendPartner(_)
            | Command::ResumePartner(_)
            | Command::ActivateMethodology(_) => self.administer(&actor.client_id, &request.command),
            Command::CorrectSite { .. } => self.correct_site(actor, &request.command),
            Command::Verify { .. }
            | Command::Reject { .. }
            | Command::Decommission { .. }
            | Command::Correct { .. }
            | Command::Complete { .. }
            | Command::Resubmit { .. }
            | Command::Withdraw { .. } => self.change_installation(actor, &request.command),
            Command::Home(command) => self.at_home(actor, command),
            Command::Release(day) => self.release(&actor.client_id, *day),
            Command::Restore { version, hash, made_at } => {
                self.note_restoration(&actor.client_id, *version, *hash, *made_at)
            }
        }
    }

    fn register(&mut self, actor: &str, by: &Registrant, new: &NewInstallation) -> Result<Done, Stop> {
        let named = self.set.named_site(by, &new.site);
        if let Some((id, record)) = self.set.registered(by, new) {
            let recorded = record.installation(id).ok_or(Refusal::NotFound)?;
            resend::compare_resent(new, record, recorded, named.map(|r| r.site.id))?;
            let remarks = second_look::remarks(new, Some(record));
            return Ok(Done::Registered {
                outcome: Outcome::Unchanged,
                record: Box::new(record.clone()),
                id,
                remarks,
                code: None,
            });
        }
        let by_code = if named.is_none() { self.set.site_by_grid_code(by, new) } else { None };
        self.check_references(new, named.is_some())?;
        let site = named.or(by_code).cloned();
        let mut remarks = second_look::remarks(new, site.as_ref());
        if by_code.is_some() {
            let pointer = "/site/grid_customer_code".to_owned();
            remarks.push(Remark { pointer, warning: Warning::SiteFoundByGridCode });
        }
        let id = || if self.dry_run { Uuid::nil() } else { Uuid::now_v7() };
        let ids = FreshIds { installation: InstallationId::new(id()), site: SiteId::new(id()) };
        let after = registration::create(new, by, site.as_ref(), ids, self.stamp)?;
        let name = match &new.site {
            SiteClaim::Described { external_id: Some(name), .. } if named.is_none() => {
                Some((by.partner.clone(), name.clone()))
            }
            _ => None,
        };
        self.post(Change {
            actor,
            action: Action::Register,
            cause: Cause::Registered,
            subject: format!("installation/{}", ids.installation),
            before: site.into_iter().collect(),
            after: vec![after.clone()],
            reason: None,
            note: None,
            name,
        })?;
        let code = if self.dry_run { None } else { self.first_code(&after)? };
        let record = Box::new(after);
        Ok(Done::Registered { outcome: Outcome::Created, record, id: ids.installation, remarks, code })
    }

    /// What only the register knows: whether the project and the site are there.
    fn check_references(&self, new: &NewInstallation, site_found: bool) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if matches!(new.site, SiteClaim::Known { .. }) && !site_found {
            faults.push(FieldFault::new("/site/id", Fault::UnknownSite));
        }
        if new.terms.project.as_ref().is_some_and(|code| !self.set.knows_project(code)) {
            faults.push(FieldFault::new("/project_code", Fault::UnknownProject));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }

    fn merge(&mut self, actor: &str, from: SiteId, into: SiteId) -> Result<Done, Stop> {
        let (from, into) = self.set.own_record(from).zip(self.set.own_record(into)).ok_or(Refusal::NotFound)?;
        let before = vec![from.clone(), into.clone()];
        let (emptied, merged) = merge_and_split::merge(from, into, self.stamp)?;
        self.rearrange(actor, Action::Merge, Cause::Merged, before, vec![emptied, merged])
    }

    fn split(&mut self, actor: &str, id: InstallationId) -> Result<Done, Stop> {
        let before = self.set.record_of(id).ok_or(Refusal::NotFound)?.clone();
        let (rest, own) = merge_and_split::split(&before, id, SiteId::new(Uuid::now_v7()), self.stamp)?;
        self.rearrange(actor, Action::Split, Cause::Split, vec![before], vec![rest, own])
    }

    fn rearrange(
        &mut self,
        actor: &str,
        action: Action,
        cause: Cause,
        before: Vec<SiteRecord>,
        after: Vec<SiteRecord>,
    ) -> Result<Done, Stop> {
        let subject = after.last().map(|record| format!("site/{}", record.site.id)).unwrap_or_default();
        self.post(Change { actor, action, cause, subject, before, after, reason: None, note: None, name: None })?;
        Ok(Done::Rearranged)
    }
}
