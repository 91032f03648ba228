//! Deciding a batch: every request in turn, on the records that the ones before it left, each
//! that changes something with its entry and what it moves in the cells.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::db::cells::CellTotals;
use crate::db::head::Head;
use crate::db::store::{Batch, Sealed};
use crate::db::{Connection, DbError, administration};
use crate::domain::contribution::{Contribution, add_all, contribution, difference};
use crate::domain::entry::{Action, Cause, Entry, Hash, Posting, facts_digest, journal_digest};
use crate::domain::facts::{Facts, InstallationDoc, SiteDoc, SiteRefDoc};
use crate::domain::fault::Fault;
use crate::domain::id::{InstallationId, SiteId};
use crate::domain::refusal::Refusal;
use crate::domain::registration::{self, FreshIds, NewInstallation, Registrant, SiteClaim, Stamp};
use crate::domain::site::SiteRecord;
use crate::domain::text::Note;
use crate::domain::transition;
use crate::domain::warning::{Remark, Warning};

use super::command::{Command, Done, Failure, Outcome, Request};
use super::working::WorkingSet;

/// A decided batch, ready to be written.
pub(super) struct Decided {
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
}

/// Decides the requests in their order, under the lock of `head`.
pub(super) fn decide(
    connection: &mut Connection,
    head: &Head,
    requests: &[&Request],
    now: DateTime<Utc>,
) -> Result<Decided, DbError> {
    let at = crate::domain::date::stored(now).max(head.recorded_at);
    let mut deciding = Deciding {
        set: WorkingSet::load(connection, requests)?,
        connection,
        stamp: Stamp { version: head.version, at, day: crate::domain::date::day_of(at) },
        decided: Decided {
            batch: Batch::default(),
            results: Vec::with_capacity(requests.len()),
            postings: Vec::new(),
            version: head.version,
            hash: head.hash,
            at,
            administrative: false,
        },
    };
    for request in requests {
        deciding.stamp.version = deciding.decided.version + 1;
        let result = match deciding.one(request) {
            Ok(done) => Ok(done),
            Err(Stop::Refused(refusal)) => Err(Failure::Refused(refusal)),
            Err(Stop::Database(error)) => return Err(error),
        };
        deciding.decided.results.push(result);
    }
    deciding.set.fill(&mut deciding.decided.batch);
    Ok(deciding.decided)
}

/// Why one request comes to nothing: its own fault, or the database's.
enum Stop {
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

struct Deciding<'a> {
    connection: &'a mut Connection,
    set: WorkingSet,
    stamp: Stamp,
    decided: Decided,
}

/// One change, to be posted as an entry.
struct Change<'a> {
    actor: &'a str,
    action: Action,
    cause: Cause,
    subject: String,
    before: Vec<SiteRecord>,
    after: Vec<SiteRecord>,
    reason: Option<&'a str>,
    note: Option<&'a Note>,
    name: Option<crate::db::names::Named>,
}

impl Deciding<'_> {
    fn one(&mut self, request: &Request) -> Result<Done, Stop> {
        let actor = request.actor.as_str();
        let stamp = self.stamp;
        match &request.command {
            Command::Register { by, new } => self.register(actor, by, new),
            Command::Verify { id, tier, note } => {
                let (action, cause) = (Action::Verify, Cause::Verified);
                self.transition(actor, *id, action, cause, (Some(tier.as_str()), note.as_ref()), |record| {
                    transition::verify(record, *id, *tier, stamp)
                })
            }
            Command::Reject { id, reason, note } => {
                let (action, cause) = (Action::Reject, Cause::Rejected);
                self.transition(actor, *id, action, cause, (Some(reason.as_str()), note.as_ref()), |record| {
                    transition::reject(record, *id, stamp)
                })
            }
            Command::Decommission { id, on } => {
                let (action, cause) = (Action::Decommission, Cause::Decommissioned);
                self.transition(actor, *id, action, cause, (None, None), |record| {
                    transition::decommission(record, *id, *on, stamp)
                })
            }
            Command::Merge { from, into } => self.merge(actor, *from, *into),
            Command::Split { id } => self.split(actor, *id),
            Command::AddPartner(_) | Command::AddClient { .. } | Command::AddProject(_) => {
                self.administer(actor, &request.command)
            }
        }
    }

    fn register(&mut self, actor: &str, by: &Registrant, new: &NewInstallation) -> Result<Done, Stop> {
        let named = self.set.named_site(by, &new.site);
        if let Some((id, record)) = self.set.registered(by, new) {
            let recorded = record.installation(id).ok_or(Refusal::NotFound)?;
            registration::compare_resent(new, record, recorded, named.map(|r| r.site.id))?;
            let remarks = registration::remarks(new, Some(record));
            return Ok(Done::Registered { outcome: Outcome::Unchanged, record: Box::new(record.clone()), id, remarks });
        }
        let by_code = if named.is_none() { self.set.site_by_grid_code(by, new) } else { None };
        self.check_references(new, named.is_some())?;
        let site = named.or(by_code).cloned();
        let mut remarks = registration::remarks(new, site.as_ref());
        if by_code.is_some() {
            let pointer = "/site/grid_customer_code".to_owned();
            remarks.push(Remark { pointer, warning: Warning::SiteFoundByGridCode });
        }
        let ids = FreshIds { installation: InstallationId::new(Uuid::now_v7()), site: SiteId::new(Uuid::now_v7()) };
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
        let record = Box::new(after);
        Ok(Done::Registered { outcome: Outcome::Created, record, id: ids.installation, remarks })
    }

    /// What only the register knows: whether the project and the site are there.
    fn check_references(&self, new: &NewInstallation, site_found: bool) -> Result<(), Refusal> {
        let mut faults = Vec::new();
        if matches!(new.site, SiteClaim::Known { .. }) && !site_found {
            faults.push(crate::domain::refusal::FieldFault::new("/site/id", Fault::UnknownSite));
        }
        if new.terms.project.as_ref().is_some_and(|code| !self.set.knows_project(code)) {
            faults.push(crate::domain::refusal::FieldFault::new("/project_code", Fault::UnknownProject));
        }
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Invalid(faults)) }
    }

    fn transition(
        &mut self,
        actor: &str,
        id: InstallationId,
        action: Action,
        cause: Cause,
        (reason, note): (Option<&str>, Option<&Note>),
        change: impl Fn(&SiteRecord) -> transition::Changed,
    ) -> Result<Done, Stop> {
        let before = self.set.record_of(id).ok_or(Refusal::NotFound)?.clone();
        let Some(after) = change(&before)? else {
            return Ok(Done::Changed { record: Box::new(before), id });
        };
        self.post(Change {
            actor,
            action,
            cause,
            subject: format!("installation/{id}"),
            before: vec![before],
            after: vec![after.clone()],
            reason,
            note,
            name: None,
        })?;
        Ok(Done::Changed { record: Box::new(after), id })
    }

    fn merge(&mut self, actor: &str, from: SiteId, into: SiteId) -> Result<Done, Stop> {
        let (from, into) = self.set.own_record(from).zip(self.set.own_record(into)).ok_or(Refusal::NotFound)?;
        let before = vec![from.clone(), into.clone()];
        let (emptied, merged) = transition::merge(from, into, self.stamp)?;
        self.rearrange(actor, Action::Merge, Cause::Merged, before, vec![emptied, merged])
    }

    fn split(&mut self, actor: &str, id: InstallationId) -> Result<Done, Stop> {
        let before = self.set.record_of(id).ok_or(Refusal::NotFound)?.clone();
        let (rest, own) = transition::split(&before, id, SiteId::new(Uuid::now_v7()), self.stamp)?;
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

    fn administer(&mut self, actor: &str, command: &Command) -> Result<Done, Stop> {
        let (at, connection) = (self.stamp.at, &mut *self.connection);
        let (action, subject, facts) = match command {
            Command::AddPartner(new) => {
                if administration::partner_exists(connection, &new.code)? {
                    return Err(Refusal::CodeTaken { pointer: "/code" }.into());
                }
                administration::add_partner(connection, new, at)?;
                let facts = serde_json::json!({"partner": new.code, "name": new.name.as_str(), "sandbox": new.sandbox});
                (Action::AddPartner, format!("partner/{}", new.code), facts)
            }
            Command::AddClient { new, client_id, secret_hash } => {
                if let Some(code) = &new.partner
                    && !administration::partner_exists(connection, code)?
                {
                    return Err(Refusal::invalid("/partner", Fault::UnknownPartner).into());
                }
                administration::add_client(connection, new, client_id, secret_hash, at)?;
                // The name may be a person's: it stays out of what is kept for ever.
                let facts = serde_json::json!({"client": client_id, "role": new.role.as_str(), "partner": new.partner});
                (Action::AddClient, format!("client/{client_id}"), facts)
            }
            Command::AddProject(new) => {
                if !administration::known_projects(connection, std::slice::from_ref(&new.code))?.is_empty() {
                    return Err(Refusal::CodeTaken { pointer: "/code" }.into());
                }
                administration::add_project(connection, new, at)?;
                let facts = serde_json::json!({
                    "project": new.code, "name_vi": new.name_vi.as_str(), "name_en": new.name_en.as_str()
                });
                (Action::AddProject, format!("project/{}", new.code), facts)
            }
            _ => return Err(Refusal::NotFound.into()),
        };
        self.decided.administrative = true;
        let entry = EntryOf { actor, action, cause: Cause::Administration, subject };
        self.append(entry, &facts, None, &Contribution::new())?;
        Ok(Done::Added)
    }

    /// The one way to change a record: its entry, and `contribution(after) - contribution(before)`.
    fn post(&mut self, change: Change<'_>) -> Result<(), DbError> {
        let sum = |records: &[SiteRecord]| {
            let mut cells = Contribution::new();
            for record in records {
                add_all(&mut cells, &contribution(record));
            }
            cells
        };
        let moved = difference(&sum(&change.after), &sum(&change.before));
        let version = self.stamp.version;
        let installations = change.after.iter().flat_map(|record| &record.installations);
        let facts = Facts {
            sites: change.after.iter().filter(|r| r.site.version == version).map(|r| SiteDoc::of(&r.site)).collect(),
            site_refs: change
                .name
                .iter()
                .zip(&change.after)
                .map(|((partner, name), record)| SiteRefDoc::of(&record.site, partner.as_str(), name))
                .collect(),
            installations: installations.filter(|i| i.version == version).map(InstallationDoc::of).collect(),
            reason: change.reason,
        };
        let entry =
            EntryOf { actor: change.actor, action: change.action, cause: change.cause, subject: change.subject };
        self.append(entry, &facts, change.note, &moved)?;
        if let (Some(name), Some(record)) = (change.name, change.after.first()) {
            self.set.name_site(name, record.site.id);
        }
        for record in change.after {
            self.set.put(record, version);
        }
        Ok(())
    }

    fn append(
        &mut self,
        of: EntryOf<'_>,
        facts: &impl Serialize,
        note: Option<&Note>,
        moved: &Contribution,
    ) -> Result<(), DbError> {
        let facts = serde_json::to_string(facts).map_err(|error| DbError::Unusable(error.to_string()))?;
        let note = note.map(|note| note.as_str().to_owned());
        let salt = random_salt()?;
        let postings: Vec<Posting> = moved.iter().map(|(cell, delta)| Posting { cell: *cell, delta: *delta }).collect();
        let rows: Vec<(i64, String)> = postings.iter().map(|p| (p.cell.to_stored(), p.delta.encode())).collect();
        let rows = rows.iter().map(|(cell, delta)| (*cell, delta.as_str()));
        let entry = Entry {
            version: self.stamp.version,
            recorded_at: self.stamp.at,
            actor: of.actor.to_owned(),
            action: of.action,
            cause: of.cause,
            subject: of.subject,
            digest: facts_digest(&salt, &facts, note.as_deref()),
            journal_digest: journal_digest(self.stamp.day, of.cause.as_str(), rows),
            previous: self.decided.hash,
        };
        let hash = entry.hash();
        let decided = &mut self.decided;
        decided.batch.add_entry(&entry, hash, Sealed { salt, facts, note }, self.stamp.day, &postings);
        decided.postings.extend(postings.iter().map(|posting| (posting.cell, posting.delta)));
        decided.version = entry.version;
        decided.hash = hash;
        Ok(())
    }
}

struct EntryOf<'a> {
    actor: &'a str,
    action: Action,
    cause: Cause,
    subject: String,
}

fn random_salt() -> Result<Vec<u8>, DbError> {
    let mut salt = vec![0; 16];
    let filled = aws_lc_rs::rand::fill(&mut salt);
    filled.map_err(|_| DbError::Unusable("the system gives no random numbers".to_owned()))?;
    Ok(salt)
}
